"""Runs that the version of November 2026 wrote and stopped in the middle, and how they were made.

Each folder beside this file is a run directory with `expected.json`: what that version answered
with the stopped run, and the history that it ended with when it went on.
"""

import dataclasses

import numpy as np
from PIL import Image

from lowlevel.nets import bottle_encoder, grid_detector, mini_inception, mlp, text_classifier
from tests import cifar_files
from tests.idx_files import write_random


@dataclasses.dataclass(frozen=True)
class OldRun:
    """How a run was made.

    Attributes:
        script: the training script.
        options: its options, but for `--run-dir`; IN stands for the directory of the inputs.
        stopped_at: the step at which it was stopped.
        ask: the words of a command that asks the run; RUN stands for its directory.
        net: the module whose config had these defaults instead, to keep the files small.
        defaults: by name.
    """

    script: str
    options: tuple
    stopped_at: int
    ask: tuple = ()
    net: object = None
    defaults: dict = dataclasses.field(default_factory=dict)

    def words(self, inputs, run, *more):
        """The words of the command that trains it."""
        options = [option.replace("IN", str(inputs)) for option in self.options]
        return self.script, *options, "--run-dir", str(run), *more

    def question(self, inputs, run):
        """The words of the command that asks it."""
        return [word.replace("IN", str(inputs)).replace("RUN", str(run)) for word in self.ask]

    def make_small(self, monkeypatch):
        """Gives the network the defaults that it had then."""
        if self.net is not None:
            config = self.net.Config
            names = [field.name for field in dataclasses.fields(config)]
            values = dict(zip(names, config.__init__.__defaults__, strict=True)) | self.defaults
            monkeypatch.setattr(config.__init__, "__defaults__", tuple(values.values()))


DIGITS = ("--dataset", "digits", "--epochs", "2")
RUNS = {
    "mlp": OldRun(
        "train_mnist.py",
        (
            *("--net", "mlp", "--data-dir", "IN/idx", "--epochs", "2", "--batch-size", "16"),
            *("--rotate", "10", "--label-smoothing", "0.1", "--schedule", "cosine"),
        ),
        4,
        ("predict_mnist.py", "--run-dir", "RUN", "--data-dir", "IN/idx", "--index", "0", "1", "2"),
        mlp,
        {"widths": (8,)},
    ),
    "mini_inception": OldRun(
        "train_cifar10.py",
        (
            *("--data-dir", "IN/cifar", "--epochs", "2", "--batch-size", "40"),
            *("--flip", "--crop", "2", "--norm-momentum", "0.9"),
        ),
        4,
        ("predict.py", "RUN", "IN/noise.png", "--top", "10"),
        mini_inception,
        {"stem_filters": 4, "blocks": ((2, 2), (4,))},
    ),
    "bottle_autoencoder": OldRun(
        "train_autoencoder.py",
        ("--dataset", "shapes", "--epochs", "2", "--batch-size", "100"),
        5,
        ("predict.py", "RUN", "IN/noise.png", "IN/bar.png"),
        bottle_encoder,
        {
            "image_shape": (31, 31, 1),
            "filters": (2, 4, 4),
            "kernels": (3, 3, 3),
            "strides": (2, 2, 2),
        },
    ),
    "digit_autoencoder": OldRun(
        "train_digit_autoencoder.py",
        (*DIGITS, "--optimizer", "sgd", "--learning-rate", "0.1", "--batch-size", "256"),
        8,
        ("predict.py", "RUN", "IN/bar.png"),
    ),
    "text_classifier": OldRun(
        "train_text.py",
        ("--positive", "IN/pos.txt", "--negative", "IN/neg.txt", "--epochs", "2"),
        3,
        ("classify_text.py", "RUN", "a warm film", "a dull film", "tedious"),
        text_classifier,
        {"words": 12, "embedding_size": 4, "hidden": 8},
    ),
    "regression": OldRun(
        "train_auto_mpg.py",
        ("--data", "IN/cars.csv", "--epochs", "3"),
        3,
    ),
    "grid_detector": OldRun(
        "train_detector.py",
        (*DIGITS, "--scenes", "60", "--learning-rate", "0.01"),
        3,
        ("predict.py", "RUN", "IN/noise.png", "--least-score", "0.0"),
        grid_detector,
        {"filters": (4, 4, 8)},
    ),
}


def write_inputs(directory):
    """Writes the data that the runs were trained on, and pictures to ask about."""
    write_random(directory / "idx")
    cifar_files.write_directory(directory / "cifar", cifar_files.contents())
    random = np.random.default_rng(0)
    for name, words in (("pos", ("warm", "witty")), ("neg", ("dull", "tedious"))):
        lines = [
            f"a {words[number % 2]} film, {'very ' * (number % 3)}long" for number in range(70)
        ]
        (directory / f"{name}.txt").write_text("\n".join(lines) + "\n")
    lines = ["mpg,cylinders,displacement,horsepower,weight,acceleration,model_year,origin"]
    for number in range(60):
        weight, origin = random.integers(1600, 5000), ("usa", "europe", "japan")[number % 3]
        lines.append(f"{45 - weight / 150:.1f},{number % 5 + 3},200,90,{weight},15,75,{origin}")
    (directory / "cars.csv").write_text("\n".join(lines) + "\n")
    noise = random.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    Image.fromarray(noise).save(directory / "noise.png")
    bar = np.zeros((28, 28), np.uint8)
    bar[4:24, 12:16] = 255
    Image.fromarray(bar).save(directory / "bar.png")
