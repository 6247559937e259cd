"""scripts/train_cifar10.py as a person runs it, on a few records in CIFAR-10's form."""

import json
import re
import shutil

import pytest
import tensorflow as tf
from PIL import Image

from lowlevel.data import cifar10
from lowlevel.nets import mini_inception
from lowlevel.reports import by_task
from lowlevel.storage.tensorboard import TensorBoard
from lowlevel.training import epoch_lines
from tests import cifar_files
from tests.scripts import tools

DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")
FEW_BLOCKS = mini_inception.Config(stem_filters=4, blocks=((3, 3), (4,)))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """A few records, and a network of a few filters: what is tested is the script."""
    monkeypatch.setattr(cifar10, "RECORDS_IN_A_FILE", cifar_files.RECORDS)
    defaults = tuple(vars(FEW_BLOCKS).values())
    monkeypatch.setattr(mini_inception.Config.__init__, "__defaults__", defaults)


@pytest.fixture
def data_dir(tmp_path):
    return cifar_files.write_directory(tmp_path / "data", cifar_files.contents())


@pytest.fixture
def train(monkeypatch, capfd):
    return lambda *arguments: tools.run_here("train_cifar10.py", arguments, monkeypatch, capfd)


@pytest.fixture
def without_report(monkeypatch):
    """Spends no time on pictures and on the report."""
    monkeypatch.setattr(by_task, "photographs", lambda run, *_, **__: by_task._accuracy(run))
    monkeypatch.setattr(by_task, "show_samples", lambda *_: None)


def scalars(directory):
    """Steps by tag, of all event files below a directory."""
    found = {}
    for path in sorted(directory.glob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
            if event.graph_def:
                found.setdefault("graph", []).append(len(event.graph_def))
    return found


def test_what_it_prints_and_leaves(train, data_dir, tmp_path):
    run = tmp_path / "run"
    options = ("--data-dir", data_dir, "--run-dir", run, "--epochs", 2, "--batch-size", 32)
    result = train(*options)
    assert (result.status, result.err) == (0, "")
    assert re.fullmatch(r"test accuracy \d\.\d{4} \(\d+/20\)", result.last_lines[0])
    assert DIGEST.fullmatch(result.last_lines[1])[2] == "8"
    assert "precision" in result.out
    config = json.loads((run / "config.json").read_text())
    assert config["class_names"][3] == "cat"
    assert config["preprocessing"] == {"divide_by": 255, "image_files": "resize"}
    report = json.loads((run / "report.json").read_text())
    assert set(report["classes"]) == set(cifar10.CLASS_NAMES)
    assert (run / "report.txt").read_text() in result.out
    for name in ("confusion_matrix.png", "curves.png"):
        with Image.open(run / name) as image:
            assert min(image.size) > 300

    train_events = scalars(run / "tensorboard" / "train")
    assert train_events["step/loss"] == train_events["step/accuracy"] == list(range(1, 9))
    assert train_events["epoch/loss"] == [4, 8]
    assert train_events["epoch/learning_rate"] == [4, 8]
    assert train_events["graph"][0] > 10_000
    test_events = scalars(run / "tensorboard" / "test")
    assert test_events["epoch/loss"] == test_events["epoch/accuracy"] == [4, 8]
    assert test_events["training images"] == [0]
    assert test_events["confusion matrix"] == [8]

    again = train(*options, "--ten-views")
    assert again.last_lines == result.last_lines
    assert re.search(r"^test accuracy \d\.\d{4} \(\d+/20\) over ten views$", again.out, re.M)


def test_strong_recipe_stops_and_resumes_to_the_bit(train, data_dir, tmp_path, without_report):
    options = (
        "--data-dir", data_dir, "--epochs", 2, "--batch-size", 32, "--optimizer", "nesterov",
        "--learning-rate", 0.05, "--schedule", "one_cycle", "--weight-decay", 0.005,
        "--label-smoothing", 0.1, "--flip", "--crop", 4, "--no-conv-biases", "--norm-momentum", 0.9,
        "--precision", "bfloat16",
    )  # fmt: skip
    whole = train(*options, "--run-dir", tmp_path / "whole")
    part = train(*options, "--run-dir", tmp_path / "run", "--steps", 3)
    assert part.status == 0, part.err
    resumed = train(*options, "--run-dir", tmp_path / "run")
    assert "resuming" in resumed.out
    assert resumed.last_lines == whole.last_lines
    names = tf.train.load_checkpoint(str(tmp_path / "run")).get_variable_to_shape_map()
    assert not [name for name in names if "biases/stem/conv" in name]


def test_a_folder_of_images_stops_and_resumes_to_the_bit(train, tmp_path, without_report):
    for label, count in (("cat", 30), ("dog", 20)):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(count):
            image = Image.new("RGB", (40, 30), (9 * number, 90 if label == "cat" else 0, 5))
            image.save(tmp_path / "pets" / label / f"{number}.jpg")
    options = ("--dataset", "folder", "--data-dir", tmp_path / "pets", "--image-side", 16)
    options += ("--epochs", 1, "--batch-size", 8, "--flip", "--optimizer", "momentum")
    whole = train(*options, "--run-dir", tmp_path / "whole")
    assert "pets: 40 images to train on, 10 to test on, read from disk" in whole.out
    config = json.loads((tmp_path / "whole" / "config.json").read_text())
    assert config["class_names"] == ["cat", "dog"]
    assert config["net_config"]["image_shape"] == [16, 16, 3]
    train(*options, "--run-dir", tmp_path / "run", "--steps", 2)
    assert train(*options, "--run-dir", tmp_path / "run").last_lines == whole.last_lines


@pytest.mark.slow
def test_every_option_changes_the_result(train, data_dir, tmp_path, without_report):
    digests = set()
    variants = (  # those of the optimizer are tried in test_train_mnist.py
        (),
        ("--flip",),
        ("--crop", 4),
        ("--cutout", 8),
        ("--no-conv-biases",),
        ("--norm-momentum", 0.9),
    )
    for number, words in enumerate(variants):
        run = tmp_path / str(number)
        common = ("--data-dir", data_dir, "--run-dir", run, "--epochs", 1, "--batch-size", 50)
        common += ("--optimizer", "momentum")  # traced in a third of Adam's time
        digests.add(DIGEST.fullmatch(train(*common, *words).last_lines[1])[1])
    assert len(digests) == len(variants)


def test_what_tensorboard_shows_of_a_killed_run_has_each_step_once(
    train, data_dir, tmp_path, without_report
):
    options = ("--data-dir", data_dir, "--epochs", 2, "--batch-size", 32, "--optimizer", "momentum")
    run = tmp_path / "run"
    train(*options, "--run-dir", run, "--steps", 6)
    newest = max(run.glob("epoch-*"))
    shutil.rmtree(newest)  # as if it had been killed after the checkpoint before
    assert newest.name == "epoch-0001-step-00000006"
    train(*options, "--run-dir", run)
    found = scalars(run / "tensorboard" / "train")
    assert sorted(found["step/loss"]) == list(range(1, 9))
    assert sorted(found["epoch/loss"]) == [4, 8]
    assert len(found["graph"]) == 1


def test_a_run_that_diverges_brings_its_log_to_disk(train, data_dir, tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(TensorBoard, "flush", lambda tensorboard: flushed.append(1))
    monkeypatch.setattr(by_task, "show_samples", lambda *_: None)  # which would flush, too
    arguments = ("--data-dir", data_dir, "--run-dir", tmp_path / "run", "--batch-size", 8)
    result = train(*arguments, "--optimizer", "momentum", "--learning-rate", 999)
    assert result.status == 2
    assert re.search(r"not finite at step \d+; the last checkpoint is .*step-0", result.err)
    assert flushed


def test_time_that_is_left():
    history = [{"seconds": 100.0}, {"seconds": 140.0}]
    row = {"epoch": 2, "loss": 1.0, "val_loss": 1.1, "seconds": 140.0}
    line = epoch_lines.describe_epoch(row, 42, history, "test")
    assert line == "epoch 2/42: loss 1.0000, test loss 1.1000, 140 s, 1 h 20 min left"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dataset", "shapes", "--data-dir", "x"), "shapes are drawn: they take no --data-dir"),
        (("--dataset", "shapes", "--from-disk"), "shapes are drawn: they are not read"),
        (("--dataset", "folder"), "--dataset folder needs --data-dir"),
        (("--dataset", "folder", "--data-dir", "nowhere"), "nowhere cannot be read: No such file"),
        (("--image-side", "16"), "--image-side is for --dataset folder"),
        (("--data-dir", "nowhere"), "nowhere contains neither cifar-10-batches-bin nor"),
        (("--crop", "32"), "argument --crop"),
        (("--crop", "-1"), "argument --crop"),
        (("--norm-momentum", "1"), "argument --norm-momentum"),
        (("--weight-decay", "nan"), "argument --weight-decay"),
        (("--dropout", "0.1"), "unrecognized arguments"),
        (("--rotate", "10"), "unrecognized arguments"),
    ],
)
def test_mistakes_get_a_sentence(train, tmp_path, options, message):
    result = train("--run-dir", tmp_path / "run", *options)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_without_scikit_learn_the_run_is_kept_and_the_extra_named(
    train, data_dir, tmp_path, monkeypatch
):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.metrics", None)
    run = tmp_path / "run"
    words = ("--data-dir", data_dir, "--run-dir", run, "--epochs", 1, "--batch-size", 50)
    result = train(*words, "--optimizer", "momentum")
    assert result.status == 0
    assert "the report is not complete: scikit-learn is not installed" in result.err
    assert "pip install scikit-learn" in result.err
    assert DIGEST.fullmatch(result.last_lines[1])


def test_without_tensorboard_it_trains_all_the_same(
    train, data_dir, tmp_path, monkeypatch, without_report
):
    monkeypatch.setitem(__import__("sys").modules, "tensorboard", None)
    run = tmp_path / "run"
    words = ("--data-dir", data_dir, "--run-dir", run, "--epochs", 1, "--batch-size", 50)
    result = train(*words, "--optimizer", "momentum")
    assert result.status == 0
    assert "nothing is logged for TensorBoard: tensorboard is not installed" in result.err
    assert not (run / "tensorboard").exists()
