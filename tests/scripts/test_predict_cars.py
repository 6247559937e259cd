"""scripts/predict_cars.py as a person runs it."""

import json

import numpy as np
import pytest

from lowlevel import shipped
from tests.scripts import tools

HEADER = "mpg,cylinders,displacement,horsepower,weight,acceleration,model_year,origin,name"


def write(path, rows):
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A network that has seen forty cars, whose weight alone tells how far they go."""
    path, random = tmp_path_factory.mktemp("cars"), np.random.default_rng(0)
    weights = random.integers(2000, 4000, 40)
    rows = [f"{50 - w / 100},4,100,90,{w},15,75,usa,car {w}" for w in weights]
    words = ("--data", write(path / "train.csv", rows), "--run-dir", path / "run", "--epochs", 20)
    tools.prepare(
        "train_auto_mpg.py", *words, "--learning-rate", 0.03, "--quiet", "--no-jit-compile"
    )
    return path / "run"


@pytest.fixture
def predict(monkeypatch, capfd, run_dir):
    return lambda *words: tools.run_here("predict_cars.py", (run_dir, *words), monkeypatch, capfd)


def test_cars_with_and_without_the_truth(predict, tmp_path):
    rows = ["30,4,100,90,2000,15,75,usa,light", ",4,100,90,3900,15,75,japan,heavy"]
    result = predict(write(tmp_path / "cars.csv", rows))
    assert (result.status, result.err) == (0, "")
    light, heavy = result.out.splitlines()
    assert light.startswith("light  ")
    assert light.endswith(" miles per gallon  (30.0 in the table)")
    assert heavy.endswith(" miles per gallon")
    assert float(light.split()[1]) > float(heavy.split()[1])


def test_json_and_a_table_without_the_column(predict, tmp_path):
    path = tmp_path / "cars.csv"
    path.write_text(f"{HEADER[4:-5]}\n4,100,90,2000,15,75,usa\n")
    (line,) = predict(path, "--json").out.splitlines()
    assert json.loads(line).keys() == {"car", "mpg"}
    assert json.loads(line)["car"] == "line 2"


def test_a_car_that_lacks_a_number_gets_a_line(predict, tmp_path):
    rows = ["30,4,100,,2000,15,75,usa,a", "30,4,100,90,2000,15,75,usa,b"]
    result = predict(write(tmp_path / "cars.csv", rows))
    assert result.status == 1
    assert result.out.startswith("b  ")
    assert "line 2 of" in result.err


def test_mistakes_get_a_sentence(predict, tmp_path, monkeypatch, capfd):
    path = write(tmp_path / "cars.csv", ["30,4,100,90,2000,15,75,mars,a"])
    for words, message in (((path,), "not one of usa"), ((tmp_path / "none",), "cannot be read")):
        result = predict(*words)
        assert (result.status, len(result.err.splitlines())) == (2, 1)
        assert message in result.err
    words = (shipped.MNIST, path)
    result = tools.run_here("predict_cars.py", words, monkeypatch, capfd)
    assert result.status == 2
    assert "does not estimate cars" in result.err
