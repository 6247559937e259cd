"""Training a network to classify images: all the parts of this package, put together."""

import dataclasses
import functools

import tensorflow as tf

from lowlevel import losses, nets
from lowlevel.checks import DataError
from lowlevel.data import pipeline
from lowlevel.training import loop
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_train_step
from lowlevel.training.training import Training

EVAL_BATCH_SIZE = 256


class Classifier(Training):
    """A run of training: network, data and recipe in, files in a run directory out.

    Attributes:
        dataset: the `ImageDataset`.
        recipe: the `Recipe`.

    Whether image files must be brought into the form of the data before the network can classify
    them is kept in the run: `image_files` is "digit" for MNIST's form, see
    `lowlevel.data.image_file`, or "resize" for no more than the size.
    """

    def __init__(
        self, net_name, net_config, dataset, recipe, run_dir, command="", image_files="digit"
    ):
        self.dataset = dataset
        self.recipe = recipe
        config = {
            "net": net_name,
            "net_config": dataclasses.asdict(net_config),
            "preprocessing": {"divide_by": 255, "image_files": image_files},
            "class_names": list(dataset.class_names),
            "data": {
                "name": dataset.name,
                "train_images": len(dataset.train),
                "test_images": len(dataset.test),
                "sha256": dataset.sha256(),
            },
            "training": dataclasses.asdict(recipe),
        }
        net = nets.get(net_name)
        variables = net.build(net_config, recipe.seed)
        optimizer = recipe.make_optimizer()
        state = TrainingState(variables, optimizer)
        forward = functools.partial(net.forward, net_config, variables)
        dtype = tf.dtypes.as_dtype(recipe.precision)
        train_step = build_train_step(
            forward,
            functools.partial(losses.softmax_cross_entropy, label_smoothing=recipe.label_smoothing),
            variables,
            optimizer,
            state.step,
            net.input_spec(net_config),
            recipe.seed,
            dtype,
        )
        self.eval_step = build_eval_step(
            forward, losses.softmax_cross_entropy, net.input_spec(net_config), dtype
        )
        steps_per_epoch = pipeline.steps_per_epoch(len(dataset.train), recipe.batch_size)
        super().__init__(config, state, train_step, steps_per_epoch, run_dir, command)

    def open(self, resume=False, fresh=False):
        """Takes up the run in the directory, or starts one, see `Training.open`.

        Raises:
            DataError: the data has a class that the run in the directory does not know.
        """
        if not fresh and self.run.exists():
            names = self.run.read_config().get("class_names")
            known = len(names) if isinstance(names, list) else self.dataset.num_classes
            if self.dataset.num_classes > known:
                raise DataError(
                    f"{self.dataset.train.source} has the label {self.dataset.num_classes - 1}, "
                    f"beyond the {known} classes of the run in {self.run.path}."
                )
        return super().open(resume, fresh)

    def batches(self, epoch, skip):
        """The training batches of an epoch, but for the first `skip`."""
        recipe = self.recipe
        order = pipeline.epoch_order(len(self.dataset.train), recipe.seed, epoch)
        first_step = epoch * self.steps_per_epoch + skip
        return pipeline.batches(
            self.dataset.train,
            order[skip * recipe.batch_size :],
            recipe.batch_size,
            lambda images, position: recipe.change(images, first_step + position),
        )

    def evaluate(self, quiet=True):
        """`Mean`s of loss and accuracy over the test images."""
        order = tf.range(len(self.dataset.test))
        batches = pipeline.batches(self.dataset.test, order, EVAL_BATCH_SIZE)
        return loop.evaluate(self.eval_step, batches, quiet)

    def count_correct(self, quiet=True):
        """How many test images the network gets right as it is now, and how many there are."""
        last = self.state.history[-1] if self.state.history else {}
        total = len(self.dataset.test)
        if last.get("step") == int(self.state.step):
            return round(last["val_accuracy"] * total), total
        return round(self.evaluate(quiet)["accuracy"].total), total
