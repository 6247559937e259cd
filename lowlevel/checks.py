"""The project's error types, and shared checks of arguments.

Every error a user can cause is a `LowlevelError` whose text is one sentence: the path or name, what
was expected, what was received, what to do. Command-line tools print it and exit with status 2.
"""

import difflib
import importlib
import math
import operator
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

LONGEST_MESSAGE = 1000  # characters
MAX_LAYERS = 200
MAX_IMAGE_NUMBERS = 2**28  # 10,000 x 10,000 pixels, say, of two channels
COUNTED_FROM_0 = "labels count from 0"
PACKAGES = {  # what is installed, by what is imported
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "tensorflow_serving": "tensorflow-serving-api",
}


def printable(text: object) -> str:
    """Text for a terminal: what it would obey, such as an escape in a file's name, is spelt out."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode()
        for c in str(text)
    )


class LowlevelError(Exception):
    """Base of all errors that a user's input can cause.

    Its text is one line, whatever a file has put into it: what a terminal would obey is escaped,
    and the middle of a long text is left out.
    """

    def __init__(self, text: object = "") -> None:
        text = printable(text)
        if len(text) > LONGEST_MESSAGE:
            half = LONGEST_MESSAGE // 2
            text = f"{text[:half]} ... {text[-half:]}"
        super().__init__(text)


class ConfigError(LowlevelError, ValueError):
    """An argument or a configuration that cannot work."""


class DataError(LowlevelError, ValueError):
    """A data file that is missing, damaged or not what it should be."""


class CheckpointError(LowlevelError):
    """A checkpoint that cannot be written, found, or restored whole."""


class NonFiniteError(LowlevelError, ArithmeticError):
    """Training met a loss or a variable that is not a finite number."""


class WorkerLostError(LowlevelError):
    """A process that trains with others has lost one of them."""


class MissingExtraError(LowlevelError, ImportError):
    """An optional library is not installed."""


def check_integer(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """Returns `value` as an int if it is a whole number in [minimum, maximum].

    Raises:
        ConfigError: it is not.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = minimum - 1
    too_large = maximum is not None and number > maximum
    if isinstance(value, bool) or number < minimum or too_large:
        upper = "" if maximum is None else f" and at most {maximum}"
        raise ConfigError(
            f"{name} must be a whole number of at least {minimum}{upper}, not {value!r}."
        )
    return number


def check_number(
    name: str,
    value: Any,
    low: float,
    high: float,
    low_included: bool = True,
    high_included: bool = False,
) -> float:
    """Returns `value` as a float if it is a finite number between `low` and `high`.

    Raises:
        ConfigError: it is not.
    """
    try:
        number = math.nan if isinstance(value, str | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    above = number >= low if low_included else number > low
    below = number <= high if high_included else number < high
    if not (math.isfinite(number) and above and below):
        interval = f"{'[' if low_included else '('}{low}, {high}{']' if high_included else ')'}"
        raise ConfigError(f"{name} must be a number in {interval}, not {value!r}.")
    return number


def check_sizes(name: str, value: Any) -> tuple[int, ...]:
    """Returns `value` if it is a tuple of whole numbers above 0, one to `MAX_LAYERS` of them.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(value, tuple) or not value:
        raise ConfigError(f"{name} must be a tuple with a number for each layer, not {value!r}.")
    check_integer(f"the number of {name}", len(value), 1, MAX_LAYERS)
    for size in value:
        check_integer(f"each of {name}", size, 1)
    return value


def check_choice(name: str, value: Any, choices: Collection[str]) -> str:
    """Returns `value` if it is one of `choices`.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(value, str) or value not in choices:
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, not {value!r}{hint}")
    return value


def check_bool(name: str, value: Any) -> bool:
    """Returns `value` if it is True or False. Raises ConfigError if it is not."""
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be True or False, not {value!r}.")
    return value


def check_config(name: str, value: Any, config_class: type) -> Any:
    """Returns `value` if it is a config of that class. Raises ConfigError if it is not."""
    if not isinstance(value, config_class):
        wanted = f"{config_class.__module__.rpartition('.')[2]}.{config_class.__qualname__}"
        raise ConfigError(f"{name} must be a {wanted}, not {value!r}.")
    return value


def check_path(name: str, value: Any) -> Path:
    """Returns a path as a `Path`. Raises ConfigError if it is not one."""
    if not isinstance(value, str | os.PathLike):
        raise ConfigError(f"{name} must be a path, not {value!r}.")
    return Path(value)


def check_printable(names: Any, what: str) -> Any:
    """Returns names if they can be printed: a terminal obeys some that cannot.

    Raises:
        ConfigError: one of them holds, for example, an escape.
    """
    for name in names:
        if not str(name).isprintable():
            raise ConfigError(f"{what} must be text that can be printed, not {name!r}.")
    return names


def check_image_shape(
    value: Any, smallest: int = 1, name: str = "image_shape"
) -> tuple[int, int, int]:
    """Returns `value` if it is a tuple (height, width, channels) of whole numbers above 0.

    Their product may be `MAX_IMAGE_NUMBERS`.

    Args:
        value: what is checked.
        smallest: the minimum height and width.
        name: what the error calls it.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(value, tuple) or len(value) != 3:
        raise ConfigError(f"{name} must be (height, width, channels), not {value!r}.")
    for part, size in zip(("height", "width", "channels"), value, strict=True):
        check_integer(f"{part} in {name}", size, 1 if part == "channels" else smallest)
    if math.prod(value) > MAX_IMAGE_NUMBERS:
        raise ConfigError(
            f"{name} must have at most {MAX_IMAGE_NUMBERS} numbers in all, not {value!r}."
        )
    return value


def reason_of(error: BaseException) -> str:
    """The reason in an exception of the system or a library, without path or full stop."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    text = re.sub(r"\{\{.*?\}\} ?| ?\[Op:.*?\]", "", text)  # TensorFlow's own names
    text = re.sub(r"^/.*; ", "", text)  # TensorFlow's name of an unfinished file
    if isinstance(error, OSError):
        text = text.partition(" (")[0]  # where HDF5 lists its flags
    return text.rstrip(".")


def reason_in_graph(error: Any) -> str:
    """The reason in an error of a compiled function, in TensorFlow's words, without node names."""
    text = error.message.partition("\t [[")[0].strip().splitlines()[-1]
    text = re.sub(r"^(\{\{.*?\}\} )?(Error in user-defined .* iterator: \S+: )?", "", text)
    text = re.sub(r"^lowlevel\.checks\.\w+: ", "", text)  # of a function that reads a batch
    asserted = re.match(r"assertion failed: \[(.*?)\]", text)
    if asserted:
        return asserted[1].rstrip(".")
    text = re.split(r"\s+Label values: | : Tensor had | \[Op:", text)[0].rstrip(".")
    return f"{text}; {COUNTED_FROM_0}" if text.startswith("Received a label") else text


def import_extra(module: str, extra: str) -> Any:
    """Imports an optional library, for example `import_extra("PIL.Image", "images")`.

    Raises:
        MissingExtraError: it is not installed; the text names the extra that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        package = PACKAGES.get(name, name)
        raise MissingExtraError(
            f"{package} is not installed; install it with pip install {package} "
            f"(it is one of lowlevel's extras, {extra})."
        ) from error
