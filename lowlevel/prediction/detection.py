"""What a detector finds in images."""

import numpy as np
import tensorflow as tf

from lowlevel.nets import grid_detector
from lowlevel.variables import VariableStore

BATCH_SIZE = 50
MIN_SCORE = 0.3  # of a box that is shown


def detect(
    config: grid_detector.Config,
    variables: VariableStore,
    images: np.ndarray,
    dtype: tf.DType = tf.float32,
) -> dict[str, np.ndarray]:
    """What a grid detector finds, computed eagerly.

    Args:
        config: a `grid_detector.Config`.
        variables: its `VariableStore`.
        images: uint8 `[images, height, width, channels]`.
        dtype: what the network computes in.

    Returns:
        A dict of arrays, see `grid_detector.detections`.
    """
    chunks = []
    for start in range(0, len(images), BATCH_SIZE):
        chunk = tf.cast(images[start : start + BATCH_SIZE], tf.float32) / 255
        outputs = grid_detector.forward(config, variables, tf.cast(chunk, dtype))
        chunks.append(grid_detector.detections(config, outputs))
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def of_image(
    detections: dict[str, np.ndarray], index: int, min_score: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes, classes and scores of one image: `[found, 4]`, `[found]`, `[found]`, best first.

    Args:
        detections: a dict of arrays, see `grid_detector.detections`.
        index: which image.
        min_score: boxes with a lower score are left out.
    """
    count = detections["count"][index]
    boxes, classes, scores = (
        detections[name][index][:count] for name in ("boxes", "classes", "scores")
    )
    chosen = scores >= min_score
    return boxes[chosen], classes[chosen], scores[chosen]
