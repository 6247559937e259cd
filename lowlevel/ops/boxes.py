"""Boxes `[..., 4]`: top, left, bottom, right."""

import math

import tensorflow as tf

from lowlevel.checks import check_number
from lowlevel.ops import checks
from lowlevel.types import ArrayLike, Tensor


def intersection_over_union(one: ArrayLike, other: ArrayLike) -> Tensor:
    """The area of the intersection of two boxes, divided by that of their union.

    Args:
        one, other: `[..., 4]`; the shapes broadcast.

    Returns:
        `[...]`, in [0, 1]; 0 if neither box has an area.

    Raises:
        ConfigError: one of them does not end in an axis of 4.
    """
    one, other = checks.to_tensor("one", one), checks.to_tensor("other", other)
    checks.check_axes(one=(one, "..., 4"), other=(other, "..., 4"))
    if one.dtype.is_integer:  # differences of unsigned numbers cannot be negative
        one = tf.cast(one, tf.float32)
    other = tf.cast(other, one.dtype)
    top_left = tf.maximum(one[..., :2], other[..., :2])
    bottom_right = tf.minimum(one[..., 2:], other[..., 2:])
    shared = tf.reduce_prod(tf.maximum(bottom_right - top_left, 0), axis=-1)
    covered = _area(one) + _area(other) - shared
    return tf.math.divide_no_nan(shared, covered)


def _area(boxes):
    return tf.reduce_prod(tf.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)


def non_max_suppression(
    boxes: ArrayLike, scores: ArrayLike, overlap: float, smallest_score: float, most: int
) -> dict[str, Tensor]:
    """Keeps the best boxes of each class and drops those that overlap a better one too much.

    Args:
        boxes: float32 `[batch, boxes, 4]`.
        scores: float32 `[batch, boxes, classes]`.
        overlap: intersection over union above which the worse of two boxes is dropped.
        smallest_score: boxes with this score or a lower one are dropped.
        most: the largest number of boxes to keep in an image.

    Returns:
        A dict: `boxes` `[batch, most, 4]`, `scores` `[batch, most]`, the best first, `classes`
        int32 `[batch, most]`, `count` int32 `[batch]`. What follows the first `count` is padding.

    Raises:
        ConfigError: shapes do not fit, or a number is out of range.
    """
    boxes, scores = checks.to_floats("boxes", boxes), checks.to_floats("scores", scores)
    checks.check_axes(boxes=(boxes, "batch, boxes, 4"), scores=(scores, "batch, boxes, classes"))
    check_number("overlap", overlap, 0, 1, high_included=True)
    check_number("smallest_score", smallest_score, -math.inf, math.inf)
    checks.check_count("most", most)
    result = tf.image.combined_non_max_suppression(
        tf.cast(boxes, tf.float32)[:, :, tf.newaxis],
        tf.cast(scores, tf.float32),
        max_output_size_per_class=most,
        max_total_size=most,
        iou_threshold=overlap,
        score_threshold=smallest_score,
        clip_boxes=False,
    )
    return {
        "boxes": result.nmsed_boxes,
        "scores": result.nmsed_scores,
        "classes": tf.cast(result.nmsed_classes, tf.int32),
        "count": result.valid_detections,
    }


def plain_non_max_suppression(boxes: ArrayLike, scores: ArrayLike, overlap: float) -> list[int]:
    """The definition of `non_max_suppression`, for one class of one image.

    Args:
        boxes: `[boxes, 4]`.
        scores: `[boxes]`.
        overlap: as in `non_max_suppression`.

    Returns:
        The indices of the boxes that are kept, the best first: a list of integers.
    """
    kept = []
    for index in tf.argsort(scores, direction="DESCENDING", stable=True).numpy():
        overlaps = [float(intersection_over_union(boxes[index], boxes[other])) for other in kept]
        if all(value <= overlap for value in overlaps):
            kept.append(int(index))
    return kept
