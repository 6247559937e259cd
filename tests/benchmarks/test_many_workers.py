"""benchmarks/many_workers.py: what workers say, by hand counts; what it refuses; a small run."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import many_workers, traffic, works
from lowlevel import nets


def test_without_batch_norm_the_gradients_and_the_size_of_the_batch_are_said():
    found = traffic.of_net("conv_net")
    gradients = nets.make("conv_net").variables.trainable().values()
    assert found.sums == len(gradients) + 1
    assert found.bytes == sum(4 * gradient.shape.num_elements() for gradient in gradients) + 4


def test_a_batch_norm_also_says_its_moments_forward_and_two_sums_back():
    found = traffic.of_net("leaky_net")  # a convolution without bias and a batch norm
    variables = nets.make("leaky_net").variables
    gradients = [variable.shape.num_elements() for variable in variables.trainable().values()]
    channels = gradients[-1]
    assert found.sums == len(gradients) + 1 + 1 + 1  # the first: the size of the batch
    forward, back = 8 * 3 * channels, 4 * 2 * channels  # float64: sums, squares, counts
    assert found.bytes == 4 * (sum(gradients) + 1) + forward + back


def test_a_ring_sends_each_byte_twice_but_for_its_own_share():
    assert traffic.Traffic(1, 300).seconds(2, 100) == 3
    assert traffic.Traffic(1, 300).seconds(3, 100) == 4


def test_wrong_arguments():
    words = [sys.executable, str(Path(many_workers.__file__)), "--workers", "1"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "argument --workers" in done.stderr


@pytest.mark.slow
def test_a_small_measurement(monkeypatch, capsys):
    small = works.Work("text_classifier", 8, 2, ("float32",))
    monkeypatch.setitem(works.WORKS, "text_classifier", small)
    seconds = many_workers.time_work("text_classifier", 2, 1)
    assert list(seconds) == ["one core", "2 cores", "cluster", "not talking"]
    many_workers.show("text_classifier", seconds)
    assert "communication and waiting: " in capsys.readouterr().out
