"""Training from disk: the same bits as from memory, resumed at any step, and files that change."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from lowlevel import cluster, losses, optimizers
from lowlevel.checks import DataError
from lowlevel.data import examples, image_files, training_data
from lowlevel.data.blocks import Blocks
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.data.mapped import MappedRows
from lowlevel.model import Model
from lowlevel.nets import mlp
from lowlevel.training import fingerprints
from lowlevel.training.fingerprints import Fingerprints
from lowlevel.training.hook import Hook
from tests.conftest import ROOT
from tests.training import small_run

MLP = ("mlp", mlp.Config(small_run.DATASET.image_shape, 10, widths=(8,)))
IN_MEMORY = small_run.DATASET


def mapped(array, path):
    """The same array, in a file."""
    np.save(path, array)
    return np.load(f"{path}.npy", mmap_mode="r")


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")

    def part(name):
        part = getattr(IN_MEMORY, name)
        return LabelledImages(mapped(part.images, folder / name), part.labels, part.source)

    return ImageDataset("few", part("train"), part("test"))


def follow(path, **options):
    """Fingerprints of each step of a run."""
    run = small_run.make(net=MLP, **options)
    small_run.go_on(run, hooks=[Fingerprints(run, path)])
    return fingerprints.read(path)


@pytest.mark.parametrize("options", [{}, {"augmentation": {"shift": 2}}], ids=str)
def test_each_step_has_the_same_bits(on_disk, tmp_path, options):
    assert on_disk.train.examples.reads_disk and not IN_MEMORY.train.examples.reads_disk
    expected = follow(tmp_path / "memory", **options)
    found = follow(tmp_path / "disk", data=on_disk, **options)
    assert fingerprints.first_difference(expected, found) is None
    assert len(found) == small_run.EPOCHS * small_run.STEPS_PER_EPOCH


def test_blocks_for_a_compiled_loop_are_the_same(on_disk):
    order = tf.range(95, -1, -1)
    one, other = (Blocks(d.train.examples, 40, order) for d in (IN_MEMORY, on_disk))
    for most in (2, 2):  # two whole batches, then the short one
        expected, found = one.take(most), other.take(most)
        tf.nest.map_structure(np.testing.assert_array_equal, found, expected)


def test_a_run_is_resumed_at_any_step_from_disk_or_from_memory(on_disk, tmp_path):
    whole = small_run.outcome(small_run.train(tmp_path / "whole", net=MLP))
    for step in range(1, small_run.EPOCHS * small_run.STEPS_PER_EPOCH):
        first, then = (on_disk, IN_MEMORY) if step % 2 else (IN_MEMORY, on_disk)
        path = tmp_path / str(step)
        small_run.train(path, max_steps=step, net=MLP, data=first)
        assert small_run.outcome(small_run.train(path, net=MLP, data=then)) == whole


def test_digests_are_those_of_the_same_data_in_memory(on_disk):
    assert on_disk.sha256() == IN_MEMORY.sha256()
    grey, colours = (data.with_channels(3) for data in (IN_MEMORY, on_disk))
    assert colours.train.are_on_disk and colours.sha256() == grey.sha256()
    spec = tf.TensorSpec([None, *IN_MEMORY.image_shape])
    one, other = (training_data.of_same_images(data, spec) for data in (IN_MEMORY, on_disk))
    assert other.train.reads_disk and one.description == other.description
    assert len(examples.sha256(other.train)) == 64


def test_each_worker_reads_its_share_and_no_more(on_disk, monkeypatch):
    seen = []
    read = MappedRows.__getitem__
    monkeypatch.setattr(
        MappedRows, "__getitem__", lambda rows, i: (seen.append(np.size(i)), read(rows, i))[1]
    )
    batches = []
    for index in range(3):
        monkeypatch.setattr(cluster, "current", lambda i=index: cluster.Cluster(None, i, 3))
        batches.append([labels.numpy() for _, labels in on_disk.train.examples.batches(40)])
    assert sorted(seen) == sorted([14, 13, 13] * 2 + [6, 5, 5])
    together = np.concatenate([np.concatenate(shares) for shares in zip(*batches, strict=True)])
    np.testing.assert_array_equal(together, IN_MEMORY.train.labels)


def fit(x, y, hooks=(), **options):
    model = Model.of(*MLP)
    model.compile(optimizers.SGD(0.1), losses.softmax_cross_entropy)
    history = model.fit(x, y, batch_size=32, epochs=2, verbose=0, hooks=hooks, **options).history
    return history, model.predict(x, verbose=0), model.evaluate(x, y, verbose=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_fit_evaluate_and_predict_take_mapped_arrays(tmp_path, dtype):
    x, y = (IN_MEMORY.train.images / 255).astype(dtype), IN_MEMORY.train.labels
    options = {"validation_split": 0.25, "class_weight": {3: 2.0}}
    expected = fit(x.astype(np.float32), y, **options)
    found = fit(mapped(x, tmp_path / "x"), mapped(y, tmp_path / "y"), **options)
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)


def test_a_number_that_is_not_finite_is_seen_when_its_batch_is_read(tmp_path):
    x = IN_MEMORY.train.images / np.float32(255)
    x[70, 1, 2] = np.nan
    with pytest.raises(DataError, match="hold a number that is not finite"):
        fit(mapped(x, tmp_path / "x"), IN_MEMORY.train.labels)


class Do(Hook):
    """Calls a function when the second epoch begins."""

    def __init__(self, function):
        self.function = function

    def on_epoch_begin(self, epoch):
        if epoch == 1:
            self.function()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: os.truncate(path, 5000), "has changed its size"),
        (lambda path: os.truncate(path, 0), "has changed its size"),
        (lambda path: os.utime(path, ns=(0, 0)), "has been written to"),
    ],
    ids=["shorter", "empty", "written to"],
)
def test_a_file_that_changes_meanwhile_is_one_sentence(tmp_path, change, message):
    x = mapped(IN_MEMORY.train.images / np.float32(255), tmp_path / "x")
    path = tmp_path / "x.npy"
    with pytest.raises(DataError, match=rf"^a batch cannot be computed: {path} {message}") as error:
        fit(x, IN_MEMORY.train.labels, [Do(lambda: change(path))])
    assert str(error.value).count(".\n") == 0 and "Traceback" not in str(error.value)


def test_a_file_that_is_replaced_or_deleted_goes_on_as_it_was(tmp_path):
    array = IN_MEMORY.train.images / np.float32(255)
    x, y, path = mapped(array, tmp_path / "x"), IN_MEMORY.train.labels, tmp_path / "x.npy"
    (tmp_path / "other").write_bytes(b"other")
    found = fit(x, y, [Do(lambda: (tmp_path / "other").replace(path))])
    tf.nest.map_structure(np.testing.assert_array_equal, found, fit(array, y))


# While a batch fails, others are being decoded: a process that ended then would wait for ever.
CHILD = """
import sys
from lowlevel import nets
from lowlevel.data import image_files, training_data
from lowlevel.training import loop, tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run

data = image_files.read_classes(sys.argv[1], (32, 32, 3))
config = nets.get("mlp").Config(data.image_shape, data.num_classes)
data, recipe = training_data.of_images(data), Recipe(batch_size=4)
run = Run(nets.make("mlp", config), tasks.classification(), data, recipe)
try:
    loop.train(run, loop.RunLength(9), quiet=True)
except Exception as error:
    sys.exit(str(error))
"""


def test_a_process_ends_while_other_batches_are_being_read(tmp_path):
    for label in (0, 1):
        (tmp_path / str(label)).mkdir()
        for number in range(150):
            Image.new("RGB", (60, 50)).save(tmp_path / str(label) / f"{number}.jpg")
        (tmp_path / str(label) / "7.jpg").write_bytes(b"no image")
    words = [sys.executable, "-c", CHILD, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=90, cwd=ROOT)
    assert done.returncode == 1
    assert "7.jpg is not an image that can be read" in done.stderr.splitlines()[-1]


def test_an_image_file_that_changes_or_goes_meanwhile_is_named(tmp_path):
    for label in (0, 1):
        folder = tmp_path / "in" / str(label)
        folder.mkdir(parents=True)
        for number in range(5):
            Image.new("L", (9, 9), 40 * number).save(folder / f"{number}.png")
    data = image_files.read_classes(tmp_path / "in", IN_MEMORY.image_shape)
    for path, change in (
        ("0/1.png", lambda path: Image.new("L", (99, 9)).save(path)),
        ("0/2.png", lambda path: path.unlink()),
        ("1/3.png", lambda path: path.write_bytes(b"no image")),
    ):
        whole = tmp_path / "in" / path
        part = data.train if path in data.train.images.names else data.test
        kept = whole.read_bytes(), whole.stat()
        change(whole)
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"{whole} (has|cannot)"):
            list(part.examples.batches(4))
        whole.write_bytes(kept[0])
        os.utime(whole, ns=(0, kept[1].st_mtime_ns))
    assert len(list(data.train.examples.batches(4))) == 2
