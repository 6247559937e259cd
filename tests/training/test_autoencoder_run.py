"""Training encoder and decoder by one step: resumes to the bit, learns, keeps its statistics."""

import dataclasses
import json

import numpy as np
import tensorflow as tf

from lowlevel.nets import bottle_decoder, bottle_encoder
from lowlevel.prediction.latent_encoder import LatentEncoder
from lowlevel.variables import sha256
from tests.training import small_autoencoder, small_run


def test_the_decoder_mirrors_the_encoder():
    assert bottle_decoder.mirror(bottle_encoder.Config()) == bottle_decoder.Config()
    for size in range(15, 24):  # all remainders of what three strides of 2 divide by
        config = dataclasses.replace(small_autoencoder.CONFIG, image_shape=(size, size, 1))
        mirrored = bottle_decoder.mirror(config)
        latents = bottle_encoder.forward(
            config, bottle_encoder.build(config, 0), tf.zeros([1, size, size, 1])
        )
        images = bottle_decoder.forward(mirrored, bottle_decoder.build(mirrored, 0), latents)
        assert images.shape == [1, size, size, 1]


def test_a_stopped_run_ends_with_the_same_bits(tmp_path):
    whole = small_autoencoder.train(tmp_path / "whole")
    small_autoencoder.train(tmp_path / "run", max_steps=1)
    small_autoencoder.train(tmp_path / "run", max_steps=4)
    resumed = small_autoencoder.train(tmp_path / "run")
    assert sha256(resumed.state.tensors()) == sha256(whole.state.tensors())
    for one, other in zip(resumed.state.history, whole.state.history, strict=True):
        assert one | {"seconds": 0} == other | {"seconds": 0}


def test_it_learns():
    recipe = dataclasses.replace(small_autoencoder.RECIPE, optimizer="adam", learning_rate=3e-3)
    run = small_autoencoder.make(None, recipe, augmentation=None)
    small_run.go_on(run, 15)
    losses = [row["loss"] for row in run.state.history]
    assert losses[-1] < 0.6 * losses[0]
    assert losses[-1] < losses[4]


def test_the_best_epoch_is_that_of_lowest_test_loss(tmp_path):
    run = small_autoencoder.train(tmp_path, epochs=6)
    best = min(run.state.history, key=lambda row: row["val_loss"])
    kept = {path.name for path in run.directory.checkpoints()}
    assert f"epoch-{best['epoch']:04d}-step-{best['step']:08d}" in kept


def test_augmented_images_are_their_own_targets(tmp_path):
    run = small_autoencoder.make(tmp_path)
    for inputs, targets in run.batches():
        np.testing.assert_array_equal(inputs, targets)
    [(images, _)] = run.data.train.batches(30)
    np.testing.assert_allclose([images.numpy().min(), images.numpy().max()], [0, 1], atol=1e-6)


def test_the_encoder_is_loaded_alone(tmp_path, monkeypatch):
    run = small_autoencoder.train(tmp_path)
    [(images, _)] = run.data.held_out.batches(12)
    encoder = run.state.variables.stores["encoder"]
    expected = bottle_encoder.forward(small_autoencoder.CONFIG, encoder, images)

    read = []
    restore = tf.raw_ops.RestoreV2

    def restore_some(**arguments):
        read.extend(arguments["tensor_names"])
        return restore(**arguments)

    made = []
    real_variable = tf.Variable

    def variable(*arguments, **keywords):
        if tf.executing_eagerly():  # in a graph they are counted, and take no memory
            made.append(keywords.get("name"))
        return real_variable(*arguments, **keywords)

    monkeypatch.setattr(bottle_decoder, "build", None)
    monkeypatch.setattr(bottle_decoder, "forward", None)
    monkeypatch.setattr(tf.raw_ops, "RestoreV2", restore_some)
    monkeypatch.setattr(tf, "Variable", variable)
    latents = LatentEncoder(tmp_path).latents(small_autoencoder.NORMAL)
    np.testing.assert_allclose(latents, expected, atol=1e-5)
    assert len(read) == len(made) == len(encoder.all())
    assert all(name.startswith("variables/encoder/") for name in read)


def test_config_holds_what_prediction_needs(tmp_path):
    run = small_autoencoder.train(tmp_path, max_steps=1)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["preprocessing"] == run.data.facts["preprocessing"]
    assert config["net_config"]["decoder"]["first_shape"] == [3, 3, 16]
