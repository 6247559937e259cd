"""A trained network as a function from sentences to classes."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from lowlevel.checks import CheckpointError, DataError, reason_of
from lowlevel.data import sentences
from lowlevel.data.vocabulary import PADDING, UNKNOWN, Vocabulary, check_texts, words
from lowlevel.files import FilePath
from lowlevel.prediction import trained
from lowlevel.progress import Progress

BATCH_SIZE = 256


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A network's verdict on a sentence.

    Attributes:
        sentence: the sentence.
        probability: of the second class, in [0, 1]; None if the sentence has no words.
        verdict: the likelier class's name, or None.
        words: how many words and punctuation marks there are.
        unknown: how many of them the network does not know.
    """

    sentence: str
    probability: float | None
    verdict: str | None
    words: int
    unknown: int


class TextPredictor:
    """A trained classifier of sentences; needs no optimizer and no training data.

    Attributes:
        class_names: the names of the two classes.
        vocabulary: the `Vocabulary` it was trained with.
        source: the checkpoint, SavedModel or weights file that it was loaded from.
    """

    def __init__(self, path: FilePath) -> None:
        """Loads a network.

        Args:
            path: a run directory, a weights file or a SavedModel, see
                `lowlevel.prediction.trained.load`.

        Raises:
            CheckpointError: there is no network, it does not fit its config, or it does not read
                sentences.
            MissingExtraError: it is a weights file, and h5py is not installed.
        """
        network = trained.load(path)
        if network.config.get("net") != "text_classifier":
            raise CheckpointError(f"the network in {path} does not read sentences.")
        try:
            self.vocabulary = Vocabulary(network.config.get("vocabulary"))
            rows = network.network.config.words
            if len(self.vocabulary.known) >= rows:
                raise DataError(f"it knows more words than the {rows} rows of its network.")
            if len(network.class_names) != 2:
                raise DataError(f"it names {len(network.class_names)} classes, not 2.")
        except DataError as error:
            raise CheckpointError(
                f"the config of {path} is damaged: {reason_of(error)}."
            ) from error
        self.class_names = network.class_names
        self.source = network.source
        self._serve = network.serve

    def predict(self, texts: Sequence[str], quiet: bool = True) -> list[Verdict]:
        """The network's verdict on each sentence.

        Args:
            texts: a list of sentences; all words outside the vocabulary count as the same one.
            quiet: show no progress.

        Returns:
            A list of `Verdict`s; the verdict on a sentence without words is None.

        Raises:
            DataError: they are no list of sentences, or one has more than
                `sentences.MAX_CHARACTERS` characters.
            CheckpointError: the network gives no finite numbers.
        """
        check_texts(texts)
        for number, text in enumerate(texts, start=1):
            sentences.check_length(text, f"sentence {number}")
        verdicts = [Verdict(text, None, None, 0, 0) for text in texts]
        wanted = [number for number, text in enumerate(texts) if words(text)]
        # Batches of sentences of similar length: each batch is as wide as its longest sentence.
        wanted.sort(key=lambda number: len(texts[number]))
        starts = range(0, len(wanted), BATCH_SIZE)
        with Progress("classifying", len(starts), quiet=quiet) as progress:
            for start in starts:
                batch = wanted[start : start + BATCH_SIZE]
                for number, verdict in zip(
                    batch, self._judge([texts[i] for i in batch]), strict=True
                ):
                    verdicts[number] = verdict
                progress.advance()
        return verdicts

    def _judge(self, texts):
        numbers = self.vocabulary.numbers(texts)
        answers = {name: value.numpy() for name, value in self._serve(tf.constant(numbers)).items()}
        if not np.isfinite(answers["probability"]).all():
            raise CheckpointError(f"the network in {self.source} gives no finite numbers.")
        return [
            Verdict(
                text,
                float(probability),
                self.class_names[label],
                int((row != PADDING).sum()),
                int((row == UNKNOWN).sum()),
            )
            for text, row, probability, label in zip(
                texts, numbers, answers["probability"], answers["class"], strict=True
            )
        ]
