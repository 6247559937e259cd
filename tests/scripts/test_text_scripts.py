"""train_text.py and classify_text.py as a person runs them, on a few sentences."""

import io
import json
import re
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from lowlevel import shipped
from lowlevel.data import sentences
from lowlevel.data.vocabulary import UNKNOWN, Vocabulary
from lowlevel.nets import text_classifier
from lowlevel.reports import curves
from tests.scripts import tools

ACCURACY = re.compile(r"test accuracy (\d\.\d{4}) \((\d+)/(\d+)\)")
DIGEST = re.compile(r"variables sha256 ([0-9a-f]{64}) at step (\d+)")
WORDS = {"positive": ("warm", "witty", "moving"), "negative": ("dull", "trite", "tedious")}
NEUTRAL = ("a", "film", "that", "is", ",", "very")


@pytest.fixture
def small(monkeypatch):
    """A network that knows few words: what is tested is the scripts."""
    monkeypatch.setattr(text_classifier.Config.__init__, "__defaults__", (12, 4, 8))


@pytest.fixture
def run_script(monkeypatch, capfd):
    return lambda name, *arguments: tools.run_here(name, arguments, monkeypatch, capfd)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two files of 60 sentences, of which each holds a word or two that tells its class."""
    directory = tmp_path_factory.mktemp("sentences")
    random = np.random.default_rng(0)
    paths = []
    for kind, telling in WORDS.items():
        lines = [
            " ".join([*random.choice(NEUTRAL, 4), *random.choice(telling, 2), f"rare{number}"])
            for number in range(60)
        ]
        paths.append(directory / f"{kind}.txt")
        paths[-1].write_text("\n\n".join(lines))
    return paths


def options(files, run):
    return (
        *("--positive", files[0], "--negative", files[1], "--run-dir", run),
        *("--epochs", 6, "--batch-size", 32, "--learning-rate", 0.02),
    )


def test_train_export_and_classify(small, run_script, files, tmp_path):
    run = tmp_path / "run"
    result = run_script("train_text.py", *options(files, run))
    assert (result.status, result.err) == (0, "")
    assert "108 sentences to train on, 12 to test on; 11 words are known" in result.out
    assert "text_classifier: 97 parameters" in result.out
    assert ACCURACY.fullmatch(result.last_lines[0])[2] == "12"
    assert DIGEST.fullmatch(result.last_lines[1])[2] == "24"
    config = json.loads((run / "config.json").read_text())
    assert len(config["vocabulary"]) == 11
    assert {"warm", "dull"} < set(config["vocabulary"])
    assert config["class_names"] == ["negative", "positive"]
    with Image.open(run / "curves.png") as image:
        assert min(image.size) > 300

    model, weights = tmp_path / "model", tmp_path / "weights.h5"
    result = run_script("export.py", run, "--savedmodel", model, "--weights", weights)
    assert (result.status, result.err) == (0, "")
    asked = ("A warm film", "dull , tedious", "a zorblat ,qwxyz film", " ")
    outputs = [run_script("classify_text.py", path, *asked) for path in (run, model, weights)]
    assert {(output.status, output.err) for output in outputs} == {(0, "")}
    assert outputs[0].out == outputs[1].out == outputs[2].out
    patterns = (
        r"(0\.[5-9]\d{3})  positive  A warm film",
        r"(0\.[0-4]\d{3})  negative  dull , tedious",
        r"(0\.\d{4})  (positive|negative)  a zorblat ,qwxyz film  \(2 of 5 unknown\)",
        r" {8}no words",
    )
    lines = outputs[0].out.splitlines()
    assert all(map(re.fullmatch, patterns, lines)), lines

    # The SavedModel as any other program runs it, with nothing of this package.
    numbers = [[config["vocabulary"].index(word) + 1 for word in ("a", "warm", "film")] + [-1]]
    served = tf.saved_model.load(str(model)).signatures["serving_default"](
        sentences=tf.constant(numbers, tf.int32)
    )
    assert f"{served['probability'][0]:.4f}" == lines[0].split()[0]
    assert served["class"].numpy().tolist() == [1]


def test_a_stopped_run_goes_on_to_the_same_bits(small, run_script, files, tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "draw", lambda *arguments: None)
    whole = run_script("train_text.py", *options(files, tmp_path / "whole"))
    part = run_script("train_text.py", *options(files, tmp_path / "run"), "--steps", 6)
    assert DIGEST.fullmatch(part.last_lines[1])[2] == "6"
    resumed = run_script("train_text.py", *options(files, tmp_path / "run"))
    assert "resuming" in resumed.out
    assert resumed.last_lines == whole.last_lines


def test_other_sentences_are_another_run(small, run_script, files, tmp_path):
    """Whether they are trained on or held out: both would change what the figures mean."""
    run = tmp_path / "run"
    assert run_script("train_text.py", *options(files, run), "--steps", 1).status == 0
    lines = files[1].read_text().split("\n\n")
    _, test = sentences.split(sentences.read_files(*files))
    for number in (test[0], next(i for i in range(60) if i not in test)):
        changed = tmp_path / "negative.txt"
        changed.write_text("\n".join([*lines[:number], "warm", *lines[number + 1 :]]))
        result = run_script("train_text.py", *options((files[0], changed), run))
        assert result.status == 2
        assert "data.sha256 is " in result.err
        assert len(result.err.splitlines()) == 1


def test_folders_export_and_a_run_to_predict_with(small, run_script, files, tmp_path):
    for folder, path in zip(("pos", "neg"), files, strict=True):
        (tmp_path / "films" / folder).mkdir(parents=True)
        for number, line in enumerate(path.read_text().split("\n\n")):
            (tmp_path / "films" / folder / f"{number:02d}.txt").write_text(line)
    exported = tmp_path / "exported"
    words = ("--data-dir", tmp_path / "films", "--run-dir", tmp_path / "run", "--quiet")
    result = run_script("train_text.py", *words, "--export", exported)
    assert (result.status, result.err) == (0, "")
    assert len(result.out.splitlines()) == 2
    answers = [
        run_script("classify_text.py", path, "warm") for path in (tmp_path / "run", exported)
    ]
    assert answers[0].out == answers[1].out != ""


def test_sentences_of_files_and_of_standard_input(small, run_script, files, tmp_path, monkeypatch):
    run = tmp_path / "run"
    run_script("train_text.py", *options(files, run), "--steps", 1)
    content = b"warm\r\n\ncaf\xe9 dull"
    (tmp_path / "asked").write_bytes(content)
    from_file = run_script("classify_text.py", "--json", run, "--file", tmp_path / "asked")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    from_input = run_script("classify_text.py", run, "--json")
    assert from_file.out == from_input.out
    rows = [json.loads(line) for line in from_file.out.splitlines()]
    assert [row["sentence"] for row in rows] == ["warm", "", "café dull"]
    assert [(row["words"], row["unknown"]) for row in rows] == [(1, 0), (0, 0), (2, 1)]
    assert rows[1]["verdict"] is rows[1]["probability"] is None
    for row in rows[::2]:
        assert row["verdict"] == ("positive" if row["probability"] > 0.5 else "negative")
    after_options = run_script("classify_text.py", run, "--json", "warm", "", "café dull")
    assert after_options.out == from_file.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--positive", "a"), "--positive and --negative need each other"),
        (("--positive", "a", "--negative", "b", "--data-dir", "c"), "not both"),
        (("--positive", "nowhere", "--negative", "b"), "cannot be read: No such file"),
        (("--data-dir", "nowhere"), "nowhere contains neither the files"),
        (("--precision", "bfloat16"), "unrecognized arguments"),
        (("--label-smoothing", "0.1"), "unrecognized arguments"),
        (("--epochs", "0"), "argument --epochs"),
    ],
)
def test_mistakes_in_training_get_a_sentence(run_script, tmp_path, words, message):
    result = run_script("train_text.py", "--run-dir", tmp_path / "run", *words)
    assert result.status == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_mistakes_in_classifying_get_a_sentence(small, run_script, files, tmp_path, monkeypatch):
    run = tmp_path / "run"
    run_script("train_text.py", *options(files, run), "--steps", 1)
    (tmp_path / "empty").write_text("")
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    (tmp_path / "long").write_text("good\n" + "x" * 20_001)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    for words, message in (
        ((), "arguments are required: RUN_OR_EXPORT"),
        ((run,), "standard input is empty"),
        ((run, "good", "--file", "a"), "give sentences or --file, not both"),
        ((run, "--file", tmp_path / "empty"), "empty is empty"),
        ((run, "--file", tmp_path / "binary"), "is not text"),
        ((run, "--file", tmp_path / "long"), "line 2 of"),
        ((run, "--file", tmp_path / "none"), "cannot be read: No such file"),
        ((run, "x" * 20_001), "sentence 1 has 20001 characters"),
        ((tmp_path / "none", "good"), "does not exist"),
        ((shipped.MNIST, "good"), "does not read sentences"),
    ):
        result = run_script("classify_text.py", *words)
        assert result.status == 2, words
        assert message in result.err
        assert len(result.err.splitlines()) == 1
    result = run_script("predict.py", run, "picture.png")
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "does not take images" in result.err


def test_one_word_is_known(small, run_script, tmp_path):
    for kind, word in (("good", "warm"), ("bad", "dull")):
        lines = [f"rare{kind}{number}" for number in range(12)]
        (tmp_path / kind).write_text("\n".join(["word", "word", "word", word, *lines]))
    files = tmp_path / "good", tmp_path / "bad"
    result = run_script("train_text.py", *options(files, tmp_path / "run"), "--steps", 1)
    assert result.out.startswith("good-bad: "), "not named for one of the two files"
    assert "; 1 word is known; " in result.out


def test_the_default_run_learns_real_sentences(run_script, sentence_polarity_directory, tmp_path):
    words = ("--data-dir", sentence_polarity_directory, "--run-dir", tmp_path / "run")
    result = run_script("train_text.py", *words)
    assert (result.status, result.err) == (0, "")
    assert "9596 sentences to train on, 1066 to test on" in result.out
    assert "400373 parameters" in result.out
    assert float(ACCURACY.fullmatch(result.last_lines[0])[1]) >= 0.75


def test_unknown_words_are_among_the_real_sentences_to_train_on(sentence_polarity_directory):
    data = sentences.read_directory(sentence_polarity_directory)
    texts = data.part(sentences.split(data)[0]).texts
    numbers = Vocabulary.of(texts, max_words=20_000).numbers(texts)
    assert np.count_nonzero(numbers == UNKNOWN) > 1000
