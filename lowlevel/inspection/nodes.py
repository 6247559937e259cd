"""Looking inside a compiled function: the value of any node of its graph, for a batch.

It is what `session.run(node)` was in TensorFlow 1, for the very graph that trains:

    nodes = Nodes(train_step)
    activation = nodes.values("c3/Relu", images, labels)
    found = nodes.values(["gradients/weights/c3", "weights/c3"], images, labels)
"""

import difflib
from typing import Any

import tensorflow as tf

from lowlevel.checks import ConfigError
from lowlevel.inspection.copied_step import NO_VALUE, CopiedStep
from lowlevel.inspection.operations import BACKWARD, GRADIENTS
from lowlevel.types import GraphFunction, Nest
from lowlevel.variables import layer_of


class Nodes:
    """The nodes of a compiled step or forward.

    A node is named as in the graph: an activation such as "c3/Relu", a gradient such as
    "gradients/weights/c3" or "gradients/c3/Relu"; ":1" after the name of an operation is its second
    output. Or it is a variable, such as "weights/c3".

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
        self._step = CopiedStep(function, variables)

    def by_layer(self) -> dict[str, list[str]]:
        """Names of all nodes and variables, by layer: a dict of lists, in the graph's order.

        A layer "c3" lists its activations, their gradients, its weights and the nodes that update
        them. Nodes outside all layers are under other names, for example "" at the top.
        """
        # The helpers of an operation, for example its shape, are named below it.
        operations = {name.removeprefix(BACKWARD) for name in self._step.operations}
        layers = {}
        for name, operation in self._step.operations.items():
            if any(tensor.dtype not in NO_VALUE for tensor in operation.outputs):
                layers.setdefault(self._layer_of(name, operations), []).append(name)
        for name in self._step.variables:
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
        found = {name: self._step.variables[name] for name in names if name in self._step.variables}
        nodes = {name: self._tensor(name) for name in names if name not in found}
        if nodes:
            self._check_can_be_known(nodes)
            found |= self._step.run(nodes, inputs)
        return {name: found[name].numpy() for name in names}

    def _tensor(self, name):
        """The name of the tensor that the name of a node stands for."""
        operation_name, _, index = name.partition(":")
        operation: Any = self._step.operations.get(operation_name)
        index = index or "0"
        if operation is None or not index.isdecimal():
            self._refuse_unknown(name)
        count = len(operation.outputs)
        if int(index) >= count:
            raise ConfigError(f"{name} has no value: outputs of {operation_name}: {count}.")
        if operation.outputs[int(index)].dtype in NO_VALUE:
            raise ConfigError(f"{name} has no value: it is a resource handle.")
        return f"{operation_name}:{index}"

    def _refuse_unknown(self, name):
        for function in self._step.functions.values():
            if any(node.name == name for node in function.node_def):
                raise ConfigError(
                    f"{name} is inside the function {function.signature.name}, which the graph "
                    f"calls; only nodes of the graph itself can be looked at."
                )
        known = [*self._step.operations, *self._step.variables]
        near = [there for there in known if there.startswith(f"{name}/")][:5]
        near = near or difflib.get_close_matches(name, known, n=5, cutoff=0.5)
        hint = f"; similar names: {', '.join(near)}" if near else ""
        if name.startswith(GRADIENTS) and not any(there.startswith(GRADIENTS) for there in known):
            hint = "; gradients are in a training step: Nodes(run.train_step)"
        raise ConfigError(f"there is no node or variable {name!r}{hint}.")

    def _check_can_be_known(self, nodes):
        """Refuses nodes that would advance something or differ from what the next call computes."""
        names = [tensor.partition(":")[0] for tensor in nodes.values()]
        needed = _needed([self._step.operations[name] for name in names])
        refusal = f"{', '.join(nodes)} cannot be looked at: "
        foreign = self._step.foreign & needed.keys()
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
                definitions.extend(self._step.functions[function].node_def)

    def _layer_of(self, name, operations):
        rest = name.partition("/")[2]
        if rest in self._step.variables:  # its gradient, or a slot of the optimizer
            return layer_of(rest)
        if name not in self._step.variables:
            name = name.removeprefix(BACKWARD).removeprefix(GRADIENTS).rpartition("/")[0]
            while name in operations:
                name = name.rpartition("/")[0]
        return layer_of(name)


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
