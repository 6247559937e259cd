"""A step here beside the same step in another program: where they first differ, and why.

    found = twin.compare_model(model, images, labels, {"c1": array, "c2": array, ...})
    print(found)

The other program may be a Keras model, or one in any other library: it hands over arrays by layer.
`scripts/compare_with_keras.py` does it for Keras.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lowlevel.checks import ConfigError
from lowlevel.inspection import explain, trace, twin_checks
from lowlevel.inspection.matched import Matched
from lowlevel.inspection.other_step import OtherStep
from lowlevel.inspection.traced import Trace
from lowlevel.inspection.twin_table import Comparison, Row
from lowlevel.inspection.update_causes import MakeOptimizer
from lowlevel.training.run import Run
from lowlevel.types import ArrayLike, GraphFunction, Nest

ALL = 2**34  # bytes kept of a tensor: what is compared must be whole


def compare_model(
    subject: Any, inputs: Nest, targets: Nest, other: OtherStep | Mapping[str, ArrayLike]
) -> Comparison:
    """Compares the next training step of a model on a batch with another program's.

    Changes nothing.

    Args:
        subject: a compiled `lowlevel.model.Model`, or a `Run`.
        inputs: what the network takes, `[examples, ...]`.
        targets: what it trains on.
        other: what the layers of the other program gave for the same batch from the same weights:
            arrays by layer, or an `OtherStep`, which holds gradients and updates too.

    Raises:
        ConfigError: the model is not compiled, or no layer there has the name of one here.
        DataError: the batch does not fit the network, or `other` does not hold arrays of numbers.
    """
    run = getattr(subject, "run", subject)
    if not isinstance(run, Run):
        raise ConfigError("compile the model first: its training step is what is compared.")
    other = other if isinstance(other, OtherStep) else OtherStep(other)
    batch = explain.as_batch(run, inputs, targets)
    step = explain.make_step(run, *batch)
    found = trace.of_step(step, run.network.variables.all(), *batch, max_kept=ALL)
    return compare(step, found, [other])


def compare(
    step: GraphFunction,
    trace: Trace,
    others: Sequence[OtherStep],
    make_optimizer: MakeOptimizer | None = None,
    losses: Sequence[ArrayLike] = (),
    predictions: tuple[ArrayLike, ArrayLike] | None = None,
) -> Comparison:
    """Compares a traced step, and the steps after it, with those of another program.

    Args:
        step: the compiled training step that was traced.
        trace: its `Trace`, with all of each tensor: `max_kept` large enough.
        others: an `OtherStep` for each step there; the first has the trace's batch and variables.
        make_optimizer: makes a new optimizer like the step's; None leaves out the updates.
        losses: our mean loss in each step, beginning with the traced one.
        predictions: what the two networks answer when they do not train, ours first.

    Returns:
        A `Comparison`. An activation is held to what our layer makes of the inputs there, if they
        are given, so a layer after one that differs is not blamed for it. An update is held to
        what our optimizer makes of the gradients there. Dropout must be off on both sides.

    Raises:
        ConfigError: they have no layer in common.
    """
    matched = Matched(step, trace, others[0])
    rows = {
        name: Row(name)
        for name in matched.results
        if name in matched.values or matched.variables_of(name)
    }
    if not any(name in matched.other.values for name in rows):
        raise ConfigError("no layer there has the name of one here: call them alike.")
    missing, misplaced = twin_checks.variables_before(matched, rows)
    of_layers = twin_checks.activations(matched, rows)
    of_gradients = twin_checks.gradients(matched, rows)
    of_averages = twin_checks.averages(matched, rows)
    if of_layers:  # later averages differ because of them; those of the same layers may not
        names = {difference.name for difference in of_layers[:1]}
        of_averages = [
            found
            for found in of_averages
            if found.causes and matched.trace.variables[found.name].layer in names
        ]
    found = [
        misplaced,
        *of_layers,
        *([] if of_layers else [of_gradients]),
        *of_averages,
        twin_checks.updates(matched, rows, others, make_optimizer),
        missing,
    ]
    if not any(found):
        found = [twin_checks.predictions(predictions) or twin_checks.losses(losses, others)]
    return Comparison(list(rows.values()), [one for one in found if one is not None])
