"""Safetensors files: our names and PyTorch's, both ways, strict, whatever is in them."""

import json

import numpy as np
import pytest

from lowlevel import nets
from lowlevel.checks import CheckpointError
from lowlevel.exchange import pytorch, safetensors_file
from lowlevel.nets import bottle_autoencoder, bottle_encoder, mini_inception, mlp
from tests.exchange import networks

library = pytest.importorskip("safetensors.numpy", reason="needs safetensors, of the extra test")
SMALL = mlp.Config((4, 4, 1), 3, (5,))
BOTTLES = bottle_encoder.Config((31, 31, 1), (8, 16, 32), (3, 3, 3), (2, 2, 2))
CONFIGS = {
    "mini_inception": mini_inception.Config((32, 32, 3), 10, 8, ((4, 4), (8,))),
    "bottle_autoencoder": bottle_autoencoder.of(BOTTLES),
    "bottle_encoder": BOTTLES,
    "bottle_decoder": bottle_autoencoder.of(BOTTLES).decoder,
}
LAYOUTS = [safetensors_file.own_layout, pytorch.layout]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", nets.NETS)
def test_round_trips(name, layout, tmp_path):
    path = tmp_path / "model.safetensors"
    network = nets.make(name, CONFIGS.get(name), seed=5)
    beside = pytorch.counters(network) if layout is pytorch.layout else None
    found = safetensors_file.write(path, network, layout, beside=beside)
    assert {place.ours for place in found} == network.variables.all().keys()
    arrays = library.load_file(path)
    assert arrays.keys() == {place.theirs for place in found} | set(beside or {})
    before = networks.emptied(network)
    assert safetensors_file.read(path, network, layout, (pytorch.BATCHES,)) == found
    networks.assert_holds(network, before)


def test_real_images_and_the_config(tmp_path, digits):
    trained = networks.shipped_network()
    path = tmp_path / "digits.safetensors"
    safetensors_file.write(path, trained.network, config=trained.config)
    copy = nets.make("conv_net", trained.network.config, seed=1)
    safetensors_file.read(path, copy)
    images = digits.test.images[:50] / np.float32(255)
    np.testing.assert_allclose(copy(images), trained.network(images), atol=1e-5)
    assert safetensors_file.read_config(path) == trained.config


def header(path, change):
    """Changes the header of a file, which is JSON behind its length."""
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    about = json.loads(content[8 : 8 + size])
    change(about)
    text = json.dumps(about).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])


CHANGES = {
    "name": (lambda about: about.update(more=about.pop("weights/d1")), "lacks weights/d1"),
    "shape": (
        lambda about: about["weights/d1"].update(shape=[5, 16]),
        r"weights/d1 in .* is F32 \[5, 16\], but F32 \[16, 5\] is needed",
    ),
    "dtype": (
        lambda about: about["weights/d1"].update(dtype="I32"),
        r"is I32 \[16, 5\], but F32",
    ),
    "size": (
        lambda about: about["weights/d1"].update(shape=[2**39, 5]),
        r"is not a safetensors file",
    ),
    "place": (
        lambda about: about["weights/d1"].update(data_offsets=[0, 2**50]),
        r"is not a safetensors file",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_headers_that_do_not_fit(case, tmp_path):
    change, message = CHANGES[case]
    path = tmp_path / "model.safetensors"
    safetensors_file.write(path, nets.make("mlp", SMALL))
    header(path, change)
    network = nets.make("mlp", SMALL, seed=7)
    before = networks.emptied(network)
    with pytest.raises(CheckpointError, match=message):
        safetensors_file.read(path, network)
    networks.assert_holds(network, {name: 0 * value for name, value in before.items()})


@pytest.mark.parametrize("content", [b"", b"no tensors at all", b"\xff" * 8 + b"{}", b"\x02" * 300])
def test_other_files(content, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        safetensors_file.read(path, nets.make("mlp", SMALL))


def test_numbers_that_are_not_finite(tmp_path):
    path, network = tmp_path / "model.safetensors", nets.make("mlp", SMALL)
    network.variables.biases["out"].assign([0.0, np.inf, 0.0])
    safetensors_file.write(path, network)
    with pytest.raises(
        CheckpointError, match=r"biases/out in .* holds a number that is not finite"
    ):
        safetensors_file.read(path, nets.make("mlp", SMALL))


def test_a_pickle_is_not_opened(tmp_path):
    with pytest.raises(CheckpointError, match="is a pickle by its name, which could run anything"):
        pytorch.check_no_pickle(tmp_path / "model.pt")
