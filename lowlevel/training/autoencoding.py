"""Training an encoder and a decoder to give back images: two networks, one step."""

import dataclasses

import tensorflow as tf

from lowlevel import losses
from lowlevel.data import pipeline, standardize
from lowlevel.nets import bottle_decoder, bottle_encoder
from lowlevel.training import loop
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_train_step
from lowlevel.training.training import Training
from lowlevel.variables import JoinedStores, join

EVAL_BATCH_SIZE = 256


class Autoencoder(Training):
    """A run of training: images and recipe in, files in a run directory out.

    Attributes:
        train_images, test_images: `ImageSource`s to train on and to evaluate on.
        figures: what brings images into [0, 1], see `lowlevel.data.standardize`.
        recipe: the `Recipe`.
    """

    def __init__(
        self, encoder_config, train_images, test_images, recipe, run_dir, data_name, command=""
    ):
        self.train_images = train_images
        self.test_images = test_images
        self.figures = standardize.figures_of(train_images)
        self.recipe = recipe
        decoder_config = bottle_decoder.mirror(encoder_config)
        config = {
            "encoder": {"net": "bottle_encoder", "net_config": dataclasses.asdict(encoder_config)},
            "decoder": {"net": "bottle_decoder", "net_config": dataclasses.asdict(decoder_config)},
            "preprocessing": self.figures,
            "data": {
                "name": data_name,
                "train_images": len(train_images),
                "test_images": len(test_images),
                "train_sha256": train_images.sha256(),
                "test_sha256": test_images.sha256(),
            },
            "training": dataclasses.asdict(recipe),
        }
        encoder = bottle_encoder.build(encoder_config, recipe.seed)
        decoder = bottle_decoder.build(decoder_config, recipe.seed)
        variables = JoinedStores(encoder=encoder, decoder=decoder)

        def forward(images, training=False, seed=None):
            if not training:
                latents = bottle_encoder.forward(encoder_config, encoder, images)
                return bottle_decoder.forward(decoder_config, decoder, latents)
            latents, of_encoder = bottle_encoder.forward(encoder_config, encoder, images, True)
            outputs, of_decoder = bottle_decoder.forward(decoder_config, decoder, latents, True)
            return outputs, join(encoder=of_encoder, decoder=of_decoder)

        optimizer = recipe.make_optimizer()
        state = TrainingState(variables, optimizer, metric_names=["loss"])
        spec = bottle_encoder.input_spec(encoder_config)
        dtype = tf.dtypes.as_dtype(recipe.precision)
        train_step = build_train_step(
            forward,
            losses.mean_squared_error,
            variables,
            optimizer,
            state.step,
            spec,
            recipe.seed,
            dtype,
            target_spec=spec,
            metrics={},
        )
        self.eval_step = build_eval_step(
            forward, losses.mean_squared_error, spec, dtype, target_spec=spec, metrics={}
        )
        self.reconstruct = tf.function(
            lambda images: forward(tf.cast(images, dtype)), input_signature=[spec], autograph=False
        )
        steps_per_epoch = pipeline.steps_per_epoch(len(train_images), recipe.batch_size)
        super().__init__(config, state, train_step, steps_per_epoch, run_dir, command)

    def batches(self, epoch, skip):
        """Pairs of the same changed images, for an epoch but for its first `skip` batches."""
        recipe = self.recipe
        order = pipeline.epoch_order(len(self.train_images), recipe.seed, epoch)
        first_step = epoch * self.steps_per_epoch + skip
        images = pipeline.image_batches(
            self.train_images, order[skip * recipe.batch_size :], recipe.batch_size, self.figures
        )

        def change(position, images):
            changed = recipe.change(images, first_step + position)
            return changed, changed

        return images.enumerate().map(change).prefetch(2)

    def evaluate(self, quiet=True):
        """`Mean` of the loss over the test images."""
        order = tf.range(len(self.test_images))
        images = pipeline.image_batches(self.test_images, order, EVAL_BATCH_SIZE, self.figures)
        batches = images.map(lambda images: (images, images))
        return loop.evaluate(self.eval_step, batches, quiet)
