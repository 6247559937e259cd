"""A run small enough for many tests: 96 digits, two epochs of three steps."""

import dataclasses
import json

from lowlevel import nets, variables
from lowlevel.data import digits, training_data
from lowlevel.data.augment import Augmentation
from lowlevel.data.labelled_images import ImageDataset, LabelledImages
from lowlevel.nets import conv_net
from lowlevel.training import loop, tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run

EPOCHS, STEPS_PER_EPOCH = 2, 3
# Batches of 40, 40 and 16. Momentum has slots as Adam has, and is traced in a third of the time.
RECIPE = Recipe(seed=1, batch_size=40, optimizer="momentum", learning_rate=0.02)


def dataset():
    """A few of the packaged digits."""
    full = digits.load(size=8, margin=0)

    def first(part, count):
        return LabelledImages(part.images[:count], part.labels[:count], part.source)

    return ImageDataset("few", first(full.train, 96), first(full.test, 30))


DATASET = dataset()


def make(run_dir=None, data=DATASET, augmentation=None, precision="float32", net=None, **changes):
    """A `Run` in that directory; the changes are fields of its recipe."""
    recipe = dataclasses.replace(RECIPE, **changes)
    name, config = net or ("conv_net", conv_net.Config(data.image_shape, data.num_classes))
    network = nets.make(name, config, recipe.seed, precision)
    data = training_data.of_images(data, augmentation and Augmentation(**augmentation))
    return Run(network, tasks.classification(), data, recipe, run_dir)


def go_on(run, epochs=EPOCHS, max_steps=None, save_every=None, hooks=()):
    """Trains a run to its end, or to `max_steps`."""
    loop.train(run, loop.RunLength(epochs, max_steps, save_every), hooks, quiet=True)


def train(run_dir, max_steps=None, save_every=None, **changes):
    """Opens the run and trains it to its end, or to `max_steps`."""
    run = make(run_dir, **changes)
    run.open()
    go_on(run, EPOCHS, max_steps, save_every)
    return run


def outcome(run):
    """All that must not depend on stops: every variable, and the metrics but for the time."""
    rows = [json.loads(line) for line in (run.directory.path / "metrics.jsonl").open()]
    for row in rows:
        del row["seconds"]
    return variables.sha256(run.state.tensors()), rows
