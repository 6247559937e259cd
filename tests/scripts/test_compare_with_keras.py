"""scripts/compare_with_keras.py as a person runs it; tests/inspection/test_twin.py plants more."""

import sys
from pathlib import Path

import numpy as np
import pytest

from lowlevel import nets, shipped
from tests.keras_reference import conv_net
from tests.scripts import port, tools

PORT = ("--ours", "tests.scripts.port:ours")
QUICK = ("mlp",)


@pytest.fixture
def compare(monkeypatch, capfd):
    return lambda *words: tools.run_here("compare_with_keras.py", words, monkeypatch, capfd)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in nets.NETS],
)
def test_every_network_equals_its_twin(compare, name):
    result = compare(name)
    assert result.status == 0, result.out
    assert result.out.endswith("\nEqual, up to the rounding of 32 bits.\n")
    mapping, table = result.out.split("\n\n")[:2]
    assert all("  ->  " in line for line in mapping.splitlines())
    assert "*" not in table


def test_a_port_takes_the_weights_of_a_file(compare, tmp_path):
    path, inputs = tmp_path / "model.keras", tmp_path / "inputs.npy"
    port.theirs().save(path)
    np.save(inputs, np.random.default_rng(0).random((20, 12, 12, 2), np.float32))
    result = compare(*PORT, "--weights", path, "--inputs", inputs, "--steps", 2)
    assert result.status == 0, result.out + result.err
    assert "weights/c1          3 x 3 x 2 x 8  <-  c1/kernel 3 x 3 x 2 x 8\n" in result.out


def test_the_optimizer_that_a_model_is_compiled_with(compare):
    words = ("--builder", "tests.scripts.port:other_optimizer", "--steps", 1)
    result = compare(*PORT, *words, "--optimizer", "adam", "--learning-rate", 1e-3)
    assert result.status == 1
    assert "from equal gradients. What explains it: epsilon is 0.001 (here 1e-07)." in result.out


def test_another_dropout_rate(compare):
    result = compare("mlp", "--builder", "tests.scripts.port:mlp_that_drops", "--steps", 1)
    assert result.status == 1
    assert result.out.splitlines()[-1] == "The dropout rate differs: here 0, there 0.5 in dropout."


@pytest.mark.slow
def test_a_run_carries_its_weights_over(compare):
    result = compare(shipped.MNIST)
    assert result.status == 0, result.out


def test_the_weights_of_a_run_are_compared_with_those_of_a_file(compare, tmp_path):
    weights = tmp_path / "model.weights.h5"
    conv_net.build().save_weights(weights)
    result = compare(shipped.MNIST, "--weights", weights, "--steps", 1, "--batch-size", 2)
    assert result.status == 1
    assert "weights/c1 differs first, in its value before the step." in result.out


def test_without_keras(compare, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    result = compare("mlp")
    assert (result.status, result.out) == (2, "")
    assert "keras is not installed; install it with pip install keras" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a network, or give a function of your own"),
        (("mlp", *PORT), "name a network, or give a function of your own"),
        (PORT, "--ours needs a Keras model"),
        (("nothing",), "net must be one of"),
        (("mlp", "--weights", "a.h5"), "--weights needs a .keras or a .weights.h5 file"),
        (("mlp", "--weights", "no.keras"), "no.keras is not a file."),
        (("mlp", "--weights", "no.weights.h5"), "no.weights.h5 is not a file."),
        (("mlp", "--weights", "wrong.keras"), "wrong.keras cannot be loaded: "),
        (("mlp", "--weights", "wrong.weights.h5"), "wrong.weights.h5 does not fit: "),
        (("mlp", "--builder", "no.module:build"), "no.module:build cannot be loaded"),
        (("mlp", "--builder", "tests.scripts.port:no"), "has no attribute 'no'"),
        (("mlp", "--builder", "tests.scripts.port"), "must be MODULE:FUNCTION"),
        (("mlp", "--builder", "tests.scripts.port:other"), "must return a Keras model, not 5"),
        (("mlp", "--builder", "tests.scripts.port:theirs"), "the Keras model takes no such inputs"),
        (("mlp", "--builder", "tests.scripts.port:unnamed"), "call them alike"),
        (("mlp", "--builder", "tests.scripts.port:narrow"), "the Keras model gives (8, 3), not"),
        (("mlp", "--inputs", "no.npy"), "no.npy is not an .npy file of numbers"),
        (("mlp", "--inputs", "wrong.npy"), "images must be (None, 28, 28, 1)"),
        (("--ours", "tests.scripts.port:other", "--builder", "a:b"), "must return a Network"),
    ],
)
def test_mistakes_get_a_sentence(compare, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("wrong.npy", np.ones((3, 4, 4, 1)))
    for name in ("wrong.keras", "wrong.weights.h5"):
        Path(name).write_bytes(b"not a file of Keras")
    result = compare(*words)
    assert result.status == 2, result.out + result.err
    assert message in result.err
    assert result.err.count("\n") == 1
