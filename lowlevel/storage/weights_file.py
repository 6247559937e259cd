"""Variables in an HDF5 file: a dataset for each, under its name, for example `weights/c1`.

The file's attributes are `config`, the run's config as JSON, and `sha256`, a digest of all numbers.
Behind what HDF5 has written stands a digest of every byte of it, which HDF5 does not read: it is
checked first, and shows all damage that is nobody's intent. `lowlevel.storage.hdf5` bears the rest.
"""

import hashlib
import json
from pathlib import Path

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, check_path, import_extra, reason_of
from lowlevel.files import FilePath
from lowlevel.storage import checkpoint, hdf5
from lowlevel.variables import sha256

CONFIG, SHA256 = "config", "sha256"
MARK, DIGEST_SIZE = b"\nsha256 of the bytes before: ", 64


def write(path: FilePath, variables: dict[str, tf.Variable], config: dict) -> None:
    """Writes all variables of a dict by name, and the config.

    Raises:
        CheckpointError: the file cannot be written.
        MissingExtraError: h5py is not installed.
    """
    h5py = import_extra("h5py", "hdf5")
    path = check_path("the weights file", path)
    if not path.name:
        raise CheckpointError(f"{path} is a directory, not a weights file.")
    temporary = files.temporary_beside(path)
    try:
        with h5py.File(temporary, "w") as file:
            file.attrs[CONFIG] = json.dumps(config)
            file.attrs[SHA256] = sha256(variables)
            for name, variable in variables.items():
                file[name] = variable.numpy()
        digest = _digest(temporary, temporary.stat().st_size)
        with temporary.open("ab") as file:
            file.write(MARK + digest)
        files.sync(temporary)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        raise CheckpointError(f"{path} cannot be written: {reason_of(error)}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def read_config(path: FilePath) -> dict:
    """The config in a file, a dict. Raises CheckpointError if it is missing."""
    with _open(path) as file:
        _check_ours(file, path)
        try:
            config = files.parse_json(file.attributes[CONFIG])
        except (KeyError, ValueError) as error:
            raise CheckpointError(f"{path} contains no config: {reason_of(error)}.") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"the config in {path} is not a JSON object.")
    return config


def restore(path: FilePath, variables: dict[str, tf.Variable]) -> None:
    """Assigns the values in a file to variables: to all, or to none if there is an error.

    Args:
        path: a file written by `write`.
        variables: dict of variables by name.

    Raises:
        CheckpointError: a name is missing in the file or superfluous, a shape or a dtype differs,
            or a dataset lies in another file (the text names it); or a number has changed.
    """
    with _open(path) as file:
        found = file.datasets
        _check_ours(file, path)
        missing = sorted(variables.keys() - found)
        left_over = sorted(found.keys() - variables)
        if missing:
            raise CheckpointError(f"{path} lacks {', '.join(missing)}.")
        if left_over:
            raise CheckpointError(f"{path} holds {', '.join(left_over)}, which nothing here uses.")
        for name, variable in variables.items():
            there = "{} {}".format(*found[name])
            expected = f"{variable.dtype.name} {variable.shape.as_list()}"
            if there != expected:
                raise CheckpointError(f"{name} in {path} is {there}, but {expected} is needed.")
        values = {name: file.read(name) for name in variables}
        digest = file.attributes[SHA256]
    if sha256({name: tf.constant(value) for name, value in values.items()}) != digest:
        raise CheckpointError(f"{path} is damaged: a number in it is not as it was written.")
    checkpoint.check_finite(values, path)
    for name, variable in variables.items():
        variable.assign(values[name])


def _check_ours(file, path):
    """Raises CheckpointError if `write` has not written the file."""
    if not {CONFIG, SHA256} <= file.attributes.keys():
        is_keras = any("/vars/" in name or name.endswith(":0") for name in file.datasets)
        hint = "; it looks like Keras's: assign its arrays by name" if is_keras else ""
        raise CheckpointError(f"{path} is not a file of save_weights{hint}.")


def _open(path):
    import_extra("h5py", "hdf5")
    if not check_path("the weights file", path).is_file():
        raise CheckpointError(f"{path} is not a file.")
    try:
        _check_digest(Path(path))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason_of(error)}.") from error
    return hdf5.opened(path)


def _check_digest(path):
    """Raises CheckpointError if a byte has changed since the digest was written.

    Until November 2026 files had none.
    """
    size = path.stat().st_size - len(MARK) - DIGEST_SIZE
    if size < 0:
        return
    with path.open("rb") as file:
        file.seek(size)
        end = file.read()
    if end.startswith(MARK) and end != MARK + _digest(path, size):
        raise CheckpointError(f"{path} is damaged: it is not as it was written.")


def _digest(path, size):
    """SHA-256 of the first bytes of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0:
            part = file.read(min(size, 2**20))
            digest.update(part)
            size -= len(part)
    return digest.hexdigest().encode()
