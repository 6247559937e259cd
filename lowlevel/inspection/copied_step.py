"""A compiled function that runs on copies of its variables, so that looking changes nothing."""

import functools

import numpy as np
import tensorflow as tf

from lowlevel.checks import ConfigError, DataError, reason_in_graph
from lowlevel.data import tensors
from lowlevel.types import GraphFunction, Nest

NO_VALUE = (tf.resource, tf.variant)


class CopiedStep:
    """The graph of a compiled function, and copies of the variables to run it on.

    Attributes:
        operations: the operations of the graph by name, in order.
        functions: definitions of functions that the graph calls, by name.
        variables: the variables by name.
        outputs: names of the tensors that the function returns, by their keys, if it returns a
            dict.
        foreign: names of placeholders for resources that are not variables and cannot be copied,
            for example an iterator, which would advance.
    """

    def __init__(
        self, function: GraphFunction, variables: dict[str, tf.Variable] | None = None
    ) -> None:
        """Takes a function apart; traces it only if it has never been called.

        Args:
            function: a `tf.function` that has an input signature.
            variables: a dict of variables by name, such as `store.all()`, that says what to call
                them; the others keep the name they were made with.

        Raises:
            ConfigError: it has no input signature, or two variables have the same name.
        """
        signature = getattr(function, "input_signature", None)
        if signature is None:
            raise ConfigError(
                f"nodes are those of a tf.function with an input signature, not of {function!r}."
            )
        concrete = function.get_concrete_function()
        definition = concrete.graph.as_graph_def()
        # Arguments that have a default and are not in the signature come after it.
        self._signature = concrete.structured_input_signature[0][: len(signature)]
        self.operations: dict[str, tf.Operation] = {
            operation.name: operation for operation in concrete.graph.get_operations()
        }
        self.functions = {found.signature.name: found for found in definition.library.function}
        self.variables = _name(concrete.variables, variables or {})

        results = concrete.structured_outputs
        keys = sorted(results) if isinstance(results, dict) else ()
        self.outputs = {
            key: tensor.name for key, tensor in zip(keys, concrete.outputs, strict=False)
        }

        # A second copy of the graph, from which `prune` cuts out the part that some nodes need.
        self._imported = tf.compat.v1.wrap_function(
            functools.partial(tf.graph_util.import_graph_def, definition, name=""), signature=[]
        )
        self._feeds = [
            self._imported.graph.get_tensor_by_name(tensor.name) for tensor in concrete.inputs
        ]
        self._pruned = {}

        # Fed after the inputs: what the function has captured, with copies of the variables.
        self._copies = {
            name: (tf.Variable(variable), variable) for name, variable in self.variables.items()
            if any(variable is known for known in concrete.variables)
        }  # fmt: skip
        copies = {id(variable.handle): copy.handle for copy, variable in self._copies.values()}
        captured = concrete.captured_inputs
        self._captured = [copies.get(id(tensor), tensor) for tensor in captured]
        self.placeholders = concrete.inputs[len(concrete.inputs) - len(captured) :]
        names = {id(copy.handle): name for name, (copy, _) in self._copies.items()}
        # Names of variables by those of the placeholders that stand for them.
        self.variable_of = {
            placeholder.op.name: names[id(tensor)]
            for placeholder, tensor in zip(self.placeholders, self._captured, strict=True)
            if id(tensor) in names
        }
        self.foreign = {
            placeholder.op.name
            for placeholder, tensor in zip(self.placeholders, captured, strict=True)
            if tensor.dtype in NO_VALUE and id(tensor) not in copies
        }

    def run(
        self, fetches: dict[str, str], inputs: tuple[Nest, ...], whole: bool = False
    ) -> dict[str, tf.Tensor]:
        """Values of tensors for a batch.

        Args:
            fetches: names of tensors of the graph, such as "c3/Relu:0", by what to call them.
            inputs: the function's inputs, for example images and labels.
            whole: whether to run all assignments too; then `after` has the new values.

        Raises:
            DataError: the inputs are not what the function takes, or nothing can be computed.
        """
        batch = self._to_tensors(inputs)
        key = (*fetches.items(), whole)
        if key not in self._pruned:
            get = self._imported.graph.get_tensor_by_name
            wanted = {name: get(tensor) for name, tensor in fetches.items()}
            assignments = self._assignments() if whole else []
            self._pruned[key] = self._imported.prune(self._feeds, [wanted, assignments])
        for copy, variable in self._copies.values():
            copy.assign(variable)
        try:
            found, _ = self._pruned[key](*batch, *self._captured)
        except tf.errors.InvalidArgumentError as error:
            reason = reason_in_graph(error)
            raise DataError(f"{', '.join(fetches)} cannot be computed: {reason}.") from error
        return found

    def after(self) -> dict[str, np.ndarray]:
        """What the variables would be after the step that was run last: arrays by name."""
        return {name: copy.numpy() for name, (copy, _) in self._copies.items()}

    def _assignments(self):
        """The operations that assign variables: they take a resource and return nothing."""
        return [
            self._imported.graph.get_operation_by_name(name)
            for name, operation in self.operations.items()
            if not operation.outputs
            and any(tensor.dtype == tf.resource for tensor in operation.inputs)
        ]

    def _to_tensors(self, inputs):
        if len(inputs) != len(self._signature):
            takes = ", ".join(str(spec) for spec in self._signature)
            raise DataError(f"the function takes {takes}, not {len(inputs)} inputs.")
        return tf.nest.flatten(list(map(tensors.to_tensors, inputs, self._signature)))


def _name(variables, names):
    """Variables by name: the names given, and their own."""
    given = {id(variable) for variable in names.values()}
    named = dict(names)
    for variable in variables:
        name = variable.name.removesuffix(":0")
        if id(variable) not in given and named.setdefault(name, variable) is not variable:
            raise ConfigError(
                f"two variables are called {name}; pass a dict of variables by name, such as "
                f"store.all(), to tell them apart."
            )
    return named
