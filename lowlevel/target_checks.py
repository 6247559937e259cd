"""Checks of targets beside a network's outputs, as far as their shapes are known."""

from lowlevel.checks import DataError
from lowlevel.types import Tensor


def check_same_shape(targets: Tensor, outputs: Tensor) -> None:
    """Refuses tensors that a subtraction would broadcast, like `[batch, 1]` and `[batch]`.

    Raises:
        DataError: their shapes, as far as they are known, differ.
    """
    if not targets.shape.is_compatible_with(outputs.shape):
        raise DataError(
            f"targets are of shape {targets.shape}, outputs of shape {outputs.shape}; "
            f"they must have the same shape."
        )


def check_labels(labels: Tensor, logits: Tensor) -> None:
    """Refuses labels unless they are one whole number, of any integer type, per row of logits.

    Raises:
        DataError: they are something else, as far as their shape is known.
    """
    fits = logits.shape.rank != 0 and labels.shape.is_compatible_with(logits.shape[:-1])
    if not (fits and labels.dtype.is_integer):
        raise DataError(
            f"labels must be a whole number for each row of logits {logits.shape}, not "
            f"{labels.dtype.name} {labels.shape}{_advice(labels.shape, logits.shape)}."
        )
    if logits.shape.rank and logits.shape[-1] == 0:
        raise DataError(f"logits must have a column for each class, but are {logits.shape}.")


def _advice(labels, logits):
    """How labels of this shape that do not fit can be made to fit, if their shape tells."""
    if None in (labels.rank, logits.rank) or logits.rank == 0:
        return ""
    if labels.is_compatible_with(logits[:-1]):
        return "; cast them to int"
    if labels.rank == logits.rank and labels[-1] == 1:
        return f"; drop the last axis: labels[{':, ' * (labels.rank - 1)}0]"
    if labels.rank > 1 and labels.is_compatible_with(logits):
        return "; of one-hot rows, take the argmax"
    if labels.rank > 1 and logits.is_compatible_with(labels[:-1]):
        return "; labels come first, then logits"
    return ""
