"""The loop: what it asks and calls, in which order, and what it refuses between two steps."""

import itertools

import pytest
import tensorflow as tf

from lowlevel.checks import ConfigError, DataError
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.nets import mish_net
from lowlevel.training import epoch_steps, loop
from lowlevel.training.hook import Hook
from lowlevel.variables import sha256
from tests.training import small_run


class Watch(Hook):
    """Writes down what it is called for, and stops after some epochs."""

    def __init__(self, calls, stop_after=None):
        self.calls = calls
        self.stop_after = stop_after

    def on_train_begin(self, state):
        self.calls.append("begin")

    def on_train_end(self, state):
        self.calls.append("end")

    def on_epoch_begin(self, epoch):
        self.calls.append(f"epoch {epoch}")

    def on_epoch_end(self, row):
        self.calls.append(f"row {row['epoch']}")
        self.stop = row["epoch"] == self.stop_after


class WatchSteps(Watch):
    """Is called at every single step, too."""

    def on_batch_begin(self, step):
        self.calls.append(f"before {step}")

    def on_batch_end(self, step, values):
        self.calls.append(f"after {step}: {values['loss']}")


def watched_run(calls):
    """A run that writes down when it evaluates and saves, and makes no real step.

    The loss of a batch is its size.
    """
    run = small_run.make()
    run.evaluate = lambda examples: calls.append("evaluate") or {}
    run.begin_saving = lambda: calls.append("save")

    def make_steps(batches, count):
        sizes = [len(labels) for _, labels in itertools.islice(batches, int(count))]
        run.state.step.assign_add(len(sizes))
        sums = tf.constant([[size * size, size] for size in sizes], tf.float64)
        return {"loss": sums, "accuracy": sums}, tf.constant(True)

    run._steps.train_loop = lambda examples: make_steps
    return run


def test_the_order_of_an_epoch():
    calls = []
    loop.train(watched_run(calls), loop.RunLength(2), [WatchSteps(calls, 1)], quiet=True)
    steps = ["before 0", "after 1: 40.0", "before 1", "after 2: 40.0", "before 2", "after 3: 16.0"]
    assert calls == ["begin", "epoch 0", *steps, "evaluate", "row 1", "save", "end"]


def test_a_hook_that_does_not_ask_for_single_steps_is_not_called_at_them():
    calls = []
    hook = Watch(calls)
    assert not hook.wants_every_step
    assert WatchSteps(calls).wants_every_step
    loop.train(watched_run(calls), loop.RunLength(1), [hook], quiet=True)
    assert calls == ["begin", "epoch 0", "evaluate", "row 1", "save", "end"]


def test_a_stop_within_an_epoch_saves_and_does_not_evaluate():
    calls, answers = [], iter([False, False, True])
    run = watched_run(calls)
    hooks = [Watch(calls), WatchSteps([])]  # the second asks for single steps
    loop.train(run, loop.RunLength(2), hooks, lambda: next(answers), quiet=True)
    assert calls == ["begin", "epoch 0", "save", "end"]
    assert int(run.state.step) == 2


class OnlyMetrics(WatchSteps):
    """Wants to know the metrics of each step, but not to be called between two."""

    wants_every_step = False


def test_a_hook_for_metrics_alone_gets_those_of_each_step_after_a_call():
    calls, counts = [], []
    run = watched_run([])
    make_steps = run.make_steps

    def counted(batches, count):
        counts.append(int(count))
        return make_steps(batches, count)

    run._steps.train_loop = lambda examples: counted
    loop.train(run, loop.RunLength(2), [OnlyMetrics(calls)], quiet=True)
    assert counts == [1, 2, 3], "no more than one step, whose time is measured; then all others"
    steps = [call for call in calls if call.startswith(("before", "after"))]
    sizes = [40.0, 40.0, 16.0] * 2
    assert steps == [f"after {step}: {size}" for step, size in enumerate(sizes, start=1)]


def test_bits_do_not_depend_on_the_steps_of_a_call(monkeypatch):
    digests, rows = set(), []
    for steps in (1, 2, 5):
        pace = epoch_steps.Pace()
        pace.steps, pace.measure = steps, lambda *_: None
        monkeypatch.setattr(epoch_steps, "Pace", lambda pace=pace: pace)
        run = small_run.make()
        small_run.go_on(run)
        digests.add(sha256(run.state.tensors()))
        rows.append([row | {"seconds": 0} for row in run.state.history])
    assert len(digests) == 1
    assert rows[0] == rows[1] == rows[2]


def test_saving_every_other_step():
    calls = []
    loop.train(watched_run(calls), loop.RunLength(2, save_every=2), quiet=True)
    assert calls == ["save", "evaluate", "save", "save", "evaluate", "save"]  # after 2, 3, 4, 6


def test_without_held_out_data_nothing_is_evaluated():
    run = small_run.make()
    run.data = small_run.training_data.TrainingData(run.data.train)
    small_run.go_on(run, 1)
    assert run.state.evaluation == {}
    assert "val_loss" not in run.state.history[0]


def test_the_evaluation_is_that_of_the_network_as_it_is(tmp_path):
    run = small_run.make()
    small_run.go_on(run, 2, max_steps=3)
    assert run.state.evaluation["accuracy"].weight == 30
    assert run.state.history[0]["val_accuracy"] == run.state.evaluation["accuracy"].result()
    small_run.go_on(run, 2, max_steps=4)
    assert run.state.evaluation == {}, "another step has been made since"


def test_a_step_that_forgets_the_new_state():
    run = small_run.make(net=("mish_net", mish_net.Config((8, 8, 1), 10)))
    saved = []
    run.begin_saving = lambda: saved.append(1)

    def forgetful_steps(batches, count):
        run.state.step.assign_add(1)
        return {"loss": tf.ones([1, 2]), "accuracy": tf.ones([1, 2])}, tf.constant(True)

    run._steps.train_loop = lambda examples: forgetful_steps
    with pytest.raises(ConfigError, match=r"never changes the state .*bn/mean, .*training=T"):
        small_run.go_on(run)
    assert not saved


def test_a_label_beyond_the_classes_of_the_network():
    data = small_run.DATASET
    labels = data.train.labels.copy()
    labels[5] = 12
    train = LabelledImages(data.train.images, labels, "few")
    names = tuple(map(str, range(13)))
    net = ("mlp", small_run.nets.get("mlp").Config((8, 8, 1), 10))
    run = small_run.make(data=ImageDataset("few", train, data.test, names), net=net)
    with pytest.raises(DataError, match=r"a batch cannot be computed: .*12"):
        small_run.go_on(run)


def test_evaluating_nothing_and_without_end():
    step = tf.function(lambda x: {"loss": x})
    with pytest.raises(DataError, match="no examples to evaluate"):
        loop.evaluate(step, tf.data.Dataset.from_tensor_slices([1.0]).take(0))
    with pytest.raises(ConfigError, match="never ends"):
        loop.evaluate(step, tf.data.Dataset.from_tensors((1.0,)).repeat())
