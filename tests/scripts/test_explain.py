"""scripts/explain.py: the page of a run, with images of all kinds, and what it refuses."""

import importlib.util
import json
import re
import shutil

import numpy as np
import pytest

from lowlevel import nets, shipped
from lowlevel.data import examples, mnist_sample, training_data
from lowlevel.inspection import explain as explaining
from lowlevel.inspection import opened_run
from lowlevel.prediction.predictor import Predictor
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run
from tests.inspection.browser import open_page
from tests.scripts import tools
from tests.training import small_run

SAMPLE = mnist_sample.load()


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run of strided_net on the sample of MNIST, with a checkpoint after each of three steps."""
    config = nets.get("strided_net").Config((28, 28, 3), 10)
    path = tmp_path_factory.mktemp("explain") / "run"
    data = SAMPLE.with_channels(3)
    run = small_run.make(path, data, net=("strided_net", config), learning_rate=0.1)
    run.open()
    small_run.go_on(run, max_steps=3, save_every=1)
    return path


@pytest.fixture(scope="module")
def last(run_dir, tmp_path_factory):
    """The same run with its last checkpoint alone: its pages have no slider and are quick."""
    path = tmp_path_factory.mktemp("last") / "run"
    shutil.copytree(run_dir, path)
    for checkpoint in RunDirectory(path).checkpoints()[:-1]:
        shutil.rmtree(checkpoint)
    return path


@pytest.fixture
def explain(monkeypatch, capfd):
    """Runs the script without timing the step, which takes long."""

    def run(*words):
        return tools.run_here("explain.py", (*words, "--no-time", "--quiet"), monkeypatch, capfd)

    return run


@pytest.fixture
def drawn(tmp_path):
    """A PNG of a test image of the sample, a 7, dark on light and four times as large."""
    image = pytest.importorskip("PIL.Image")
    pixels = 255 - np.kron(SAMPLE.test.images[0, ..., 0], np.ones((4, 4), np.uint8))
    path = tmp_path / "drawn.png"
    image.fromarray(pixels).save(path)
    return path


def data_of(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"))[1])


def test_the_slider_shows_what_each_checkpoint_makes_of_the_examples(explain, run_dir, tmp_path):
    page = tmp_path / "step.html"
    result = explain(run_dir, "--index", 0, 3, "--html", page)
    assert (result.status, result.err) == (0, "")
    assert f"wrote {page}" in result.out and "operations were computed again" in result.out
    run, trained = opened_run.open_run(run_dir)
    images = np.repeat(SAMPLE.test.images[[0, 3]] / np.float32(255), 3, axis=-1)
    batch = explaining.as_batch(run, trained.preprocess(images), SAMPLE.test.labels[[0, 3]])
    data = data_of(page)
    titles = [example["title"] for example in data["examples"]]
    assert titles == ["sample test image 0 (a 7)", "sample test image 3 (a 0)"]
    paths = run.directory.checkpoints()
    assert [entry["step"] for entry in data["course"]] == [1, 2, 3]
    with open_page(page) as driver:
        for number, path in enumerate(paths):
            driver.execute_script(
                "const slider = document.getElementById('slider'); slider.value = arguments[0];"
                "slider.dispatchEvent(new Event('input'))",
                number,
            )
            opened_run.restore(run, path)
            found = explaining.trace_batch(run, *batch)
            shown = driver.find_element("id", "course-loss").text
            assert float(shown) == pytest.approx(found.losses.mean(), rel=1e-4)
            rows = driver.find_elements("css selector", "#norms tr")[1:]
            cells = {row.text.split()[0]: row.text.split()[1:] for row in rows}
            for name in ("weights/c1", "biases/out"):
                variable = found.variables[name]
                arrays = [part.array for part in (variable.before, variable.gradient)]
                arrays.append(variable.update.array)
                norms = [np.linalg.norm(array.astype(np.float64)) for array in arrays]
                assert list(map(float, cells[name])) == pytest.approx(norms, rel=1e-3)
    assert found.step == 3 and float(cells["weights/c1"][2]) > 0


def test_an_image_file_with_its_class_and_without(explain, last, drawn, tmp_path):
    page = tmp_path / "step.html"
    result = explain(last, "--image", drawn, "--label", 4, "--html", page)
    assert (result.status, result.err) == (0, "")
    data = data_of(page)
    assert data["examples"] == [{"title": "drawn.png"}]
    assert np.argmax(data["answers"][0]["targets"]) == 4
    result = explain(last, "--image", drawn, "--html", page)
    taken = re.fullmatch(
        r".*/drawn.png: taken for a (\d), the most probable class; .*\n", result.err
    )
    assert result.status == 0
    data = data_of(page)
    assert np.argmax(data["answers"][0]["targets"]) == int(taken[1])
    assert data["examples"] == [{"title": f"drawn.png (taken for a {taken[1]})"}]


def test_a_file_that_is_no_image_does_not_stop_the_others(explain, last, drawn, tmp_path):
    page, wrong = tmp_path / "step.html", tmp_path / "wrong.png"
    wrong.write_text("no image")
    words = ("--image", wrong, drawn, "--label", 1, 2, "--html", page)
    result = explain(last, *words)
    assert result.status == 1 and result.err.count("\n") == 1 and "wrong.png" in result.err
    assert np.argmax(data_of(page)["answers"][0]["targets"]) == 2  # not the label of the other
    page.unlink()
    result = explain(last, "--image", wrong, "--html", page)
    assert (result.status, page.exists()) == (2, False)


def test_two_runs_side_by_side(explain, last, tmp_path):
    page, other = tmp_path / "step.html", tmp_path / "other"
    config = nets.get("strided_net").Config((28, 28, 3), 10)
    run = small_run.make(other, SAMPLE.with_channels(3), net=("strided_net", config), seed=2)
    run.open()
    small_run.go_on(run, max_steps=1)
    result = explain(last, "--index", 0, "--compare", other, "--html", page)
    assert (result.status, result.err) == (0, "")
    comparison = data_of(page)["comparison"]
    assert (comparison["name"], comparison["first"]) == (str(other), "c1")


def train(path, name, config, task, data):
    """A run of any network, of one step."""
    run = Run(nets.make(name, config), task, data, Recipe(batch_size=2), RunDirectory(path))
    run.open()
    small_run.go_on(run, max_steps=1)
    return path


def of_numbers(inputs, targets):
    """Data of random numbers of these shapes."""
    random = np.random.default_rng(0)
    parts = [
        examples.Arrays(*(random.random((2, *shape), np.float32) for shape in (inputs, targets)))
        for _ in range(2)
    ]
    facts = {"preprocessing": {"divide_by": 1}, "class_names": list(map(str, range(10)))}
    return training_data.of_arrays("numbers", *parts, **facts)


def test_an_autoencoder_learns_its_inputs(explain, tmp_path):
    network = nets.make("digit_autoencoder")
    data = training_data.of_same_images(SAMPLE, network.input_spec)
    run_dir = train(tmp_path / "run", "digit_autoencoder", None, tasks.reconstruction(), data)
    page = tmp_path / "step.html"
    result = explain(run_dir, "--index", 5, 6, "--html", page)
    assert (result.status, result.err) == (0, "")
    images = SAMPLE.test.images[5:7] / np.float32(255)
    errors = Predictor(run_dir).outputs(images)["error"]
    found = data_of(page)["answers"]
    assert [answer["loss"] for answer in found] == pytest.approx(errors.tolist(), rel=1e-5)
    result = explain(run_dir, "--image", "a.png", "--label", 1, "--html", page)
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith("knows no classes: leave out --label.\n")


def test_runs_that_do_not_take_images_are_for_python(explain, tmp_path):
    detector = nets.get("grid_detector").Config(image_shape=(32, 32, 1), filters=(2, 2, 2, 2, 2))
    numbers = tasks.detection(detector).target_spec.shape[1:]
    cases = (
        ("regression", None, tasks.regression(), of_numbers((9,), ())),
        ("grid_detector", detector, tasks.detection(detector), of_numbers((32, 32, 1), numbers)),
    )
    for name, config, task, data in cases:
        run_dir = train(tmp_path / name, name, config, task, data)
        result = explain(run_dir, "--index", 0, "--html", tmp_path / "step.html")
        assert (result.status, result.out) == (2, "")
        assert "explain it in Python" in result.err and "looking-inside.md" in result.err
        assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name images with --image, or test images with --index"),
        (("--index", -1), "--index: it must be a whole number of at least 0, not -1"),
        (("--index", *range(9)), "a page shows at most 8 images"),
        (("--index", 1000), "index into the test images of sample must be .* 999"),
        (("--index", 0, "--label", 1), "--label takes one class for each --image"),
        (("--image", "a.png", "--label", "cat"), "there is no class 'cat'; there are 0, 1, 2,"),
        (("--image", "a.png"), "a.png"),
        (("--image", "a.png", "--data-dir", "."), "give --index too"),
        (("--index", 0, "--data-dir", "nowhere"), "sample"),
        (("--index", 0, "--html", "page.txt"), "--html needs the name of an .html file"),
        (("--index", 0, "--html", "no/page.html"), "--html: no is not a directory"),
        (("--index", 0, "--compare", "nowhere"), "nowhere is not a run directory"),
        (("--index", 0, "--compare", shipped.MNIST), "is a conv_net, not a strided_net"),
    ],
)
def test_mistakes_get_a_sentence(explain, last, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    result = explain(last, *words)
    assert (result.status, result.out) == (2, "")
    assert re.search(message, result.err) and result.err.count("\n") == 1
    assert not list(tmp_path.glob("*.html"))


def test_a_run_that_is_not_there(explain, tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        result = explain(path, "--index", 0)
        assert (result.status, result.out) == (2, "") and str(path) in result.err
        assert result.err.count("\n") == 1


def test_as_many_examples_as_a_page_has_room_for():
    path = tools.SCRIPTS / "explain.py"
    spec = importlib.util.spec_from_file_location("explain_script", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.MAX_EXAMPLES == explaining.MAX_EXAMPLES
