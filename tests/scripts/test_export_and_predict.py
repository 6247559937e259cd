"""export.py, predict.py and summary.py as a person runs them."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from lowlevel import shipped
from lowlevel.data import digits
from tests.scripts import tools
from tests.training import small_autoencoder

SHIPPED = shipped.MNIST


@pytest.fixture
def run_script(monkeypatch, capfd):
    return lambda name, *arguments: tools.run_here(name, arguments, monkeypatch, capfd)


@pytest.fixture
def pictures(tmp_path):
    """Three digits as files: as they are, enlarged, and dark on light in colour."""
    test = digits.load().test
    paths = [tmp_path / f"{name}.png" for name in ("small", "large", "paper")]
    first, second, third = (Image.fromarray(image[..., 0]) for image in test.images[7:10])
    first.save(paths[0])
    second.resize((150, 150)).save(paths[1])
    Image.fromarray(255 - np.asarray(third)).convert("RGB").resize((99, 99)).save(paths[2])
    return paths, [str(label) for label in test.labels[7:10]]


def test_run_savedmodel_and_weights_predict_the_same(run_script, pictures, tmp_path):
    paths, labels = pictures
    model, weights = tmp_path / "model", tmp_path / "weights.h5"
    result = run_script("export.py", SHIPPED, "--savedmodel", model, "--weights", weights)
    assert (result.status, result.err) == (0, "")
    outputs = [run_script("predict.py", network, *paths) for network in (SHIPPED, model, weights)]
    assert {result.out for result in outputs} == {outputs[0].out}
    assert all(result.status == 0 for result in outputs)
    assert [line.split()[1] for line in outputs[0].out.splitlines()] == labels


def test_top_and_plot(run_script, pictures, tmp_path):
    paths, _ = pictures
    plot = tmp_path / "plot.png"
    result = run_script("predict.py", SHIPPED, *paths, "--top", 3, "--plot", plot)
    assert (result.status, result.err) == (0, "")
    pattern = r"\S+ +\d 0\.\d{4}  \d 0\.\d{4}  \d 0\.\d{4}"
    assert all(re.fullmatch(pattern, line) for line in result.out.splitlines()[:3])
    with Image.open(plot) as image:
        assert min(image.size) > 300


def test_an_autoencoder_tells_its_error(run_script, pictures, tmp_path):
    small_autoencoder.train(tmp_path / "run", max_steps=2)
    result = run_script("predict.py", tmp_path / "run", *pictures[0])
    assert (result.status, result.err) == (0, "")
    assert result.out.count("reconstruction error 0.") == 3
    result = run_script("predict.py", tmp_path / "run", *pictures[0], "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["image"] for row in rows] == list(map(str, pictures[0]))
    assert all(row["reconstruction_error"] > 0 for row in rows)


def test_mistakes_get_a_sentence(run_script, pictures, tmp_path):
    paths, _ = pictures
    (tmp_path / "file").write_text("no network")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("keep me")
    for words, message in (
        (("predict.py", tmp_path / "none", paths[0]), "none does not exist"),
        (("predict.py", tmp_path / "file", paths[0]), "is not a whole HDF5 file"),
        (("predict.py", SHIPPED, tmp_path / "none.png"), "does not exist"),
        (("predict.py", SHIPPED, tmp_path / "file"), "is not an image that can be read"),
        (("predict.py", SHIPPED, paths[0], "--plot", paths[0]), "would overwrite"),
        (("predict.py", SHIPPED, paths[0], "--top", 0), "argument --top"),
        (("export.py", SHIPPED), "nothing to write"),
        (
            ("export.py", SHIPPED, "--weights", tmp_path / "a.bin"),
            "needs the name of a .h5 or .hdf5",
        ),
        (("export.py", SHIPPED, "--savedmodel", full), "exists already"),
        (
            ("export.py", SHIPPED, "--savedmodel", "a.h5", "--weights", "./a.h5"),
            "cannot both be a.h5",
        ),
        (("export.py", tmp_path / "none", "--weights", tmp_path / "a.h5"), "does not exist"),
        (("export.py", full, "--weights", tmp_path / "a.h5"), "contains no checkpoint"),
        (("summary.py", "resnet"), "there is no run resnet, and net must be one of"),
        (("summary.py", full), "contains no checkpoint"),
        (("summary.py", "digit_encoder", "--time"), "digit_encoder has no task of its own"),
        (("summary.py", "conv_net", "--depth", 0), "argument --depth"),
    ):
        result = run_script(*words)
        assert result.status == 2, words
        assert message in result.err
        assert len(result.err.splitlines()) == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others(run_script, pictures, tmp_path):
    paths, _ = pictures
    result = run_script("predict.py", SHIPPED, tmp_path / "none.png", paths[0])
    assert result.status == 1
    assert result.out.startswith(f"{paths[0]}  ")
    assert "none.png does not exist" in result.err
    assert len(result.err.splitlines()) == 1


def test_summary(run_script):
    result = run_script("summary.py", "mini_inception", "--depth", 1)
    assert (result.status, result.err) == (0, "")
    # Backward is twice as much, but for the stem's 2,654,208: the images need no gradient.
    assert re.search(r"inception10 +7 x 7 x 336 +544,656 +26,605,824 +53,211,648 ", result.out)
    assert re.search(r"total +1,656,250 +234,597,920 +466,541,632 ", result.out)


def test_summary_of_a_run_with_its_times(run_script):
    result = run_script("summary.py", SHIPPED, "--time", "--quiet")
    assert (result.status, result.err) == (0, "")
    assert re.search(
        r"c1 +28 x 28 x 16 +160 +112,896 +112,896 +50,176 +3 x 3 +\d+\.\d%\n", result.out
    )
    assert re.search(r"total +218,490 +4,830,720 .* 100%\n", result.out)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_diagram(run_script, tmp_path, suffix):
    path = tmp_path / f"diagram.{suffix}"
    result = run_script("summary.py", "mini_inception", "--depth", 1, "--diagram", path)
    assert (result.status, result.err) == (0, "")
    assert f"drew {path}" in result.out
    if suffix == "svg":
        assert "inception10" in path.read_text()
    else:
        with Image.open(path) as image:
            assert min(image.size) > 300


def test_a_diagram_of_another_kind(run_script, tmp_path):
    result = run_script("summary.py", "mlp", "--diagram", tmp_path / "diagram.pdf")
    assert result.status == 2
    assert ".png or an .svg file" in result.err
    assert len(result.err.splitlines()) == 1
