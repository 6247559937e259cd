"""Update rules: each a pure formula, and a class that holds its slots.

A slot is a variable that the rule remembers from step to step, one for each trainable variable.
"""

import tensorflow as tf

from lowlevel import schedules
from lowlevel.checks import ConfigError, check_choice, check_number

NAMES = ("sgd", "momentum", "nesterov", "adam")


def sgd_update(variable, gradient, learning_rate):
    """Gradient descent: `w - rate * g`."""
    return variable - learning_rate * gradient


def momentum_update(variable, gradient, velocity, learning_rate, momentum, nesterov=False):
    """Gradient descent with momentum, as Keras writes it.

        v' = momentum * v - rate * g
        w' = w + v'                               (Polyak, 1964)
        w' = w + momentum * v' - rate * g         (nesterov=True; Sutskever et al., 2013)

    Returns:
        The pair (w', v').
    """
    velocity = momentum * velocity - learning_rate * gradient
    step = momentum * velocity - learning_rate * gradient if nesterov else velocity
    return variable + step, velocity


def adam_update(variable, gradient, m, v, t, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Adam, as Keras writes it: with epsilon outside the bias correction.

        m' = beta_1 * m + (1 - beta_1) * g
        v' = beta_2 * v + (1 - beta_2) * g**2
        alpha = rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)
        w' = w - alpha * m' / (sqrt(v') + epsilon)

    Args:
        variable, gradient, m, v: tensors of one shape.
        t: number of this update, from 1, a float scalar.
        learning_rate: a float scalar.

    Returns:
        The triple (w', m', v').

    Source: Kingma and Ba (2015), the formula before their section 2.1; their algorithm 1 adds
    epsilon to the corrected root instead.
    """
    alpha = learning_rate * tf.sqrt(1 - tf.pow(beta_2, t)) / (1 - tf.pow(beta_1, t))
    m = m + (gradient - m) * (1 - beta_1)
    v = v + (tf.square(gradient) - v) * (1 - beta_2)
    return variable - alpha * m / (tf.sqrt(v) + epsilon), m, v


class Optimizer:
    """Applies a rule to all trainable variables; a subclass says which.

    Attributes:
        learning_rate: a schedule, see `lowlevel.schedules`.
        slots: variables by name, such as `m/weights/c1`; filled by `build`.
    """

    slot_kinds = ()

    def __init__(self, learning_rate):
        if not callable(learning_rate):
            learning_rate = schedules.constant(learning_rate)
        self.learning_rate = learning_rate
        self.slots = {}

    def build(self, trainable):
        """Makes the slots, all zero, for a dict of variables by name."""
        for kind in self.slot_kinds:
            for name, variable in trainable.items():
                slot = f"{kind}/{name}"
                self.slots[slot] = tf.Variable(tf.zeros_like(variable), False, name=slot)

    def update(self, variable, gradient, slots, step, learning_rate):
        """The rule: returns the new variable and a tuple of its new slots."""
        raise NotImplementedError

    def apply(self, gradients, trainable, step):
        """Assigns new values to variables and slots.

        Args:
            gradients: dict of tensors by variable name.
            trainable: dict of variables with the same names.
            step: how many steps have been made before this one, a scalar integer tensor.
        """
        if gradients.keys() != trainable.keys():
            raise ConfigError(
                f"gradients and variables differ: {gradients.keys() ^ trainable.keys()}."
            )
        learning_rate = self.learning_rate(step)
        for name, variable in trainable.items():
            with tf.name_scope(name):
                slots = [self.slots[f"{kind}/{name}"] for kind in self.slot_kinds]
                new_variable, new_slots = self.update(
                    variable, gradients[name], slots, step, learning_rate
                )
                variable.assign(new_variable)
                for slot, new_slot in zip(slots, new_slots, strict=True):
                    slot.assign(new_slot)


class SGD(Optimizer):
    """Plain gradient descent, see `sgd_update`."""

    def update(self, variable, gradient, slots, step, learning_rate):
        return sgd_update(variable, gradient, learning_rate), ()


class Momentum(Optimizer):
    """Gradient descent with momentum, see `momentum_update`."""

    slot_kinds = ("velocity",)

    def __init__(self, learning_rate, momentum=0.9, nesterov=False):
        super().__init__(learning_rate)
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.nesterov = nesterov

    def update(self, variable, gradient, slots, step, learning_rate):
        variable, velocity = momentum_update(
            variable, gradient, *slots, learning_rate, self.momentum, self.nesterov
        )
        return variable, (velocity,)


class Adam(Optimizer):
    """Adam, see `adam_update`."""

    slot_kinds = ("m", "v")

    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        super().__init__(learning_rate)
        self.beta_1 = check_number("beta_1", beta_1, 0, 1)
        self.beta_2 = check_number("beta_2", beta_2, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0, 1)

    def update(self, variable, gradient, slots, step, learning_rate):
        t = tf.cast(step + 1, tf.float32)
        variable, *slots = adam_update(
            variable, gradient, *slots, t, learning_rate, self.beta_1, self.beta_2, self.epsilon
        )
        return variable, slots


def by_name(name, learning_rate):
    """The optimizer of that name with its usual settings: momentum 0.9, Adam's betas 0.9, 0.999."""
    check_choice("optimizer", name, NAMES)
    if name == "sgd":
        return SGD(learning_rate)
    if name == "adam":
        return Adam(learning_rate)
    return Momentum(learning_rate, nesterov=name == "nesterov")
