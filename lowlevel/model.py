"""Compile, fit, evaluate, predict: Keras's words for a run that is not kept in a directory.

    model = Model.of("mlp", mlp.Config(), seed=0)
    model.compile(optimizers.Adam(1e-3), losses.softmax_cross_entropy, {"accuracy": is_correct})
    history = model.fit(images, labels, epochs=5, validation_split=0.1)
    loss, accuracy = model.evaluate(test_images, test_labels)
    logits = model.predict(new_images)

Nothing is hidden: `model.network` has the function and the variables, `model.run` is the
`lowlevel.training.run.Run`: `compile` sets its task and recipe, `fit` its data.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lowlevel import keywords, nets, variables
from lowlevel.checks import ConfigError
from lowlevel.data.gather import gather, gather_held_out, gather_inputs
from lowlevel.data.training_data import TrainingData
from lowlevel.files import FilePath
from lowlevel.joined_stores import Store
from lowlevel.nets.network import Network
from lowlevel.optimizer import Optimizer
from lowlevel.reports.history import History
from lowlevel.storage import weights_file
from lowlevel.training import loop
from lowlevel.training.compiled import Compiled, check_arguments, check_fit
from lowlevel.training.epoch_lines import EpochLines
from lowlevel.training.hook import Hook, check_hooks
from lowlevel.training.hooks import restore
from lowlevel.training.run import Run
from lowlevel.training.state import TrainingState
from lowlevel.training.tasks import Task
from lowlevel.types import ArrayLike, Nest, Outputs, Tensor


class Model:
    """A network and the run that trains it.

    Attributes:
        network: a `lowlevel.nets.network.Network`.
        run: a `Run`, once it is compiled.
    """

    def __init__(
        self, forward: Callable[..., Outputs], variables: Store, input_spec: Nest, seed: int = 0,
        precision: str = "float32",
    ) -> None:  # fmt: skip
        """Wraps an existing network.

        Args:
            forward: function of (inputs, training=False, seed=None), see `lowlevel.nets`.
            variables: what it computes with, a `VariableStore`.
            input_spec: `tf.TensorSpec` of the inputs, or a dict or tuple of them.
            seed: seed of the order of the data and of dropout.
            precision: "float32" or "bfloat16": the dtype of the computation.
        """
        self.network = Network(forward, variables, input_spec, precision)
        self.run: Any = None
        self._seed = seed
        self._predict_step = self.network.compile()

    @classmethod
    @keywords.explain(**keywords.NETWORK)
    def of(
        cls, net_name: str, config: object = None, seed: int = 0, precision: str = "float32"
    ) -> "Model":
        """Builds a network of the registry. Raises ConfigError if the name is unknown."""
        network = nets.make(net_name, config, seed, precision)
        model = cls(network.forward, network.variables, network.input_spec, seed, precision)
        model.network = network  # the same, with its name and its config
        return model

    def __call__(self, inputs: Nest, training: bool = False, seed: Tensor | None = None) -> Outputs:
        """What the network returns for a batch of inputs, see `Network`."""
        return self.network(inputs, training, seed)

    if not TYPE_CHECKING:  # which knows what there is

        def __getattr__(self, name):
            raise AttributeError(keywords.missing(name))

    def __repr__(self) -> str:
        return f"Model of {self.network!r}{'' if self.run is None else ', compiled'}"

    def summary(self) -> None:
        """Prints the variables and their sizes; `lowlevel.inspection.summary` knows more."""
        print(variables.table(self.variables.all(), getattr(self.variables, "frozen", ())))

    @property
    def forward(self) -> Callable[..., Outputs]:
        """The network's function."""
        return self.network.forward

    @property
    def variables(self) -> Store:
        """The network's `VariableStore`."""
        return self.network.variables

    @property
    def state(self) -> TrainingState | None:
        """The `TrainingState`, or None before the model is compiled."""
        return self.run and self.run.state

    @keywords.explain(**keywords.COMPILE)
    def compile(
        self, optimizer: Optimizer, loss: Callable, metrics: dict[str, Callable] | None = None,
        change_gradients: Callable = lambda gradients: gradients,
    ) -> None:  # fmt: skip
        """Sets how to train; resets the step count and the optimizer's slots.

        Args:
            optimizer: an `Optimizer` that nothing else uses.
            loss: function of (targets, outputs) that returns a float32 for each example.
            metrics: by name, functions of (targets, outputs) that return a number for each example.
            change_gradients: function of the dict of gradients, such as `lowlevel.gradients` has.

        Raises:
            ConfigError: an argument has the wrong type, for example a name.
        """
        task = Task(loss, {} if metrics is None else metrics)
        check_arguments(optimizer, loss, task.metrics)
        self.run = Run(self.network, task, None, Compiled(self._seed, optimizer, change_gradients))

    @keywords.explain(**keywords.FIT)
    def fit(
        self, x: Nest, y: Nest = None, batch_size: int = 32, epochs: int = 1, verbose: int = 1,
        hooks: Iterable[Hook] = (), validation_split: float = 0.0, validation_data: Nest = None,
        shuffle: bool = True, class_weight: dict | None = None, sample_weight: ArrayLike = None,
        initial_epoch: int = 0, steps_per_epoch: int | None = None,
    ) -> History:  # fmt: skip
        """Trains the network.

        Args:
            x: inputs, an array, tensor or frame `[examples, ...]`, or a dict, tuple or list of
                them; or batches (x, y) or (x, y, weights): a `tf.data.Dataset`, a generator, or a
                sequence like Keras's PyDataset, see `lowlevel.data.python_batches`.
            y: targets, likewise; None if x is batches.
            batch_size: examples in each batch of arrays; the last batch may be smaller.
            epochs: number of the epoch after which training ends.
            verbose: 0 prints nothing; 1 shows progress and a line for each epoch; 2 only the line.
            hooks: `lowlevel.training.hooks.Hook`s.
            validation_split: share of the arrays, taken from their end before any shuffling, that
                is held out and evaluated after each epoch, in [0, 1).
            validation_data: data to evaluate instead: (x, y), (x, y, weights) or a dataset.
            shuffle: whether to shuffle arrays anew in each epoch.
            class_weight: dict from class to a factor for its losses in training; the others' is 1.
            sample_weight: a factor for the loss of each example, `[examples]`.
            initial_epoch: number of the first epoch, to continue an earlier training.
            steps_per_epoch: batches in an epoch, for a dataset of unknown length, or to read a
                dataset on from epoch to epoch.

        Returns:
            A `History`.

        Raises:
            ConfigError: the model is not compiled, or arguments contradict each other.
            DataError: arrays do not fit the model or one another.
            NonFiniteError: training diverged.
        """
        self._check_compiled()
        check_fit(epochs, initial_epoch, verbose, shuffle, validation_split, validation_data)
        data = gather(x, y, self.network.input_spec, sample_weight)
        whole, held_out = data, None
        if validation_data is not None:
            held_out = gather_held_out(validation_data, self.network.input_spec)
        elif validation_split:
            data, held_out = data.split_off_end(validation_split)
        if class_weight is not None:
            data = data.with_class_weights(class_weight, whole)
        run, state = self.run, self.run.state
        shuffled_by = "step" if shuffle else None
        run.data = TrainingData(data, held_out, "validation", None, shuffled_by, steps_per_epoch)
        run.recipe = dataclasses.replace(run.recipe, batch_size=batch_size)
        params = {"epochs": epochs, "steps": run.steps_per_epoch, "verbose": verbose}
        state.start_history(initial_epoch)
        epochs_before = len(state.history)
        say = (lambda line: print(line, flush=True)) if verbose else (lambda line: None)
        hooks = [EpochLines(epochs, say, "validation"), *check_hooks(hooks)]
        loop.train(run, loop.RunLength(epochs), hooks, quiet=verbose != 1)
        return History(state.history[epochs_before:], params)

    def evaluate(
        self, x: Nest, y: Nest = None, batch_size: int = 32, verbose: int = 1,
        sample_weight: ArrayLike = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """Mean loss and metrics over examples; arguments are those of `fit`.

        Returns:
            A list, the loss first, or, if `return_dict`, a dict by name.

        Raises:
            ConfigError, DataError: as for `fit`.
            NonFiniteError: a variable is not finite.
        """
        self._check_compiled()
        variables.check_finite(self.variables.all())
        data = gather(x, y, self.network.input_spec, sample_weight)
        self.run.recipe = dataclasses.replace(self.run.recipe, batch_size=batch_size)
        means = self.run.evaluate(data, verbose != 1)
        results = {name: mean.result() for name, mean in means.items()}
        return results if return_dict else list(results.values())

    def predict(self, x: Nest, batch_size: int = 32, verbose: int = 1) -> Nest:
        """The network's outputs: an array `[examples, ...]`, or a nest of arrays.

        Args:
            x: as for `fit`; only the first element of a dataset's batches is used.
            batch_size: examples computed at once; the result does not depend on it.
            verbose: 1 shows progress.

        Raises:
            DataError: the inputs do not fit the network.
            NonFiniteError: a variable is not finite.
        """
        variables.check_finite(self.variables.all())
        batches, count = gather_inputs(x, self.network.input_spec, batch_size)
        return loop.predict(self._predict_step, batches, count, quiet=verbose != 1)

    def get_weights(self) -> dict:
        """All variables as arrays by name."""
        return variables.values(self.variables.all())

    def set_weights(self, weights: dict[str, ArrayLike]) -> None:
        """Assigns arrays by name to all variables. Raises ConfigError if one does not fit."""
        variables.assign(self.variables.all(), weights)

    def save_weights(self, path: FilePath) -> None:
        """Writes all variables to an HDF5 file, see `lowlevel.storage.weights_file`."""
        weights_file.write(path, self.variables.all(), {})

    def load_weights(self, path: FilePath) -> None:
        """Reads a file of `save_weights`: all variables, or none if there is an error."""
        weights_file.restore(path, self.variables.all())

    def restore(self, directory: FilePath) -> int:
        """Restores the newest save of `hooks.Checkpoint`; returns the `initial_epoch` to use.

        Raises:
            CheckpointError: there is no checkpoint, or it does not fit the model and its optimizer.
        """
        self._check_compiled()
        restore(directory, self.run.state)
        return self.run.state.epoch

    def _check_compiled(self):
        if self.run is None:
            raise ConfigError("compile the model before you train or evaluate it.")
