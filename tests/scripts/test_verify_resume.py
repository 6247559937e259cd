"""verify_resume.py: what it says, and that every training script survives many kills."""

import re
import tempfile

import pytest

from tests.idx_files import write_random
from tests.scripts import tools


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["no_such.py"], "there is no script"),
        (["train_mnist.py", "--run-dir=x"], "--run-dir is chosen by this script"),
        (["--kills", "0", "train_mnist.py"], "--kills"),
        ([], "SCRIPT"),
    ],
)
def test_wrong_arguments(monkeypatch, capfd, arguments, said):
    result = tools.run_here("verify_resume.py", arguments, monkeypatch, capfd)
    assert result.status == 2
    assert said in result.err
    assert len(result.err.splitlines()) == 1


def test_a_script_that_fails(monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    arguments = ["--quiet", "train_mnist.py", "--epochs", "none"]
    result = tools.run_here("verify_resume.py", arguments, monkeypatch, capfd)
    assert result.status == 2
    assert "failed with status 2" in result.err
    assert "--epochs" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_killed_once(monkeypatch, capfd, tmp_path):
    data = write_random(tmp_path)
    training = ("--net", "mlp", "--no-jit-compile", "--data-dir", data, "--batch-size", 8)
    length = ("--epochs", 10, "--checkpoint-every", 3)
    # By the seed, the kill comes after a seventh of the time from the first step to the end.
    arguments = ("--quiet", "--kills", 1, "--seed", 22, "train_mnist.py", *training, *length)
    result = tools.run_here("verify_resume.py", arguments, monkeypatch, capfd)
    assert (result.status, result.out) == (0, "identical over 50 steps, 1 kills\n"), result.err


DIGITS = ("--dataset", "digits")
SHAPES = ("--dataset", "shapes", "--batch-size", 8)
RUNS = {
    "conv_net": ("train_mnist.py", *DIGITS, "--epochs", 4),
    "mlp": ("train_mnist.py", "--net", "mlp", *DIGITS, "--epochs", 20, "--checkpoint-every", 5),
    "mish_net": ("train_mnist.py", "--net", "mish_net", *DIGITS, "--epochs", 2),
    "transformer": ("train_mnist.py", "--net", "vision_transformer", *DIGITS, "--epochs", 3),
    "digit autoencoder": ("train_digit_autoencoder.py", *DIGITS, "--epochs", 5),
    "cars": ("train_auto_mpg.py", "--epochs", 40),
    "text": ("train_text.py", "--epochs", 2, "--steps", 200, "--checkpoint-every", 20),
    "detector": ("train_detector.py", *DIGITS, "--scenes", 300, "--epochs", 2),
    "mini_inception": ("train_cifar10.py", *SHAPES, "--steps", 60, "--checkpoint-every", 9),
    "bottle autoencoder": ("train_autoencoder.py", *SHAPES, "--steps", 9, "--checkpoint-every", 2),
}
KILLS = 20  # of each: 200 in all


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_every_kind_of_run_survives_kills(name, auto_mpg_file, sentence_polarity_directory):
    data = {
        "cars": ("--data", auto_mpg_file),
        "text": ("--data-dir", sentence_polarity_directory),
    }.get(name, ())
    result = tools.run("verify_resume.py", "--quiet", "--kills", KILLS, *RUNS[name], *data)
    assert result.status == 0, result.out + result.err
    assert re.fullmatch(rf"identical over \d+ steps, {KILLS} kills\n", result.out)
