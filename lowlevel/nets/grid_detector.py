"""Detects objects of several classes: each cell of a grid describes the object centred in it.

Source: the idea of Redmon et al. (2016), a single pass without region proposals.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_image_shape, check_integer, check_number, check_sizes
from lowlevel.nets import parts
from lowlevel.types import ArrayLike, Outputs, Tensor
from lowlevel.variables import VariableStore

NUMBERS_BEFORE_CLASSES = 5  # objectness, down, across, height, width


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        num_classes: number of classes.
        filters: filters of each convolution; each of the first three is followed by max pooling,
            which halves the size.
        usual_size: height and width, in pixels, of the box that two zeros stand for.
        slope: what leaky ReLU multiplies negative numbers by, in [0, 1).
    """

    image_shape: tuple = (96, 96, 1)
    num_classes: int = 10
    filters: tuple = (16, 32, 64, 128, 128)
    usual_size: float = 24.0
    slope: float = 0.1

    def __post_init__(self) -> None:
        check_image_shape(self.image_shape)
        check_integer("num_classes", self.num_classes, 1)
        check_sizes("filters", self.filters)
        check_number("usual_size", self.usual_size, 0, 10_000, low_included=False)
        check_number("slope", self.slope, 0, 1)

    @property
    def cell(self) -> int:
        """Height and width of a cell in pixels."""
        return 2 ** min(3, len(self.filters))

    @property
    def grid(self) -> tuple[int, int]:
        """How many cells there are, (down, across)."""
        height, width, _ = self.image_shape
        return -(-height // self.cell), -(-width // self.cell)


input_spec = parts.image_spec


def build(config: Config, seed: int) -> VariableStore:
    """Makes the variables: 247,775 numbers for the default config, of which 736 are state."""
    variables = VariableStore(seed)
    channels = config.image_shape[-1]
    for number, filters in enumerate(config.filters, start=1):
        parts.add_conv(variables, f"c{number}", 3, channels, filters, bias=False)
        parts.add_batch_norm(variables, f"bn{number}", filters)
        channels = filters
    parts.add_conv(variables, "out", 1, channels, NUMBERS_BEFORE_CLASSES + config.num_classes)
    return variables


def forward(
    config: Config,
    variables: VariableStore,
    images: Tensor,
    training: bool = False,
    seed: Tensor | None = None,
) -> Outputs:
    """Describes the object in each cell; `detections` makes boxes of the result.

    Takes images `[batch, height, width, channels]` in [0, 1]. Returns float32
    `[batch, down, across, 5 + classes]`:

    - 0: the logit of an object being centred in the cell.
    - 1 and 2: logits of how far down and across the cell the centre lies.
    - 3 and 4: logarithms of the object's height and width in units of `usual_size`.
    - 5 and up: logits of the classes.

    Keeps state.
    """
    new_state = {} if training else None

    def leaky_relu(x):
        return ops.leaky_relu(x, config.slope)

    x = images
    for number in range(1, len(config.filters) + 1):
        x = parts.conv(variables, f"c{number}", x)  # the bias is batch norm's
        x = parts.batch_norm(variables, f"bn{number}", x, new_state, activation=leaky_relu)
        if number <= 3:
            with tf.name_scope(f"pool{number}"):
                x = ops.max_pool2d(x)  # [batch, 48, 48, 16], [batch, 24, 24, 32], ...
    x = parts.conv(variables, "out", x)  # [batch, 12, 12, 15]
    with tf.name_scope("cells"):
        x = tf.cast(x, tf.float32)
    return (x, new_state) if training else x


def targets(config: Config, boxes: ArrayLike, classes: ArrayLike) -> np.ndarray:
    """The targets of the cells.

    Args:
        config: a `Config`.
        boxes: `[images, objects, 4]`: top, left, bottom, right, in pixels.
        classes: integers `[images, objects]`, below 0 where there is no object.

    Returns:
        float32 numpy array `[images, down, across, 6]`:

        - 0: 1 if an object is centred in the cell, else 0, and so is all the rest.
        - 1 and 2: how far down and across the cell its centre lies, in [0, 1).
        - 3 and 4: logarithms of its height and width in units of `usual_size`.
        - 5: its class.

        If two objects are centred in one cell, it holds the later one.
    """
    result = np.zeros((len(boxes), *config.grid, NUMBERS_BEFORE_CLASSES + 1), np.float32)
    image, number = np.nonzero(np.asarray(classes) >= 0)
    boxes = np.asarray(boxes, np.float32)[image, number]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / config.cell
    cells = np.minimum(centres.astype(int), np.array(config.grid) - 1)
    sizes = np.log((boxes[:, 2:] - boxes[:, :2]) / config.usual_size)
    ones = np.ones((len(boxes), 1))
    labels = np.asarray(classes)[image, number][:, np.newaxis]
    result[image, cells[:, 0], cells[:, 1]] = np.hstack([ones, centres - cells, sizes, labels])
    return result


def loss(targets: ArrayLike, outputs: ArrayLike) -> Tensor:
    """The loss of each image, a sum over its cells.

    Every cell adds the cross-entropy of whether it holds an object. A cell that does adds the
    cross-entropy of the class, and five times the squared errors of position and size.

    Args:
        targets: `[batch, down, across, 6]`, see `targets`.
        outputs: `[batch, down, across, 5 + classes]`, see `forward`.

    Returns:
        float32 `[batch]`.
    """
    present = targets[..., 0]
    presence = tf.nn.sigmoid_cross_entropy_with_logits(present, outputs[..., 0])
    positions = tf.square(tf.sigmoid(outputs[..., 1:3]) - targets[..., 1:3])
    sizes = tf.square(outputs[..., 3:5] - targets[..., 3:5])
    classes = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(targets[..., 5], tf.int32), outputs[..., NUMBERS_BEFORE_CLASSES:]
    )
    errors = 5 * tf.reduce_sum(positions + sizes, axis=-1) + classes
    return tf.reduce_sum(presence + present * errors, axis=[1, 2])


def boxes_of(config: Config, outputs: Tensor) -> Tensor:
    """The box that each cell describes.

    Args:
        config: a `Config`.
        outputs: what `forward` returned.

    Returns:
        float32 `[batch, down, across, 4]`: top, left, bottom, right, in pixels.
    """
    rows, columns = (tf.range(cells, dtype=tf.float32) for cells in config.grid)
    corner = tf.stack(tf.meshgrid(rows, columns, indexing="ij"), axis=-1)  # [down, across, 2]
    centre = (corner + tf.sigmoid(outputs[..., 1:3])) * float(config.cell)
    size = tf.exp(tf.clip_by_value(outputs[..., 3:5], -6.0, 6.0)) * config.usual_size
    return tf.concat([centre - size / 2, centre + size / 2], axis=-1)


def detections(
    config: Config,
    outputs: Tensor,
    smallest_score: float = 0.01,
    overlap: float = 0.5,
    most: int = 50,
) -> dict[str, Tensor]:
    """The best boxes of each image, with classes and scores, after non-maximum suppression.

    Args:
        config: a `Config`.
        outputs: what `forward` returned, without training.
        smallest_score: boxes with this score or a lower one are dropped.
        overlap: intersection over union above which the worse of two boxes of a class is dropped.
        most: the largest number of boxes to keep in an image.

    Returns:
        A dict of tensors: `boxes` `[batch, most, 4]` (top, left, bottom, right, in pixels),
        `scores` `[batch, most]` in [0, 1], the best first, `classes` int32 `[batch, most]`, and
        `count` int32 `[batch]`, the number of boxes; what follows them is padding.
    """
    cells = config.grid[0] * config.grid[1]
    boxes = tf.reshape(boxes_of(config, outputs), [-1, cells, 4])
    present = tf.sigmoid(outputs[..., :1])
    scores = present * ops.softmax(outputs[..., NUMBERS_BEFORE_CLASSES:])
    scores = tf.reshape(scores, [-1, cells, config.num_classes])
    return ops.non_max_suppression(boxes, scores, overlap, smallest_score, most)
