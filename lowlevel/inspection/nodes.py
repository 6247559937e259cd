"""Looking inside a compiled function: the value of any node of its graph, for a batch.

It is what `session.run(node)` was in TensorFlow 1, for the very graph that trains:

    nodes = Nodes(train_step)
    activation = nodes.values("c3/Relu", images, labels)
    found = nodes.values(["gradients/weights/c3", "weights/c3"], images, labels)
"""

import difflib
import functools
from typing import Any

import tensorflow as tf

from lowlevel.checks import ConfigError, DataError, reason_in_graph
from lowlevel.data import tensors
from lowlevel.inspection.operations import BACKWARD
from lowlevel.types import GraphFunction, Nest
from lowlevel.variables import layer_of

NO_VALUE = (tf.resource, tf.variant)


class Nodes:
    """The nodes of a compiled step or forward.

    A node is named as in the graph: an activation such as "c3/Relu", a gradient such as
    "gradients/weights/c3"; ":1" after the name of an operation is its second output. Or it is a
    variable, such as "weights/c3".

    The graph is run on copies of the variables. So nothing is changed, however much of a training
    step a node needs, and each value is what the next call of the function would compute: dropout
    drops what the next step will drop, and what is computed from new weights is computed from
    them. Values may differ from those of the whole step in the last bits, since TensorFlow fuses
    operations that nobody looks between.
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
        self._operations = {
            operation.name: operation for operation in concrete.graph.get_operations()
        }
        self._functions = {found.signature.name: found for found in definition.library.function}
        self._variables = _name(concrete.variables, variables or {})

        # A second copy of the graph, from which `prune` cuts out the part that some nodes need.
        self._imported = tf.compat.v1.wrap_function(
            functools.partial(tf.graph_util.import_graph_def, definition, name=""), signature=[]
        )
        self._feeds = [
            self._imported.graph.get_tensor_by_name(tensor.name) for tensor in concrete.inputs
        ]
        self._pruned = {}

        # Fed after the inputs: what the function has captured, with copies of the variables.
        self._copies = [(tf.Variable(variable), variable) for variable in concrete.variables]
        copies = {id(variable.handle): copy.handle for copy, variable in self._copies}
        captured = concrete.captured_inputs
        self._captured = [copies.get(id(tensor), tensor) for tensor in captured]
        placeholders = concrete.inputs[len(concrete.inputs) - len(captured) :]
        self._foreign = {  # for example an iterator, which would advance
            placeholder.op.name
            for placeholder, tensor in zip(placeholders, captured, strict=True)
            if tensor.dtype in NO_VALUE and id(tensor) not in copies
        }

    def by_layer(self) -> dict[str, list[str]]:
        """Names of all nodes and variables, by layer: a dict of lists, in the graph's order.

        A layer "c3" lists its activations, their gradients, its weights and the nodes that update
        them. Nodes outside all layers are under other names, for example "" at the top.
        """
        # The helpers of an operation, for example its shape, are named below it.
        operations = {name.removeprefix(BACKWARD) for name in self._operations}
        layers = {}
        for name, operation in self._operations.items():
            if any(tensor.dtype not in NO_VALUE for tensor in operation.outputs):
                layers.setdefault(self._layer_of(name, operations), []).append(name)
        for name in self._variables:
            layers.setdefault(self._layer_of(name, operations), []).append(name)
        return layers

    def values(self, names: str | list[str], *inputs: Nest) -> Any:
        """The values of nodes for a batch. Changes no variable, slot or step.

        Args:
            names: the name of a node or variable, or a list of names.
            inputs: the function's inputs, for example images and labels; not needed if all names
                are those of variables.

        Returns:
            An array; for a list, a dict of arrays by name. A variable is as it is now, before the
            step.

        Raises:
            ConfigError: a name is unknown (the text suggests similar ones), or what it names has no
                value to look at.
            DataError: the inputs are not what the function takes.
        """
        if isinstance(names, str):
            return self.values([names], *inputs)[names]
        found = {name: self._variables[name] for name in names if name in self._variables}
        nodes = {name: self._tensor(name) for name in names if name not in found}
        if nodes:
            found |= self._run(nodes, self._to_tensors(inputs))
        return {name: found[name].numpy() for name in names}

    def _run(self, nodes, inputs):
        if (key := tuple(nodes)) not in self._pruned:
            self._check_can_be_known(nodes)
            self._pruned[key] = self._imported.prune(self._feeds, nodes)
        for copy, variable in self._copies:
            copy.assign(variable)
        try:
            return self._pruned[key](*inputs, *self._captured)
        except tf.errors.InvalidArgumentError as error:
            reason = reason_in_graph(error)
            raise DataError(f"{', '.join(nodes)} cannot be computed: {reason}.") from error

    def _to_tensors(self, inputs):
        if len(inputs) != len(self._signature):
            takes = ", ".join(str(spec) for spec in self._signature)
            raise DataError(f"the function takes {takes}, not {len(inputs)} inputs.")
        return tf.nest.flatten(list(map(tensors.to_tensors, inputs, self._signature)))

    def _tensor(self, name):
        """The output that a name stands for, in the graph that `prune` cuts."""
        operation_name, _, index = name.partition(":")
        operation: Any = self._operations.get(operation_name)
        index = index or "0"
        if operation is None or not index.isdecimal():
            self._refuse_unknown(name)
        count = len(operation.outputs)
        if int(index) >= count:
            raise ConfigError(f"{name} has no value: outputs of {operation_name}: {count}.")
        if operation.outputs[int(index)].dtype in NO_VALUE:
            raise ConfigError(f"{name} has no value: it is a resource handle.")
        return self._imported.graph.get_tensor_by_name(f"{operation_name}:{index}")

    def _refuse_unknown(self, name):
        for function in self._functions.values():
            if any(node.name == name for node in function.node_def):
                raise ConfigError(
                    f"{name} is inside the function {function.signature.name}, which the graph "
                    f"calls; only nodes of the graph itself can be looked at."
                )
        known = [*self._operations, *self._variables]
        near = [there for there in known if there.startswith(f"{name}/")][:5]
        near = near or difflib.get_close_matches(name, known, n=5, cutoff=0.5)
        hint = f"; similar names: {', '.join(near)}" if near else ""
        raise ConfigError(f"there is no node or variable {name!r}{hint}.")

    def _check_can_be_known(self, nodes):
        """Refuses nodes that would advance something or differ from what the next call computes."""
        needed = _needed([self._operations[tensor.op.name] for tensor in nodes.values()])
        refusal = f"{', '.join(nodes)} cannot be looked at: "
        foreign = self._foreign & needed.keys()
        if foreign:
            raise ConfigError(
                f"{refusal}{', '.join(foreign)} is a resource that is not a variable and cannot be "
                f"copied."
            )
        definitions = [operation.node_def for operation in needed.values()]
        called = set()
        while definitions:
            node = definitions.pop()
            if "seed2" in node.attr:  # all those ops have it, and no others
                raise ConfigError(
                    f"{refusal}{node.name} draws other random numbers each time; draw them with "
                    f"tf.random.stateless_uniform or the like."
                )
            for function in _functions_of(node) - called:
                called.add(function)
                definitions.extend(self._functions[function].node_def)

    def _layer_of(self, name, operations):
        rest = name.partition("/")[2]
        if rest in self._variables:  # its gradient, or a slot of the optimizer
            return layer_of(rest)
        if name not in self._variables:
            name = name.removeprefix(BACKWARD).rpartition("/")[0]
            while name in operations:
                name = name.rpartition("/")[0]
        return layer_of(name)


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


def _needed(operations):
    """Operations, and all that must run before them, by name."""
    needed, waiting = {}, list(operations)
    while waiting:
        operation = waiting.pop()
        if operation.name not in needed:
            needed[operation.name] = operation
            waiting += [tensor.op for tensor in operation.inputs]
            waiting += operation.control_inputs
    return needed


def _functions_of(node):
    """Names of the functions that a node calls."""
    functions = [function for attr in node.attr.values() for function in attr.list.func]
    functions += [attr.func for attr in node.attr.values() if attr.HasField("func")]
    return {function.name for function in functions}
