"""Each network of the registry as a `lowlevel.exchange.graph.Graph`."""

import math

from lowlevel.checks import ConfigError
from lowlevel.exchange import block_descriptions, usual
from lowlevel.exchange.graph import Graph
from lowlevel.nets import bottle_encoder
from lowlevel.nets.network import Network
from lowlevel.ops import output_size


def describe(network: Network) -> Graph:
    """The graph of a network. Raises ConfigError if it is not one of the registry."""
    if network.name not in DESCRIBED:
        raise ConfigError(f"only a network of the registry has a description, not {network!r}.")
    return DESCRIBED[network.name](network.config)


def _halves(name, encoder, decoder):
    """The description of an autoencoder: two graphs, which are its layers."""

    def describe(config):
        graph = Graph(name, config.encoder.image_shape)
        for part, half in (("encoder", encoder), ("decoder", decoder)):
            inner = half(getattr(config, part))
            inner.name = part
            graph.add("Sequential", part, inner=inner)
        return graph

    return describe


def _conv_net(config):
    graph = Graph("conv_net", config.image_shape)
    height, width, _ = config.image_shape
    for number, filters in enumerate((16, 16, 32, 32), start=1):
        usual.conv(graph, f"c{number}", filters, 3, "relu")
        if number % 2 == 0:
            usual.max_pool(graph)
            height, width = (output_size(size, 2, 2, "SAME") for size in (height, width))
    graph.add("Flatten")
    usual.dense(graph, "d1", 128, "relu", ((height, width, 32), None))
    graph.add("Dropout", rate=config.dropout_rate)
    usual.dense(graph, "out", config.num_classes)
    return graph


def _mlp(config):
    graph = Graph("mlp", config.image_shape)
    graph.add("Flatten")
    pixels = config.image_shape
    for number, units in enumerate(config.widths, start=1):
        usual.dense(graph, f"d{number}", units, "relu", (pixels, None))
        pixels = None
    usual.dense(graph, "out", config.num_classes)
    return graph


def _regression(config):
    graph = Graph("regression", [config.features])
    for number, units in enumerate(config.widths, start=1):
        usual.dense(graph, f"d{number}", units, "relu")
    usual.dense(graph, "out", 1)
    graph.add("Reshape", target_shape=[])
    return graph


def _text_classifier(config):
    graph = Graph("text_classifier", [None], "int32")
    sentences = graph.last
    graph.add("Rescaling", scale=1.0, offset=1.0)  # padding, which is -1, becomes 0
    graph.add("ReLU", max_value=1.0)  # [batch, words]: 1 where there is a word
    shares = graph.add("UnitNormalization", axis=1)  # 1 / sqrt(length) each
    graph.add("Rescaling", None, sentences, scale=1.0, offset=0.0)
    graph.add("ReLU")
    sizes = {"input_dim": config.words, "output_dim": config.embedding_size}
    words = graph.add("Embedding", "embedding", **sizes)  # [batch, words, 20]
    graph.add("Dot", None, shares, words, axes=[1, 1], normalize=False)  # [batch, 20]
    usual.dense(graph, "d1", config.hidden, "relu")
    usual.dense(graph, "out", 1)
    graph.add("Reshape", target_shape=[])
    return graph


def _digit_encoder(config):
    graph = Graph("digit_encoder", config.image_shape)
    for number, filters in enumerate((16, 32, 32, config.latent_size), start=1):
        usual.conv(graph, f"c{number}", filters, 3, "relu", padding="valid")
        if number == 2:
            usual.max_pool(graph, 3, padding="valid")
    graph.add("GlobalMaxPooling2D")
    return graph


def _digit_decoder(config):
    graph = Graph("digit_decoder", [config.latent_size])
    graph.add("Reshape", target_shape=list(config.first_shape))
    for number, filters in enumerate((16, 32, 16, config.channels), start=1):
        usual.conv_transpose(graph, f"t{number}", filters, 3, "relu")
        if number == 2:
            graph.add("UpSampling2D", size=[3, 3], interpolation="nearest")
    return graph


def _bottle_encoder(config):
    graph = Graph("bottle_encoder", config.image_shape)
    sizes = zip(config.filters, config.kernels, config.strides, strict=True)
    for number, (filters, kernel, stride) in enumerate(sizes, start=1):
        usual.conv(graph, f"c{number}", filters, kernel, "selu", stride, "valid")
        usual.batch_norm(graph, f"bn{number}")
    graph.add("Flatten")
    size = bottle_encoder.image_sizes(config)[-1]
    first, second, latent = bottle_encoder.dense_sizes(config)
    usual.dense(graph, "d1", first, "selu", ((size, size, config.filters[-1]), None))
    usual.dense(graph, "d2", second, "selu")
    usual.dense(graph, "latent", latent)
    return graph


def _bottle_decoder(config):
    graph = Graph("bottle_decoder", [config.latent_size])
    graph.add("Activation", activation="selu")
    usual.dense(graph, "dense", math.prod(config.first_shape), "selu", (None, config.first_shape))
    graph.add("Reshape", target_shape=list(config.first_shape))
    sizes = zip(config.filters, config.kernels, config.strides, strict=True)
    for number, (filters, kernel, stride) in enumerate(sizes, start=1):
        usual.batch_norm(graph, f"bn{number}")
        activation = "selu" if number < len(config.filters) else "sigmoid"
        usual.conv_transpose(graph, f"t{number}", filters, kernel, activation, stride)
    return graph


def _leaky_net(config):
    graph = Graph("leaky_net", config.image_shape)
    usual.conv(graph, "c1", config.filters, 3, bias=False)
    usual.batch_norm(graph, "bn1")
    graph.add("LeakyReLU", negative_slope=config.slope)
    return graph


def _strided_net(config):
    graph = Graph("strided_net", config.image_shape)
    usual.conv(graph, "c1", 32, 3, "relu", 2, "valid")
    usual.max_pool(graph, 3, padding="valid")
    usual.batch_norm(graph, "bn1", config.norm_momentum)
    usual.conv(graph, "c2", 64, 3, "relu", 1, "valid")
    usual.batch_norm(graph, "bn2", config.norm_momentum)
    graph.add("Dropout", rate=config.dropout_rate)
    graph.add("GlobalMaxPooling2D" if config.global_pooling == "max" else "GlobalAveragePooling2D")
    usual.dense(graph, "out", config.num_classes)
    return graph


def _grid_detector(config):
    graph = Graph("grid_detector", config.image_shape)
    for number, filters in enumerate(config.filters, start=1):
        usual.conv(graph, f"c{number}", filters, 3, bias=False)
        usual.batch_norm(graph, f"bn{number}")
        graph.add("LeakyReLU", negative_slope=config.slope)
        if number <= 3:
            usual.max_pool(graph)
    usual.conv(graph, "out", 5 + config.num_classes, 1)
    return graph


DESCRIBED: dict = {
    "bottle_autoencoder": _halves("bottle_autoencoder", _bottle_encoder, _bottle_decoder),
    "bottle_decoder": _bottle_decoder,
    "bottle_encoder": _bottle_encoder,
    "conv_net": _conv_net,
    "digit_autoencoder": _halves("digit_autoencoder", _digit_encoder, _digit_decoder),
    "digit_decoder": _digit_decoder,
    "digit_encoder": _digit_encoder,
    "grid_detector": _grid_detector,
    "leaky_net": _leaky_net,
    "mini_inception": block_descriptions.mini_inception,
    "mish_net": block_descriptions.mish_net,
    "mlp": _mlp,
    "regression": _regression,
    "strided_net": _strided_net,
    "text_classifier": _text_classifier,
    "vision_transformer": block_descriptions.vision_transformer,
}
