"""Networks to send to other programs, and their Keras twins."""

import functools

import numpy as np

from lowlevel import nets, shipped
from lowlevel.nets import conv_net
from lowlevel.nets.network import Network
from lowlevel.prediction import trained
from tests.comparison import assert_close, values_of
from tests.keras_reference import conv_net as keras_conv_net
from tests.keras_reference import test_twins

NAMES = ["conv_net", *test_twins.TWINS]


def with_twin(name):
    """A small network with random variables, and its twin with the same numbers."""
    if name == "conv_net":
        network = nets.make(name, conv_net.Config(dropout_rate=0.0), seed=3)
        twin = keras_conv_net.build(dropout_rate=0.0)
        keras_conv_net.copy_variables(network.variables, twin)
        return network, twin
    net, config, variables, twin, _ = test_twins.make(name, small=True)
    forward = functools.partial(net.forward, config, variables)
    registered = name.split(",")[0]
    spec = net.input_spec(config)
    return Network(forward, variables, spec, name=registered, config=config), twin


def emptied(network):
    """Sets all variables to zero; returns the numbers that they had."""
    before = {name: variable.numpy() for name, variable in network.variables.all().items()}
    for variable in network.variables.all().values():
        variable.assign(np.zeros_like(variable))
    return before


def assert_holds(network, numbers):
    """Asserts that the variables have these numbers, bit for bit."""
    for name, variable in network.variables.all().items():
        np.testing.assert_array_equal(variable, numbers[name], name)


def assert_same_outputs(network, function):
    """Asserts that a function computes what the network does."""
    inputs = values_of(network.input_spec, 4)
    assert_close(np.asarray(function(inputs)), network(inputs), 1e-5)


def shipped_network():
    """The network that ships, trained on MNIST."""
    return trained.load(shipped.MNIST)
