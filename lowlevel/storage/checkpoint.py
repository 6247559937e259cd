"""One checkpoint: a directory that is either whole or not there.

It holds what `tf.train.Checkpoint` writes under the prefix `variables`, a `record.json`, and a
`manifest.json` with the size and SHA-256 of both. It is written under a temporary name, flushed to
disk and renamed, so a kill at any moment never leaves a partial checkpoint under its own name.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, reason_of
from lowlevel.files import FilePath
from lowlevel.storage import index

PREFIX = "variables"
RECORD = "record.json"
MANIFEST = "manifest.json"

_KEY_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def save(path: Path, tensors: dict[str, tf.Variable], record: dict) -> None:
    """Writes a checkpoint.

    Args:
        path: the directory to make. An existing one is left alone if it is whole, and replaced if
            it is damaged.
        tensors: dict of variables by name; `/` in a name makes a level in the checkpoint.
        record: other data to keep, for JSON.

    Raises:
        CheckpointError: it cannot be written, for example on a full disk; nothing of it is left.
    """
    path = Path(path)
    if is_whole(path):
        return
    temporary = files.temporary_beside(path)
    try:
        temporary.mkdir(parents=True)
        tf.train.Checkpoint(**nest(tensors)).write(str(temporary / PREFIX))
        (temporary / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
        manifest = {file.name: files.fingerprint(file) for file in sorted(temporary.iterdir())}
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for file in temporary.iterdir():
            files.sync(file)
        files.sync(temporary)
        files.delete(path)
        temporary.rename(path)
        files.sync(path.parent)
    except (OSError, tf.errors.OpError) as error:
        reason = reason_of(error)
        raise CheckpointError(
            f"the checkpoint {path} cannot be written ({reason}); "
            f"the checkpoints before it are untouched."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_record(path: FilePath) -> Any:
    """Checks every byte of a checkpoint and returns its record.

    Raises:
        CheckpointError: a file is missing or differs from the manifest.
    """
    path = Path(path)
    try:
        manifest = files.read_json(path / MANIFEST)
        there = {file.name for file in path.iterdir()}
        # Files that a desktop or an editor has left beside these are not read.
        read = {RECORD, *(name for name in there if name.startswith(PREFIX)), *manifest}
        known = read & there & manifest.keys()
        whole = {name for name in known if files.matches(path / name, manifest[name])}
        wrong = sorted(read - whole)
        if wrong:
            raise CheckpointError(
                f"the checkpoint {path} is damaged: {', '.join(wrong)} is not as it was written."
            )
        record = files.read_json(path / RECORD)
        if not isinstance(record, dict):
            raise CheckpointError(
                f"the checkpoint {path} is damaged: its record is not a JSON object."
            )
        return record
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"the checkpoint {path} is damaged: {reason_of(error)}.") from error


def is_whole(path: Path) -> bool:
    """Whether `read_record` would succeed."""
    try:
        read_record(path)
    except CheckpointError:
        return False
    return True


def restore(path: Path, tensors: dict[str, tf.Variable], prefix: str = "") -> None:
    """Assigns the values in a checkpoint to variables: to all, or to none if there is an error.

    Args:
        path: a checkpoint that `read_record` has passed.
        tensors: dict of variables by name.
        prefix: only names in the checkpoint with this prefix must be in `tensors`; "variables/"
            leaves out the optimizer.

    Raises:
        CheckpointError: a name is missing in the checkpoint or superfluous, a shape or a dtype
            differs, or a number is not finite; the text names them.
    """
    try:
        there = {
            key.removesuffix(_KEY_SUFFIX): described
            for key, described in index.read(Path(path) / f"{PREFIX}.index").items()
            if key != _OBJECT_GRAPH and key.startswith(prefix)
        }
        missing, left_over = sorted(tensors.keys() - there), sorted(there.keys() - tensors)
        if missing:
            raise CheckpointError(f"the checkpoint {path} lacks {', '.join(missing)}.")
        if left_over:
            raise CheckpointError(
                f"the checkpoint {path} holds {', '.join(left_over)}, which nothing here uses."
            )
        for name, variable in tensors.items():
            dtype, shape = there[name]
            found = f"{dtype.name} {shape}"
            expected = f"{variable.dtype.name} {variable.shape.as_list()}"
            if found != expected:
                raise CheckpointError(
                    f"{name} in the checkpoint {path} is {found}, but {expected} is needed."
                )
        values = _read_values(path, {name: dtype for name, (dtype, _) in there.items()})
    except (tf.errors.OpError, OSError, ValueError, MemoryError) as error:
        reason = reason_of(error)
        raise CheckpointError(f"the checkpoint {path} cannot be read: {reason}.") from error
    check_finite(values, f"the checkpoint {path}")
    for name, variable in tensors.items():
        variable.assign(values[name])


def _read_values(path, dtypes):
    """The arrays of all variables with these dtypes, by name."""
    if not dtypes:
        return {}
    tensors = tf.raw_ops.RestoreV2(
        prefix=str(Path(path) / PREFIX),
        tensor_names=[name + _KEY_SUFFIX for name in dtypes],
        shape_and_slices=[""] * len(dtypes),
        dtypes=list(dtypes.values()),
    )
    return {name: tensor.numpy() for name, tensor in zip(dtypes, tensors, strict=True)}


def check_finite(arrays: dict[str, np.ndarray], source: object) -> None:
    """Raises CheckpointError if an array of a dict by name holds a number that is not finite."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{name} in {source} holds a number that is not finite.")


def nest(tensors: dict[str, Any]) -> dict:
    """Turns {"a/b": x} into {"a": {"b": x}}, so that TensorFlow's keys read like our names."""
    tree = {}
    for name, variable in tensors.items():
        *folders, leaf = name.split("/")
        branch = tree
        for folder in folders:
            branch = branch.setdefault(folder, {})
        branch[leaf] = variable
    return tree
