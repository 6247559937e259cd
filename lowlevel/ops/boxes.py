"""Boxes `[..., 4]`: top, left, bottom, right."""

import tensorflow as tf


def intersection_over_union(one, other):
    """Area that two boxes share, as a share of the area that either covers.

    Args:
        one, other: `[..., 4]`, shapes that broadcast.

    Returns:
        `[...]`, in [0, 1]; 0 for two boxes without area.
    """
    top_left = tf.maximum(one[..., :2], other[..., :2])
    bottom_right = tf.minimum(one[..., 2:], other[..., 2:])
    shared = tf.reduce_prod(tf.maximum(bottom_right - top_left, 0), axis=-1)
    covered = _area(one) + _area(other) - shared
    return tf.math.divide_no_nan(shared, covered)


def _area(boxes):
    return tf.reduce_prod(tf.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1)


def non_max_suppression(boxes, scores, overlap, smallest_score, most):
    """The best boxes of each class that do not overlap a better one of it.

    Args:
        boxes: float32 `[batch, boxes, 4]`.
        scores: float32 `[batch, boxes, classes]`.
        overlap: intersection over union above which the worse of two boxes is left out.
        smallest_score: boxes of this score or less are left out.
        most: how many boxes of an image to keep at most.

    Returns:
        A dict: `boxes` `[batch, most, 4]`, `scores` `[batch, most]`, the best first, `classes`
        int32 `[batch, most]`, `count` int32 `[batch]`; what follows `count` boxes is filling.
    """
    result = tf.image.combined_non_max_suppression(
        boxes[:, :, tf.newaxis],
        scores,
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


def plain_non_max_suppression(boxes, scores, overlap):
    """The definition, for one class of one image: which boxes are kept, the best first.

    Args:
        boxes: `[boxes, 4]`.
        scores: `[boxes]`.
        overlap: as in `non_max_suppression`.

    Returns:
        A list of indices.
    """
    kept = []
    for index in tf.argsort(scores, direction="DESCENDING", stable=True).numpy():
        overlaps = [float(intersection_over_union(boxes[index], boxes[other])) for other in kept]
        if all(value <= overlap for value in overlaps):
            kept.append(int(index))
    return kept
