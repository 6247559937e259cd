"""Watches a reader at work on bytes that anyone may have made."""

import contextlib
import os
import resource
import sys
import time
import tracemalloc
from pathlib import Path

import tests
from lowlevel.checks import LONGEST_MESSAGE, LowlevelError
from lowlevel.storage import hdf5

SECONDS = 10  # that a small file may take
BYTES = 2**27  # of memory that a small file may take
CODE = tuple(
    str(Path(path).resolve())
    for path in (sys.prefix, sys.base_prefix, Path(tests.__file__).parents[1])
)
DEVICES = ("/dev/null", "/dev/urandom", "/proc")
FORBIDDEN = (
    *("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen"),
    *("socket.connect", "shutil.unpack_archive", "os.symlink", "os.link", "ctypes.dlopen"),
)

_folder = None  # the only one that may be read and written now; None if nothing is watched


def outcome(reader, content, folder):
    """What a reader makes of bytes: its value, or the error it refuses them with.

    Args:
        reader: a `tests.hostile.readers.Reader`.
        content: the bytes.
        folder: one that the reader has prepared.

    Raises:
        AssertionError: the reader broke a rule: another error than its own, or not one plain
            sentence; too long, too large, code was run, a file elsewhere was touched.
    """
    if tracemalloc.is_tracing():
        tracemalloc.reset_peak()
    start, before = time.monotonic(), _memory()
    try:
        with _watched(folder):
            result = reader.read(content, folder)
    except reader.error as error:
        result = error
        check_sentence(str(error))
    seconds, taken = time.monotonic() - start, _memory() - before
    assert seconds < SECONDS, f"it took {seconds:.1f} seconds"
    assert taken < BYTES, f"it took {taken} bytes"
    return result


def check_sentence(text):
    """Asserts that the text of an error is one sentence that any terminal can print."""
    assert text.endswith("."), text
    assert text.isprintable(), repr(text)
    assert len(text) < LONGEST_MESSAGE + 10, text


def refused(result):
    """Whether an outcome is an error."""
    return isinstance(result, LowlevelError)


def _memory():
    """The most memory taken so far: by Python if that is traced, or else by the process."""
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[1]
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextlib.contextmanager
def _watched(folder):
    global _folder
    _folder = str(Path(folder).resolve())
    try:
        yield
    finally:
        _folder = None


def _hook(event, arguments):
    if _folder is None:
        return
    if event == "open" and isinstance(arguments[0], str | bytes):
        path, mode, flags = str(Path(os.fsdecode(arguments[0])).resolve()), *arguments[1:]
        writes = bool(set(mode) & set("wax+")) if mode else flags & (os.O_WRONLY | os.O_RDWR)
        allowed = (_folder, *DEVICES) if writes else (_folder, *DEVICES, *CODE)
        assert path.startswith(allowed), f"{path} was opened"
    elif event != "subprocess.Popen" or hdf5.START not in arguments[1]:
        assert event not in FORBIDDEN, f"{event} {arguments}"


sys.addaudithook(_hook)
