"""Defaults of options, written once for both runs and help texts."""

import argparse
import dataclasses
from collections.abc import Collection
from typing import Any


class Default:
    """A default with exceptions: `Default(5, {"digits": 20})` is 5, but 20 for digits."""

    def __init__(self, value: Any, exceptions: dict) -> None:
        self.value = value
        self.exceptions = exceptions

    def of(self, cases: Collection[str]) -> Any:
        """The default of a run in all these cases, for example "digits" and "mlp on digits"."""
        for case, value in self.exceptions.items():
            if case in cases:
                return value
        return self.value

    def __str__(self) -> str:
        exceptions = (f"; {value} for {case}" for case, value in self.exceptions.items())
        return f"{self.value}{''.join(exceptions)}"


@dataclasses.dataclass(frozen=True)
class TrainingDefaults:
    """The defaults of one training script; each is a value or a `Default`.

    Attributes:
        epochs, batch_size, learning_rate, optimizer, schedule: of the options of these names.
        jit_compile: of that option, where there is one.
        at_most: whether a run may end before its epochs do.
    """

    epochs: Any
    batch_size: Any
    learning_rate: Any
    optimizer: str = "adam"
    schedule: str = "constant"
    jit_compile: Any = False
    at_most: bool = False

    def fill(self, args: argparse.Namespace, *cases: str) -> None:
        """Sets the options that the user has left out to their defaults in these cases."""
        for name in ("epochs", "batch_size", "learning_rate", "jit_compile"):
            default = getattr(self, name)
            if getattr(args, name, default) is None:
                setattr(args, name, default.of(cases) if isinstance(default, Default) else default)


# Of networks for digits, in train_mnist.py and in the command `lowlevel train`.
MNIST = TrainingDefaults(
    epochs=Default(5, {"sample": 12, "digits": 20}),
    batch_size=128,
    learning_rate=Default(0.001, {"conv_net on mnist": 0.0001}),
    jit_compile=Default(False, {"mlp without random changes": True}),
)
