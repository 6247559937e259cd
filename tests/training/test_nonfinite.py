"""Steps whose loss or gradient is not finite: found at once, named, left out; and the policies."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses
from lowlevel.checks import ConfigError, NonFiniteError
from lowlevel.data import pipeline
from lowlevel.data.examples import Arrays
from lowlevel.data.stream import Stream
from lowlevel.data.training_data import TrainingData
from lowlevel.nets import mlp
from lowlevel.training import loop, nonfinite
from lowlevel.training.hook import Hook
from lowlevel.training.run import Run
from lowlevel.variables import sha256
from tests.training import small_run

MLP = "mlp", mlp.Config(small_run.DATASET.image_shape, 10)
BAD = 9
BATCH, STEPS = 8, 12


class Steps(Hook):
    """Writes down the steps that it is told of."""

    wants_every_step = False

    def __init__(self):
        self.steps = []

    def on_batch_end(self, step, values):
        assert np.isfinite(values["loss"])
        self.steps.append(step)


def loss_that_fails(targets, logits, enough):
    """Infinite if this many examples of the batch are bad."""
    bad = tf.reduce_sum(tf.cast(targets == BAD, tf.int32)) >= enough
    return losses.softmax_cross_entropy(targets, logits) + tf.where(bad, np.inf, 0.0)


def gradient_that_fails(targets, logits, enough):
    """The gradient of all layers is not finite if this many examples are bad."""
    bad = tf.reduce_sum(tf.cast(targets == BAD, tf.int32)) >= enough

    @tf.custom_gradient
    def same(x):
        return tf.identity(x), lambda upstream: tf.where(bad, np.nan, upstream)

    return losses.softmax_cross_entropy(targets, same(logits))


# Each failure and each loop once; what fails and which loop finds it have no code in common.
LOOPS = [
    (loss_that_fails, False),
    (gradient_that_fails, True),
    pytest.param(loss_that_fails, True, marks=pytest.mark.slow),
    pytest.param(gradient_that_fails, False, marks=pytest.mark.slow),
]


def make(fails=loss_that_fails, bad=(50,), enough=1, run_dir=None, **changes):
    """A run of 12 steps an epoch; some examples, by their indices, are bad."""
    changes = {"batch_size": BATCH} | changes
    run = small_run.make(net=MLP, **changes)
    images, labels = run.data.train.load(tf.range(96))
    labels = np.array(labels) % BAD
    labels[list(bad)] = BAD
    task = dataclasses.replace(
        run.task, loss=lambda targets, logits: fails(targets, logits, enough), training_loss=None
    )
    data = TrainingData(Arrays(images, labels.astype(np.int32)))
    return Run(run.network, task, data, run.recipe, run_dir)


def train(run, policy="stop", epochs=1, max_steps=None):
    loop.train(run, loop.RunLength(epochs, max_steps, on_nonfinite=policy), quiet=True)


def position(index, seed=small_run.RECIPE.seed, epoch=0, variant=0):
    """The number of the step, from 1, in which an example is used."""
    order = pipeline.epoch_order(96, seed, epoch, variant).numpy().tolist()
    return order.index(index) // BATCH + 1


@pytest.mark.parametrize("fails, jit_compile", LOOPS)
def test_it_stops_before_the_step_and_keeps_what_was_good(tmp_path, fails, jit_compile):
    step = position(50)
    what = "the loss" if fails is loss_that_fails else "the gradient of biases/out"
    good = make(fails, jit_compile=jit_compile)
    train(good, max_steps=step - 1)
    run = make(fails, jit_compile=jit_compile, run_dir=tmp_path / "run")
    run.open()
    with pytest.raises(NonFiniteError, match=f"^{what} is not finite at step {step}$"):
        train(run)
    assert int(run.state.step) == step - 1
    assert sha256(run.state.tensors()) == sha256(good.state.tensors())
    again = make(fails, jit_compile=jit_compile, run_dir=tmp_path / "run")
    assert again.open().name.endswith(f"step-{step - 1:08d}")


@pytest.mark.parametrize("fails, jit_compile", LOOPS)
def test_a_skipped_step_changes_nothing_and_is_counted(tmp_path, capsys, fails, jit_compile):
    step = position(50)
    before = make(fails, jit_compile=jit_compile)
    train(before, max_steps=step - 1)
    after = make(fails, jit_compile=jit_compile)
    train(after, "skip", max_steps=step)
    assert int(after.state.step) == step
    assert sha256(after.network.variables.all()) == sha256(before.network.variables.all())
    assert sha256(after.state.optimizer.slots) == sha256(before.state.optimizer.slots)
    assert f"at step {step}: the step is skipped" in capsys.readouterr().err

    whole = make(fails, jit_compile=jit_compile)
    train(whole, "skip", epochs=2)
    assert (int(whole.state.step), whole.state.skipped) == (24, 2)
    assert np.isfinite(whole.state.history[-1]["loss"])
    part = make(fails, jit_compile=jit_compile, run_dir=tmp_path / "run")
    part.open()
    train(part, "skip", epochs=2, max_steps=15)
    rest = make(fails, jit_compile=jit_compile, run_dir=tmp_path / "run")
    rest.open()
    train(rest, "skip", epochs=2)
    assert rest.state.skipped == 2
    assert sha256(rest.state.tensors()) == sha256(whole.state.tensors())


def test_two_steps_of_an_epoch_are_skipped():
    bad = (50, 51, 52)
    run = make(gradient_that_fails, bad)
    train(run, "skip")
    assert run.state.skipped == len({position(index) for index in bad}) > 1
    assert np.isfinite(run.state.history[0]["loss"])


@pytest.mark.parametrize("seconds", [0, 10])
def test_hooks_see_the_good_steps_alone_whenever_the_state_was_copied(monkeypatch, seconds):
    monkeypatch.setattr(nonfinite, "SECONDS_BETWEEN_COPIES", seconds)
    digests = []
    for every in False, True:
        run, hook = make(gradient_that_fails), Steps()
        hook.wants_every_step = every
        loop.train(run, loop.RunLength(1, on_nonfinite="skip"), [hook], quiet=True)
        bad = position(50)
        assert hook.steps == [step for step in range(1, STEPS + 1) if step != bad]
        assert run.state.running["loss"].weight == 0 and np.isfinite(run.state.history[0]["loss"])
        digests.append(sha256(run.state.tensors()))
    assert digests[0] == digests[1]


def test_a_user_s_dataset_is_not_read_again():
    run = make()
    arrays = run.data.train
    dataset = tf.data.Dataset.from_tensor_slices(arrays.load(tf.range(96))).batch(BATCH)
    data = TrainingData(Stream(dataset, run.network.input_spec))
    run = Run(run.network, run.task, data, run.recipe)
    before = sha256(run.network.variables.all())
    with pytest.raises(NonFiniteError, match="a number is not finite in steps 3 to 7"):
        train(run)
    assert sha256(run.network.variables.all()) == before
    with pytest.raises(ConfigError, match="read again"):
        train(run, "skip")


def test_an_epoch_without_a_step_is_an_error():
    with pytest.raises(NonFiniteError, match="all steps of epoch 1 were skipped"):
        train(make(enough=0), "skip")


def test_a_variable_that_is_not_finite_ends_a_run_that_skips():
    run = make()
    run.network.variables.biases["out"].assign([np.nan] * 10)
    with pytest.raises(NonFiniteError, match="biases/out is not finite"):
        train(run, "skip")


def pair_that_meets_only_at_first():
    """Two examples that are in one batch of the first order, and in none of the second."""
    for pair in itertools.combinations(range(96), 2):
        first, second = ([position(index, variant=variant) for index in pair] for variant in (0, 1))
        if first[0] == first[1] > 1 and second[0] != second[1]:
            return pair
    raise AssertionError("there is always one")


def test_a_rollback_goes_on_in_another_order(tmp_path, capsys):
    bad = pair_that_meets_only_at_first()
    run = make(bad=bad, enough=2, run_dir=tmp_path / "run")
    run.open()
    train(run, "rollback")
    assert (int(run.state.step), run.state.rollbacks) == (STEPS, 1)
    assert "back to the last checkpoint" in capsys.readouterr().err
    again = make(bad=bad, enough=2, run_dir=tmp_path / "run")
    again.open()
    assert again.state.rollbacks == 1


def test_it_gives_up_after_three_rollbacks(tmp_path):
    run = make(run_dir=tmp_path / "run")
    run.open()
    with pytest.raises(NonFiniteError, match="after 3 ways back"):
        train(run, "rollback")


def test_what_cannot_be_done_is_refused():
    with pytest.raises(ConfigError, match="needs a run that is saved"):
        train(make(), "rollback")
    with pytest.raises(ConfigError, match="on_nonfinite"):
        train(make(), "ignore")
