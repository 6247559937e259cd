"""An autoencoder's run small enough for many tests: 30 drawn bottles of 31 x 31 pixels."""

from lowlevel.data import bottles
from lowlevel.nets import bottle_encoder
from lowlevel.training.autoencoding import Autoencoder
from lowlevel.training.recipe import Recipe

CONFIG = bottle_encoder.Config((31, 31, 1), (4, 8, 16), (3, 3, 3), (2, 2, 2))
RECIPE = Recipe(seed=1, batch_size=12, optimizer="nadam", learning_rate=1e-3, flip=True)
TRAIN, NORMAL, OTHER = bottles.load(side=31, train_images=30, test_images=12)


def make(run_dir, recipe=RECIPE):
    """An `Autoencoder` in that directory."""
    return Autoencoder(CONFIG, TRAIN, NORMAL, recipe, run_dir, "few")


def train(run_dir, epochs=2, max_steps=None):
    """Opens the run and trains it to its end, or to `max_steps`."""
    training = make(run_dir)
    training.open()
    training.train(epochs, max_steps, quiet=True)
    return training
