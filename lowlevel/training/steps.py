"""The steps of one run, for data of any form: each is compiled when it is first used."""

from typing import Any

import tensorflow as tf

from lowlevel import cluster
from lowlevel.checks import ConfigError, DataError
from lowlevel.nets.network import Network
from lowlevel.training.compiled import Compiled
from lowlevel.training.recipe import Recipe
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_finite_check, build_train_step
from lowlevel.training.step_loop import build_block_loop, build_step_loop
from lowlevel.training.tasks import Task
from lowlevel.types import GraphFunction, Nest


class Steps:
    """Training and evaluation steps that differ only in the form of targets and weights."""

    def __init__(
        self, network: Network, task: Task, state: TrainingState, recipe: Recipe | Compiled
    ) -> None:
        """Takes the arguments of `build_train_step`."""
        self._network = network
        self._task = task
        self._state = state
        self._recipe = recipe
        self._trainable = set(network.variables.trainable())
        self._train, self._loops, self._eval, self._finite = {}, {}, {}, {}

    def train(self, examples: Any) -> GraphFunction:
        """The training step for examples of this form and for the layers that are not frozen now.

        Args:
            examples: anything with an `element_spec`, see `lowlevel.data.examples`.

        Raises:
            ConfigError: a layer was frozen when the run was made, and no longer is.
            DataError: the task takes targets of another form.
        """
        trainable = self._network.variables.trainable()
        unfrozen = trainable.keys() - self._trainable
        if unfrozen:
            raise ConfigError(f"compile again: {', '.join(sorted(unfrozen))} was frozen before.")
        spec = self._spec(examples)
        key = tuple(trainable), _key(spec)
        if key not in self._train:
            self._train[key] = build_train_step(
                self._network, self._task, self._state, self._recipe, spec
            )
        return self._train[key]

    def train_loop(self, examples: Any) -> GraphFunction:
        """The compiled loop over `train(examples)`, see `lowlevel.training.step_loop`."""
        step = self.train(examples)
        if step not in self._loops:
            if self._recipe.jit_compile and not cluster.current().is_alone:
                raise ConfigError(
                    "jit_compile=True is for a process that trains alone, also in the run that is "
                    "resumed."
                )
            build = build_block_loop if self._recipe.jit_compile else build_step_loop
            self._loops[step] = build(step, list(self._network.variables.all().values()))
        return self._loops[step]

    def finite_check(self, examples: Any) -> GraphFunction:
        """The look at the next step of `train(examples)`, see `build_finite_check`."""
        step = self.train(examples)
        if step not in self._finite:
            spec = self._spec(examples)
            self._finite[step] = build_finite_check(
                self._network, self._task, self._state, self._recipe, spec
            )
        return self._finite[step]

    def evaluate(self, examples: Any) -> GraphFunction:
        """The evaluation step for examples of this form. Raises DataError as `train` does."""
        spec = self._spec(examples)
        key = _key(spec)
        if key not in self._eval:
            self._eval[key] = build_eval_step(self._network, self._task, spec)
        return self._eval[key]

    def _spec(self, examples):
        inputs, targets, *weights = examples.element_spec
        check_inputs(inputs, self._network.input_spec)
        return [self._network.input_spec, self._task.check_targets(targets), *weights]


def check_inputs(spec: Nest, wanted: Nest) -> None:
    """Raises DataError if the `tf.TensorSpec`s of inputs are not those wanted."""
    try:
        tf.nest.assert_same_structure(spec, wanted)
        fits = all(
            there.dtype == here.dtype and there.shape.is_compatible_with(here.shape)
            for there, here in zip(tf.nest.flatten(spec), tf.nest.flatten(wanted), strict=True)
        )
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise DataError(f"the network takes {_show(wanted)}, not {_show(spec)}.")


def _show(spec):
    shown = tf.nest.map_structure(lambda part: f"{part.dtype.name} {part.shape}", spec)
    return shown if isinstance(shown, str) else repr(shown)


def _key(spec):
    return tuple(tf.nest.flatten(spec))
