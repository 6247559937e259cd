"""Files of Keras from anyone: nothing is run, nothing large is made, nothing is half read."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from lowlevel import nets
from lowlevel.checks import CheckpointError
from lowlevel.exchange import keras_file
from lowlevel.nets import mlp
from tests.exchange import networks

SMALL = mlp.Config((4, 4, 1), 3, (5,))


@pytest.fixture
def members(tmp_path):
    """The members of a `.keras` file by name."""
    keras_file.write(tmp_path / "whole.keras", nets.make("mlp", SMALL))
    with zipfile.ZipFile(tmp_path / "whole.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(path, members, message, compression=zipfile.ZIP_STORED):
    """Writes the members and asserts that they are refused, and that no variable has changed."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    assert_refused(path, message)


def assert_refused(path, message):
    network = nets.make("mlp", SMALL, seed=7)
    before = {name: variable.numpy() for name, variable in network.variables.all().items()}
    with pytest.raises(CheckpointError, match=message):
        keras_file.read(path, network)
    networks.assert_holds(network, before)


def changed(weights, change):
    """The bytes of an HDF5 file after a change."""
    content = io.BytesIO(weights)
    with h5py.File(content, "r+") as file:
        change(file)
    return content.getvalue()


def test_archives(tmp_path, members):
    path, weights = tmp_path / "model.keras", "model.weights.h5"
    whole = list(members.items())
    path.write_bytes(b"PK\x03\x04 no archive")
    assert_refused(path, r"model\.keras is not a \.keras file that can be read: .*not a zip file")
    refused(path, whole[:2], "it has 0 members model.weights.h5, not one")
    with pytest.warns(UserWarning, match="Duplicate name"):
        refused(path, [*whole, (weights, b"")], "it has 2 members model.weights.h5, not one")
    bomb = [*whole[:2], (weights, bytes(2**27))]
    refused(path, bomb, "claims more than the", zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**18
    refused(path, [*whole[:2], (weights, b"no HDF5")], r"model\.keras is not a whole HDF5 file")
    content = bytearray(path.read_bytes())
    content[content.index(b"no HDF5")] ^= 1
    path.write_bytes(content)
    assert_refused(path, "Bad CRC-32")


def test_a_size_that_lies(tmp_path, members):
    """The directory of the archive claims few bytes; what is packed has more."""
    path = tmp_path / "model.keras"
    packed = {**members, "model.weights.h5": bytes(2**24)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in packed.items():
            archive.writestr(name, content)
    content = path.read_bytes().replace((2**24).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    path.write_bytes(content)
    assert_refused(path, r"Bad CRC-32|is not a whole HDF5 file|has more than")


CONFIGS = {
    "[": "can be read",
    "[]": "is not a JSON object",
    "[" * 100_000: "in one another",
    "{}": "does not hold a model that is a list of layers",
    '{"config": {"layers": [1]}}': "a layer without settings",
    '{"config": {"layers": [{"class_name": "Lambda", "config": {}}]}}': "has 0 layers Dense",
}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda text: text[:20])
def test_configs(tmp_path, members, config):
    replaced = {**members, "config.json": config.encode()}
    refused(tmp_path / "model.keras", replaced.items(), CONFIGS[config])


def test_code_in_a_config_is_not_run(tmp_path, members):
    config = json.loads(members["config.json"])
    code = "import os; os.abort()"
    settings = {"name": "mine", "function": {"class_name": "__lambda__", "config": {"code": code}}}
    mine = {"module": "builtins", "class_name": "Lambda", "config": settings}
    config["config"]["layers"].append(mine)
    network = nets.make("mlp", SMALL)
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for name, content in {**members, "config.json": json.dumps(config)}.items():
            archive.writestr(name, content)
    keras_file.read(tmp_path / "model.keras", network)  # a layer without variables


def link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "x")


def huge(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (2**39,), np.float32)


def wide(file):
    numbers = file["layers/dense/vars/0"][...]
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = numbers.astype(np.float64)


def endless(file):
    file["layers/dense/vars/0"][0, 0] = np.nan


WEIGHTS = {
    link: "layers/dense/vars/0 in .* is a link",
    huge: r"is float32 \[549755813888\], but float32 \[16, 5\] is needed for weights/d1",
    wide: r"is float64 \[16, 5\], but float32",
    endless: "weights/d1 in .* holds a number that is not finite",
}


@pytest.mark.parametrize("change", WEIGHTS)
@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_weights(tmp_path, members, change, suffix):
    path = tmp_path / f"model{suffix}"
    content = changed(members["model.weights.h5"], change)
    if suffix == ".keras":
        replaced = {**members, "model.weights.h5": content}
        refused(path, replaced.items(), WEIGHTS[change])
    else:
        path.write_bytes(content)
        assert_refused(path, WEIGHTS[change])
