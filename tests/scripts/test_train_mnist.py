"""scripts/train_mnist.py as a person runs it."""

import json
import math
import re
import resource
import signal
import subprocess
import time

import pytest
import tensorflow as tf
from PIL import Image

from lowlevel import shipped
from lowlevel.reports import plots
from tests.idx_files import write_random
from tests.scripts import tools

ACCURACY = re.compile(r"test accuracy (0\.\d{4}|1\.0000) \((\d+)/(\d+)\)")
DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")
MLP = ("--net", "mlp", "--no-jit-compile")  # XLA takes longer to compile it than it is trained
ROW = ["epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return write_random(tmp_path_factory.mktemp("idx"), gzipped=True)


@pytest.fixture
def train_and_draw(monkeypatch, capfd):
    return lambda *arguments: tools.run_here("train_mnist.py", arguments, monkeypatch, capfd)


@pytest.fixture
def train(train_and_draw, monkeypatch):
    """Spends no time on pictures."""
    monkeypatch.setattr(plots, "draw_predictions", lambda *arguments: None)
    return train_and_draw


def small(data_dir, run_dir, *more):
    return ("--data-dir", data_dir, "--run-dir", run_dir, "--batch-size", 16, "--epochs", 3, *more)


@pytest.fixture(scope="module")
def results():
    """Those of runs that were made already, by their options."""
    return {}


@pytest.fixture
def whole(train, data_dir, tmp_path, results):
    """Function of options: the result of an unbroken run with them, which is made once."""

    def find(*options):
        if options not in results:
            results[options] = train(*small(data_dir, tmp_path / "whole", *options))
        return results[options]

    return find


def digest(result):
    return DIGEST.fullmatch(result.last_lines[1])[1]


def test_what_it_prints_and_leaves(train_and_draw, data_dir, tmp_path):
    result = train_and_draw(*small(data_dir, tmp_path))
    assert (result.status, result.err) == (0, "")
    share, correct, total = ACCURACY.fullmatch(result.last_lines[0]).groups()
    assert share == f"{int(correct) / 12:.4f}"
    assert total == "12"
    assert DIGEST.fullmatch(result.last_lines[1])[2] == "9"

    config = json.loads((tmp_path / "config.json").read_text())
    assert config["net"] == "conv_net"
    assert config["net_config"] == {"image_shape": [6, 5, 1], "num_classes": 3, "dropout_rate": 0.2}
    assert config["training"]["seed"] == 0
    assert "scripts/train_mnist.py" in config["about"]["command"]
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [list(row) for row in rows] == [ROW] * 3
    assert [row["step"] for row in rows] == [3, 6, 9]
    assert rows[-1]["val_accuracy"] == pytest.approx(int(correct) / 12)
    with Image.open(tmp_path / "predictions.png") as image:
        assert min(image.size) > 300
    names = tf.train.load_checkpoint(str(tmp_path)).get_variable_to_shape_map()
    assert names["variables/weights/c1/.ATTRIBUTES/VARIABLE_VALUE"] == [3, 3, 1, 16]
    assert names["optimizer/m/weights/c1/.ATTRIBUTES/VARIABLE_VALUE"] == [3, 3, 1, 16]


@pytest.mark.slow
def test_the_quick_start_offline(train_and_draw, tmp_path):
    result = train_and_draw("--dataset", "sample", "--run-dir", tmp_path)
    assert float(ACCURACY.fullmatch(result.last_lines[0])[1]) >= 0.97
    assert (tmp_path / "predictions.png").exists()


def test_stop_resume_finish(train, data_dir, tmp_path, whole):
    arguments = small(data_dir, tmp_path / "run")
    stopped = train(*arguments, "--steps", 5)
    assert DIGEST.fullmatch(stopped.last_lines[1])[2] == "5"
    assert "stopped at step 5 of 9, as --steps asks" in stopped.out
    assert stopped.out.startswith(f"{data_dir.name}: 40 images to train on")
    assert "as --steps asks" not in whole().out
    resumed = train(*arguments)
    assert "resuming" in resumed.out
    assert "at step 5" in resumed.out
    assert resumed.last_lines == whole().last_lines
    again = train(*arguments)
    assert again.last_lines == whole().last_lines
    beyond = train(*arguments, "--epochs", 1)
    assert "the run has made 3 epochs; --epochs 1 is past" in beyond.out
    assert "epoch" not in again.out.replace("epoch-", "")


def test_fresh_and_seed(train, data_dir, tmp_path):
    first = train(*small(data_dir, tmp_path), "--quiet")
    assert len(first.out.splitlines()) == 2
    refused = train(*small(data_dir, tmp_path, "--seed", 1))
    assert refused.status == 2
    assert "training.seed is 0 there and 1 here" in refused.err
    fresh = train(*small(data_dir, tmp_path, "--seed", 1, "--fresh"))
    assert fresh.status == 0
    assert digest(fresh) != digest(first)


def test_more_epochs_go_on_where_fewer_ended(train, data_dir, tmp_path, whole):
    short = ("--data-dir", data_dir, "--run-dir", tmp_path / "run", "--batch-size", 16)
    train(*short, "--epochs", 1)
    assert digest(train(*short, "--epochs", 3)) == digest(whole())


@pytest.mark.parametrize(
    "options",
    [
        ("--optimizer", "sgd", "--schedule", "cosine", "--warm-up", 2),
        ("--optimizer", "nesterov", "--schedule", "one_cycle", "--precision", "bfloat16"),
        ("--optimizer", "momentum", "--schedule", "piecewise", "--label-smoothing", 0.1),
        ("--rotate", 10, "--zoom", 0.1, "--shift", 1, "--dropout", 0, "--checkpoint-every", 2),
    ],
)
def test_options(train, data_dir, tmp_path, options):
    result = train(*small(data_dir, tmp_path, *options))
    assert result.status == 0, result.err
    assert ACCURACY.fullmatch(result.last_lines[0])
    names = " ".join(tf.train.load_checkpoint(str(tmp_path)).get_variable_to_shape_map())
    slots = {"sgd": None, "nesterov": "velocity", "momentum": "velocity"}
    optimizer = options[1] if options[0] == "--optimizer" else "adam"
    assert ("optimizer/" in names) == (optimizer != "sgd")
    assert f"optimizer/{slots.get(optimizer, 'm')}/" in names or optimizer == "sgd"


@pytest.mark.parametrize(
    "option",
    [
        ("--precision", "bfloat16"),
        ("--label-smoothing", 0.1),
        ("--schedule", "cosine"),
        ("--warm-up", 2),
        ("--optimizer", "sgd"),
        ("--weight-decay", 0.1),
        ("--rotate", 10),
        ("--zoom", 0.1),
        ("--shift", 1),
        ("--learning-rate", 0.01),
    ],
)
def test_every_option_changes_the_result(train, data_dir, tmp_path, whole, option):
    result = train(*small(data_dir, tmp_path / "run", *MLP, *option))
    assert result.status == 0, result.err
    assert digest(result) != digest(whole(*MLP))


def test_from_disk_the_result_is_the_same(train, data_dir, tmp_path, whole, monkeypatch):
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path / "cache"))
    result = train(*small(data_dir, tmp_path / "run", *MLP, "--from-disk"))
    assert "12 to test on, read from disk as they are needed" in result.out
    assert result.last_lines == whole(*MLP).last_lines
    refused = train("--dataset", "sample", "--from-disk")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "the dataset sample is packaged: it is not read from disk" in refused.err


def test_dropout_changes_the_result(whole):
    """Of conv_net: mlp, the quickest for the other options, has no dropout."""
    assert digest(whole()) != digest(whole("--dropout", 0.5))


@pytest.mark.parametrize("pooling", ["max", pytest.param("avg", marks=pytest.mark.slow)])
def test_strided_net_on_grey_images(train, tmp_path, pooling):
    data = write_random(tmp_path / "data", height=20, width=21)
    options = small(data, tmp_path / "run", "--net", "strided_net", "--global-pooling", pooling)
    options += ("--norm-momentum", 0.75)
    result = train(*options)
    assert (result.status, result.err) == (0, "")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["net_config"] == {
        "image_shape": [20, 21, 3],
        "num_classes": 3,
        "dropout_rate": 0.3,
        "global_pooling": pooling,
        "norm_momentum": 0.75,
    }
    part = [*options[:3], tmp_path / "part", *options[4:]]
    train(*part, "--steps", 5)
    assert train(*part).last_lines == result.last_lines


@pytest.mark.parametrize(
    "net",
    [
        "mlp",
        *(pytest.param(net, marks=pytest.mark.slow) for net in ("mish_net", "vision_transformer")),
    ],
)
def test_other_nets_stop_resume_and_finish(train, tmp_path, net):
    data = write_random(tmp_path / "data", height=8, width=8)
    whole = train(*small(data, tmp_path / "whole", "--net", net))
    assert (whole.status, whole.err) == (0, "")
    config = json.loads((tmp_path / "whole" / "config.json").read_text())
    assert config["net"] == net
    assert config["net_config"]["image_shape"] == [8, 8, 1]
    assert config["training"]["learning_rate"] == 1e-3
    part = small(data, tmp_path / "part", "--net", net)
    assert train(*part, "--steps", 5).status == 0
    assert train(*part).last_lines == whole.last_lines


def test_options_reach_the_block_of_mish_net(train, tmp_path):
    data = write_random(tmp_path / "data", height=8, width=8)
    options = ("--net", "mish_net", "--norm-momentum", 0.5, "--dropout", 0.4, "--steps", 1)
    train(*small(data, tmp_path / "run", *options))
    block = json.loads((tmp_path / "run" / "config.json").read_text())["net_config"]["block"]
    assert (block["norm_momentum"], block["dropout_rate"]) == (0.5, 0.4)


def test_patches_that_do_not_cover_the_images_are_refused(train, data_dir, tmp_path):
    result = train(*small(data_dir, tmp_path / "run", "--net", "vision_transformer"))
    assert result.status == 2
    assert "patches of 4 pixels do not cover 6 x 5 evenly" in result.err
    assert len(result.err.splitlines()) == 1


def test_fresh_leaves_nothing_of_the_run_before(train, data_dir, tmp_path):
    train(*small(data_dir, tmp_path))
    (tmp_path / "mine.txt").write_text("keep me")
    (tmp_path / "detector").mkdir()
    (tmp_path / "report.txt").write_text("of the run before")
    train(*small(data_dir, tmp_path, "--fresh", "--steps", 1))
    assert (tmp_path / "mine.txt").exists()
    assert not (tmp_path / "detector").exists()
    assert not (tmp_path / "report.txt").exists()


def test_schedule_is_in_the_metrics(train, data_dir, tmp_path):
    train(*small(data_dir, tmp_path, "--schedule", "cosine", "--learning-rate", 0.1))
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    # The rates of the third, sixth and ninth of nine steps.
    expected = [0.05 * (1 + math.cos(math.pi * step / 9)) for step in (2, 5, 8)]
    assert [row["learning_rate"] for row in rows] == pytest.approx(expected, rel=1e-4)


def test_checkpoint_every(train, data_dir, tmp_path):
    train(*small(data_dir, tmp_path, "--checkpoint-every", 2, "--steps", 5))
    steps = {int(path.name[-8:]) for path in tmp_path.glob("epoch-*")}
    assert {3, 4, 5} <= steps


def test_export(train_and_draw, data_dir, tmp_path):
    train = train_and_draw
    result = train(*small(data_dir, tmp_path / "run", "--export", tmp_path / "out"))
    correct = int(ACCURACY.fullmatch(result.last_lines[0])[2])
    about = json.loads((tmp_path / "out" / "config.json").read_text())["about"]
    assert about["test_accuracy"] == correct / 12
    assert (tmp_path / "out" / "predictions.png").is_file()
    again = train(*small(data_dir, tmp_path / "run", "--export", tmp_path / "out"))
    assert again.last_lines == result.last_lines  # the same command, once more
    refused = train(*small(data_dir, tmp_path / "b", "--seed", 1, "--export", tmp_path / "out"))
    assert refused.status == 2
    assert "training.seed is 0 there and 1 here" in refused.err
    names = tf.train.load_checkpoint(str(tmp_path / "out")).get_variable_to_shape_map()
    assert not [name for name in names if name.startswith("optimizer")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--batch-size", 0), "it must be a whole number of at least 1"),
        (("--batch-size", "many"), "argument --batch-size: invalid whole number value: 'many'"),
        (("--epochs", 0), "argument --epochs"),
        (("--steps", -1), "argument --steps"),
        (("--learning-rate", 0), "argument --learning-rate"),
        (("--learning-rate", "nan"), "argument --learning-rate"),
        (("--learning-rate", -1), "argument --learning-rate"),
        (("--dropout", 1), "argument --dropout"),
        (("--seed", -1), "argument --seed"),
        (("--seed", 2**63), "argument --seed"),
        (("--optimizer", "adagrad"), "invalid choice: 'adagrad'"),
        (("--checkpoint-every", 0), "argument --checkpoint-every"),
        (("--fresh", "--resume"), "not allowed with"),
        (("--frobnicate",), "unrecognized arguments: --frobnicate"),
        (("--net", "leaky_net"), "invalid choice: 'leaky_net'"),
        (("--net", "mlp", "--dropout", 0.1), "mlp has no dropout"),
        (("--net", "mlp", "--norm-momentum", 0.9), "mlp has no batch norm"),
        (("--jit-compile", "--rotate", 5), "--jit-compile is for images that are not changed"),
        (("--norm-momentum", 0.9), "conv_net has no batch norm"),
        (("--no-synchronize-batch-norm",), "conv_net has no batch norm"),
        (("--net", "mish_net", "--global-pooling", "avg"), "is for --net strided_net"),
        (("--step", 3), "unrecognized arguments: --step"),
        (("--run-dir", shipped.MNIST), "the shipped network"),
    ],
)
def test_wrong_arguments(train, arguments, message):
    result = train(*arguments)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_wrong_data_and_directories(train, data_dir, tmp_path):
    a_file = tmp_path / "file"
    a_file.write_text("")
    for arguments, message in [
        (("--data-dir", tmp_path / "none"), "none is not a directory"),
        (("--data-dir", tmp_path), "contains neither train-images-idx3-ubyte"),
        (("--dataset", "digits", "--data-dir", data_dir), "takes no data directory"),
        (small(data_dir, a_file / "run"), "cannot be written"),
        (small(data_dir, tmp_path / "new", "--resume"), "no checkpoint to resume"),
        (small(data_dir, tmp_path / "new", "--export", tmp_path), "export to a new directory"),
        (small(data_dir, tmp_path / "new", "--export", a_file), "export to a new directory"),
    ]:
        result = train(*arguments)
        assert result.status == 2, result.out
        assert message in result.err
        assert len(result.err.splitlines()) == 1


def test_divergence(train, data_dir, tmp_path):
    arguments = small(data_dir, tmp_path, "--optimizer", "sgd", "--learning-rate", 900)
    result = train(*arguments)
    assert result.status == 2
    assert re.search(r"not finite (at|after) step \d+", result.err)
    saved = sorted(tmp_path.glob("epoch-*"))
    assert (f"{saved[-1]}, is untouched" if saved else "nothing was saved") in result.err
    assert "lower --learning-rate" in result.err
    assert len(result.err.splitlines()) == 1


def test_ctrl_c_saves_and_resumes(train, data_dir, tmp_path):
    """In a process of its own: start-up is quiet, and a signal is answered by a checkpoint."""
    run_dir = tmp_path / "run"
    arguments = ("--data-dir", data_dir, "--run-dir", run_dir, "--batch-size", 1, "--epochs", 50)
    process = subprocess.Popen(
        tools.command("train_mnist.py", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    for line in process.stdout:
        if line.startswith("epoch 2/"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    stopped_at = re.fullmatch(r"stopped at step (\d+); .*resumes.*\n", err)
    assert stopped_at, err
    step = int(stopped_at[1])
    assert list(run_dir.glob(f"epoch-*-step-{step:08d}"))
    resumed = train(*arguments, "--steps", step + 1)
    assert f"at step {step}" in resumed.out
    assert DIGEST.fullmatch(resumed.last_lines[1])[2] == str(step + 1)


def test_out_of_time_it_saves_and_resumes(train, data_dir, tmp_path, whole):
    arguments = small(data_dir, tmp_path / "stopped")
    stopped = train(*arguments, "--max-seconds", 0.01)
    assert stopped.status == 75
    assert re.fullmatch(r"stopped at step 0; the same command resumes .*\n", stopped.err)
    resumed = train(*arguments, "--max-seconds", 3600)
    assert resumed.status == 0
    assert resumed.last_lines == whole().last_lines


def test_killed_amid_its_saves_it_still_ends_with_the_same_bits(train, data_dir, tmp_path):
    arguments = ("--data-dir", data_dir, "--batch-size", 1, "--epochs", 1)
    whole = train(*arguments, "--run-dir", tmp_path / "whole", "--quiet")
    run_dir = tmp_path / "killed"
    killed = (*arguments, "--run-dir", run_dir, "--checkpoint-every", 1)
    process = subprocess.Popen(
        tools.command("train_mnist.py", *killed, "--quiet"), stdout=subprocess.DEVNULL
    )
    while process.poll() is None and not set(run_dir.glob("epoch-*")):
        time.sleep(0.01)
    time.sleep(0.12)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    finished = train(*killed)
    assert "resuming" in finished.out
    assert finished.last_lines == whole.last_lines


def test_full_disk(train, data_dir, tmp_path):
    """A limit on the size of files stands in for the end of the disk."""
    arguments = small(data_dir, tmp_path / "run", "--steps", 3)
    assert train(*arguments).status == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        limited = train(*small(data_dir, tmp_path / "run"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert limited.status == 2, limited.out
    assert "cannot be written" in limited.err
    assert "untouched" in limited.err
    after = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert after == before
    assert train(*small(data_dir, tmp_path / "run")).status == 0
