"""Training a network to classify images: all the parts of this package, put together."""

import dataclasses
import functools

import tensorflow as tf

from lowlevel import losses, nets, optimizers, schedules, seeds
from lowlevel.checks import DataError
from lowlevel.data import augment, pipeline
from lowlevel.training import loop
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_train_step
from lowlevel.training.training import Training

EVAL_BATCH_SIZE = 256


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What fixes the result of a run, beside the network and the data.

    The fields are those of the command-line options of the same names, see `arguments`;
    `schedule_steps` is the length of a schedule other than constant.
    """

    seed: int = 0
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-4
    schedule: str = "constant"
    schedule_steps: int | None = None
    warm_up: int = 0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    flip: bool = False
    crop: int = 0
    precision: str = "float32"

    @classmethod
    def from_arguments(cls, args, steps):
        """The recipe that command-line arguments ask for, in a run of that many steps."""
        names = {field.name for field in dataclasses.fields(cls)} & vars(args).keys()
        schedule_steps = None if args.schedule == "constant" else steps
        return cls(schedule_steps=schedule_steps, **{name: getattr(args, name) for name in names})

    def change(self, images, step):
        """The random changes to the training images of a step."""
        if self.rotate or self.zoom or self.shift:
            seed = seeds.derive(self.seed, "augment", step)
            images = augment.random_affine(images, seed, self.rotate, self.zoom, self.shift)
        if self.flip:
            images = augment.random_flip(images, seeds.derive(self.seed, "flip", step))
        if self.crop:
            images = augment.random_crop(images, seeds.derive(self.seed, "crop", step), self.crop)
        return images


class Classifier(Training):
    """A run of training: network, data and recipe in, files in a run directory out.

    Attributes:
        dataset: the `ImageDataset`.
        recipe: the `Recipe`.
    """

    def __init__(self, net_name, net_config, dataset, recipe, run_dir, command=""):
        self.dataset = dataset
        self.recipe = recipe
        config = {
            "net": net_name,
            "net_config": dataclasses.asdict(net_config),
            "preprocessing": {"divide_by": 255},
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
        rate = schedules.by_name(
            recipe.schedule, recipe.learning_rate, recipe.schedule_steps, recipe.warm_up
        )
        optimizer = optimizers.by_name(recipe.optimizer, rate, recipe.weight_decay)
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
