"""The hook that evaluates a copy of the network and keeps the best one."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import losses
from lowlevel.checks import CheckpointError, ConfigError, NonFiniteError
from lowlevel.inspection import retracing
from lowlevel.nets import mlp
from lowlevel.prediction import trained
from lowlevel.prediction.predictor import Predictor
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training.best_network import FOLDER, BestNetwork, Criterion
from lowlevel.training.hook import Hook
from lowlevel.variables import sha256
from tests.training import small_run

CONFIG = mlp.Config(small_run.DATASET.image_shape, 10)
EPOCHS = 6
NAME = "val_precision"


def mean_true_probability(variables):
    """A figure of a network, computed eagerly."""
    assert tf.executing_eagerly()
    test = small_run.DATASET.test
    logits = mlp.forward(CONFIG, variables, test.images / np.float32(255))
    return np.exp(-np.mean(losses.softmax_cross_entropy(test.labels, logits)))


def make_run(directory):
    return small_run.make(directory, net=("mlp", CONFIG))


class Scripted:
    """Says these figures, one after another, and notes the digest of what it was given."""

    def __init__(self, *figures):
        self.figures = figures
        self.digests = []

    def __call__(self, variables):
        self.digests.append(sha256(variables.all()))
        return self.figures[len(self.digests) - 1]


def make(path, evaluate=mean_true_probability, **options):
    """A run that is open, and the hook for it."""
    run = make_run(path)
    run.open()
    copy = mlp.build(CONFIG, seed=99)
    say = options.pop("say", lambda line: None)
    criterion = Criterion(NAME, **options)
    return run, BestNetwork(evaluate, copy, path / FOLDER, run.config, criterion, say)


def train(path, evaluate=mean_true_probability, max_steps=None, **options):
    run, hook = make(path, evaluate, **options)
    small_run.go_on(run, EPOCHS, max_steps, hooks=[hook])
    return run, hook


def kept_digest(path):
    return sha256(trained.load(path / FOLDER).variables)


def outcome(path):
    """All that must not depend on stops."""
    run, hook = make(path)
    hook.on_train_begin(run.state)
    rows = [row | {"seconds": 0} for row in run.state.history]
    names = [kept.name for kept in hook.run.checkpoints()]
    return sha256(run.state.tensors()), rows, hook.best["epoch"], names, kept_digest(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole")
    train(path)
    return outcome(path)


@pytest.mark.parametrize(
    ("warm_up_epochs", "every_epochs", "evaluated"),
    [
        (0, 1, [1, 2, 3, 4, 5, 6]),
        (0, 2, [2, 4, 6]),
        (3, 2, [3, 5]),
        (5, 9, [5]),
        (7, 1, []),
    ],
)
def test_when_it_evaluates(tmp_path, warm_up_epochs, every_epochs, evaluated):
    evaluate = Scripted(*range(9))
    run, hook = train(tmp_path, evaluate, warm_up_epochs=warm_up_epochs, every_epochs=every_epochs)
    assert [row["epoch"] for row in run.state.history if NAME in row] == evaluated
    assert len(evaluate.digests) == len(set(evaluate.digests)) == len(evaluated)
    assert (tmp_path / FOLDER).exists() == bool(evaluated)
    assert (hook.best or {"epoch": None})["epoch"] == (evaluated or [None])[-1]


@pytest.mark.parametrize(
    ("mode", "figures", "best"),
    [
        ("max", (0.1, 0.5, 0.3, 0.5, 0.2, 0.4), 2),
        ("max", (-3, -2, -1, -2, -2, -2), 3),
        ("min", (0.1, 0.5, 0.05, 0.5, 0.05, 0.4), 3),
    ],
)
def test_the_best_is_kept_bit_for_bit(tmp_path, mode, figures, best):
    evaluate = Scripted(*figures)
    run, hook = train(tmp_path, evaluate, mode=mode)
    assert hook.best == run.state.history[best - 1]
    assert hook.best[NAME] == figures[best - 1]
    assert [path.name for path in hook.run.checkpoints()] == [
        f"epoch-{best:04d}-step-{best * 3:08d}"
    ]
    assert kept_digest(tmp_path) == evaluate.digests[best - 1]
    images = small_run.DATASET.test.images
    outputs = Predictor(tmp_path / FOLDER).outputs(images)["logits"]
    expected = mlp.forward(
        CONFIG, trained.load(tmp_path / FOLDER).network.variables, images / np.float32(255)
    )
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_what_is_evaluated_is_the_network_after_its_epoch(tmp_path):
    evaluate = Scripted(*range(9))
    run, _ = train(tmp_path, evaluate, max_steps=6)
    assert evaluate.digests[-1] == sha256(run.state.variables.all())
    assert evaluate.digests[0] != evaluate.digests[1]


def test_there_is_never_more_than_one_while_an_epoch_is_trained(tmp_path):
    class Watch(Hook):
        def on_batch_begin(self, step):
            kept = [path.name for path in (tmp_path / FOLDER).glob("epoch-*")]
            assert len(kept) == min(step // 3, 1)

    run, hook = make(tmp_path, Scripted(*range(9)))
    small_run.go_on(run, EPOCHS, hooks=[hook, Watch()])


def test_training_goes_on_as_without_it_and_is_traced_once(tmp_path):
    def spoil(variables):
        for variable in variables.all().values():
            variable.assign(tf.zeros_like(variable))
        return 0.0

    with retracing.watch() as traces:
        run, _ = train(tmp_path / "with", spoil)
    alone = make_run(tmp_path / "without")
    alone.open()
    small_run.go_on(alone, EPOCHS)
    assert sha256(run.state.tensors()) == sha256(alone.state.tensors())
    traces.assert_once(run.train_step, run._steps.evaluate(run.data.held_out))


@pytest.mark.parametrize("steps", [(3,), (2, 8, 15)])
def test_a_stopped_run_goes_on_to_the_same_bits_and_the_same_best(whole, tmp_path, steps):
    for max_steps in (*steps, None):
        train(tmp_path, max_steps=max_steps)
    assert outcome(tmp_path) == whole


@pytest.mark.parametrize("epoch", [1, 4])
def test_killed_between_keeping_the_best_and_saving_the_run(whole, tmp_path, epoch):
    run, hook = make(tmp_path)
    save = run.begin_saving

    def killed():
        if len(run.state.history) == epoch:
            raise KeyboardInterrupt
        save()

    run.begin_saving = killed
    with pytest.raises(KeyboardInterrupt):
        small_run.go_on(run, EPOCHS, hooks=[hook])
    assert kept_digest(tmp_path)  # there is one at any time
    resumed, hook = make(tmp_path)
    hook.on_train_begin(resumed.state)
    known = [row[NAME] for row in resumed.state.history]
    assert (hook.best or {NAME: None})[NAME] == max(known, default=None)
    train(tmp_path)
    assert outcome(tmp_path) == whole


def test_a_best_network_that_is_lost_is_replaced_by_the_next(tmp_path):
    train(tmp_path, Scripted(0.9, 0.1, 0.2), max_steps=9)
    shutil.rmtree(tmp_path / FOLDER)
    _, hook = train(tmp_path, Scripted(0.3, 0.4, 0.2))
    assert hook.best["epoch"] == 5
    assert [path.name[:10] for path in hook.run.checkpoints()] == ["epoch-0005"]


def test_what_an_earlier_training_left_goes_when_a_new_one_starts(tmp_path):
    train(tmp_path, Scripted(0.9, 0.1, 0.2), max_steps=9)
    run = make_run(RunDirectory(tmp_path, products=[FOLDER]))
    run.open(fresh=True)
    assert not (tmp_path / FOLDER).exists()


def test_what_it_says(tmp_path):
    lines = []
    train(tmp_path, Scripted(0.25, 0.5, 0.125), max_steps=6, say=lines.append)
    train(tmp_path, Scripted(0.125, 0.5, 0.75), max_steps=15, say=lines.append)
    assert lines == [
        "validation precision: best so far none yet; now 0.2500 (kept)",
        "validation precision: best so far 0.2500 in epoch 1; now 0.5000 (kept)",
        "validation precision: best so far 0.5000 in epoch 2; now 0.1250",
        "validation precision: best so far 0.5000 in epoch 2; now 0.5000",
        "validation precision: best so far 0.5000 in epoch 2; now 0.7500 (kept)",
    ]


def test_a_set_of_variables_that_does_not_fit(tmp_path):
    run, _ = make(tmp_path)
    other = mlp.build(mlp.Config((8, 8, 1), 7), seed=0)
    hook = BestNetwork(Scripted(), other, tmp_path / FOLDER, {}, Criterion(NAME))
    with pytest.raises(ConfigError, match="weights/out is"):
        small_run.go_on(run, EPOCHS, hooks=[hook])
    assert int(run.state.step) == 0


def test_a_figure_that_is_not_finite(tmp_path):
    with pytest.raises(NonFiniteError, match="the val_precision is not finite after step 6"):
        train(tmp_path, Scripted(0.5, float("nan")))
    assert kept_digest(tmp_path)
    assert len(make_run(tmp_path).directory.checkpoints()) == 1


def test_a_directory_that_cannot_be_written(tmp_path):
    run, _ = make(tmp_path)
    (tmp_path / "file").write_text("")
    copy = mlp.build(CONFIG, 0)
    hook = BestNetwork(Scripted(1), copy, tmp_path / "file" / "best", {}, Criterion(NAME))
    with pytest.raises(CheckpointError, match="cannot be written"):
        small_run.go_on(run, EPOCHS, hooks=[hook])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"warm_up_epochs": -1}, "warm_up_epochs must be"),
        ({"every_epochs": 0}, "every_epochs must be"),
        ({"mode": "best"}, "mode must be one of max, min"),
    ],
)
def test_wrong_options(tmp_path, options, message):
    with pytest.raises(ConfigError, match=message):
        make(tmp_path, **options)
