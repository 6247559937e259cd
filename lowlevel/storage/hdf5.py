"""Reads HDF5 files in a process of its own: some damage ends a process, or never lets it end.

That process runs `serve`, with limits of processor seconds and of memory. It writes a line of JSON:
an `error`, or the file's attributes and the dtype and shape of each dataset by name. Then it reads
names, a line each, and writes the bytes of these datasets.
"""

import contextlib
import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from lowlevel.checks import CheckpointError, reason_of
from lowlevel.files import FilePath

# It imports from where this process does, and not from the working directory.
START = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from lowlevel.storage import hdf5
hdf5.serve(*sys.argv[2:])
"""
CPU_SECONDS = 60
SECONDS = 600  # on the clock
MEMORY = 2**32  # bytes, besides those of the file
DAMAGE = (KeyError, TypeError, ValueError, OSError, RuntimeError, OverflowError, MemoryError)


class OpenFile:
    """An HDF5 file that another process has opened.

    Attributes:
        attributes: its attributes that are text, by name.
        datasets: (dtype, shape as a list) of each dataset by name, such as `weights/c1`.
    """

    def __init__(self, process: Any, path: FilePath) -> None:
        """Raises CheckpointError if the file is damaged, or has links or data elsewhere."""
        self._process, self._path = process, path
        try:
            about = json.loads(process.stdout.readline())
        except ValueError:
            raise self._no_answer() from None
        if "error" in about:
            raise CheckpointError(about["error"])
        self.attributes, self.datasets = about["attributes"], about["datasets"]

    def read(self, name: str) -> np.ndarray:
        """The array of a dataset: look at `datasets` first. Raises CheckpointError if damaged."""
        dtype, shape = self.datasets[name]
        size = math.prod(shape) * np.dtype(dtype).itemsize
        with contextlib.suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), f"{name}\n".encode())
        content = self._process.stdout.read(size)
        if len(content) < size:
            raise self._no_answer()
        return np.frombuffer(content, dtype).reshape(shape)

    def _no_answer(self):
        return CheckpointError(f"{self._path} is damaged: HDF5 cannot read it.")


@contextlib.contextmanager
def opened(path: FilePath) -> Iterator[OpenFile]:
    """Opens a file that is there: an `OpenFile`. h5py must be installed.

    Raises:
        CheckpointError: see `OpenFile`.
    """
    start = [sys.executable, "-I", "-c", START, json.dumps(sys.path)]
    words = [*start, str(path), str(CPU_SECONDS), str(MEMORY)]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=nowhere) as process:
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            yield OpenFile(process, path)
        finally:
            timer.cancel()
            process.kill()


def serve(path: str, cpu_seconds: str, memory: str) -> None:
    """What the other process does. Its arguments are text."""
    _limit(int(cpu_seconds), int(memory) + 4 * os.path.getsize(path))
    import h5py

    output = sys.stdout.buffer
    try:
        with _open(h5py, path) as file:
            found = _datasets(h5py, file, path)
            about = {name: (str(item.dtype), list(item.shape)) for name, item in found.items()}
            attributes = {key: value for key, value in file.attrs.items() if isinstance(value, str)}
            _write_line(output, {"attributes": attributes, "datasets": about})
            with contextlib.suppress(*DAMAGE):  # what is missing then tells enough
                for line in sys.stdin.buffer:
                    output.write(found[line.decode().rstrip("\n")][...].tobytes())
                    output.flush()
    except CheckpointError as error:
        _write_line(output, {"error": str(error)})
    except DAMAGE as error:
        _write_line(output, {"error": f"{path} is damaged: {reason_of(error)}."})


def _open(h5py, path):
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise CheckpointError(f"{path} is not a whole HDF5 file: {reason_of(error)}.") from error


def _write_line(output, value):
    output.write(json.dumps(value).encode() + b"\n")
    output.flush()


def _datasets(h5py, group, path, prefix="", seen=None):
    """All datasets below a group by name; refuses links and data outside the file.

    A group that lies in two groups is refused too: there may be more ways to it than can be gone.
    """
    found, seen = {}, set() if seen is None else seen
    for key in group:
        name = f"{prefix}{key}"
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise CheckpointError(f"{name} in {path} is a link; variables must lie in the file.")
        item = group[key]
        if isinstance(item, h5py.Group):
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise CheckpointError(f"{name} in {path} is there under another name too.")
            seen.add(address)
            found |= _datasets(h5py, item, path, f"{name}/", seen)
        elif not isinstance(item, h5py.Dataset) or item.external or item.is_virtual:
            raise CheckpointError(f"{name} in {path} lies outside the file.")
        else:
            found[name] = item
    return found


def _limit(cpu_seconds, memory):
    """Sets this process's limits, where the system knows them."""
    try:
        import resource
    except ImportError:  # on Windows, where the time alone is limited
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
