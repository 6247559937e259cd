"""Watches the calls with which Python changes files in a directory, and can let one fail."""

import contextlib
import os
import sys

# `open` also of a file that is only read: a disk may fail there, too.
EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir")
_watchers = []


def _audit(event, arguments):
    if _watchers and event in EVENTS:
        _watchers[-1](event, arguments[0])


sys.addaudithook(_audit)  # for good: Python cannot take it back


@contextlib.contextmanager
def watched(directory, call, monkeypatch):
    """Calls a function of (number, description) before each call that concerns the directory.

    What the function itself does is not watched. An error that it raises is what the call raises.
    """
    count = 0

    def watch(event, path):
        nonlocal count
        if not isinstance(path, str | os.PathLike) or not str(path).startswith(str(directory)):
            return
        count += 1
        _watchers.append(lambda *_: None)
        try:
            call(count, f"{event} {os.path.basename(path)}")
        finally:
            _watchers.pop()

    def fsync(descriptor, original=os.fsync):
        watch("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        original(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        _watchers.append(watch)
        try:
            yield
        finally:
            _watchers.remove(watch)
