"""Bits that no change of the code may change, and that are the same on every processor.

They are first digits of SHA-256 digests, written down in November 2026: the first values of all
variables, the order of epochs, and the seeds of random draws.
"""

import hashlib

import numpy as np
import pytest

from lowlevel import nets, seeds
from lowlevel.data import pipeline
from lowlevel.variables import sha256

INITIAL_VARIABLES = {
    "bottle_decoder": "703d88e636d13cc9",
    "bottle_encoder": "0c6fb56d9cab31e6",
    "conv_net": "0692bea9433e061a",
    "digit_autoencoder": "d762c29f7000dc6d",
    "digit_decoder": "a36adccab82a7c0a",
    "digit_encoder": "e7474ae74b8c685e",
    "grid_detector": "21192ee1023c196c",
    "leaky_net": "3801a9f98a46f605",
    "mini_inception": "01428eb86eaac4df",
    "mish_net": "0d41f893d0d6f716",
    "mlp": "9bdcdf47f981f26d",
    "regression": "f5059b08ed2ca4ff",
    "strided_net": "794209213283c4ed",
    "text_classifier": "9656d74097403444",
    "vision_transformer": "11298c91c0eb3398",
}


@pytest.mark.parametrize("name", INITIAL_VARIABLES)
def test_initial_variables(name):
    network = nets.make(name, seed=3)
    assert sha256(network.variables.all())[:16] == INITIAL_VARIABLES[name]


@pytest.mark.parametrize(("epoch", "digest"), [(0, "d8fee5c08be8f3c0"), (7, "c96f1b7833a2c3fd")])
def test_order_of_an_epoch(epoch, digest):
    order = pipeline.epoch_order(1000, run_seed=5, epoch=epoch).numpy()
    assert hashlib.sha256(order.tobytes()).hexdigest()[:16] == digest


def test_seeds():
    seed = seeds.derive(7, "forward", 5)
    np.testing.assert_array_equal(seed, [7, 0xE7912F86 << 31 | 5])
    np.testing.assert_array_equal(seeds.fold(seed, "block1/attend")[0], 7)
