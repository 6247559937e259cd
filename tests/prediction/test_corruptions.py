"""Random damage to every kind of file that holds a network: refused in a sentence, or harmless."""

import random
import shutil

import numpy as np
import pytest

from lowlevel.checks import LowlevelError
from lowlevel.prediction import export
from lowlevel.prediction.predictor import Predictor
from tests.training import small_run

IMAGES = small_run.DATASET.test.images[:4]
KINDS = ("run", "weights.h5", "saved_model")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A network as a run with one checkpoint, a weights file and a SavedModel."""
    root = tmp_path_factory.mktemp("originals")
    small_run.train(root / "run", max_steps=2)
    export.save_weights(root / "run", root / "weights.h5")
    export.save_savedmodel(root / "run", root / "saved_model")
    return root


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
    """Damages a file in a copy; the answer must be an error in one line, or the same numbers."""
    draw = random.Random(f"{kind} {number}")
    path = tmp_path / f"{number}-{kind}"
    copy = shutil.copytree if (originals / kind).is_dir() else shutil.copy
    copy(originals / kind, path)
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    file, name = draw.choice(sorted(files)), draw.choice(list(DAMAGE))
    content = file.read_bytes()
    file.write_bytes(DAMAGE[name](content, draw) if content else b"{")
    try:
        outputs = Predictor(path).predict(IMAGES).probabilities
    except LowlevelError as error:
        assert len(str(error).splitlines()) == 1, f"{name} in {file}"
        return True
    expected = Predictor(originals / kind).predict(IMAGES).probabilities
    np.testing.assert_array_equal(outputs, expected, err_msg=f"{name} in {file}")
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_undetected_and_none_is_a_traceback(originals, tmp_path, kind):
    refused = [check(originals, tmp_path, kind, number) for number in range(33)]
    assert sum(refused) > 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hundred", [1, 2, 3])
def test_a_thousand_kinds_of_damage(originals, tmp_path, kind, hundred):
    for number in range(100 * hundred, 100 * hundred + 111):
        check(originals, tmp_path, kind, number)
