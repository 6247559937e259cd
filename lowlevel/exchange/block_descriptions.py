"""Networks of blocks as graphs: each function takes a network's config."""

from typing import Any

from lowlevel.exchange import usual
from lowlevel.exchange.graph import Graph
from lowlevel.nets import mini_inception as net_of_modules


def mini_inception(config: Any) -> Graph:
    """The graph of `lowlevel.nets.mini_inception`."""
    graph = Graph("mini_inception", config.image_shape)

    def conv_module(name, before, filters, window, stride=1, padding="same"):
        graph.last = before
        usual.conv(
            graph, f"{name}/conv", filters, window, "linear", stride, padding, config.conv_biases
        )
        usual.batch_norm(graph, f"{name}/norm", config.norm_momentum)
        return graph.add("ReLU")

    conv_module("stem", graph.last, config.stem_filters, 3)
    for name, block in zip(net_of_modules.block_names(config), config.blocks, strict=True):
        before = graph.last
        if len(block) == 2:
            both = [
                conv_module(f"{name}/{window}x{window}", before, filters, window)
                for filters, window in zip(block, (1, 3), strict=True)
            ]
        else:
            both = [
                conv_module(f"{name}/3x3", before, block[0], 3, 2, "valid"),
                usual.max_pool(graph, 3, 2, "valid", (before,)),
            ]
        graph.add("Concatenate", None, *both, axis=-1)
    graph.add("GlobalAveragePooling2D")
    usual.dense(graph, "out", config.num_classes)
    return graph


def mish_net(config: Any) -> Graph:
    """The graph of `lowlevel.nets.mish_net`."""
    graph = Graph("mish_net", config.image_shape)

    def block(name):
        for layer in ("c1", "c2"):
            usual.conv(graph, f"{name}/{layer}", config.block.filters, config.block.window)
        usual.batch_norm(graph, f"{name}/bn", config.block.norm_momentum)
        graph.add("Activation", f"{name}/mish", activation="mish")
        graph.add("Dropout", f"{name}/dropout", rate=config.block.dropout_rate)

    usual.conv(graph, "stem", config.block.filters, 3, "relu")
    block("block1")
    usual.max_pool(graph)
    block("block1" if config.shared else "block2")
    graph.add("GlobalAveragePooling2D")
    usual.dense(graph, "out", config.num_classes)
    return graph


def vision_transformer(config: Any) -> Graph:
    """The graph of `lowlevel.nets.vision_transformer`."""
    graph = Graph("vision_transformer", config.image_shape)
    width, size, length = config.width, config.patch_size, config.positions
    usual.conv(graph, "patches", width, size, "linear", size, "valid")
    patches = graph.add("Reshape", target_shape=[length - 1, width])
    graph.add("Cropping1D", cropping=[0, length - 2])  # [batch, 1, 64]
    token = usual.learned(graph, "class_token", [-1])
    sequence = graph.add("Concatenate", None, token, patches, axis=1)  # [batch, 50, 64]
    table = usual.learned(graph, "positions", [1, 2])
    x = graph.add("Add", None, sequence, table)
    for number in range(1, config.depth + 1):
        block = f"block{number}"
        y = usual.layer_norm(graph, f"{block}/norm1", x)
        sizes = {"num_heads": config.heads, "key_dim": width // config.heads}
        graph.add("MultiHeadAttention", f"{block}/attention", y, y, **sizes, use_bias=True)
        y = graph.add("Dropout", rate=config.dropout_rate)
        x = graph.add("Add", None, x, y)
        usual.layer_norm(graph, f"{block}/norm2", x)
        usual.dense(graph, f"{block}/d1", config.hidden, "gelu")
        usual.dense(graph, f"{block}/d2", width)
        y = graph.add("Dropout", rate=config.dropout_rate)
        x = graph.add("Add", None, x, y)
    graph.add("Cropping1D", None, x, cropping=[0, length - 1])
    graph.add("Flatten")
    usual.layer_norm(graph, "norm")
    usual.dense(graph, "out", config.num_classes)
    return graph
