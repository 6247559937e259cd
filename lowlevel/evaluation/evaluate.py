"""Metrics over a whole dataset."""

from lowlevel import metrics
from lowlevel.progress import Progress


def evaluate(eval_step, batches, quiet=True):
    """Mean of each metric over all examples of the batches.

    Args:
        eval_step: function of (inputs, labels), see `lowlevel.training.step.build_eval_step`.
        batches: a `tf.data.Dataset` of such pairs.
        quiet: show no progress.

    Returns:
        A `Mean` of each metric, by name: `loss` and `accuracy`.
    """
    means = {}
    with Progress("evaluating", len(batches), quiet=quiet) as progress:
        for inputs, labels in batches:
            for name, values in eval_step(inputs, labels).items():
                means.setdefault(name, metrics.Mean()).update(values)
            progress.advance()
    return means
