"""What a network says of sentences, in their order, and what it is told of unknown words."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError, DataError
from lowlevel.data.vocabulary import Vocabulary
from lowlevel.nets import text_classifier
from lowlevel.prediction import text_predictor
from lowlevel.prediction.text_predictor import TextPredictor, Verdict
from lowlevel.storage import weights_file
from lowlevel.training.recipe import Recipe

WORDS = ["good", "bad", "film", ","]
NET_CONFIG = text_classifier.Config(words=6, embedding_size=3, hidden=4)
CONFIG = {
    "net": "text_classifier",
    "net_config": dataclasses.asdict(NET_CONFIG),
    "training": dataclasses.asdict(Recipe()),
    "class_names": ["negative", "positive"],
    "vocabulary": WORDS,
}


@pytest.fixture(scope="module")
def variables():
    """Far from zero, so that sentences differ."""
    variables = text_classifier.build(NET_CONFIG, seed=1)
    variables.weights["embedding"].assign(10 * variables.weights["embedding"])
    return variables


@pytest.fixture
def write(variables, tmp_path):
    def write(**change):
        path = tmp_path / "weights.h5"
        weights_file.write(path, variables.all(), CONFIG | change)
        return path

    return write


def test_verdicts_come_in_the_order_of_the_sentences(write, variables, monkeypatch):
    monkeypatch.setattr(text_predictor, "BATCH_SIZE", 2)  # and batches go by length
    texts = ["good film , good film", "bad", "", "good film", "BAD zorblat", "film " * 9]
    verdicts = TextPredictor(write()).predict(texts)
    assert [verdict.sentence for verdict in verdicts] == texts
    assert [(verdict.words, verdict.unknown) for verdict in verdicts] == [
        (5, 0), (1, 0), (0, 0), (2, 0), (2, 1), (9, 0)
    ]  # fmt: skip
    assert verdicts[2] == Verdict("", None, None, 0, 0)
    for text, verdict in zip(texts, verdicts, strict=True):
        if text:
            numbers = tf.constant(Vocabulary(WORDS).numbers([text]))
            logit = text_classifier.forward(NET_CONFIG, variables, numbers).numpy()[0]
            assert verdict.probability == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)
            assert verdict.verdict == ("positive" if logit > 0 else "negative")
    assert len({verdict.probability for verdict in verdicts}) == 6


def test_all_unknown_words_are_alike(write):
    predictor = TextPredictor(write())
    one, other, known = predictor.predict(["zorblat film", "qwxyz film", "good film"])
    assert one.probability == other.probability != known.probability


def test_no_sentences_and_one_that_is_too_long(write):
    predictor = TextPredictor(write())
    assert predictor.predict([]) == []
    assert predictor.predict([" "])[0].verdict is None
    with pytest.raises(DataError, match="sentence 2 has 20001 characters"):
        predictor.predict(["good", "x" * 20_001])


@pytest.mark.parametrize(
    "change",
    [
        {"vocabulary": None},
        {"vocabulary": ["good", "good"]},
        {"vocabulary": ["good", 1]},
        {"vocabulary": list("abcdef")},  # more than there are rows
        {"class_names": ["one"]},
    ],
    ids=json.dumps,
)
def test_damaged_configs(write, change):
    with pytest.raises(CheckpointError, match=r"the config of .*weights\.h5 is damaged: "):
        TextPredictor(write(**change))


def test_a_config_without_words(write, variables):
    path = write()
    config = {name: value for name, value in CONFIG.items() if name != "vocabulary"}
    weights_file.write(path, variables.all(), config)
    message = "is damaged: a vocabulary must be a list of distinct words"
    with pytest.raises(CheckpointError, match=message):
        TextPredictor(path)


def test_numbers_that_are_not_finite(write, variables):
    bias = variables.biases["out"]
    kept = bias.numpy()
    bias.assign([np.nan])
    path = write()
    bias.assign(kept)
    with pytest.raises(CheckpointError, match=r"biases/out in .* is not finite"):
        TextPredictor(path).predict(["good"])


@pytest.mark.parametrize("texts", ["good film", None, 3, ["good", 3], [None], [b"good"]])
def test_what_is_no_list_of_sentences(write, texts):
    with pytest.raises(DataError, match=r"must be a (list of strings|string), not "):
        TextPredictor(write()).predict(texts)


def test_sentences_from_numpy(write):
    predictor = TextPredictor(write())
    expected = predictor.predict(["good film", "bad"])
    assert predictor.predict(np.array(["good film", "bad"])) == expected
