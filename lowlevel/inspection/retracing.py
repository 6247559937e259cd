"""Why a compiled function was traced again: which argument, what it cost, what to do.

with retracing.watch(step) as traces:
    for batch in batches:
        step(*batch)
print(traces)
"""

import contextlib
import dataclasses
import functools
import inspect
import time
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.inspection import retracing_advice, signatures
from lowlevel.inspection.signatures import Change, Part
from lowlevel.types import GraphFunction

_FUNCTION: Any = type(tf.function(lambda: None))
CALLS = ("__call__", "get_concrete_function")  # what can trace
LIBRARIES = ("tensorflow", "numpy", "builtins", "keras")  # whose objects are not looked into


@dataclasses.dataclass(frozen=True)
class Trace:
    """A call that traced a function.

    Attributes:
        function: the `tf.function`.
        name: of the Python function it was made of.
        number: how many traces the function has had with this one.
        seconds: time of the call: the trace, making the graph fast, and the first run.
        arguments: what it was called with, as `Part`s by name.
        changes: how that differs from the nearest earlier trace, a list of `Change`s.
        reason: why it was traced.
        advice: what to do against it; "" if nothing.
    """

    function: GraphFunction = dataclasses.field(repr=False)
    name: str
    number: int
    seconds: float
    arguments: dict[str, Part]
    changes: list[Change]
    reason: str
    advice: str

    def __str__(self) -> str:
        lines = [f"trace {self.number} of {self.name}, {self.seconds:.2f} s: {self.reason}."]
        if self.advice:
            lines.append(f"    What to do: {self.advice}.")
        return "\n".join(lines)


class Traces(Sequence[Trace]):
    """The traces that a watch has seen: a sequence of `Trace`s, and a report when printed."""

    def __init__(self, *watched: object) -> None:
        """Takes the arguments of `watch`."""
        self._watched = watched
        self._found: list[Trace] = []
        self._known = {}  # of each function: the function, its count, its signatures
        self._calls = {}  # of each function: the seconds of its calls that traced nothing

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Trace: ...

    @overload
    def __getitem__(self, index: slice) -> list[Trace]: ...

    def __getitem__(self, index):
        return self._found[index]

    def __str__(self) -> str:
        lines = [str(trace) for trace in self._found] or ["nothing was traced."]
        for function in {id(trace.function): trace.function for trace in self._found}.values():
            seconds = self._calls.get(id(function))
            if seconds:
                usual = 1e3 * sorted(seconds)[len(seconds) // 2]
                lines.append(f"{_name(function)}: a call without a trace takes {usual:.2f} ms.")
        return "\n".join(lines)

    def of(self, function: GraphFunction) -> list[Trace]:
        """The traces of one function."""
        return [trace for trace in self._found if trace.function is function]

    def assert_once(self, *functions: GraphFunction) -> None:
        """Raises AssertionError, with the report, unless each function was traced just once."""
        for function in functions:
            count = len(self.of(function))
            if count != 1:
                raise AssertionError(
                    f"{_name(function)} was traced {count} times, not once:\n{self}"
                )

    def _around(self, method):
        """A method of `tf.function`s that notes what it traces."""

        @functools.wraps(method)
        def call(function, *args, **kwargs):
            count = self._count(function)
            start = time.perf_counter()
            try:
                return method(function, *args, **kwargs)
            finally:
                self._note(function, args, kwargs, count, time.perf_counter() - start)

        return call

    def _count(self, function):
        count = function.experimental_get_tracing_count()
        if id(function) not in self._known:
            earlier = signatures.of_traces(function) if count else []
            self._known[id(function)] = [function, count, earlier]
        return count

    def _note(self, function, args, kwargs, before, seconds):
        known = self._known[id(function)]
        count = function.experimental_get_tracing_count()
        if count == known[1]:  # no trace, or one that a call in another thread has noted
            if count == before and not tf.inside_function():
                self._calls.setdefault(id(function), []).append(seconds)
            return
        made = count - known[1]
        known[1] = count
        now = signatures.of_call(function, args, kwargs)
        earlier, known[2] = known[2], [*known[2], now]
        wanted = _holds(self._watched, function) if self._watched else not _is_of_library(function)
        if not wanted:
            return
        same = [trace for trace in self._found if _code(trace.function) is _code(function)]
        others = {id(trace.function) for trace in same} - {id(function)}
        near = signatures.nearest(earlier, now)
        differing = near[1] if near else []
        if near:
            why = retracing_advice.of_changes(near[0], now, differing)
        else:
            why = retracing_advice.of_first(now, len(others), made, count - made)
        trace = Trace(function, _name(function), count, seconds, now, differing, *why)
        self._found.append(trace)


@contextlib.contextmanager
def watch(*functions: object) -> Iterator[Traces]:
    """Notes each trace while the block runs. It traces nothing itself, and changes no result.

    Args:
        functions: `tf.function`s, or objects that hold some, such as a run or a `Model`, which may
            make them in the block. Without any, all functions are watched, also those that are
            made in the block, but for those that TensorFlow makes for itself, as for datasets.

    Yields:
        The `Traces`, which grow while the block runs. The time of a function that another one
        calls is also in the time of that one.

    Raises:
        ConfigError: what is to be watched cannot hold a function.
    """
    for function in functions:
        if not callable(function) and not hasattr(function, "__dict__"):
            raise ConfigError(
                f"what is watched is a tf.function, or an object that holds one, not {function!r}."
            )
    traces = Traces(*functions)
    methods = {name: getattr(_FUNCTION, name) for name in CALLS}
    for name, method in methods.items():
        setattr(_FUNCTION, name, traces._around(method))
    try:
        yield traces
    finally:
        for name, method in methods.items():
            setattr(_FUNCTION, name, method)


def _name(function):
    return getattr(function.python_function, "__name__", "a function")


def _code(function):
    """The code that a function was made of: that of two made of one `def` is the same."""
    python_function = inspect.unwrap(function.python_function)
    return getattr(python_function, "__code__", python_function)


def _is_of_library(function):
    module = getattr(inspect.unwrap(function.python_function), "__module__", None) or ""
    return module.split(".")[0] in LIBRARIES


def _holds(objects, function):
    """Whether a function is one of these objects, or in one, however deep."""
    seen, waiting = set(), list(objects)
    while waiting:
        held = waiting.pop()
        if held is function:
            return True
        if id(held) in seen:
            continue
        seen.add(id(held))
        waiting.extend(_parts_of(held))
    return False


def _parts_of(held):
    """The objects that one holds."""
    if isinstance(held, _FUNCTION):
        return [held.python_function]  # which may call another
    if isinstance(held, Mapping):
        return list(held.values())
    if isinstance(held, list | tuple | set):
        return list(held)
    if isinstance(held, types.MethodType):
        return [held.__self__, held.__func__]
    if isinstance(held, functools.partial):
        return [held.func, *held.args, *held.keywords.values()]
    if isinstance(held, types.FunctionType):
        cells = held.__closure__ or ()
        return [cell.cell_contents for cell in cells if cell != types.CellType()]
    if type(held).__module__.split(".")[0] in LIBRARIES or isinstance(
        held, type | types.ModuleType
    ):
        return []
    methods = (vars(parent).items() for parent in type(held).__mro__)
    names = [name for members in methods for name, value in members if isinstance(value, _FUNCTION)]
    return [*getattr(held, "__dict__", {}).values(), *(getattr(held, name) for name in names)]
