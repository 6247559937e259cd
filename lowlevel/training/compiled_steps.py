"""The steps of one network for data of any form: each is compiled when it is first needed."""

import tensorflow as tf

from lowlevel.training.step import build_eval_step, build_train_step


class CompiledSteps:
    """Training and evaluation steps that share everything but the form of targets and weights.

    Data are `lowlevel.data.examples.Arrays` or `Batches`.
    """

    def __init__(self, forward, loss, metrics, state, input_spec, seed, dtype, combine_gradients):
        """Takes what `build_train_step` takes; `state` is a `TrainingState`."""
        self._forward = forward
        self._loss = loss
        self._state = state
        self._train_options = {"run_seed": seed, "combine_gradients": combine_gradients}
        self._options = {"input_spec": input_spec, "compute_dtype": dtype, "metrics": metrics}
        self._train, self._eval = {}, {}

    def train(self, data):
        """The training step for data of this form, and for what is not frozen now."""
        variables, state = self._state.variables, self._state
        key = tuple(variables.trainable()), *_form(data)
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
