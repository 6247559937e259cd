"""train_auto_mpg.py as a person runs it, on a small table; what its runs predict with."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from lowlevel.data import auto_mpg
from lowlevel.prediction import trained
from lowlevel.reports import curves, estimates
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.variables import sha256
from tests.scripts import tools

ERROR = re.compile(r"test mean absolute error (\d+\.\d{4}) miles a gallon \((\d+) cars\)")
DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """80 cars that go the less far the heavier they are, and three without horsepower."""
    random = np.random.default_rng(0)
    lines = ["mpg,cylinders,displacement,horsepower,weight,acceleration,model_year,origin"]
    for number in range(83):
        weight = random.integers(1600, 5000)
        horsepower = "" if number % 30 == 0 else random.integers(50, 200)
        miles = 45 - weight / 150 + random.normal(0, 1)
        origin = ("usa", "europe", "japan")[number % 3]
        lines.append(
            f"{miles:.1f},{random.integers(3, 9)},200,{horsepower},{weight},15,75,{origin}"
        )
    path = tmp_path_factory.mktemp("table") / "cars.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def train(monkeypatch, capfd):
    return lambda *arguments: tools.run_here("train_auto_mpg.py", arguments, monkeypatch, capfd)


PLAIN = "--no-jit-compile"  # XLA takes longer to compile the steps than they are trained


def stops_early(table):
    """The options of a run that stops early."""
    return ("--data", table, "--patience", 2, "--learning-rate", 0.03, "--batch-size", 16)


@pytest.fixture
def options(table, tmp_path):
    return lambda name: (*stops_early(table), "--run-dir", tmp_path / name)


@pytest.fixture(scope="module")
def trained_once(table, tmp_path_factory):
    """A run that has stopped early."""
    path = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        draw_nothing(monkeypatch)
        tools.prepare("train_auto_mpg.py", *stops_early(table), "--run-dir", path, PLAIN)
    return path


def draw_nothing(monkeypatch):
    """Spends no time on pictures."""
    for module in (curves, estimates):
        monkeypatch.setattr(module, "draw", lambda *arguments: None)


@pytest.fixture
def undrawn(monkeypatch):
    draw_nothing(monkeypatch)


def history(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_what_it_prints_and_leaves(train, options, table, tmp_path):
    run = tmp_path / "run"
    result = train(*options("run"))
    assert (result.status, result.err) == (0, "")
    assert "cars: 80 cars, and 3 left out because a number is missing; 51 to" in result.out
    assert "16 to test on; regression: 4865 parameters" in result.out
    rows = history(run)
    losses = [row["val_loss"] for row in rows]
    best = int(np.argmin(losses))
    assert len(rows) == best + 1 + 2 < 1000  # the patience, and not one epoch more
    assert "\n" + "." * len(rows) + "\n" in result.out
    assert f"{len(rows)} epochs; the best was epoch {best + 1}, " in result.out
    assert len(re.findall(r"\nestimate +\d+\.\d miles a gallon, truth +\d+\.\d", result.out)) == 5
    for name in ("curves.png", "estimates.png"):
        with Image.open(run / name) as image:
            assert min(image.size) > 300
            assert image.convert("L").entropy() > 0.3

    config = json.loads((run / "config.json").read_text())
    data = auto_mpg.read(table)
    cars, validation, test = auto_mpg.split(data)
    figures = auto_mpg.statistics_of(data.features[cars])
    assert config["preprocessing"] == figures  # of the cars it is trained on, and of no others
    for others in ([*cars, *validation], [*cars, *test]):
        assert figures != auto_mpg.statistics_of(data.features[others])
    assert config["data"]["validation_examples"] == 13

    # What it tells of is the network of the best epoch, which is what the run predicts with.
    network = trained.load(run)
    assert network.source.name == f"epoch-{best + 1:04d}-step-{rows[best]['step']:08d}"
    digest, step = DIGEST.fullmatch(result.last_lines[1]).groups()
    assert digest == sha256(network.variables)
    assert int(step) == rows[best]["step"]

    def error_on(part):
        served = network.answer(tf.constant(data.features[part]))
        return np.abs(served["estimate"] - data.targets[part]).mean()

    error, count = ERROR.fullmatch(result.last_lines[0]).groups()
    assert (float(error), int(count)) == (pytest.approx(error_on(test), abs=1e-4), 16)
    assert error_on(validation) == pytest.approx(rows[best]["val_mae"], rel=1e-5)


def test_a_stopped_run_goes_on_to_the_same_bits(train, options, tmp_path, undrawn):
    whole = train(*options("whole"), PLAIN)
    part = train(*options("run"), PLAIN, "--steps", 6)  # in the second epoch of four steps
    assert DIGEST.fullmatch(part.last_lines[1])[2] == "4"
    resumed = train(*options("run"))
    assert "resuming" in resumed.out
    assert resumed.last_lines == whole.last_lines
    without_time = [
        [row | {"seconds": 0} for row in history(tmp_path / name)] for name in ("run", "whole")
    ]
    assert without_time[0] == without_time[1]
    again = train(*options("run"))  # which had come to its end
    assert again.last_lines == whole.last_lines
    assert len(history(tmp_path / "run")) == len(without_time[0])


def test_a_run_without_a_finished_epoch_tells_of_what_there_is(train, options, tmp_path):
    result = train(*options("run"), PLAIN, "--steps", 2)
    assert (result.status, result.err) == (0, "")
    assert DIGEST.fullmatch(result.last_lines[1])[2] == "2"
    assert (tmp_path / "run" / "estimates.png").exists()


def test_a_damaged_best_checkpoint_is_named_and_the_newest_used(trained_once, tmp_path, capfd):
    run = shutil.copytree(trained_once, tmp_path / "run")
    best = trained.load(run).source
    newest = RunDirectory(run).newest()[0]
    assert best != newest
    (best / "variables.index").write_bytes(b"damage")
    assert trained.load(run).source == newest
    told = capfd.readouterr().err
    assert f"the checkpoint {best} is damaged" in told
    assert f"using {newest} instead." in told
    shutil.rmtree(best)
    assert trained.load(run).source == newest
    assert str(best) in capfd.readouterr().err


def test_exports_estimate_as_the_run_does(trained_once, table, tmp_path, monkeypatch, capfd):
    model, weights = tmp_path / "model", tmp_path / "weights.h5"
    words = (trained_once, "--savedmodel", model, "--weights", weights)
    result = tools.run_here("export.py", words, monkeypatch, capfd)
    assert (result.status, result.err) == (0, "")
    rows = tf.constant(auto_mpg.read(table).features[:9])
    answers = [
        trained.load(path).answer(rows)["estimate"].numpy()
        for path in (trained_once, model, weights)
    ]
    served = tf.saved_model.load(str(model)).signatures["serving_default"](rows=rows)["estimate"]
    for other in (*answers[1:], served):
        np.testing.assert_allclose(other, answers[0], rtol=1e-6)
    assert np.ptp(answers[0]) > 3


def test_options_change_the_result(train, table, tmp_path, undrawn):
    variants = ((), ("--weight-decay", 1), ("--precision", "bfloat16"), ("--seed", 1))
    digests = set()
    for number, words in enumerate(variants):
        common = ("--data", table, "--epochs", 1, "--run-dir", tmp_path / str(number), "--quiet")
        result = train(*common, PLAIN, *words)
        assert len(result.out.splitlines()) == 2
        digests.add(DIGEST.fullmatch(result.last_lines[1])[1])
    assert len(digests) == len(variants)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--data", "nowhere.csv"), "nowhere.csv cannot be read: No such file"),
        (("--data", "."), "cannot be read: Is a directory"),
        (("--patience", "0"), "argument --patience"),
        (("--label-smoothing", "0.1"), "unrecognized arguments"),
        (("--export", "x"), "unrecognized arguments"),
        (("--batch-size", "a"), "argument --batch-size"),
    ],
)
def test_mistakes_get_a_sentence(train, tmp_path, words, message):
    result = train("--run-dir", tmp_path / "run", *words)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_without_matplotlib_the_run_is_kept_and_the_extra_named(train, options, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    result = train(*options("run"), PLAIN, "--steps", 4)
    assert result.status == 0
    assert "nothing is drawn: matplotlib is not installed" in result.err
    assert DIGEST.fullmatch(result.last_lines[1])


@pytest.mark.parametrize("option, kept", [("--no-jit-compile", False), ("--jit-compile", True)])
def test_a_resumed_run_keeps_what_compiles_its_steps(train, options, undrawn, option, kept):
    train(*options("run"), option, "--steps", 3)
    resumed = train(*options("run"), "--steps", 6)
    assert resumed.status == 0, resumed.err
    config = RunDirectory(options("run")[options("run").index("--run-dir") + 1]).read_config()
    assert config["training"]["jit_compile"] is kept
    whole = train(*options("whole"), option, "--steps", 6)
    assert resumed.last_lines == whole.last_lines
    other = "--jit-compile" if option != "--jit-compile" else "--no-jit-compile"
    refused = train(*options("run"), other)
    assert refused.status == 2
    assert "training.jit_compile is" in refused.err


@pytest.mark.slow
def test_the_default_run_estimates_real_cars(train, auto_mpg_file, tmp_path):
    result = train("--data", auto_mpg_file, "--run-dir", tmp_path / "run")
    assert (result.status, result.err) == (0, "")
    assert "392 cars, and 6 left out because a number is missing" in result.out
    error, count = ERROR.fullmatch(result.last_lines[0]).groups()
    assert float(error) <= 2.2
    assert int(count) == 78
