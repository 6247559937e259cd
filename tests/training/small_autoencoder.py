"""An autoencoder's run small enough for many tests: 30 drawn bottles of 31 x 31 pixels."""

from lowlevel import nets
from lowlevel.data import bottles, training_data
from lowlevel.data.augment import Augmentation
from lowlevel.nets import bottle_autoencoder, bottle_encoder
from lowlevel.training import tasks
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run
from tests.training import small_run

CONFIG = bottle_encoder.Config((31, 31, 1), (4, 8, 16), (3, 3, 3), (2, 2, 2))
RECIPE = Recipe(seed=1, batch_size=12, optimizer="momentum", learning_rate=0.1)
FLIP = Augmentation(flip=True)
TRAIN, NORMAL, OTHER = bottles.load(side=31, train_images=30, test_images=12)


def make(run_dir=None, recipe=RECIPE, augmentation=FLIP):
    """A `Run` in that directory."""
    network = nets.make("bottle_autoencoder", bottle_autoencoder.of(CONFIG), recipe.seed)
    data = training_data.of_sources("few", TRAIN, NORMAL, augmentation)
    return Run(network, tasks.reconstruction(), data, recipe, run_dir)


def train(run_dir, epochs=2, max_steps=None):
    """Opens the run and trains it to its end, or to `max_steps`."""
    run = make(run_dir)
    run.open()
    small_run.go_on(run, epochs, max_steps)
    return run
