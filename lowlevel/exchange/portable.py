"""A trained network as a function that other runtimes can run."""

import tensorflow as tf

from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.types import GraphFunction


def function_of(network: TrainedNetwork) -> GraphFunction:
    """The compiled function of a batch of inputs that returns a dict of answers.

    It is `network.serve`, with preprocessing; but for a detector it gives `cells`, what the network
    says of each cell: other runtimes have no op for the choice of the best boxes.
    """
    if "boxes" not in network.answers:
        return network.serve

    def cells(inputs):
        return {"cells": network.network(network.preprocess(inputs))}

    return tf.function(cells, input_signature=[network.input_spec], autograph=False)
