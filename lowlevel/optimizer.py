"""What all optimizers share: slots, weight decay, and the assignment of what a rule returns."""

import math
from collections.abc import Sequence

import tensorflow as tf

from lowlevel import schedules
from lowlevel.checks import ConfigError, check_number
from lowlevel.keywords import OPTIMIZER, explain
from lowlevel.schedules import Schedule
from lowlevel.types import ArrayLike, Tensor


class Optimizer:
    """Applies an update rule to all trainable variables; a subclass defines the rule.

    A slot is a variable that the rule remembers from step to step, one for each trainable variable.

    Attributes:
        learning_rate: a schedule, see `lowlevel.schedules`.
        weight_decay: before each update, every variable with two axes or more shrinks by this times
            the learning rate: the weights of convolutions and dense layers, embeddings, positions,
            class tokens. Biases and the vectors of norms do not. It is the decoupled decay of
            Loshchilov and Hutter (2019), as Keras writes it.
        slots: variables by name, for example `m/weights/c1`; filled by `build`.
    """

    slot_kinds: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        # A new rule is not assigned by the ops of the rule that it inherits from. (To mypy, methods
        # cannot be replaced.)
        if "update" in vars(cls) and "assign_update" not in vars(cls):
            cls.assign_update = Optimizer.assign_update  # type: ignore[method-assign]

    @explain(**OPTIMIZER)
    def __init__(self, learning_rate: float | Schedule, weight_decay: float = 0.0) -> None:
        if not callable(learning_rate):
            learning_rate = schedules.constant(learning_rate)
        self.learning_rate = learning_rate
        self.weight_decay = check_number("weight_decay", weight_decay, 0, math.inf)
        self.slots: dict[str, tf.Variable] = {}

    def build(self, trainable: dict[str, Tensor]) -> None:
        """Makes the slots, all zero, for a dict of variables by name.

        Raises:
            ConfigError: the optimizer has slots already, so another training uses it.
        """
        if self.slots:
            raise ConfigError("this optimizer is already in use: make one for each training.")
        for kind in self.slot_kinds:
            for name, variable in trainable.items():
                if kind in self.kinds_of(name, variable):
                    slot = f"{kind}/{name}"
                    self.slots[slot] = tf.Variable(tf.zeros(variable.shape), False, name=slot)
        if isinstance(self.learning_rate, schedules.Adjustable):
            self.slots["learning_rate"] = self.learning_rate.rate

    def kinds_of(self, name: str, variable: Tensor) -> tuple[str, ...]:
        """The slots of a variable, by their kinds: the first arguments of the rule."""
        return self.slot_kinds

    def scalars(self, t: Tensor, learning_rate: Tensor) -> tuple:
        """What the rule needs beside a variable and its slots, computed once for all variables.

        Args:
            t: number of this update, from 1, a float scalar.
            learning_rate: a float scalar.

        Returns:
            A tuple: the last arguments of `update`.
        """
        return (learning_rate,)

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, *scalars: Tensor
    ) -> tuple[Tensor, Sequence]:
        """The rule: returns the new variable and a tuple of its new slots."""
        raise NotImplementedError

    def assign_update(
        self, variable: Tensor, gradient: Tensor, slots: list, *scalars: Tensor
    ) -> None:
        """Assigns what `update` returns; a subclass may do it by a single op, to the same bits."""
        new_variable, new_slots = self.update(variable, gradient, slots, *scalars)
        variable.assign(new_variable)
        for slot, new_slot in zip(slots, new_slots, strict=True):
            slot.assign(new_slot)

    def apply(
        self, gradients: dict[str, Tensor], trainable: dict[str, Tensor], step: ArrayLike
    ) -> None:
        """Assigns new values to variables and slots.

        Args:
            gradients: dict of tensors by variable name.
            trainable: dict of variables with the same names.
            step: the number of steps before this one, a scalar integer tensor.

        Raises:
            ConfigError: names or shapes differ, or there are no slots for these variables.
        """
        if not isinstance(gradients, dict):
            raise ConfigError(f"gradients must be a dict by variable name, not {gradients!r}.")
        if gradients.keys() != trainable.keys():
            raise ConfigError(
                f"gradients and variables differ: {gradients.keys() ^ trainable.keys()}."
            )
        gradients = {
            name: _check_gradient(name, gradients[name], variable)
            for name, variable in trainable.items()
        }
        learning_rate = self.learning_rate(step)
        scalars = self.scalars(tf.cast(step + 1, tf.float32), learning_rate)
        for name, variable in trainable.items():
            with tf.name_scope(name):
                if self.weight_decay and variable.shape.rank > 1:
                    variable.assign(variable - variable * self.weight_decay * learning_rate)
                slots = self._slots_of(name, variable)
                self.assign_update(variable, gradients[name], slots, *scalars)

    def _slots_of(self, name, variable):
        slots = [f"{kind}/{name}" for kind in self.kinds_of(name, variable)]
        if not self.slots.keys() >= set(slots):
            raise ConfigError(f"build the optimizer for {name} before you apply it.")
        return [self.slots[slot] for slot in slots]


def _check_gradient(name, gradient, variable):
    """A gradient as a tensor. Raises ConfigError unless it has the variable's shape and dtype."""
    try:
        tensor = tf.convert_to_tensor(gradient, variable.dtype)
        fits = tensor.shape.is_compatible_with(variable.shape)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        shape = getattr(gradient, "shape", None)
        received = repr(gradient) if shape is None else f"{gradient.dtype} {list(shape)}"
        wanted = f"{variable.dtype.name} {variable.shape.as_list()}"
        raise ConfigError(f"the gradient of {name} must be {wanted}, not {received}.")
    return tensor
