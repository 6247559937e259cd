"""The same small network twice, ours and Keras's, with the same numbers and the same data."""

import keras
import numpy as np

from lowlevel import losses, metrics, optimizers
from lowlevel.model import Model
from lowlevel.nets import mlp
from tests.keras_reference import patterns, twins

CONFIG = mlp.Config((4, 4, 1), 3, (8,))


def data(count=60, seed=0):
    """Images and labels that a small network can learn: the brightest of three rows."""
    random = np.random.default_rng(seed)
    images = random.random((count, 4, 4, 1), np.float32)
    return images, images[:, :3, :, 0].sum(axis=2).argmax(axis=1).astype(np.int32)


def models():
    """Both, with the same random numbers in all variables."""
    ours = Model.of("mlp", CONFIG, seed=1)
    theirs = patterns.build_mlp(CONFIG)
    twins.copy_variables(ours.variables, theirs)
    return ours, theirs


def compiled(make_ours=None, make_theirs=None, **options):
    """Both, compiled alike: with Adam at 0.01, unless other optimizers are given."""
    ours, theirs = models()
    compile_both(ours, theirs, make_ours, make_theirs, **options)
    return ours, theirs


def compile_both(ours, theirs, make_ours=None, make_theirs=None, **options):
    """Compiles both, see `compiled`."""
    ours.compile(
        make_ours() if make_ours else optimizers.Adam(0.01),
        losses.softmax_cross_entropy,
        {"accuracy": metrics.is_correct},
        **options,
    )
    theirs.compile(
        make_theirs() if make_theirs else keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        run_eagerly=True,  # takes less time than to trace it for a few steps
    )


def fit_both(ours, theirs, *arguments, hooks=(), callbacks=(), **options):
    """`fit` with the same arguments, in the same order of examples; both histories."""
    options = {"batch_size": 16, "epochs": 3, "verbose": 0, "shuffle": False} | options
    return (
        ours.fit(*arguments, hooks=hooks, **options),
        theirs.fit(*arguments, callbacks=list(callbacks), **options),
    )


def assert_same_history(ours, theirs):
    """Asserts that both say the same of each epoch, and that training went on."""
    assert ours.epoch == theirs.epoch
    assert {"loss", "accuracy"} <= theirs.history.keys() <= ours.history.keys()
    for name in theirs.history:
        np.testing.assert_allclose(ours.history[name], theirs.history[name], rtol=1e-4, atol=1e-6)
    assert len(set(ours.history["loss"])) == len(ours.epoch)


def assert_same_weights(ours, theirs):
    """Asserts that both have the same numbers."""
    for name, variable in twins.named_variables(theirs).items():
        np.testing.assert_allclose(ours.get_weights()[name], variable, rtol=1e-4, atol=1e-6)
