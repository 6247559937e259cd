"""PyTorch loads a `state_dict` of ours, and we load PyTorch's: the same outputs."""

import numpy as np
import pytest

from lowlevel import nets
from lowlevel.exchange import pytorch, safetensors_file
from lowlevel.nets import bottle_autoencoder, bottle_encoder, strided_net, vision_transformer
from tests.comparison import assert_close, values
from tests.exchange import networks

torch = pytest.importorskip("torch", reason="needs torch, of the extra bench")
files = pytest.importorskip("safetensors.torch", reason="needs safetensors, of the extra test")

from tests.exchange import torch_nets  # noqa: E402 (it imports torch)

BOTTLES = bottle_encoder.Config((31, 31, 1), (8, 16, 32), (3, 3, 2), (2, 2, 2))


def build_conv_net():
    network = networks.shipped_network().network
    return network, torch_nets.ConvNet(network.config)


def build_strided_net():
    config = strided_net.Config(dropout_rate=0.0)
    return nets.make("strided_net", config), torch_nets.StridedNet(config)


def build_autoencoder():
    config = bottle_autoencoder.of(BOTTLES)
    sizes, dense = bottle_encoder.image_sizes(BOTTLES), bottle_encoder.dense_sizes(BOTTLES)
    model = torch.nn.Sequential()
    model.add_module("encoder", torch_nets.BottleEncoder(BOTTLES, sizes, dense))
    model.add_module("decoder", torch_nets.BottleDecoder(config.decoder))
    return nets.make("bottle_autoencoder", config), model


def build_vision_transformer():
    config = vision_transformer.Config(depth=2)
    return nets.make("vision_transformer", config), torch_nets.VisionTransformer(config)


BUILDERS = [build_conv_net, build_strided_net, build_autoencoder, build_vision_transformer]


def randomize(network):
    """Numbers that mix-ups would show: not the zeros and ones of new biases and norms."""
    for number, (name, variable) in enumerate(network.variables.all().items()):
        if variable.shape.rank < 4 and not name.startswith("weights/d"):
            low = 0.5 if "variance" in name else -0.5
            variable.assign(values(*variable.shape, seed=number, low=low, high=low + 1))


def first(images):
    """Channels first, as PyTorch wants images."""
    return torch.from_numpy(np.ascontiguousarray(np.transpose(images, (0, 3, 1, 2))))


def last(result):
    """The result as an array, its channels last."""
    array = result.detach().numpy()
    return np.transpose(array, (0, 2, 3, 1)) if array.ndim == 4 else array


@pytest.mark.parametrize("build", BUILDERS)
def test_both_ways(build, tmp_path, digits):
    network, model = build()
    if build is build_conv_net:
        images = digits.test.images[:50] / np.float32(255)
    else:
        randomize(network)
        images = values(8, *network.input_spec.shape[1:], low=0)
    path = tmp_path / "ours.safetensors"
    counters = pytorch.counters(network)
    safetensors_file.write(path, network, pytorch.layout, beside=counters)
    model.load_state_dict(files.load_file(path))  # strict
    model.eval()
    assert_close(last(model(first(images))), network(images), 1e-5)

    files.save_file(model.state_dict(), tmp_path / "theirs.safetensors")
    before = networks.emptied(network)
    safetensors_file.read(
        tmp_path / "theirs.safetensors", network, pytorch.layout, (pytorch.BATCHES,)
    )
    networks.assert_holds(network, before)


def test_the_momentum_of_batch_norm_is_turned_round(tmp_path):
    network, model = build_strided_net()
    randomize(network)
    safetensors_file.write(tmp_path / "a.safetensors", network, pytorch.layout)
    model.load_state_dict(files.load_file(tmp_path / "a.safetensors"))
    images = values(8, 28, 28, 3, low=0)
    outputs, state = network(images, training=True, seed=np.zeros(2, np.int64))
    model.train()
    assert_close(last(model(first(images))), outputs, 1e-5)
    found, before = model.state_dict(), network.variables.state
    count = 8 * 4 * 4  # numbers of a channel: PyTorch divides their squares by one less
    assert_close(found["bn1.running_mean"], state["bn1/mean"], 1e-5)
    moved = state["bn1/variance"] - 0.99 * before["bn1/variance"]
    expected = 0.99 * before["bn1/variance"] + moved * count / (count - 1)
    assert_close(found["bn1.running_var"], expected, 1e-5)
