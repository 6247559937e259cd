"""The activations of a step: what the operations of its forward pass compute."""

import tensorflow as tf


class Activations(dict[str, tf.Tensor]):
    """While it is open, collects the tensors of floats that operations compute, by their names.

    Only a graph has names: without one, nothing is collected.
    """

    def __enter__(self) -> "Activations":
        self._graph = tf.compat.v1.get_default_graph()
        self._first = len(self._graph.get_operations())
        return self

    def __exit__(self, *exception: object) -> None:
        for operation in self._graph.get_operations()[self._first :]:
            reads_variable = any(tensor.dtype == tf.resource for tensor in operation.inputs)
            if operation.inputs and not reads_variable:
                result = operation.outputs[0]  # others are by-products, such as a batch's mean
                if result.dtype.is_floating:
                    self[operation.name] = result
