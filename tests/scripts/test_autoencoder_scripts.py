"""train_autoencoder.py and detect_anomalies.py as a person runs them, on a few small pictures."""

import json
import re
import shutil

import pytest
from PIL import Image

from lowlevel import shipped
from lowlevel.nets import bottle_encoder
from lowlevel.reports import by_task
from tests.scripts import tools
from tests.training import small_autoencoder, small_run

DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")


@pytest.fixture(autouse=True, scope="module")
def small():
    """A network of a few filters for small images: what is tested is the scripts."""
    defaults = tuple(vars(small_autoencoder.CONFIG).values())
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(bottle_encoder.Config.__init__, "__defaults__", defaults)
        yield


@pytest.fixture
def run_script(monkeypatch, capfd):
    return lambda name, *arguments: tools.run_here(name, arguments, monkeypatch, capfd)


@pytest.fixture(scope="module")
def trash(tmp_path_factory):
    """The folders TRAIN, TEST and NEG_TEST with pictures of bottles and of other things."""
    root = tmp_path_factory.mktemp("trash")
    for folder, images in (
        ("TRAIN", small_autoencoder.TRAIN),
        ("TEST", small_autoencoder.NORMAL),
        ("NEG_TEST", small_autoencoder.OTHER),
    ):
        (root / folder).mkdir()
        for number, image in enumerate(images[:]):
            size = (40 + number, 50)
            picture = Image.fromarray(image[..., 0]).resize(size)
            picture.save(root / folder / f"{number:03d}.{'png' if number % 2 else 'jpg'}")
    return root


@pytest.fixture
def without_report(monkeypatch):
    """Spends no time on pictures and on the detector."""
    monkeypatch.setattr(
        by_task, "bottles", lambda run, *arguments, **options: by_task._reconstruction_error(run)
    )


@pytest.fixture(scope="module")
def trained_once(small, trash, tmp_path_factory):
    """A run with its detector."""
    run = tmp_path_factory.mktemp("trained") / "run"
    tools.prepare("train_autoencoder.py", *options(trash, run), "--optimizer", "momentum")
    return run


def options(trash, run):
    return ("--data-dir", trash, "--run-dir", run, "--epochs", 2, "--batch-size", 16)


def test_a_folder_of_pictures_is_no_place_for_a_run(run_script, trash, tmp_path):
    shutil.copytree(trash / "TRAIN", tmp_path / "images")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    for place in (tmp_path, tmp_path / "images"):
        result = run_script("train_autoencoder.py", *options(trash, place))
        assert result.status == 2
        assert result.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_train_then_detect(run_script, trash, tmp_path):
    run = tmp_path / "run"
    result = run_script("train_autoencoder.py", *options(trash, run))
    assert (result.status, result.err) == (0, "")
    assert re.match(r"test loss 0\.\d{6} \(mean squared error of 12 images\)", result.last_lines[0])
    assert DIGEST.fullmatch(result.last_lines[1])[2] == "4"
    for name in ("reconstructions.png", "curves.png"):
        with Image.open(run / name) as image:
            assert min(image.size) > 300
            assert image.convert("L").entropy() > 0.3
    assert {path.name for path in (run / "detector").iterdir()} == {"arrays.npz", "detector.json"}

    picture = trash / "NEG_TEST" / "000.jpg"
    result = run_script("detect_anomalies.py", run, picture, trash / "TEST")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert len(lines) == 13
    assert all(re.fullmatch(r"\S+  -?\d+\.\d  (normal|anomaly)", line) for line in lines)
    assert lines[0].startswith(str(picture))

    as_json = run_script("detect_anomalies.py", run, picture, "--json")
    row = json.loads(as_json.out)
    assert row["image"] == str(picture)
    assert f"{row['score']:.1f}  {row['verdict']}" in lines[0]

    report = tmp_path / "report"
    truth = ("--normal", trash / "TEST", "--anomaly", trash / "NEG_TEST")
    result = run_script("detect_anomalies.py", run, *truth, "--report", report)
    assert result.status == 0
    numbers = json.loads((report / "report.json").read_text())
    assert (numbers["normal_images"], numbers["anomalous_images"]) == (12, 12)
    assert f"roc auc           {numbers['roc_auc']:.4f}" in result.out
    verdicts = [line.split()[-1] for line in result.out.splitlines()[:24]]
    found = verdicts[12:].count("anomaly") / 12
    assert numbers["sensitivity"] == pytest.approx(found)


@pytest.mark.slow
def test_a_stopped_run_goes_on_to_the_same_bits(run_script, without_report, trash, tmp_path):
    whole = run_script("train_autoencoder.py", *options(trash, tmp_path / "whole"))
    part = options(trash, tmp_path / "run")
    run_script("train_autoencoder.py", *part, "--steps", 1)
    resumed = run_script("train_autoencoder.py", *part)
    assert "resuming" in resumed.out
    assert resumed.last_lines == whole.last_lines


def test_folders_by_name_and_drawn_shapes(run_script, without_report, trash, tmp_path):
    folders = ("--train", trash / "TRAIN", "--normal", trash / "TEST", "--no-flips")
    fast = ("--epochs", 1, "--optimizer", "momentum", "--batch-size", 80)
    result = run_script("train_autoencoder.py", *folders, "--run-dir", tmp_path / "a", *fast)
    assert (result.status, result.err) == (0, "")
    shapes = ("--dataset", "shapes")
    result = run_script("train_autoencoder.py", *shapes, "--run-dir", tmp_path / "b", *fast)
    assert (result.status, result.err) == (0, "")
    assert "shapes: 400 images to train on, 80 to test on" in result.out


def test_a_damaged_picture_costs_a_sentence(run_script, trash, tmp_path):
    folder = tmp_path / "pictures"
    shutil.copytree(trash / "TRAIN", folder)
    (folder / "broken.jpg").write_bytes(b"no picture")
    folders = ("--train", folder, "--normal", trash / "TEST")
    result = run_script("train_autoencoder.py", *folders, "--run-dir", tmp_path / "run")
    assert result.status == 2
    assert "broken.jpg is not an image that can be read" in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name the images"),
        (("--train", "a"), "name the images"),
        (("--dataset", "shapes", "--train", "a"), "it takes no folders"),
        (("--dataset", "shapes", "--normal", "a", "--anomaly", "b"), "it takes no folders"),
        (("--data-dir", "nowhere"), "nowhere"),
        (("--shift", "1.5"), "argument --shift"),
    ],
)
def test_mistakes_in_training_get_a_sentence(run_script, tmp_path, words, message):
    result = run_script("train_autoencoder.py", "--run-dir", tmp_path / "run", *words)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_mistakes_in_detecting_get_a_sentence(run_script, trash, tmp_path):
    small_autoencoder.train(tmp_path / "run", max_steps=1)
    for words, message in (
        ((tmp_path / "run",), "name images or folders of them"),
        ((tmp_path / "run", trash / "TEST"), "contains no detector"),
        ((tmp_path / "none", trash / "TEST"), "contains no checkpoint"),
        ((tmp_path / "run", "--normal", "a", "--report", "b"), "give --normal and --anomaly"),
    ):
        result = run_script("detect_anomalies.py", *words)
        assert result.status == 2
        assert message in result.err
        assert len(result.err.splitlines()) == 1


def test_pictures_that_cannot_be_read_get_a_sentence(run_script, trained_once, trash, tmp_path):
    run = trained_once
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder.jpg").mkdir()
    result = run_script("detect_anomalies.py", run, tmp_path / "broken.png", trash / "TEST")
    assert result.status == 1
    assert len(result.err.splitlines()) == 1
    assert len(result.out.splitlines()) == len(list((trash / "TEST").iterdir()))
    unreadable = ("--normal", tmp_path / "broken.png", "--anomaly", trash / "TEST")
    result = run_script("detect_anomalies.py", run, *unreadable, "--report", tmp_path / "report")
    assert result.status == 2
    assert "needs a normal image and an anomaly that can be read" in result.err
    for path, message in (
        ("typo.jpg", "typo.jpg does not exist"),
        ("broken.png", "broken.png is not an image that can be read"),
        ("empty", "empty contains no image files"),
        ("folder.jpg", "folder.jpg contains no image files"),
        ("x" * 300, "cannot be used: File name too long"),
    ):
        result = run_script("detect_anomalies.py", run, tmp_path / path)
        assert result.status == 2
        assert message in result.err
        assert len(result.err.splitlines()) == 1


@pytest.mark.slow
def test_every_option_changes_the_result(run_script, without_report, trash, tmp_path):
    digests = set()
    variants = (  # those of the optimizer are tried in test_train_mnist.py
        (),
        ("--no-flips",),
        ("--rotate", 0),
        ("--shift", 0),
        ("--zoom", 0),
        ("--precision", "bfloat16"),
    )
    for number, words in enumerate(variants):
        fast = (*options(trash, tmp_path / str(number)), "--optimizer", "momentum")
        result = run_script("train_autoencoder.py", *fast, *words)
        digests.add(DIGEST.fullmatch(result.last_lines[1])[1])
    assert len(digests) == len(variants)


@pytest.mark.slow
def test_the_share_of_false_alarms_moves_the_threshold(run_script, trash, tmp_path):
    run = tmp_path / "run"
    thresholds = []
    for share in (0.05, 0.5):
        words = (*options(trash, run), "--optimizer", "momentum", "--false-alarms", share)
        run_script("train_autoencoder.py", *words)
        facts = json.loads((run / "detector" / "detector.json").read_text())
        assert facts["false_alarms"] == share
        thresholds.append(facts["threshold"])
    assert thresholds[0] < thresholds[1]


def test_the_run_of_another_network_is_left_alone(run_script, trash, tmp_path):
    run = tmp_path / "run"
    small_run.train(run, max_steps=1)
    before = sorted(run.rglob("*"))
    result = run_script("train_autoencoder.py", *options(trash, run))
    assert result.status == 2
    assert "holds the run of another network" in result.err
    assert sorted(run.rglob("*")) == before


@pytest.mark.parametrize("script", ["train_autoencoder.py", "train_cifar10.py", "train_mnist.py"])
def test_what_ships_is_never_trained_over(run_script, script):
    result = run_script(
        script,
        "--dataset",
        "digits" if "mnist" in script else "shapes",
        "--fresh",
        "--run-dir",
        shipped.MNIST,
    )
    assert result.status == 2
    assert "the shipped network" in result.err
    assert (shipped.MNIST / "config.json").is_file()


def test_too_few_pictures_are_refused_before_training(run_script, trash, tmp_path):
    folder = tmp_path / "few"
    folder.mkdir()
    for number in range(9):
        Image.new("L", (20, 20), 20 * number).save(folder / f"{number}.png")
    words = ("--train", folder, "--normal", trash / "TEST", "--run-dir", tmp_path / "run")
    result = run_script("train_autoencoder.py", *words)
    assert result.status == 2
    assert "holds 9 images; the detector of anomalies needs 10" in result.err


def test_a_run_is_no_autoencoder(run_script, trash):
    result = run_script("detect_anomalies.py", shipped.MNIST, trash / "TEST")
    assert result.status == 2
    assert "is not an autoencoder's" in result.err
