"""A run small enough for many tests: 96 digits, two epochs of three steps."""

import dataclasses

from lowlevel.data import digits
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.nets import conv_net
from lowlevel.training.classification import Classifier
from lowlevel.training.recipe import Recipe

EPOCHS, STEPS_PER_EPOCH = 2, 3
RECIPE = Recipe(seed=1, batch_size=40, learning_rate=1e-3)  # batches of 40, 40 and 16


def dataset():
    """A few of the packaged digits."""
    full = digits.load(size=8, margin=0)

    def first(part, count):
        return LabelledImages(part.images[:count], part.labels[:count], part.source)

    return ImageDataset("few", first(full.train, 96), first(full.test, 30))


DATASET = dataset()


def make(run_dir, data=DATASET, **changes):
    """A `Classifier` in that directory; the changes are fields of its recipe."""
    config = conv_net.Config(data.image_shape, data.num_classes)
    return Classifier("conv_net", config, data, dataclasses.replace(RECIPE, **changes), run_dir)


def train(run_dir, max_steps=None, save_every=None, **changes):
    """Opens the run and trains it to its end, or to `max_steps`."""
    classifier = make(run_dir, **changes)
    classifier.open()
    classifier.train(EPOCHS, max_steps, save_every, quiet=True)
    return classifier
