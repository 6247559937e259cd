"""SavedModels and weights files: the same answers as the run, strict, and harmless to load."""

import dataclasses
import json
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.nets import bottle_encoder, mini_inception, strided_net
from lowlevel.prediction import export, trained
from lowlevel.prediction.predictor import Predictor
from lowlevel.storage import hdf5, weights_file
from lowlevel.variables import VariableStore
from tests.training import small_autoencoder, small_run

DATA = small_run.DATASET.test.images  # uint8 [batch, 8, 8, 1]

FOREIGN = """
import sys
sys.modules["keras"] = None  # TensorFlow comes sooner without it
import numpy as np
import tensorflow as tf
for directory in sys.argv[1:]:
    images = np.load(directory + "/images.npy")
    model = tf.saved_model.load(directory + "/model")
    results = {}
    for name, batch in (("serving_default", images), ("float_images", images / np.float32(255))):
        for key, value in model.signatures[name](images=tf.constant(batch)).items():
            results[f"{name} {key}"] = value.numpy()
    np.savez(directory + "/out.npz", **results)
assert not [name for name in sys.modules if name.startswith("lowlevel")]
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each kind of network, and images for it."""
    root = tmp_path_factory.mktemp("runs")
    small_run.train(root / "conv_net", max_steps=2)
    small_autoencoder.train(root / "autoencoder", max_steps=2)
    images = {
        "conv_net": DATA,
        "autoencoder": small_autoencoder.NORMAL[:],
    }
    for name, config in (
        ("strided_net", strided_net.Config((19, 20, 3), 10)),
        ("mini_inception", mini_inception.Config((19, 20, 3), 10, 4, ((3, 3), (4,)))),
    ):
        pads = [(0, 0), (5, 6), (6, 6), (0, 0)]
        data = small_run.DATASET.with_channels(3)
        padded = {
            part: type(getattr(data, part))(
                np.pad(getattr(data, part).images, pads), getattr(data, part).labels, part
            )
            for part in ("train", "test")
        }
        data = type(data)("few", padded["train"], padded["test"])
        run = small_run.make(root / name, data, net=(name, config))
        run.open()
        small_run.go_on(run, 1)
        images[name] = data.test.images
    return root, images


@pytest.fixture(scope="module")
def answers(runs, tmp_path_factory):
    """What each run's SavedModel answers in a process that knows nothing of us."""
    root, images = runs
    there = tmp_path_factory.mktemp("exported")
    for name in images:
        (there / name).mkdir()
        export.save_savedmodel(root / name, there / name / "model")
        np.save(there / name / "images.npy", images[name])
    words = ["-c", FOREIGN, *(str(there / name) for name in images)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=there)
    assert done.returncode == 0, done.stderr
    return {name: np.load(there / name / "out.npz") for name in images}


every_run = pytest.mark.parametrize(
    "name", ["conv_net", "strided_net", "mini_inception", "autoencoder"]
)


@every_run
def test_savedmodel_in_a_process_that_knows_nothing_of_us(runs, answers, name):
    root, images = runs
    found = answers[name]
    expected = Predictor(root / name).outputs(images[name])
    keys = {"latent", "reconstruction", "error"} if name == "autoencoder" else {
        "logits", "probabilities", "class"
    }  # fmt: skip
    assert expected.keys() == keys
    for key, value in expected.items():
        for signature in ("serving_default", "float_images"):
            np.testing.assert_allclose(found[f"{signature} {key}"], value, atol=1e-5)


@every_run
def test_exports_predict_what_the_run_does(runs, name, tmp_path):
    root, images = runs
    export.save_savedmodel(root / name, tmp_path / "model")
    export.save_weights(root / name, tmp_path / "weights.h5")
    expected = Predictor(root / name)
    for path in (tmp_path / "model", tmp_path / "weights.h5"):
        loaded = Predictor(path)
        assert loaded.image_shape == expected.image_shape
        assert loaded.class_names == expected.class_names
        for batch in (1, 5):
            ours = loaded.outputs(images[name][:batch])
            theirs = expected.outputs(images[name][:batch])
            for key in theirs:
                np.testing.assert_allclose(ours[key], theirs[key], atol=1e-5)


def test_weights_by_name(runs, tmp_path):
    root, _ = runs
    export.save_weights(root / "autoencoder", tmp_path / "weights.h5")
    variables = trained.load(root / "autoencoder").variables
    with h5py.File(tmp_path / "weights.h5") as file:
        names = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )
        assert sorted(names) == sorted(variables)
        assert "encoder/state/bn1/mean" in names
        for name in names:
            np.testing.assert_array_equal(file[name], variables[name])


def test_nothing_is_overwritten(runs, tmp_path):
    root, _ = runs
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").write_text("keep me")
    with pytest.raises(CheckpointError, match="exists already"):
        export.save_savedmodel(root / "conv_net", tmp_path / "model")
    (tmp_path / "weights.h5").write_text("keep me")
    with pytest.raises(CheckpointError, match="exists already"):
        export.save_weights(root / "conv_net", tmp_path / "weights.h5")
    assert (tmp_path / "weights.h5").read_text() == "keep me"
    with pytest.raises(CheckpointError, match="cannot be written"):
        export.save_weights(root / "conv_net", tmp_path / "nowhere" / "weights.h5")


def test_no_run(tmp_path):
    with pytest.raises(CheckpointError, match="contains no checkpoint"):
        export.save_weights(tmp_path, tmp_path / "weights.h5")


@pytest.fixture(scope="module")
def exported(runs, tmp_path_factory):
    """A directory with a SavedModel and a weights file of the same run."""
    root, _ = runs
    path = tmp_path_factory.mktemp("exported")
    export.save_savedmodel(root / "conv_net", path / "model")
    export.save_weights(root / "conv_net", path / "weights.h5")
    return path


@pytest.fixture
def weights(exported, tmp_path):
    """A weights file to be changed."""
    return shutil.copy(exported / "weights.h5", tmp_path / "weights.h5")


@pytest.fixture
def model(exported, tmp_path):
    """A SavedModel to be changed."""
    return shutil.copytree(exported / "model", tmp_path / "model")


def change_file(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


def delete(file):
    del file["weights/c1"]


def add(file):
    file["weights/extra"] = np.zeros(3)


def reshape(file):
    del file["biases/c1"]
    file["biases/c1"] = np.zeros(17, np.float32)


def retype(file):
    values = file["biases/c1"][...]
    del file["biases/c1"]
    file["biases/c1"] = values.astype(np.float64)


def link_out(file):
    del file["biases/c1"]
    file["biases/c1"] = h5py.ExternalLink("other.h5", "/x")


def store_outside(file):
    del file["biases/c1"]
    external = [("secret.bin", 0, 64)]
    file.create_dataset("biases/c1", (16,), np.float32, external=external)


def make_virtual(file):
    del file["biases/c1"]
    layout = h5py.VirtualLayout((16,), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "x", (16,))
    file.create_virtual_dataset("biases/c1", layout)


def change_a_number(file):
    file["weights/c1"][0, 0, 0, 0] += 1e-6


def make_empty(file):
    del file["biases/c1"]
    file["biases/c1"] = h5py.Empty(np.float32)


def forget_digest(file):
    del file.attrs["sha256"]


def forget_config(file):
    del file.attrs["config"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (delete, "lacks weights/c1"),
        (add, "holds weights/extra, which nothing here uses"),
        (reshape, r"biases/c1 .* is float32 \[17\], but float32 \[16\] is needed"),
        (retype, r"biases/c1 .* is float64 \[16\], but float32 \[16\] is needed"),
        (link_out, "biases/c1 .* is a link"),
        (store_outside, "biases/c1 .* lies outside the file"),
        (make_virtual, "biases/c1 .* lies outside the file"),
        (forget_config, "contains no config"),
        (change_a_number, "a number in it is not as it was written"),
        (make_empty, "is damaged"),
        (forget_digest, "is damaged"),
    ],
)
def test_loading_weights_is_strict(weights, change, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.bin").write_bytes(bytes(64))
    change_file(weights, change)
    with pytest.raises(CheckpointError, match=message):
        trained.load(weights)


def test_every_byte_is_covered_before_hdf5_reads_one(weights, monkeypatch):
    content = weights.read_bytes()
    monkeypatch.setattr(hdf5, "opened", lambda *_: pytest.fail("it is read by HDF5"))
    for position in range(0, len(content) - 64 - len(weights_file.MARK), 997):
        changed = bytearray(content)
        changed[position] ^= 1
        weights.write_bytes(changed)
        with pytest.raises(CheckpointError, match="is damaged: it is not as it was written"):
            trained.load(weights)


def test_weights_of_an_older_version_are_without_a_digest_of_the_file(weights):
    content = weights.read_bytes()
    expected = trained.load(weights).sha256
    weights.write_bytes(content[: content.rindex(weights_file.MARK)])
    assert trained.load(weights).sha256 == expected


def test_a_digest_that_is_no_text(weights):
    change_file(weights, lambda file: file.attrs.create("sha256", [1, 2]))
    with pytest.raises(CheckpointError, match="a number in it is not as it was written"):
        trained.load(weights)


def test_a_network_too_large_for_its_file_is_not_built(weights, monkeypatch):
    config = weights_file.read_config(weights)
    config["net"], config["net_config"] = "mlp", {"widths": [2_000_000]}
    small = {"weights/out": tf.Variable([1.0])}
    weights_file.write(weights, small, config)
    add = VariableStore._add

    def count(*arguments):
        assert not tf.executing_eagerly(), "it is built"
        add(*arguments)

    monkeypatch.setattr(VariableStore, "_add", count)
    with pytest.raises(CheckpointError, match=r"is damaged: .*more than are in|too large"):
        trained.load(weights)


def test_a_failed_restore_changes_nothing(weights):
    network = trained.load(weights)
    variables = network.variables
    before = {name: variable.numpy() for name, variable in variables.items()}
    change_file(weights, reshape)
    with pytest.raises(CheckpointError):
        weights_file.restore(weights, variables)
    for name, value in before.items():
        np.testing.assert_array_equal(variables[name], value)


@pytest.mark.parametrize("damage", [b"", b"not HDF5", None])
def test_files_that_are_not_whole(weights, damage):
    content = weights.read_bytes()
    weights.write_bytes(content[: len(content) // 2] if damage is None else damage)
    with pytest.raises(CheckpointError, match=r"is not a whole HDF5 file|is damaged"):
        trained.load(weights)


@pytest.mark.parametrize(
    "damage",
    [
        {"net": "resnet"},
        {"net_config": {}},
        {"class_names": ["one"]},
        {"preprocessing": {}},
        {"training": None},
        {"net": "bottle_encoder", "net_config": dataclasses.asdict(bottle_encoder.Config())},
        {"preprocessing": {"divide_by": 10**400}},
        {"class_names": None},
    ],
)
def test_damaged_configs(weights, damage):
    config = weights_file.read_config(weights) | damage
    change_file(weights, lambda file: file.attrs.__setitem__("config", json.dumps(config)))
    with pytest.raises(CheckpointError, match=r"the config of|is needed"):
        trained.load(weights)


@pytest.mark.parametrize(
    "damage",
    [
        lambda encoder, decoder: decoder.update(strides=[1] * len(decoder["strides"])),
        lambda encoder, decoder: decoder.clear(),
        lambda encoder, decoder: encoder.update(filters=[10**9] * len(encoder["filters"])),
        lambda encoder, decoder: encoder.update(strides=[40] * len(encoder["strides"])),
    ],
)
def test_damaged_configs_of_an_autoencoder(runs, damage, tmp_path):
    root, _ = runs
    path = tmp_path / "weights.h5"
    export.save_weights(root / "autoencoder", path)
    config = weights_file.read_config(path)
    damage(config["net_config"]["encoder"], config["net_config"]["decoder"])
    change_file(path, lambda file: file.attrs.__setitem__("config", json.dumps(config)))
    with pytest.raises(CheckpointError, match="the config of"):
        trained.load(path)


def test_a_savedmodel_is_read_and_not_run(runs, model):
    """Whatever a stranger put into the graph, prediction makes the network anew."""
    root, images = runs
    (model / "saved_model.pb").write_bytes(b"no graph at all")
    found = Predictor(model).outputs(images["conv_net"])
    expected = Predictor(root / "conv_net").outputs(images["conv_net"])
    np.testing.assert_array_equal(found["logits"], expected["logits"])


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"class_names": null}', "[" * 100_000])
def test_damaged_configs_of_savedmodels(model, content):
    (model / "lowlevel-manifest.json").unlink()  # as in an older one
    (model / "lowlevel.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"is not a SavedModel|is damaged"):
        Predictor(model)


@pytest.mark.parametrize("manifest", ["{", "[]", '{"lowlevel.json": 1}'])
def test_damaged_manifests_of_savedmodels(model, manifest):
    (model / "lowlevel-manifest.json").write_text(manifest)
    with pytest.raises(CheckpointError, match=r"is not a SavedModel|is not as it was written"):
        Predictor(model)


def test_a_config_of_a_savedmodel_that_would_give_other_numbers(model):
    config = model / "lowlevel.json"
    assert '"divide_by": 255' in config.read_text()
    config.write_text(config.read_text().replace('"divide_by": 255', '"divide_by": 155'))
    with pytest.raises(CheckpointError, match=r"lowlevel\.json is not as it was written"):
        Predictor(model)


def test_a_truncated_savedmodel(model):
    variables = model / "variables" / "variables.data-00000-of-00001"
    variables.write_bytes(variables.read_bytes()[:3000])
    with pytest.raises(CheckpointError, match=r"variables\.data-00000-of-00001 is not as it was"):
        Predictor(model)
    (model / "lowlevel-manifest.json").unlink()  # as in an older one
    with pytest.raises(CheckpointError, match=r"cannot be read|more than are in"):
        Predictor(model)


def test_an_empty_working_directory_takes_a_savedmodel(runs, tmp_path, monkeypatch):
    root, _ = runs
    monkeypatch.chdir(tmp_path)
    export.save_savedmodel(root / "conv_net", ".")
    assert (tmp_path / "saved_model.pb").is_file()


def test_a_foreign_savedmodel_is_refused(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "model"))
    with pytest.raises(CheckpointError, match=r"is not a SavedModel of scripts/export\.py"):
        Predictor(tmp_path / "model")
