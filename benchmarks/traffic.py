"""What the workers of a cluster tell one another in a training step."""

import dataclasses
import math

import tensorflow as tf

from lowlevel import nets, replicas
from lowlevel.inspection import step_graph


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What one worker adds up with the others in a step.

    Attributes:
        sums: how many tensors.
        bytes: of all of them.
    """

    sums: int
    bytes: int

    def seconds(self, workers, bytes_per_second):
        """How long a ring of workers needs, by the width of its lines alone.

        Each sends and receives 2 (n - 1) / n of the bytes: once to add up, once to tell the sum.
        """
        return 2 * (workers - 1) / workers * self.bytes / bytes_per_second


class _Listener:
    """Stands in for the replica context of a step, and writes down what it is asked to add up."""

    num_replicas_in_sync = 2
    replica_id_in_sync_group = 0

    def __init__(self):
        self.sizes = []

    def all_reduce(self, operation, tensors):
        """Returns the tensors; their gradients are added up, too."""
        return tf.nest.map_structure(self._listen, tensors)

    def _listen(self, tensor):
        self._write_down(tensor)
        if not tensor.dtype.is_floating:
            return tensor

        @tf.custom_gradient
        def listen(x):
            def gradient(upstream):
                self._write_down(upstream)
                return upstream

            return tf.identity(x), gradient

        return listen(tensor)

    def _write_down(self, tensor):
        self.sizes.append(math.prod(tensor.shape) * tensor.dtype.size)


def of_net(name):
    """The `Traffic` of a training step of a network of the registry, with its usual sizes."""
    listener, original = _Listener(), replicas.context
    replicas.context = lambda: listener
    try:
        step_graph.of_net(name, nets.get(name).Config())
    finally:
        replicas.context = original
    return Traffic(len(listener.sizes), sum(listener.sizes))
