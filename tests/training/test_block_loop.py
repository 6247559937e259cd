"""Steps compiled by XLA: those of the plain loop up to rounding, and the same bits however cut."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import ConfigError, DataError
from lowlevel.data import training_data
from lowlevel.data.blocks import Blocks
from lowlevel.data.examples import Arrays
from lowlevel.nets import mlp
from lowlevel.training import loop, tasks
from lowlevel.training.hook import Hook
from lowlevel.variables import sha256
from tests.training import small_run

MLP = "mlp", mlp.Config(small_run.DATASET.image_shape, small_run.DATASET.num_classes)


def make(jit_compile=True, net=MLP, batch_size=10, **changes):
    return small_run.make(net=net, batch_size=batch_size, jit_compile=jit_compile, **changes)


# RMSprop's operations are among Adam's.
@pytest.mark.parametrize(
    "optimizer", ["adam", "muon", pytest.param("rmsprop", marks=pytest.mark.slow)]
)
def test_it_equals_the_plain_loop(optimizer):
    settings = {"optimizer": optimizer, "learning_rate": 1e-3}
    fused, plain = make(True, **settings), make(False, **settings)
    for run in fused, plain:
        small_run.go_on(run)
    assert int(fused.state.step) == int(plain.state.step) == 20
    tensors = plain.state.tensors()
    for name, value in fused.state.tensors().items():
        np.testing.assert_allclose(value, tensors[name], rtol=1e-3, atol=2e-5, err_msg=name)
    for name, value in plain.state.history[-1].items():
        if name != "seconds":
            np.testing.assert_allclose(fused.state.history[-1][name], value, rtol=1e-4)


class EveryStep(Hook):
    wants_every_step = True


STOPS = (1, 4, 9, 10, 17)  # in the first epoch of ten steps, at its end, in the second


@pytest.mark.parametrize(
    "hooks, stops",
    [
        ([], (4, 10)),
        ([EveryStep()], (9, 17)),
        # The same at more steps: each start compiles the loop again.
        pytest.param([], STOPS, marks=pytest.mark.slow),
        pytest.param([EveryStep()], STOPS, marks=pytest.mark.slow),
    ],
)
def test_bits_do_not_depend_on_how_many_steps_a_call_makes(tmp_path, hooks, stops):
    whole = make()
    small_run.go_on(whole)
    parts = make(run_dir=tmp_path / "run")
    parts.open()
    for step in stops:
        small_run.go_on(parts, max_steps=step, hooks=hooks)
        parts = make(run_dir=tmp_path / "run")
        assert parts.open() is not None
    small_run.go_on(parts, save_every=3)
    assert sha256(parts.state.tensors()) == sha256(whole.state.tensors())


def test_blocks_hold_each_batch_once_and_the_short_one_last():
    arrays = Arrays(np.arange(23.0), np.arange(23))
    order = tf.range(23)[::-1]
    blocks, taken = Blocks(arrays, 4, order), []
    for expected in (2, 2, 1, 1):
        (inputs, targets), start, count = blocks.take(2)
        assert count == expected
        np.testing.assert_array_equal(inputs, tf.cast(targets, tf.float32))
        taken += [row.tolist() for row in inputs.numpy()[start : start + count]]
    assert taken == [list(range(23))[::-1][start : start + 4] for start in range(0, 23, 4)]


def test_labels_beyond_the_classes_stop_the_run():
    for smoothing in 0.0, 0.1:
        run = make()
        run.task = tasks.classification(smoothing)
        images, labels = run.data.train.load(tf.range(90))
        wrong = tf.tensor_scatter_nd_update(labels, [[30]], [77])
        data = training_data.TrainingData(Arrays(images, wrong))
        with pytest.raises(DataError, match="77"):
            loop.train(small_like(run, data), loop.RunLength(1), quiet=True)


def small_like(run, data):
    """A run of the same network and task on other data."""
    return type(run)(run.network, run.task, data, run.recipe)


def test_what_cannot_be_compiled_is_refused():
    words = training_data.TrainingData(Arrays(np.zeros([20, 3], np.int32), np.zeros(20, int)))
    run = make()
    run.data = words
    with pytest.raises(ConfigError, match="inputs that are floats"):
        words.iterator(run.state, run.recipe)
    with pytest.raises(ConfigError, match="changed at random"):
        small_run.go_on(make(augmentation={"shift": 1}))
    with pytest.raises(ConfigError, match="True or False"):
        make(jit_compile="yes")
