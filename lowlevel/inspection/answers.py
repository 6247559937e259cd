"""What a network answers in a traced step: probabilities, the loss, and what its gradient says."""

import numpy as np
import tensorflow as tf

from lowlevel.inspection.traced import Trace, TracedOperation
from lowlevel.training.run import Run

# The operations that compute a loss of classes.
LOSSES = ("SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits")


def of_trace(run: Run, trace: Trace, batch: tuple) -> list[dict]:
    """For each example a dict for JSON: its `loss`, and of a classifier, class by class, `logits`,
    `probabilities`, `targets` and the `gradient` of the mean loss.
    """
    found = [{"loss": float(loss), "probabilities": None} for loss in trace.losses]
    logits = logits_of(trace)
    targets = np.asarray(batch[1])
    if (
        logits is None
        or logits.gradient is None
        or targets.ndim != 1
        or targets.dtype.kind not in "iu"
    ):
        return found
    values = np.asarray(logits.value.array, np.float64)
    gradients = np.asarray(logits.gradient.array, np.float64)
    probabilities = tf.nn.softmax(values).numpy()
    for number, (answer, label) in enumerate(zip(found, targets, strict=True)):
        of_class = np.eye(values.shape[1])[label]
        smoothing = run.task.settings.get("label_smoothing", 0.0)
        wanted = of_class * (1 - smoothing) + smoothing / len(of_class)
        answer |= {
            "logits": values[number].tolist(),
            "probabilities": probabilities[number].tolist(),
            "targets": wanted.tolist(),
            "gradient": gradients[number].tolist(),
        }
    return found


def probabilities_of(trace: Trace) -> np.ndarray | None:
    """What a classifier says of each example, `[examples, classes]`; None of other networks."""
    logits = logits_of(trace)
    if logits is None or logits.value.array.ndim != 2:
        return None
    return tf.nn.softmax(np.asarray(logits.value.array, np.float64)).numpy()


def logits_of(trace: Trace) -> TracedOperation | None:
    """The operation whose output a loss of classes takes, or None."""
    for operation in trace.operations.values():
        if operation.kind in LOSSES:
            name = operation.inputs[0].partition(":")[0]
            while name in trace.operations:
                found = trace.operations[name]
                if found.gradient is not None:
                    return found
                name = found.inputs[0].partition(":")[0] if found.inputs else ""
    return None
