"""Random damage to every kind of file that is kept: refused in a sentence, or harmless."""

import functools
import gzip
import hashlib
import random
import shutil

import numpy as np
import pytest

from lowlevel.checks import LowlevelError
from lowlevel.data import download
from lowlevel.prediction import anomaly, export
from lowlevel.prediction.predictor import Predictor
from tests.training import small_run

IMAGES = small_run.DATASET.test.images[:4]
LATENTS = np.random.default_rng(0).normal(size=[40, 6])
CONTENT = b"what a mirror sends" * 50
DIGESTS = {"file.gz": hashlib.sha256(CONTENT).hexdigest()}


def probabilities(path):
    """The answers of a network to a few images."""
    return Predictor(path).predict(IMAGES).probabilities


def scores(path):
    """The answers of an anomaly detector to a few latents."""
    return anomaly.load(path, "its encoder").score(LATENTS[:4])


def downloaded(path):
    """What a file in the cache of downloads holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOWLEVEL_CACHE", str(path.parent))
        folder = download.fetch(download.Files(path.name, (), DIGESTS))
    with gzip.open(folder / "file.gz") as file:
        return list(file.read())


ANSWERS = {
    "run": probabilities,
    "weights.h5": probabilities,
    "saved_model": probabilities,
    "detector": scores,
    "downloads": downloaded,
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """One thing of each kind, whole."""
    root = tmp_path_factory.mktemp("originals")
    for name in "detector", "downloads":
        (root / name).mkdir()
    anomaly.fit(LATENTS, "its encoder", dimensions=3).save(root / "detector")
    with gzip.open(root / "downloads" / "file.gz", "wb") as file:
        file.write(CONTENT)
    small_run.train(root / "run", max_steps=2)
    export.save_weights(root / "run", root / "weights.h5")
    export.save_savedmodel(root / "run", root / "saved_model")
    return root


@functools.cache
def answer_of_original(kind, path):
    return ANSWERS[kind](path)


def flip(content, draw):
    position = draw.randrange(len(content))
    changed = bytes([content[position] ^ 1 << draw.randrange(8)])
    return content[:position] + changed + content[position + 1 :]


def overwrite(content, draw):
    position = draw.randrange(len(content))
    return content[:position] + draw.randbytes(16) + content[position + 16 :]


def digit(content, draw):
    """Another digit somewhere: what is text stays well-formed."""
    places = [place for place, byte in enumerate(content) if chr(byte).isdigit()]
    if not places:
        return content
    place = draw.choice(places)
    return content[:place] + str(draw.randrange(10)).encode() + content[place + 1 :]


DAMAGE = {
    "flip": flip,
    "overwrite": overwrite,
    "digit": digit,
    "cut": lambda content, draw: content[: draw.randrange(len(content))],
    "empty": lambda content, draw: b"",
    "longer": lambda content, draw: content + draw.randbytes(8),
    "zeros": lambda content, draw: bytes(len(content)),
}


def check(originals, tmp_path, kind, number):
    """Damages a file in a copy; the answer must be an error in one line, or as before."""
    draw = random.Random(f"{kind} {number}")
    path = tmp_path / f"{number}-{kind}"
    copy = shutil.copytree if (originals / kind).is_dir() else shutil.copy
    copy(originals / kind, path)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    file, name = draw.choice(sorted(files)), draw.choice(list(DAMAGE))
    content = file.read_bytes()
    file.write_bytes(DAMAGE[name](content, draw) if content else b"{")
    try:
        answer = ANSWERS[kind](path)
    except LowlevelError as error:
        assert len(str(error).splitlines()) == 1, f"{name} in {file}"
        return True
    expected = answer_of_original(kind, originals / kind)
    np.testing.assert_array_equal(answer, expected, err_msg=f"{name} in {file}")
    return False


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_damage_is_undetected_and_none_is_a_traceback(originals, tmp_path, kind):
    refused = [check(originals, tmp_path, kind, number) for number in range(25)]
    assert sum(refused) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("hundred", [1, 2])
def test_a_thousand_kinds_of_damage(originals, tmp_path, kind, hundred):
    for number in range(100 * hundred, 100 * hundred + 100):
        check(originals, tmp_path, kind, number)
