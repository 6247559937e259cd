"""What the training scripts share, as far as no script's own tests show it."""

import argparse

import pytest
import tensorflow as tf

from lowlevel.cli import training


@pytest.mark.parametrize(
    "devices, nondeterministic, expected",
    [(["a GPU"], False, 1), (["a GPU"], True, 0), ([], False, 0)],
)
def test_operations_on_a_gpu_are_deterministic(monkeypatch, devices, nondeterministic, expected):
    calls = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: devices)
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: calls.append(1))
    training.make_deterministic(argparse.Namespace(nondeterministic=nondeterministic))
    assert len(calls) == expected
