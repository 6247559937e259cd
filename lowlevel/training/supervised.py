"""Training a network on examples in memory: whatever the inputs, the targets and the loss are."""

import dataclasses
import functools
import hashlib

import tensorflow as tf

from lowlevel import nets
from lowlevel.data import pipeline
from lowlevel.training import loop
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_eval_step, build_train_step
from lowlevel.training.training import Training

EVAL_BATCH_SIZE = 256


class Supervised(Training):
    """A run of training: network, examples and recipe in, files in a run directory out.

    Attributes:
        train_examples, test_examples: `lowlevel.data.examples.Arrays` of inputs and targets, to
            train on and to evaluate on after each epoch.
        recipe: the `Recipe`.
        forward: function of (inputs, training=False, seed=None).
    """

    def __init__(
        self,
        net_name,
        net_config,
        loss,
        metrics,
        train_examples,
        test_examples,
        recipe,
        run_dir,
        data_name,
        command="",
        prepare=None,
        evaluated_on="test",
        **facts,
    ):
        """Puts a run together.

        Args:
            net_name: a name in `lowlevel.nets.NETS`.
            net_config: its config.
            loss: function of (targets, outputs) that returns a float32 for each example.
            metrics: by name, functions of (targets, outputs) that return a number for each.
            train_examples, test_examples: `Arrays`.
            recipe: a `Recipe`.
            run_dir: where the run is kept.
            data_name: what the data is called.
            command: what the user typed.
            prepare: None, or a function from a batch of inputs as they are kept to one for the
                network, such as from bytes to numbers in [0, 1].
            evaluated_on: what `test_examples` are; "validation" if the test is another.
            facts: what else prediction needs, kept in the config, such as `preprocessing`.
        """
        self.train_examples = train_examples
        self.test_examples = test_examples
        self.recipe = recipe
        self.evaluated_on = evaluated_on
        self._prepare = prepare
        self._test_batches = self._prepared(test_examples, EVAL_BATCH_SIZE)
        config = {
            "net": net_name,
            "net_config": dataclasses.asdict(net_config),
            "data": {
                "name": data_name,
                "train_examples": train_examples.count,
                f"{evaluated_on}_examples": test_examples.count,
                "sha256": _sha256(train_examples, test_examples),
            },
            "training": dataclasses.asdict(recipe),
            **facts,
        }
        net = nets.get(net_name)
        variables = net.build(net_config, recipe.seed)
        optimizer = recipe.make_optimizer()
        state = TrainingState(variables, optimizer, ["loss", *metrics])
        self.forward = functools.partial(net.forward, net_config, variables)
        dtype = tf.dtypes.as_dtype(recipe.precision)
        input_spec, target_spec = net.input_spec(net_config), train_examples.element_spec[1]
        options = {"target_spec": target_spec, "metrics": metrics}
        train_step = build_train_step(
            self.forward,
            loss,
            variables,
            optimizer,
            state.step,
            input_spec,
            recipe.seed,
            dtype,
            **options,
        )
        self.eval_step = build_eval_step(self.forward, loss, input_spec, dtype, **options)
        steps_per_epoch = train_examples.steps(recipe.batch_size)
        super().__init__(config, state, train_step, steps_per_epoch, run_dir, command)

    def batches(self, epoch, skip):
        """The training batches of an epoch, but for the first `skip`."""
        recipe = self.recipe
        order = pipeline.epoch_order(self.train_examples.count, recipe.seed, epoch)
        order = order[skip * recipe.batch_size :]
        return self._prepared(self.train_examples, recipe.batch_size, order)

    def evaluate(self, quiet=True):
        """A `Mean` of the loss and of each metric over the test examples, by name."""
        return loop.evaluate(self.eval_step, self._test_batches, quiet)

    def _prepared(self, examples, batch_size, order=None):
        batches = examples.batches(batch_size, order)
        if self._prepare is None:
            return batches
        return batches.map(lambda inputs, targets: (self._prepare(inputs), targets))


def _sha256(*examples):
    digest = hashlib.sha256()
    for tensor in tf.nest.flatten([part.tensors for part in examples]):
        digest.update(f"{tensor.dtype.name} {tensor.shape.as_list()}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
