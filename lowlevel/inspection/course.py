"""What the checkpoints of a run make of the same examples: its training, step by step."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lowlevel.inspection import opened_run
from lowlevel.inspection.arrays_file import Arrays
from lowlevel.inspection.sampling import Kept
from lowlevel.inspection.traced import Trace
from lowlevel.progress import Progress
from lowlevel.training.run import Run
from lowlevel.types import Nest

MAX_NUMBERS = 2**15  # of all maps of one checkpoint
MAPS_OF_A_LAYER = 8


def of_checkpoints(
    run: Run, paths: list[Path], make_trace: Callable[..., Trace], batch: tuple[Nest, ...],
    arrays: Arrays, quiet: bool = True,
) -> list[dict]:  # fmt: skip
    """Traces the same batch at each checkpoint; the run is left at the last one.

    Args:
        run: a `Run` of `opened_run.open_run`.
        paths: its checkpoints.
        make_trace: function of the batch that returns a `Trace`.
        batch: inputs and targets.
        arrays: where the maps are added.
        quiet: show no progress.

    Returns:
        For each checkpoint a dict for JSON: `step`, `loss`, `norms` of each variable, and `maps`:
        the filters of the first layer and activations of some layers.
    """
    course = []
    with Progress("checkpoints", len(paths), quiet=quiet) as progress:
        for path in paths:
            opened_run.restore(run, path)
            course.append(of_trace(make_trace(*batch), arrays))
            progress.advance()
    return course


def of_trace(trace: Trace, arrays: Arrays) -> dict:
    """The entry of one checkpoint."""
    norms = {
        name: {
            "value": _norm(variable.before),
            "gradient": variable.gradient and _norm(variable.gradient),
            "update": _norm(variable.update),
        }
        for name, variable in trace.variables.items()
    }
    return {
        "step": trace.step,
        "loss": float(np.mean(trace.losses)),
        "norms": norms,
        "maps": _maps(trace, arrays),
    }


def _norm(kept):
    """The Euclidean length of a whole array, from its statistics."""
    statistics = kept.statistics
    count = int(np.prod(statistics.shape, dtype=np.int64))
    length = float(np.sqrt(count * (statistics.mean**2 + statistics.deviation**2)))
    return length if np.isfinite(length) else None


def _maps(trace, arrays):
    """Filters of the first kernel, and activations of layers while there is room."""
    found, room = {}, MAX_NUMBERS
    for name, variable in trace.variables.items():
        if variable.before.array.ndim == 4:
            found[name] = {"array": arrays.add(variable.before.cut(4 * 2**12)), "kind": None}
            break
    for layer, operations in trace.by_layer().items():
        shown = [operation for operation in operations if operation.gradient is not None]
        if not shown or shown[-1].value.array.ndim != 4:
            continue
        first = Kept(shown[-1].value.array[:1], shown[-1].value.statistics)
        few = first.cut(first.array.nbytes * MAPS_OF_A_LAYER // first.array.shape[-1] or 1)
        if few.array.size <= room:
            room -= few.array.size
            found[layer] = {"array": arrays.add(few), "kind": shown[-1].kind}
    return found
