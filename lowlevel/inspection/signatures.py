"""What a compiled function was called with, as TensorFlow sees it, and how two calls differ.

TensorFlow traces a function once for each signature: of a tensor it looks at dtype and shape, of a
number or a text in Python at its value, of any other object at which one it is.
"""

import dataclasses
import enum
import inspect
import re
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from lowlevel.types import GraphFunction

TENSOR, VALUE, STRUCTURE, OBJECT = "tensor", "value", "structure", "object"
PYTHON_VALUES = (bool, int, float, complex, str, bytes, type(None), enum.Enum, tf.DType)


@dataclasses.dataclass(frozen=True)
class Part:
    """An argument, or a part of one, as far as it decides about a trace.

    Attributes:
        kind: "tensor", "value" in Python, "structure" such as a list, or another "object".
        text: it in words, for example "float32 [32, 10]".
        key: parts with equal keys share a trace; of a tensor, its dtype and shape.
    """

    kind: str
    text: str
    key: Any = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Change:
    """What differs between two calls in one argument.

    Attributes:
        name: the argument, or a part of it, such as "batch[0]" or "options['rate']".
        before: the `Part` of the earlier call, or None if it had none.
        now: the `Part` of the later call, or None.
    """

    name: str
    before: Part | None
    now: Part | None

    def __str__(self) -> str:
        before, now = (part.text if part else "not there" for part in (self.before, self.now))
        now = now.replace("an object", "another", 1) if before == now else now
        return f"{self.name} was {before} and is {now}"


def of_call(function: GraphFunction, args: tuple, kwargs: dict) -> dict[str, Part]:
    """The `Part`s of the arguments of a call by name; of the input signature if there is one."""
    if function.input_signature is not None:
        args, kwargs = tuple(function.input_signature), {}
    try:
        bound = inspect.signature(function.python_function).bind_partial(*args, **kwargs)
        bound.apply_defaults()
        arguments = bound.arguments
    except (TypeError, ValueError):  # a function whose parameters Python cannot tell
        arguments = {f"argument {i}": value for i, value in enumerate(args)} | kwargs
    return {name: part for key, value in arguments.items() for name, part in _parts(key, value)}


def of_traces(function: GraphFunction) -> list[dict[str, Part]]:
    """The signatures that a function has been traced for, read from TensorFlow's own list.

    The list does not tell objects apart: a part whose key is None may be anything. It is empty if
    there is an input signature: asking for it could trace the function.
    """
    if function.input_signature is not None:
        return []
    found = []
    for text in function.pretty_printed_concrete_signatures().split("\n\n"):
        inputs = text.partition("Output Type:")[0]
        lines = re.findall(r"^  (\w+) \([A-Z_]+\): (.*)$", inputs, re.MULTILINE)
        found.append({name: _part_from(shown) for name, shown in lines})
    return found


def changes(before: dict[str, Part], now: dict[str, Part]) -> list[Change]:
    """What differs between two signatures; where a structure does, what is in it is not told."""
    found, told = [], []
    for name in dict.fromkeys([*before, *now]):
        change = Change(name, before.get(name), now.get(name))
        if name.startswith(tuple(told)):
            continue
        if change.before is not None and change.now is not None:
            unknown = change.before.key is None
            if unknown or change.before.key == change.now.key:
                told += [f"{name}["] if unknown else []
                continue
        told.append(f"{name}[")
        found.append(change)
    return found


def nearest(
    earlier: list[dict[str, Part]], now: dict[str, Part]
) -> tuple[dict[str, Part], list[Change]] | None:
    """The earlier signature that differs least, the latest of several, and how; None if no one."""
    pairs = [(before, changes(before, now)) for before in reversed(earlier)]
    return min(pairs, key=lambda pair: len(pair[1]), default=None)


def show(parts: dict[str, Part]) -> str:
    """A signature in words: "images float32 [32, 28, 28, 1], training = True"."""
    shown = [
        f"{name} = {part.text}" if part.kind == VALUE else f"{name} {part.text}"
        for name, part in parts.items()
    ]
    return ", ".join(shown) or "no arguments"


def _parts(name, value) -> Iterator[tuple[str, Part]]:
    """Pairs of name and `Part`: one, or those of all parts of a structure."""
    if isinstance(value, Mapping):
        yield name, Part(STRUCTURE, f"a dict of {len(value)}", (type(value), len(value)))
        for key, part in value.items():
            yield from _parts(f"{name}[{key!r}]", part)
    elif isinstance(value, list | tuple):
        text = f"a {type(value).__name__} of {len(value)}"
        yield name, Part(STRUCTURE, text, (type(value), len(value)))
        for number, part in enumerate(value):
            yield from _parts(f"{name}[{number}]", part)
    else:
        yield name, _part(value)


def _part(value):
    if isinstance(value, PYTHON_VALUES):
        return Part(VALUE, repr(value), repr(value))
    try:
        spec = value if isinstance(value, tf.TypeSpec) else tf.type_spec_from_value(value)
    except TypeError:
        return Part(OBJECT, f"an object of {type(value).__name__}", _identity(value))
    if isinstance(value, tf.Variable):
        return Part(TENSOR, f"variable {_text(spec)}", ("variable", spec.dtype, _sizes(spec.shape)))
    if isinstance(spec, tf.TensorSpec):
        return Part(TENSOR, _text(spec), (spec.dtype, _sizes(spec.shape)))
    return Part(OBJECT, str(spec), spec)  # for example an iterator


def _part_from(shown):
    """The `Part` that a line of TensorFlow's list shows."""
    tensor = re.fullmatch(r"TensorSpec\(shape=(\(.*?\)|<unknown>), dtype=tf\.(\w+).*", shown)
    if tensor is not None:
        sizes, dtype = tensor[1], tf.dtypes.as_dtype(tensor[2])
        known = re.findall(r"\w+", sizes) if sizes.startswith("(") else None
        shape = known and [None if size == "None" else int(size) for size in known]
        return _part(tf.TensorSpec(shape if known is not None else None, dtype))
    value = re.fullmatch(r"Literal\[(.*)\]", shown)
    return Part(OBJECT, "an object", None) if value is None else Part(VALUE, value[1], value[1])


def _identity(value):
    """What is equal for the same object, or an equal one; the object is not kept alive."""
    try:
        return weakref.ref(value)
    except TypeError:
        return type(value), id(value)


def _sizes(shape):
    return None if shape.rank is None else tuple(shape)


def _text(spec):
    sizes = "of any shape" if spec.shape.rank is None else str(list(spec.shape))
    return f"{spec.dtype.name} {sizes}"
