"""The files of an anomaly detector, beside a run's checkpoints; nothing in them can run code."""

import hashlib
import io
import json
import math
import re
import zipfile
import zlib

import numpy as np

from lowlevel import files
from lowlevel.checks import CheckpointError, check_number, check_path, reason_of
from lowlevel.files import FilePath

FOLDER = "detector"
ARRAYS, FACTS = "arrays.npz", "detector.json"
NAMES = ("pca_mean", "pca_components", "weights", "means", "precisions_cholesky")
HEADER = re.compile(
    rb"\x93NUMPY\x01\0..{'descr': '<f8', 'fortran_order': (?P<by_columns>True|False), "
    rb"'shape': \((?P<shape>[\d, ]*)\), } *\n",
    re.DOTALL,
)
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, MemoryError),
    *(RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error),
)


def write(run_path: FilePath, arrays: dict[str, np.ndarray], facts: dict) -> None:
    """Writes a detector's arrays and JSON. Raises CheckpointError if it fails."""
    folder = check_path("the run directory", run_path) / FOLDER
    temporary = folder / f"{files.TEMPORARY}{ARRAYS}"
    try:
        folder.mkdir(exist_ok=True)
        (folder / FACTS).unlink(missing_ok=True)
        with temporary.open("wb") as file:
            np.savez(file, **arrays)
        files.sync(temporary)
        temporary.replace(folder / ARRAYS)
        facts = facts | {"sha256": _sha256(arrays, facts)}
        files.write_text(folder / FACTS, json.dumps(facts, indent=1) + "\n")
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be written: {reason_of(error)}.") from error


def read(run_path: FilePath) -> tuple[dict[str, np.ndarray], dict]:
    """A detector's arrays and facts. Raises CheckpointError if there is none, or it is damaged."""
    folder = check_path("the run directory", run_path) / FOLDER
    try:
        facts = files.read_json(folder / FACTS)
        arrays = _read_arrays(folder / ARRAYS)
        _check(arrays, facts)
        if facts.pop("sha256") != _sha256(arrays, facts):
            raise ValueError("a number in it is not as it was written")
        return arrays, facts
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} contains no detector; train_autoencoder.py fits one after training."
        ) from None
    except DAMAGE as error:
        reason = reason_of(error)
        raise CheckpointError(f"the detector in {folder} is damaged: {reason}.") from error


def _read_arrays(path):
    """The arrays in a file of `np.savez`; none is made before its bytes are there."""
    with zipfile.ZipFile(io.BytesIO(files.read_bytes(path))) as archive:
        if sorted(archive.namelist()) != sorted(f"{name}.npy" for name in NAMES):
            raise ValueError(f"{ARRAYS} does not hold {', '.join(NAMES)}")
        for member in archive.infolist():  # NumPy does not pack them
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{member.filename} is packed")
        return {name: _array(archive.read(f"{name}.npy")) for name in NAMES}


def _array(content):
    header = HEADER.match(content)
    if header is None:
        raise ValueError("an array is not float64 as NumPy writes it")
    shape = tuple(map(int, header["shape"].replace(b",", b" ").split()))
    numbers = np.frombuffer(content[header.end() :], np.float64)
    if numbers.size != math.prod(shape):
        raise ValueError(f"an array of {shape} has {numbers.size} numbers")
    return numbers.reshape(shape, order="F" if header["by_columns"] == b"True" else "C")


def _check(arrays, facts):
    dimensions, latent = arrays["pca_components"].shape
    components = len(arrays["weights"])
    shapes = {
        "pca_mean": (latent,),
        "pca_components": (dimensions, latent),
        "weights": (components,),
        "means": (components, dimensions),
        "precisions_cholesky": (components, dimensions, dimensions),
    }
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
            raise ValueError(f"{name} is not float64 {shape} of finite numbers")
    if (arrays["weights"] <= 0).any() or abs(arrays["weights"].sum() - 1) > 1e-6:
        raise ValueError("the weights are not a distribution")
    if (np.diagonal(arrays["precisions_cholesky"], axis1=1, axis2=2) <= 0).any():
        raise ValueError("the precisions are not positive")
    check_number("threshold", facts["threshold"], -np.inf, np.inf, low_included=False)


def _sha256(arrays, facts):
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]))
    return digest.hexdigest()
