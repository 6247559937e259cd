"""Variables in an HDF5 file: a dataset for each, under its name, for example `weights/c1`.

The file's attributes are `config`, the run's config as JSON, and `sha256`, a digest of all numbers.
Behind what HDF5 has written stands a digest of every byte of it, which HDF5 does not read: it is
checked first, because some damage ends a process that opens the file.
"""

import hashlib
import json
from pathlib import Path

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, import_extra, reason_of
from lowlevel.storage import checkpoint
from lowlevel.variables import sha256

CONFIG, SHA256 = "config", "sha256"
MARK, DIGEST_SIZE = b"\nsha256 of the bytes before: ", 64
DAMAGE = (KeyError, TypeError, ValueError, OSError, RuntimeError, OverflowError, MemoryError)


def write(path, variables, config):
    """Writes all variables of a dict by name, and the config.

    Raises:
        CheckpointError: the file cannot be written.
        MissingExtraError: h5py is not installed.
    """
    h5py = import_extra("h5py", "hdf5")
    path = Path(path)
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


def read_config(path):
    """The config in a file, a dict. Raises CheckpointError if it is missing."""
    with _open(path) as file:
        try:
            config = files.parse_json(file.attrs[CONFIG])
        except DAMAGE as error:
            raise CheckpointError(f"{path} contains no config: {error}.") from error
    if not isinstance(config, dict):
        raise CheckpointError(f"the config in {path} is not a JSON object.")
    return config


def restore(path, variables):
    """Assigns the values in a file to variables: to all, or to none if there is an error.

    Args:
        path: a file written by `write`.
        variables: dict of variables by name.

    Raises:
        CheckpointError: a name is missing in the file or superfluous, a shape or a dtype differs,
            or a dataset lies in another file (the text names it); or a number has changed.
    """
    h5py = import_extra("h5py", "hdf5")
    with _open(path) as file:
        try:
            found = _datasets(h5py, file, path)
            missing = sorted(variables.keys() - found)
            left_over = sorted(found.keys() - variables)
            if missing:
                raise CheckpointError(f"{path} lacks {', '.join(missing)}.")
            if left_over:
                raise CheckpointError(
                    f"{path} holds {', '.join(left_over)}, which nothing here uses."
                )
            for name, variable in variables.items():
                there = f"{found[name].dtype} {list(found[name].shape)}"
                expected = f"{variable.dtype.name} {variable.shape.as_list()}"
                if there != expected:
                    raise CheckpointError(f"{name} in {path} is {there}, but {expected} is needed.")
            values = {name: found[name][...] for name in variables}
            digest = str(file.attrs[SHA256])
        except DAMAGE as error:
            raise CheckpointError(f"{path} is damaged: {reason_of(error)}.") from error
    if sha256({name: tf.constant(value) for name, value in values.items()}) != digest:
        raise CheckpointError(f"{path} is damaged: a number in it is not as it was written.")
    checkpoint.check_finite(values, path)
    for name, variable in variables.items():
        variable.assign(values[name])


def _open(path):
    h5py = import_extra("h5py", "hdf5")
    if not Path(path).is_file():
        raise CheckpointError(f"{path} is not a file.")
    try:
        _check_digest(Path(path))
        return h5py.File(path, "r")
    except OSError as error:
        raise CheckpointError(f"{path} is not a whole HDF5 file: {reason_of(error)}.") from error


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


def _datasets(h5py, group, path, prefix=""):
    """All datasets below a group by name; refuses links and data outside the file."""
    found = {}
    for key in group:
        name = f"{prefix}{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise CheckpointError(f"{name} in {path} is a link; variables must lie in the file.")
        item = group[key]
        if isinstance(item, h5py.Group):
            found |= _datasets(h5py, item, path, f"{name}/")
        elif not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
            raise CheckpointError(f"{name} in {path} lies outside the file.")
        else:
            found[name] = item
    return found
