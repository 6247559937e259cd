"""The steps of one network for data of any form: each is compiled when it is first needed."""

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.optimizers import Optimizer
from lowlevel.storage.history import NOT_METRICS
from lowlevel.training.step import build_eval_step, build_train_step

RESERVED = ("loss", "learning_rate", *NOT_METRICS)


def check_arguments(optimizer, loss, metrics):
    """Raises ConfigError if `compile` was given something else than it takes, such as names."""
    if not isinstance(optimizer, Optimizer):
        raise ConfigError(
            f"optimizer must be one of lowlevel.optimizers, such as Adam(1e-3), not {optimizer!r}."
        )
    if not callable(loss):
        raise ConfigError(
            f"loss must be a function, such as those of lowlevel.losses, not {loss!r}."
        )
    if not isinstance(metrics, dict) or not all(map(callable, metrics.values())):
        raise ConfigError(f"metrics must be a dict of functions by name, not {metrics!r}.")
    for name in metrics:
        if name in RESERVED or name.startswith("val_"):
            raise ConfigError(f"a metric cannot be called {name}: that is something else's name.")


class CompiledSteps:
    """Training and evaluation steps that share everything but the form of targets and weights.

    Data are `lowlevel.data.examples.Arrays` or `Batches`.
    """

    def __init__(self, forward, loss, metrics, state, input_spec, seed, dtype, combine_gradients):
        """Takes what `build_train_step` takes; `state` is a `TrainingState`."""
        self._forward = forward
        self._loss = loss
        self._state = state
        self._trainable = set(state.variables.trainable())
        self._train_options = {"run_seed": seed, "combine_gradients": combine_gradients}
        self._options = {"input_spec": input_spec, "compute_dtype": dtype, "metrics": metrics}
        self._train, self._eval = {}, {}

    def train(self, data):
        """The training step for data of this form, and for what is not frozen now."""
        variables, state = self._state.variables, self._state
        trainable = variables.trainable()
        unfrozen = trainable.keys() - self._trainable
        if unfrozen:
            raise ConfigError(f"compile again: {', '.join(sorted(unfrozen))} was frozen before.")
        key = tuple(trainable), *_form(data)
        if key not in self._train:
            self._train[key] = build_train_step(
                self._forward,
                self._loss,
                variables,
                state.optimizer,
                state.step,
                **self._train_options,
                **self._options_for(data),
            )
        return self._train[key]

    def evaluate(self, data):
        """The evaluation step for data of this form."""
        key = _form(data)
        if key not in self._eval:
            options = self._options_for(data)
            self._eval[key] = build_eval_step(self._forward, self._loss, **options)
        return self._eval[key]

    def _options_for(self, data):
        _, targets, *weights = data.element_spec
        return self._options | {"target_spec": targets, "weighted": bool(weights)}


def _form(data):
    _, targets, *weights = data.element_spec
    return tuple(tf.nest.flatten(targets)), bool(weights)
