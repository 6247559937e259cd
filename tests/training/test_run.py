"""A run stopped at any step and taken up again ends as one that was never stopped."""

import dataclasses
import functools
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError, ConfigError, NonFiniteError
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.inspection import retracing
from lowlevel.metrics import Mean
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training import loop
from lowlevel.training.hook import Hook
from lowlevel.training.recipe import Recipe
from tests.training import small_run
from tests.training.small_run import outcome


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    return small_run.train(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def uninterrupted(whole_run):
    return outcome(whole_run)


@pytest.fixture
def whole(whole_run, tmp_path):
    """The directory of a run that has come to its end, to be changed."""
    return shutil.copytree(whole_run.directory.path, tmp_path, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def one_step(tmp_path_factory):
    return small_run.train(tmp_path_factory.mktemp("run"), max_steps=1).directory.path


@pytest.fixture
def begun(one_step, tmp_path):
    """The directory of a run of one step, to be changed."""
    return shutil.copytree(one_step, tmp_path, dirs_exist_ok=True)


def test_same_seed_same_bits(uninterrupted, tmp_path):
    assert outcome(small_run.train(tmp_path)) == uninterrupted
    other, _ = outcome(small_run.train(tmp_path / "other", seed=2))
    assert other != uninterrupted[0]


def test_no_step_is_traced_twice(tmp_path):
    with retracing.watch() as traces:
        run = small_run.train(tmp_path)  # its last batches are short
    traces.assert_once(run.train_step, run._steps.evaluate(run.data.held_out))


@pytest.mark.parametrize(
    "step",
    # By default the first step, the end of an epoch and one in the next: a run that is stopped
    # before each of its steps is tested below.
    [*(1, 3, 5), *(pytest.param(step, marks=pytest.mark.slow) for step in (2, 4, 6))],
)
def test_stopped_at_any_step(uninterrupted, tmp_path, step):
    stopped = small_run.train(tmp_path, max_steps=step)
    assert int(stopped.state.step) == step
    assert outcome(small_run.train(tmp_path)) == uninterrupted


def test_stopped_before_every_step(uninterrupted, tmp_path):
    for _ in range(20):
        run = small_run.make(tmp_path)
        run.open()
        train_until(run, functools.partial(next, iter([False, True, True])))
        if len(run.state.history) == small_run.EPOCHS:
            break
    assert outcome(run) == uninterrupted


def train_until(run, should_stop):
    loop.train(run, loop.RunLength(small_run.EPOCHS), (), should_stop, quiet=True)


def test_with_augmentation_schedule_and_momentum(tmp_path):
    changes = {
        "augmentation": {"rotate": 10.0, "zoom": 0.1, "shift": 1.0},
        "schedule": "one_cycle",
        "schedule_steps": 6,
        "optimizer": "nesterov",
        "precision": "bfloat16",
    }
    whole = outcome(small_run.train(tmp_path / "whole", **changes))
    small_run.train(tmp_path / "stopped", max_steps=4, **changes)
    assert outcome(small_run.train(tmp_path / "stopped", **changes)) == whole


def test_the_recipe_in_a_config():
    config = small_run.make().config
    assert Recipe.from_config(config) == small_run.RECIPE
    assert Recipe.from_config({}) == Recipe()
    for damage in ({"batch_size": "many"}, {"optimizer": "none"}, {"schedule": "none"}):
        with pytest.raises(ConfigError, match=next(iter(damage))):
            Recipe.from_config({"training": config["training"] | damage})
    with pytest.raises(ConfigError, match="JSON object"):
        Recipe.from_config({"training": 5})


def test_the_newest_damaged_the_one_before_is_used(uninterrupted, tmp_path, capsys):
    small_run.train(tmp_path, save_every=2)
    run = RunDirectory(tmp_path)
    names = [path.name for path in run.checkpoints()]
    # Steps 2 (saved), 3 (an epoch's end), 4 (saved), 6 (the end): the newest three, and the best.
    assert names[-3:] == [
        "epoch-0001-step-00000003",
        "epoch-0001-step-00000004",
        "epoch-0002-step-00000006",
    ]
    (run.checkpoints()[-1] / "record.json").write_text("{}")
    resumed = small_run.make(tmp_path)
    assert resumed.open().name == "epoch-0001-step-00000004"
    assert "epoch-0002-step-00000006 is damaged: record.json" in capsys.readouterr().err
    # The metrics no longer tell of an epoch that is lost.
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 1
    small_run.go_on(resumed, small_run.EPOCHS)
    assert outcome(resumed) == uninterrupted
    assert RunDirectory(tmp_path).newest()[0].name == "epoch-0002-step-00000006"


def test_all_damaged(whole, tmp_path):
    for path in RunDirectory(tmp_path).checkpoints():
        (path / "manifest.json").unlink()
    with pytest.raises(CheckpointError, match="contains no whole checkpoint"):
        small_run.make(tmp_path).open()


def test_damaged_checkpoints_never_push_out_a_whole_one(tmp_path):
    small_run.train(tmp_path, save_every=1)
    directory = RunDirectory(tmp_path)
    for path in directory.checkpoints()[-2:]:
        (path / "manifest.json").unlink()
    whole = directory.newest()[0]
    run = small_run.make(tmp_path)
    assert run.open() == whole
    assert directory.checkpoints()[-1] == whole
    small_run.go_on(run, small_run.EPOCHS, max_steps=5)
    assert directory.newest()[0].name.endswith("step-00000005")
    assert len(list(tmp_path.glob("damaged-*"))) == 2


def test_a_row_of_metrics_is_what_its_epoch_alone_gave(whole_run):
    """Computed again step by step, so a mean that is never reset is noticed."""
    run, again = whole_run, small_run.make()
    for row in run.state.history:
        results = [again.train_step(*batch) for batch in again.batches()]
        again.state.finish_epoch()
        for name in ("loss", "accuracy"):
            values = np.concatenate([result[name] for result in results])
            assert len(values) == 96
            assert row[name] == pytest.approx(values.mean(dtype=np.float64), rel=1e-6)


def test_evaluation_counts_every_batch(tmp_path, monkeypatch):
    run = small_run.make(tmp_path)
    whole = run.evaluate(run.data.held_out)
    monkeypatch.setattr(Recipe, "eval_batch_size", 7)
    parts = run.evaluate(run.data.held_out)
    for name in ("loss", "accuracy"):
        assert parts[name].weight == whole[name].weight == 30
        assert parts[name].result() == pytest.approx(whole[name].result(), rel=1e-5)


def test_dropout_depends_on_run_seed_and_step(tmp_path):
    def losses(seed, step):
        run = small_run.make(tmp_path, seed=seed)
        for variable in run.state.variables.all().values():
            variable.assign(tf.ones_like(variable) * 0.01)  # only dropout differs
        run.state.variables.weights["out"].assign(np.linspace(-1, 1, 1280).reshape(128, 10))
        run.state.step.assign(step)
        images, labels = next(iter(small_run.make(tmp_path).batches()))
        return tuple(run.train_step(images, labels)["loss"].numpy())

    assert losses(1, 0) == losses(1, 0)
    assert len({losses(1, 0), losses(1, 1), losses(2, 0)}) == 3


def test_an_evaluation_that_is_not_finite_is_not_saved(tmp_path):
    run = small_run.make(tmp_path)
    run.open()
    run.evaluate = lambda examples: {"loss": Mean(float("inf"), 1.0)}
    with pytest.raises(NonFiniteError, match="loss of the evaluation is not finite after step 3"):
        small_run.go_on(run, small_run.EPOCHS)
    assert run.directory.checkpoints() == []


def test_another_configuration_is_refused_and_named(begun, tmp_path):
    with pytest.raises(ConfigError, match=r"training\.learning_rate is 0\.02 there and 0\.5 here"):
        small_run.make(tmp_path, learning_rate=0.5).open()
    fresh = small_run.make(tmp_path, learning_rate=0.5)
    assert fresh.open(fresh=True) is None
    assert RunDirectory(tmp_path).checkpoints() == []


def test_another_command_of_the_same_configuration_is_not_refused(begun, tmp_path):
    run = small_run.make(tmp_path)
    assert run.open(command="another one") is not None


def test_a_run_that_lost_its_checkpoints_starts_over_and_says_so(begun, tmp_path, capsys):
    for path in RunDirectory(tmp_path).checkpoints():
        shutil.rmtree(path)
    assert small_run.make(tmp_path).open() is None
    assert "contains no checkpoint yet: starting over" in capsys.readouterr().err


def test_a_run_that_lost_its_config(begun, tmp_path):
    (tmp_path / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"config\.json does not exist, though"):
        small_run.make(tmp_path).open()


def test_a_run_must_be_opened_before_it_trains(tmp_path):
    """Its saves would replace those of the run that is there."""
    small_run.train(tmp_path, max_steps=3)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for run in (small_run.make(tmp_path), small_run.make(tmp_path / "new")):
        with pytest.raises(ConfigError, match=r"open the run in .* first: run\.open\(\)"):
            small_run.go_on(run)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_run_without_a_directory_cannot_be_opened():
    with pytest.raises(ConfigError, match="has no directory to open"):
        small_run.make().open()


def test_a_run_without_data_has_no_steps():
    run = small_run.make()
    run.data = None
    for function in (
        lambda: run.train_step,
        lambda: run.make_steps,
        lambda: run.finite_check,
        lambda: run.steps_per_epoch,
        lambda: run.config,
        run.batches,
        lambda: small_run.go_on(run),
    ):
        with pytest.raises(ConfigError, match="no data yet: call fit first"):
            function()


def test_a_length_that_is_a_number():
    with pytest.raises(ConfigError, match=r"such as RunLength\(5\), not 1"):
        loop.train(small_run.make(), 1)


def test_settings_that_cannot_be_resumed(tmp_path):
    """No one is advised to delete the run that they asked to resume."""
    small_run.train(tmp_path, max_steps=1)
    with pytest.raises(ConfigError, match=r"with the settings that it was trained with\.$"):
        small_run.make(tmp_path, learning_rate=0.5).open(resume=True)


def test_resume_needs_something_to_resume(tmp_path):
    with pytest.raises(CheckpointError, match="contains no checkpoint to resume"):
        small_run.make(tmp_path / "new").open(resume=True)
    assert not (tmp_path / "new").exists()


def test_a_label_beyond_the_classes_of_the_run(begun, tmp_path):
    data = small_run.DATASET
    labels = data.train.labels.copy()
    labels[5] = 12
    wider = ImageDataset(
        "few", LabelledImages(data.train.images, labels, "there/images"), data.test
    )
    with pytest.raises(ConfigError, match=r"net_config\.num_classes is 10 there and 13 here"):
        small_run.make(tmp_path, wider).open()


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_damaged_config(begun, tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json is damaged"):
        small_run.make(tmp_path).open()


def test_fresh_deletes_what_the_run_left_and_nothing_else(whole, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".tmp-epoch-0001-step-00000001-77").mkdir()
    run = small_run.make(tmp_path)
    run.directory.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_killed_save_leaves_rubbish_that_the_next_one_removes(begun, tmp_path):
    rubbish = tmp_path / ".tmp-epoch-0009-step-00000009-77"
    rubbish.mkdir()
    (rubbish / "variables.index").write_text("half")
    small_run.train(tmp_path)
    assert not rubbish.exists()


def test_divergence_is_named_and_the_last_good_checkpoint_stays(tmp_path):
    small_run.train(tmp_path, max_steps=2, optimizer="sgd")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    run = small_run.make(tmp_path, optimizer="sgd")
    run.open()
    weights = run.state.variables.weights["out"]
    weights.assign(weights * float("inf"))
    with pytest.raises(NonFiniteError, match="weights/out is not finite after step 2"):
        small_run.go_on(run, small_run.EPOCHS)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_an_epoch_whose_line_cannot_be_printed_is_saved(uninterrupted, tmp_path):
    """As when the reader of a pipe has gone: `| head -2`."""

    class Broken(Hook):
        def on_epoch_end(self, row):
            raise BrokenPipeError

    run = small_run.make(tmp_path)
    run.open()
    with pytest.raises(BrokenPipeError):
        small_run.go_on(run, hooks=[Broken()])
    assert [path.name for path in run.directory.checkpoints()] == ["epoch-0001-step-00000003"]
    assert outcome(small_run.train(tmp_path)) == uninterrupted


def test_a_directory_that_is_deleted_meanwhile_can_be_resumed(uninterrupted, tmp_path):
    class Delete(Hook):
        def on_epoch_begin(self, epoch):
            if epoch == 0:
                shutil.rmtree(tmp_path / "run")

    run = small_run.make(tmp_path / "run")
    run.open()
    small_run.go_on(run, max_steps=4, hooks=[Delete()])
    assert outcome(small_run.train(tmp_path / "run")) == uninterrupted


def test_the_newest_checkpoint_of_another_configuration_is_refused(tmp_path):
    """As if two processes had written to one directory."""
    run = small_run.train(tmp_path, max_steps=3)
    config = run.config
    config["training"]["seed"] = 5
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=r"epoch-0001-step-00000003 holds a run of another"):
        small_run.train(tmp_path, seed=5)


def test_a_run_keeps_to_its_batch_norm_and_older_runs_had_that_of_the_whole_batch(tmp_path):
    small_run.train(tmp_path, max_steps=1, synchronize_batch_norm=False)
    with pytest.raises(ConfigError, match="synchronize_batch_norm is"):
        small_run.train(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["training"]["synchronize_batch_norm"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="synchronize_batch_norm is"):
        small_run.train(tmp_path, synchronize_batch_norm=False)


def test_variables_that_are_not_finite_are_not_saved(tmp_path):
    run = small_run.make(tmp_path)
    run.open()

    class BreakVariable(Hook):
        def on_batch_end(self, step, values):
            run.state.variables.biases["c3"].assign([float("nan")] * 32)

    with pytest.raises(NonFiniteError, match="variables/biases/c3 is not finite after step 1"):
        small_run.go_on(run, small_run.EPOCHS, max_steps=1, hooks=[BreakVariable()])
    assert run.directory.checkpoints() == []


def test_export_is_for_prediction_alone(whole_run, tmp_path):
    run = whole_run
    run.export(tmp_path / "out", test_accuracy=0.5)
    assert RunDirectory(tmp_path / "out").read_config()["about"]["test_accuracy"] == 0.5
    run.export(tmp_path / "out")  # the same once more is no mistake
    with pytest.raises(CheckpointError, match="holds a run; export to a new directory"):
        run.export(run.directory.path)
    with pytest.raises(CheckpointError, match="an exported network without its optimizer"):
        small_run.make(tmp_path / "out").open()


def test_only_the_newest_three_and_the_best_are_kept(tmp_path):
    directory, run = RunDirectory(tmp_path), small_run.make(tmp_path)
    accuracies = [0.5, 0.9, 0.6, 0.7, 0.9, 0.8, 0.8]
    history = []
    for epoch, accuracy in enumerate(accuracies, start=1):
        history.append({"epoch": epoch, "step": epoch * 10, "val_accuracy": accuracy})
        record = {"step": epoch * 10, "history": history, "config": {}}
        directory.save(run.state.tensors(), record)
    assert [int(path.name[6:10]) for path in directory.checkpoints()] == [2, 5, 6, 7]


def test_names_that_do_not_fit_the_classes_are_refused_before_training(tmp_path):
    run = small_run.make(tmp_path)
    facts = run.data.facts | {"class_names": ["a", "b", "c"]}
    run.data = dataclasses.replace(run.data, facts=facts)
    with pytest.raises(ConfigError, match="names 3 classes, but the network has 10"):
        run.open()
