"""Update rules: each a pure formula, and a class that holds its slots.

A slot is a variable that the rule remembers from step to step, one for each trainable variable.
"""

import functools
import math

import tensorflow as tf

from lowlevel import schedules
from lowlevel.checks import ConfigError, check_choice, check_number

NAMES = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam")


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


def rmsprop_update(variable, gradient, v, learning_rate, rho=0.9, epsilon=1e-7):
    """RMSprop, as Keras writes it: with epsilon inside the root.

        v' = rho * v + (1 - rho) * g**2
        w' = w - rate * g / sqrt(v' + epsilon)

    Returns:
        The pair (w', v').

    Source: Tieleman and Hinton (2012).
    """
    v = rho * v + (1 - rho) * tf.square(gradient)
    return variable - learning_rate * gradient / tf.sqrt(v + epsilon), v


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


def nadam_momentum(t, beta_1):
    """Nadam's momentum at update `t`: `beta_1 * (1 - 0.96**t / 2)`, from half of beta_1 up."""
    return beta_1 * (1.0 - 0.5 * tf.pow(0.96, t))


def nadam_update(
    variable, gradient, m, v, t, u_product, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7
):
    """Adam with Nesterov's look ahead, as Keras writes it.

        u_t = beta_1 * (1 - 0.96**t / 2)          (`nadam_momentum`; U_t = u_1 * u_2 * ... * u_t)
        m' = beta_1 * m + (1 - beta_1) * g
        v' = beta_2 * v + (1 - beta_2) * g**2
        ahead = u_{t+1} * m' / (1 - U_{t+1}) + (1 - u_t) * g / (1 - U_t)
        w' = w - rate * ahead / (sqrt(v' / (1 - beta_2**t)) + epsilon)

    Args:
        variable, gradient, m, v: tensors of one shape.
        t: number of this update, from 1, a float scalar.
        u_product: U_t, a float scalar.
        learning_rate: a float scalar.

    Returns:
        The triple (w', m', v').

    Source: Dozat (2016).
    """
    u, next_u = nadam_momentum(t, beta_1), nadam_momentum(t + 1, beta_1)
    m = m + (gradient - m) * (1 - beta_1)
    v = v + (tf.square(gradient) - v) * (1 - beta_2)
    ahead = next_u * m / (1 - u_product * next_u) + (1 - u) * gradient / (1 - u_product)
    corrected_v = v / (1 - tf.pow(beta_2, t))
    return variable - ahead * learning_rate / (tf.sqrt(corrected_v) + epsilon), m, v


class Optimizer:
    """Applies a rule to all trainable variables; a subclass says which.

    Attributes:
        learning_rate: a schedule, see `lowlevel.schedules`.
        weight_decay: before each update, what multiplies in convolution and dense layers shrinks
            by this times the learning rate; biases and the vectors of norms do not. It is the
            decoupled decay of Loshchilov and Hutter (2019), as Keras writes it.
        slots: variables by name, such as `m/weights/c1`; filled by `build`.
    """

    slot_kinds = ()

    def __init__(self, learning_rate, weight_decay=0.0):
        if not callable(learning_rate):
            learning_rate = schedules.constant(learning_rate)
        self.learning_rate = learning_rate
        self.weight_decay = check_number("weight_decay", weight_decay, 0, math.inf)
        self.slots = {}

    def build(self, trainable):
        """Makes the slots, all zero, for a dict of variables by name."""
        for kind in self.slot_kinds:
            for name, variable in trainable.items():
                slot = f"{kind}/{name}"
                self.slots[slot] = tf.Variable(tf.zeros(variable.shape), False, name=slot)
        if isinstance(self.learning_rate, schedules.Adjustable):
            self.slots["learning_rate"] = self.learning_rate.rate

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
                if self.weight_decay and variable.shape.rank > 1:
                    variable.assign(variable - variable * self.weight_decay * learning_rate)
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

    def __init__(self, learning_rate, momentum=0.9, nesterov=False, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.nesterov = nesterov

    def update(self, variable, gradient, slots, step, learning_rate):
        variable, velocity = momentum_update(
            variable, gradient, *slots, learning_rate, self.momentum, self.nesterov
        )
        return variable, (velocity,)


class RMSprop(Optimizer):
    """RMSprop, see `rmsprop_update`."""

    slot_kinds = ("v",)

    def __init__(self, learning_rate, rho=0.9, epsilon=1e-7, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self.rho = check_number("rho", rho, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0, 1)

    def update(self, variable, gradient, slots, step, learning_rate):
        variable, v = rmsprop_update(
            variable, gradient, *slots, learning_rate, self.rho, self.epsilon
        )
        return variable, (v,)


class Adam(Optimizer):
    """Adam, see `adam_update`."""

    slot_kinds = ("m", "v")

    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, weight_decay=0.0):
        super().__init__(learning_rate, weight_decay)
        self.beta_1 = check_number("beta_1", beta_1, 0, 1)
        self.beta_2 = check_number("beta_2", beta_2, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0, 1)

    def update(self, variable, gradient, slots, step, learning_rate):
        t = tf.cast(step + 1, tf.float32)
        variable, *slots = adam_update(
            variable, gradient, *slots, t, learning_rate, self.beta_1, self.beta_2, self.epsilon
        )
        return variable, slots


class Nadam(Adam):
    """Nadam, see `nadam_update`; one more slot, `u_product`, holds the product of momentums."""

    def build(self, trainable):
        """Makes the slots for a dict of variables by name."""
        super().build(trainable)
        self.slots["u_product"] = tf.Variable(1.0, False, name="u_product")

    def apply(self, gradients, trainable, step):
        """Assigns new values to variables and slots, see `Optimizer.apply`."""
        u = nadam_momentum(tf.cast(step + 1, tf.float32), self.beta_1)
        self.slots["u_product"].assign(self.slots["u_product"] * u)
        super().apply(gradients, trainable, step)

    def update(self, variable, gradient, slots, step, learning_rate):
        t, u_product = tf.cast(step + 1, tf.float32), self.slots["u_product"]
        betas = self.beta_1, self.beta_2
        variable, *slots = nadam_update(
            variable, gradient, *slots, t, u_product, learning_rate, *betas, self.epsilon
        )
        return variable, slots


def by_name(name, learning_rate, weight_decay=0.0):
    """The optimizer of that name as it is usually set: momentum and rho 0.9, betas 0.9, 0.999."""
    rules = {
        "sgd": SGD,
        "momentum": Momentum,
        "nesterov": functools.partial(Momentum, nesterov=True),
        "rmsprop": RMSprop,
        "adam": Adam,
        "nadam": Nadam,
    }
    rule = rules[check_choice("optimizer", name, NAMES)]
    return rule(learning_rate, weight_decay=weight_decay)
