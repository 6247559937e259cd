"""Optimizers: each applies an update rule to all variables, see `lowlevel.optimizer`."""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from lowlevel.checks import check_bool, check_choice, check_number
from lowlevel.keywords import OPTIMIZER, explain
from lowlevel.optimizer import Optimizer
from lowlevel.schedules import Schedule
from lowlevel.types import Tensor
from lowlevel.update_rules import (
    adam_alpha,
    adam_update,
    momentum_update,
    muon_update,
    nadam_factors,
    nadam_momentum,
    nadam_update,
    rmsprop_update,
    sgd_update,
)

NAMES = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam", "muon")


class SGD(Optimizer):
    """Plain gradient descent, see `sgd_update`."""

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, learning_rate: Tensor
    ) -> tuple[Tensor, Sequence]:
        return sgd_update(variable, gradient, learning_rate), ()

    def assign_update(
        self, variable: Tensor, gradient: Tensor, slots: list, learning_rate: Tensor
    ) -> None:
        _move(variable, gradient, learning_rate)


class Momentum(Optimizer):
    """Gradient descent with momentum, see `momentum_update`."""

    slot_kinds = ("velocity",)

    @explain(**OPTIMIZER)
    def __init__(
        self,
        learning_rate: float | Schedule,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.momentum = check_number("momentum", momentum, 0, 1)
        self.nesterov = check_bool("nesterov", nesterov)

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, learning_rate: Tensor
    ) -> tuple[Tensor, Sequence]:
        (velocity,) = slots
        variable, velocity = momentum_update(
            variable, gradient, velocity, learning_rate, self.momentum, self.nesterov
        )
        return variable, (velocity,)

    def assign_update(
        self, variable: Tensor, gradient: Tensor, slots: list, learning_rate: Tensor
    ) -> None:
        (velocity,) = slots
        velocity.read_value()  # so that a function lists it among its variables
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=velocity.handle,
            lr=learning_rate,
            grad=gradient,
            momentum=self.momentum,
            use_nesterov=self.nesterov,
        )


class RMSprop(Optimizer):
    """RMSprop, see `rmsprop_update`."""

    slot_kinds = ("v",)

    @explain(**OPTIMIZER)
    def __init__(
        self,
        learning_rate: float | Schedule,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.rho = check_number("rho", rho, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0, 1)

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, learning_rate: Tensor
    ) -> tuple[Tensor, Sequence]:
        (v,) = slots
        variable, v = rmsprop_update(variable, gradient, v, learning_rate, self.rho, self.epsilon)
        return variable, (v,)


class Adam(Optimizer):
    """Adam, see `adam_update`."""

    slot_kinds = ("m", "v")

    @explain(**OPTIMIZER)
    def __init__(
        self,
        learning_rate: float | Schedule,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.beta_1 = check_number("beta_1", beta_1, 0, 1)
        self.beta_2 = check_number("beta_2", beta_2, 0, 1)
        self.epsilon = check_number("epsilon", epsilon, 0, 1)

    def scalars(self, t: Tensor, learning_rate: Tensor) -> tuple:
        return (adam_alpha(t, learning_rate, self.beta_1, self.beta_2),)

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, alpha: Tensor
    ) -> tuple[Tensor, Sequence]:
        m, v = slots
        variable, m, v = adam_update(
            variable, gradient, m, v, alpha, self.beta_1, self.beta_2, self.epsilon
        )
        return variable, (m, v)

    def assign_update(self, variable: Tensor, gradient: Tensor, slots: list, alpha: Tensor) -> None:
        # Six passes over memory instead of twelve. ResourceApplyAdam would need one, but rounds
        # 1 - beta otherwise than Keras does: within 100 steps of the four-conv network losses
        # differ by 1e-3.
        m, v = slots
        _move(m, m - gradient, 1 - self.beta_1)
        _move(v, v - tf.square(gradient), 1 - self.beta_2)
        tf.raw_ops.ResourceApplyAdagradV2(  # w - alpha * m / (sqrt(v) + epsilon)
            var=variable.handle,
            accum=v.handle,
            lr=alpha,
            epsilon=self.epsilon,
            grad=m.read_value(),
            update_slots=False,
        )


class Nadam(Adam):
    """Nadam, see `nadam_update`; one more slot, `u_product`, holds the product of momentums."""

    def build(self, trainable: dict[str, Tensor]) -> None:
        """Makes the slots for a dict of variables by name."""
        super().build(trainable)
        self.slots["u_product"] = tf.Variable(1.0, False, name="u_product")

    def scalars(self, t: Tensor, learning_rate: Tensor) -> tuple:
        u_product = self.slots["u_product"]
        u_product.assign(u_product * nadam_momentum(t, self.beta_1))
        return nadam_factors(t, u_product, self.beta_1, self.beta_2), learning_rate

    def update(
        self,
        variable: Tensor,
        gradient: Tensor,
        slots: list,
        factors: tuple[Tensor, ...],
        learning_rate: Tensor,
    ) -> tuple[Tensor, Sequence]:
        m, v = slots
        settings = self.beta_1, self.beta_2, self.epsilon
        variable, m, v = nadam_update(variable, gradient, m, v, factors, learning_rate, *settings)
        return variable, (m, v)


class Muon(Adam):
    """Muon for the weights of convolutions and dense layers, see `muon_update`; Adam for the rest.

    The rest are biases, the vectors of norms, class tokens, and what is looked up by index: layers
    named embedding or positions.
    """

    @explain(**OPTIMIZER)
    def __init__(
        self, learning_rate: float | Schedule, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.momentum = check_number("momentum", momentum, 0, 1)

    def kinds_of(self, name: str, variable: Tensor) -> tuple[str, ...]:
        """A matrix has no `v`."""
        looked_up = name.endswith(("embedding", "positions"))
        is_matrix = variable.shape.rank in (2, 4) and not looked_up
        return ("m",) if is_matrix else ("m", "v")

    def scalars(self, t: Tensor, learning_rate: Tensor) -> tuple:
        return *super().scalars(t, learning_rate), learning_rate

    def update(
        self, variable: Tensor, gradient: Tensor, slots: list, alpha: Tensor, learning_rate: Tensor
    ) -> tuple[Tensor, Sequence]:
        if len(slots) == 2:
            return super().update(variable, gradient, slots, alpha)
        (m,) = slots
        variable, m = muon_update(variable, gradient, m, learning_rate, self.momentum)
        return variable, (m,)


def _move(variable, delta, rate):
    """Assigns `variable - rate * delta`."""
    tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=delta)


def by_name(name: str, learning_rate: float | Schedule, weight_decay: float = 0.0) -> Optimizer:
    """The optimizer of that name with its usual settings, the defaults of its class."""
    rules: dict[str, Callable[..., Optimizer]] = {
        "sgd": SGD,
        "momentum": Momentum,
        "nesterov": functools.partial(Momentum, nesterov=True),
        "rmsprop": RMSprop,
        "adam": Adam,
        "nadam": Nadam,
        "muon": Muon,
    }
    rule = rules[check_choice("optimizer", name, NAMES)]
    return rule(learning_rate, weight_decay=weight_decay)
