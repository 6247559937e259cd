"""What fixes the result of a run."""

import dataclasses

from lowlevel import optimizers, schedules, seeds
from lowlevel.data import augment


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What fixes the result of a run, beside the network and the data.

    The fields are those of the command-line options of the same names, see `arguments`;
    `schedule_steps` is the length of a schedule other than constant, `shift` is in pixels, and
    `fill` says what comes in from outside, see `augment.random_affine`.
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
    flip_vertical: bool = False
    crop: int = 0
    cutout: int = 0
    fill: str = "zero"
    precision: str = "float32"

    @classmethod
    def from_arguments(cls, args, steps, **fields):
        """The recipe that arguments and further fields ask for, in a run of that many steps."""
        names = {field.name for field in dataclasses.fields(cls)} & vars(args).keys()
        schedule_steps = None if args.schedule == "constant" else steps
        wanted = {name: getattr(args, name) for name in names} | fields
        return cls(schedule_steps=schedule_steps, **wanted)

    def make_optimizer(self):
        """The optimizer, with its schedule and weight decay."""
        rate = schedules.by_name(
            self.schedule, self.learning_rate, self.schedule_steps, self.warm_up
        )
        return optimizers.by_name(self.optimizer, rate, self.weight_decay)

    def change(self, images, step):
        """The random changes to the training images of a step."""

        def seed(purpose):
            return seeds.derive(self.seed, purpose, step)

        if self.rotate or self.zoom or self.shift:
            images = augment.random_affine(
                images, seed("augment"), self.rotate, self.zoom, self.shift, self.fill
            )
        if self.flip:
            images = augment.random_flip(images, seed("flip"))
        if self.flip_vertical:
            images = augment.random_flip(images, seed("flip_vertical"), vertical=True)
        if self.crop:
            images = augment.random_crop(images, seed("crop"), self.crop)
        if self.cutout:
            images = augment.random_cutout(images, seed("cutout"), self.cutout)
        return images
