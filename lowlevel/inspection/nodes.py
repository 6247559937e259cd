"""Looking inside a compiled function: the value of any node of its graph, for a batch.

It is what `session.run(node)` was in TensorFlow 1, for the very graph that trains.
"""

import difflib

import tensorflow as tf

from lowlevel.checks import ConfigError


class Nodes:
    """The nodes of a compiled step or forward.

    A node is named as in the graph: an activation such as "c3/Relu", a gradient such as
    "gradients/weights/c3"; or it is a variable, such as "weights/c3".
    """

    def __init__(self, function):
        """Takes a `tf.function` that has an input signature; it is not traced again."""
        self._function = function.get_concrete_function()
        self._graph = self._function.graph
        self._variables = {
            variable.name.removesuffix(":0"): variable for variable in self._graph.variables
        }
        self._fetchers = {}

    def by_layer(self):
        """Names of all nodes with a value, by layer: a dict of lists, in the graph's order."""
        layers = {}
        for operation in self._graph.get_operations():
            if operation.outputs:
                layer = operation.name.rpartition("/")[0]
                layers.setdefault(layer, []).append(operation.name)
        return layers

    def values(self, names, *inputs):
        """What nodes are for a batch. Nothing is changed: no variable, no slot, no step.

        Args:
            names: names of nodes or variables.
            inputs: what the function takes, such as images and labels.

        Returns:
            A dict of arrays by name.

        Raises:
            ConfigError: a name is unknown; the text names those that are nearest.
        """
        names = tuple(names)
        if names not in self._fetchers:
            self._fetchers[names] = self._make_fetcher(names)
        signature, _ = self._function.structured_input_signature
        inputs = tf.nest.map_structure(
            lambda spec, value: tf.convert_to_tensor(value, spec.dtype), signature, inputs
        )
        return {name: value.numpy() for name, value in self._fetchers[names](*inputs).items()}

    def _make_fetcher(self, names):
        """A function of the same inputs that computes these nodes and what they need."""
        tensors = {name: self._tensor(name) for name in names if name not in self._variables}
        graph_def = _without_control_edges(self._graph.as_graph_def())
        graph_def = tf.compat.v1.graph_util.extract_sub_graph(
            graph_def, [tensor.op.name for tensor in tensors.values()]
        )
        present = {node.name for node in graph_def.node}
        captures = self._graph.captures

        @tf.function(autograph=False)
        def fetch(*inputs):
            flat = [*tf.nest.flatten(inputs), *(external for external, _ in captures)]
            fed = {
                placeholder.name: value
                for placeholder, value in zip(self._graph.inputs, flat, strict=True)
                if placeholder.op.name in present
            }
            elements = [tensor.name for tensor in tensors.values()]
            found = tf.graph_util.import_graph_def(graph_def, fed, elements, name="")
            result = dict(zip(tensors, found, strict=True))
            return result | {
                name: tf.identity(self._variables[name])
                for name in names
                if name in self._variables
            }

        return fetch

    def _tensor(self, name):
        operations = {operation.name: operation for operation in self._graph.get_operations()}
        operation_name, _, output = name.partition(":")
        operation = operations.get(operation_name)
        if operation is None or not operation.outputs:
            known = [*operations, *self._variables]
            near = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
            hint = f"; near it are {', '.join(near)}" if near else ""
            raise ConfigError(f"the graph has no node {name!r} with a value{hint}.")
        index = int(output) if output.isdigit() else 0
        if index >= len(operation.outputs):
            raise ConfigError(f"{operation_name} has {len(operation.outputs)} outputs, not {name}.")
        return operation.outputs[index]


def _without_control_edges(graph_def):
    """A graph in which nodes wait for what they compute with alone, so that nothing is assigned."""
    for node in graph_def.node:
        kept = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(kept)
    return graph_def
