"""Finds objects of several classes in an image: each cell of a grid says what is centred in it.

The idea is that of Redmon et al. (2016): one look, no proposals.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from lowlevel import ops
from lowlevel.checks import check_image_shape, check_integer, check_number, check_sizes
from lowlevel.nets import parts
from lowlevel.variables import VariableStore

NUMBERS_BEFORE_CLASSES = 5  # objectness, down, across, height, width


@dataclasses.dataclass(frozen=True)
class Config:
    """Sizes of the network.

    Attributes:
        image_shape: (height, width, channels) of an image.
        num_classes: how many classes there are to tell apart.
        filters: filters of the convolutions; after each of the first three the size is halved.
        usual_size: height and width, in pixels, of a box for which a cell says zero.
        slope: what leaky ReLU multiplies negative numbers by, in [0, 1).
    """

    image_shape: tuple = (96, 96, 1)
    num_classes: int = 10
    filters: tuple = (16, 32, 64, 128, 128)
    usual_size: float = 24.0
    slope: float = 0.1

    def __post_init__(self):
        check_image_shape(self.image_shape)
        check_integer("num_classes", self.num_classes, 1)
        check_sizes("filters", self.filters)
        check_number("usual_size", self.usual_size, 0, 10_000, low_included=False)
        check_number("slope", self.slope, 0, 1)

    @property
    def cell(self):
        """Height and width of a cell in pixels."""
        return 2 ** min(3, len(self.filters))

    @property
    def grid(self):
        """Cells down and across."""
        height, width, _ = self.image_shape
        return -(-height // self.cell), -(-width // self.cell)


def input_spec(config):
    """Images `[batch, height, width, channels]`, in [0, 1]."""
    return tf.TensorSpec([None, *config.image_shape], tf.float32, name="images")


def build(config, seed):
    """Makes the variables of all layers."""
    variables = VariableStore(seed)
    channels = config.image_shape[-1]
    for number, filters in enumerate(config.filters, start=1):
        parts.add_conv(variables, f"c{number}", 3, channels, filters, bias=False)
        parts.add_batch_norm(variables, f"bn{number}", filters)
        channels = filters
    parts.add_conv(variables, "out", 1, channels, NUMBERS_BEFORE_CLASSES + config.num_classes)
    return variables


def forward(config, variables, images, training=False, seed=None):
    """What each cell says of an object centred in it; `detections` makes boxes of that.

    Args:
        config: a `Config`.
        variables: what `build(config, seed)` returned.
        images: `[batch, height, width, channels]`, in [0, 1]; computes in their dtype.
        training: whether to normalize with the batch's own statistics.
        seed: not used: nothing here is random.

    Returns:
        float32 `[batch, down, across, 5 + classes]`: the logit of there being one; logits of how
        far down and across the cell its centre lies; logarithms of height and width in units of
        `usual_size`; logits of the classes. If `training`, a pair of that and new values for
        `variables.state`.
    """
    new_state = {} if training else None

    def leaky_relu(x):
        return ops.leaky_relu(x, config.slope)

    x = images
    for number in range(1, len(config.filters) + 1):
        x = parts.conv(variables, f"c{number}", x)  # batch norm has the bias
        x = parts.batch_norm(variables, f"bn{number}", x, new_state, activation=leaky_relu)
        if number <= 3:
            with tf.name_scope(f"pool{number}"):
                x = ops.max_pool2d(x)  # [batch, 48, 48, 16], [batch, 24, 24, 32], ...
    x = parts.conv(variables, "out", x)  # [batch, 12, 12, 15]
    with tf.name_scope("cells"):
        x = tf.cast(x, tf.float32)
    return (x, new_state) if training else x


def targets(config, boxes, classes):
    """What the cells should say.

    Args:
        config: a `Config`.
        boxes: `[images, objects, 4]`: top, left, bottom, right, in pixels.
        classes: whole numbers `[images, objects]`, below 0 where there is no object.

    Returns:
        float32 numpy array `[images, down, across, 6]`: whether an object is centred in the cell;
        how far down and across it, in [0, 1); logarithms of height and width in units of
        `usual_size`; the class. Of two objects in one cell, the later one.
    """
    result = np.zeros((len(boxes), *config.grid, NUMBERS_BEFORE_CLASSES + 1), np.float32)
    image, number = np.nonzero(np.asarray(classes) >= 0)
    boxes = np.asarray(boxes, np.float32)[image, number]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / config.cell
    cells = np.minimum(centres.astype(int), np.array(config.grid) - 1)
    sizes = np.log((boxes[:, 2:] - boxes[:, :2]) / config.usual_size)
    ones = np.ones((len(boxes), 1))
    kinds = np.asarray(classes)[image, number][:, np.newaxis]
    result[image, cells[:, 0], cells[:, 1]] = np.hstack([ones, centres - cells, sizes, kinds])
    return result


def loss(targets, outputs):
    """How wrong the cells are: of all whether there is an object, of those with one the rest.

    Args:
        targets: `[batch, down, across, 6]`, see `targets`.
        outputs: `[batch, down, across, 5 + classes]`, see `forward`.

    Returns:
        float32 `[batch]`: sums over the cells of cross-entropies, and five times the squared
        errors of place and size.
    """
    present = targets[..., 0]
    surprise = tf.nn.sigmoid_cross_entropy_with_logits(present, outputs[..., 0])
    places = tf.square(tf.sigmoid(outputs[..., 1:3]) - targets[..., 1:3])
    sizes = tf.square(outputs[..., 3:5] - targets[..., 3:5])
    confusion = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(targets[..., 5], tf.int32), outputs[..., NUMBERS_BEFORE_CLASSES:]
    )
    errors = 5 * tf.reduce_sum(places + sizes, axis=-1) + confusion
    return tf.reduce_sum(surprise + present * errors, axis=[1, 2])


def boxes_of(config, outputs):
    """The boxes that the cells speak of.

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


def detections(config, outputs, smallest_score=0.01, overlap=0.5, most=50):
    """Boxes with class and score, of which none overlaps a better one of its class too much.

    Args:
        config: a `Config`.
        outputs: what `forward` returned, without training.
        smallest_score: boxes below this probability are left out.
        overlap: intersection over union from which on the worse of two boxes is left out.
        most: how many boxes of an image to keep at most.

    Returns:
        A dict of tensors: `boxes` `[batch, most, 4]` (top, left, bottom, right, in pixels),
        `scores` `[batch, most]` in [0, 1], the best first, `classes` int32 `[batch, most]`, and
        `count` int32 `[batch]`: what follows that many boxes is filling.
    """
    cells = config.grid[0] * config.grid[1]
    boxes = tf.reshape(boxes_of(config, outputs), [-1, cells, 4])
    present = tf.sigmoid(outputs[..., :1])
    scores = present * ops.softmax(outputs[..., NUMBERS_BEFORE_CLASSES:])
    scores = tf.reshape(scores, [-1, cells, config.num_classes])
    return ops.non_max_suppression(boxes, scores, overlap, smallest_score, most)
