"""Where an operation of a graph was written: file, line, and the line's text."""

import dataclasses
import linecache
import sysconfig
from pathlib import Path

import tensorflow as tf

# Frames in these are not what a reader of a network looks for.
FOREIGN = (
    str(Path(tf.__file__).parent.parent / "tensorflow"),
    str(Path(tf.__file__).parent.parent / "keras"),
    sysconfig.get_paths()["stdlib"],
)
# The innermost frame of these calls the network: what is further out is how it was run.
CALLERS = (("network.py", "__call__"), ("step.py", "_differentiate"), ("tasks.py", "answer"))


@dataclasses.dataclass(frozen=True)
class SourceLine:
    """A line of a program.

    Attributes:
        file: path of the file.
        line: its number, from 1.
        function: the function that it is in.
        text: the line, without the space around it.
    """

    file: str
    line: int
    function: str
    text: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}  {self.text}"


def source_of(operation: tf.Operation) -> tuple[SourceLine, ...]:
    """The lines that made an operation, the innermost first, up to the call of the network."""
    lines = []
    for frame in reversed(operation.traceback or ()):
        file = str(Path(frame.filename))
        if file.startswith(FOREIGN) and "site-packages/lowlevel" not in file:
            continue
        if (Path(file).name, frame.name) in CALLERS and lines:
            break
        text = linecache.getline(file, frame.lineno).strip()
        lines.append(SourceLine(file, frame.lineno, frame.name, text))
    return tuple(lines)
