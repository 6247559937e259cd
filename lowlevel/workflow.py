"""Compile, fit, evaluate, predict: Keras's words for the step and the loop of `lowlevel.training`.

    model = Model.of("mlp", mlp.Config(), seed=0)
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy, {"accuracy": is_correct})
    history = model.fit(images, labels, epochs=5, validation_split=0.1)
    loss, accuracy = model.evaluate(test_images, test_labels)
    logits = model.predict(new_images)

Nothing is hidden: `model.forward` is a function, `model.variables` a `VariableStore`,
`model.state` a `TrainingState`, and the step is `lowlevel.training.step.build_train_step`.
"""

import functools

import numpy as np
import tensorflow as tf

from lowlevel import nets, variables
from lowlevel.checks import ConfigError, check_choice, check_integer, check_number
from lowlevel.data import examples, pipeline
from lowlevel.data.examples import Arrays, Batches
from lowlevel.evaluation import weights_file
from lowlevel.history import History
from lowlevel.progress import Progress
from lowlevel.training import console, loop
from lowlevel.training.arguments import PRECISIONS
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_train_step, cast


class Model:
    """A network with what trains it.

    Attributes:
        forward: function of (inputs, training=False, seed=None), see `lowlevel.nets`.
        variables: its `VariableStore`.
        state: a `TrainingState`, once it is compiled.
    """

    def __init__(self, forward, variables, input_spec, seed=0, precision="float32"):
        """Takes a network as it is.

        Args:
            forward: the function; in training it returns outputs and new state.
            variables: what it computes with.
            input_spec: `tf.TensorSpec` of the inputs, or a dict or tuple of them.
            seed: where order and dropout come from.
            precision: "float32" or "bfloat16", what the network computes in.
        """
        self.forward = forward
        self.variables = variables
        self.state = None
        self._input_spec = input_spec
        self._seed = seed
        self._dtype = tf.dtypes.as_dtype(check_choice("precision", precision, PRECISIONS))
        self._predict_step = tf.function(
            lambda inputs: forward(cast(inputs, self._dtype)),
            input_signature=[input_spec],
            autograph=False,
        )

    @classmethod
    def of(cls, net_name, config=None, seed=0, precision="float32"):
        """A network of the registry, newly built. Raises ConfigError if there is no such one."""
        net = nets.get(net_name)
        config = net.Config() if config is None else config
        store = net.build(config, seed)
        forward = functools.partial(net.forward, config, store)
        return cls(forward, store, net.input_spec(config), seed, precision)

    def compile(self, optimizer, loss, metrics=None, combine_gradients=lambda gradients: gradients):
        """Says how to train; starts counting steps, and the optimizer's slots, anew.

        Args:
            optimizer: an `Optimizer` that nothing else uses.
            loss: function of (targets, outputs) that returns a float32 for each example.
            metrics: by name, functions of (targets, outputs) that return a number for each example.
            combine_gradients: what is done to gradients first, such as clipping, see
                `lowlevel.gradients`.
        """
        self._loss = loss
        self._metrics = metrics or {}
        self._combine_gradients = combine_gradients
        self.state = TrainingState(self.variables, optimizer, ["loss", *self._metrics])
        self._steps = {}

    def fit(
        self,
        x,
        y=None,
        batch_size=32,
        epochs=1,
        verbose=1,
        hooks=(),
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
    ):
        """Trains.

        Args:
            x: inputs, an array or tensor `[examples, ...]` or a dict or tuple of them; or a
                `tf.data.Dataset` of batches (x, y) or (x, y, weights).
            y: targets, likewise; None if x is a dataset.
            batch_size: examples in each batch of arrays; the last one may hold fewer.
            epochs: number of the epoch after which training ends.
            verbose: 0 says nothing; 1 shows progress, and a line for each epoch; 2 the line alone.
            hooks: `lowlevel.training.hooks.Hook`s.
            validation_split: share of the arrays, taken from their end before any shuffling, that
                is evaluated after each epoch instead of being trained on, in [0, 1).
            validation_data: what is evaluated instead: (x, y), (x, y, weights) or a dataset.
            shuffle: whether arrays are in a new random order in each epoch.
            class_weight: dict from class to what the losses of its examples are multiplied by; a
                class that is not in it counts once.
            sample_weight: such a number for each example, `[examples]`.
            initial_epoch: number of the first epoch, for the second part of a training.
            steps_per_epoch: batches in an epoch, for a dataset that does not know its length.

        Returns:
            A `History`.

        Raises:
            ConfigError: the model is not compiled, or arguments do not go together.
            DataError: arrays do not fit the model or one another.
            NonFiniteError: training diverged.
        """
        self._check_compiled()
        check_integer("epochs", epochs, 1)
        check_integer("initial_epoch", initial_epoch, 0)
        check_number("validation_split", validation_split, 0, 1)
        data, held_out = self._gather(x, y, sample_weight, class_weight), None
        if validation_data is not None:
            parts = validation_data if type(validation_data) is tuple else (validation_data,)
            held_out = self._gather(*parts)
        elif validation_split:
            data, held_out = data.split_off_end(validation_split)
        steps = steps_per_epoch or data.steps(batch_size)

        state = self.state
        state.start_history(initial_epoch)

        def batches(epoch, skip):
            if isinstance(data, Batches):
                return data.next_batches(steps)
            start = state.epoch_start
            order = pipeline.epoch_order(data.count, self._seed, start) if shuffle else None
            return data.batches(batch_size, order)

        loop.train(
            state,
            self._step("train", data),
            batches,
            evaluate=lambda: self._evaluate(held_out, batch_size) if held_out else {},
            save=lambda: None,
            length=loop.RunLength(epochs, steps),
            hooks=[console.EpochLines(epochs, console.sayer(verbose == 0)), *hooks],
            quiet=verbose != 1,
        )
        return History(state.history, {"epochs": epochs, "steps": steps, "verbose": verbose})

    def evaluate(self, x, y=None, batch_size=32, verbose=1, sample_weight=None, return_dict=False):
        """Mean loss and metrics over examples; arguments are those of `fit`.

        Returns:
            A list, the loss first, or, if `return_dict`, a dict by name.
        """
        self._check_compiled()
        data = self._gather(x, y, sample_weight)
        means = self._evaluate(data, batch_size, verbose != 1)
        results = {name: mean.result() for name, mean in means.items()}
        return results if return_dict else list(results.values())

    def predict(self, x, batch_size=32, verbose=1):
        """What the network says of inputs: an array `[examples, ...]`, or a nest of them.

        Args:
            x: as for `fit`; of a dataset's batches, the first element counts.
            batch_size: examples computed at once; the result does not depend on it.
            verbose: 1 shows progress.
        """
        check_integer("batch_size", batch_size, 1)
        batches, chunks = x, []
        if not isinstance(x, tf.data.Dataset):
            batches = Arrays(examples.to_tensors(x, self._input_spec)).batches(batch_size)
        total = len(batches) if batches.cardinality() >= 0 else None
        with Progress("predicting", total, quiet=verbose != 1) as progress:
            for batch in batches:
                inputs = batch[0] if isinstance(batch, tuple) else batch
                chunks.append(self._predict_step(inputs))
                progress.advance()
        return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)

    def get_weights(self):
        """All variables as arrays by name."""
        return variables.values(self.variables.all())

    def set_weights(self, weights):
        """Takes over arrays by name, of all variables. Raises ConfigError if one does not fit."""
        variables.assign(self.variables.all(), weights)

    def save_weights(self, path):
        """Writes all variables to an HDF5 file, see `lowlevel.evaluation.weights_file`."""
        weights_file.write(path, self.variables.all(), {})

    def load_weights(self, path):
        """Reads what `save_weights` wrote: all variables, or, on an error, none."""
        weights_file.restore(path, self.variables.all())

    def _check_compiled(self):
        if self.state is None:
            raise ConfigError("compile the model before you train or evaluate it.")

    def _gather(self, x, y=None, sample_weight=None, class_weight=None):
        return examples.gather(x, y, self._input_spec, sample_weight, class_weight)

    def _evaluate(self, data, batch_size, quiet=True):
        return loop.evaluate(self._step("evaluate", data), data.batches(batch_size), quiet)

    def _step(self, kind, data):
        """The compiled step for data of this form; made once for each."""
        _, targets, *weights = data.element_spec
        key = kind, tuple(tf.nest.flatten(targets)), bool(weights)
        if key in self._steps:
            return self._steps[key]
        options = {
            "input_spec": self._input_spec,
            "compute_dtype": self._dtype,
            "target_spec": targets,
            "metrics": self._metrics,
            "weighted": bool(weights),
        }
        if kind == "evaluate":
            step = build_eval_step(self.forward, self._loss, **options)
        else:
            step = build_train_step(
                self.forward,
                self._loss,
                self.variables,
                self.state.optimizer,
                self.state.step,
                run_seed=self._seed,
                combine_gradients=self._combine_gradients,
                **options,
            )
        self._steps[key] = step
        return step
