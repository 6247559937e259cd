"""The variable store: plain dicts, made from explicit sizes and one seed."""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import initializers, variables
from lowlevel.checks import ConfigError
from lowlevel.joined_stores import JoinedStores
from lowlevel.variables import VariableStore


def make_store(seed=0):
    store = VariableStore(seed)
    store.add_weights("c1", (3, 3, 1, 16))
    store.add_biases("c1", 16)
    store.add_state("bn1/mean", (16,), initializers.ones)
    return store


def test_dicts():
    store = make_store()
    assert store.weights["c1"].shape == [3, 3, 1, 16]
    np.testing.assert_array_equal(store.biases["c1"], np.zeros(16))
    np.testing.assert_array_equal(store.state["bn1/mean"], np.ones(16))
    assert list(store.trainable()) == ["weights/c1", "biases/c1"]
    assert list(store.all()) == ["weights/c1", "biases/c1", "state/bn1/mean"]
    assert not store.state["bn1/mean"].trainable
    assert variables.count_parameters(store.all()) == 3 * 3 * 16 + 16 + 16


def test_the_same_seed_gives_the_same_bits_whatever_the_order():
    store, other_order = make_store(), VariableStore(0)
    other_order.add_weights("other", (5, 5))
    other_order.add_weights("c1", (3, 3, 1, 16))
    np.testing.assert_array_equal(store.weights["c1"], other_order.weights["c1"])
    assert (store.weights["c1"].numpy() != make_store(seed=1).weights["c1"].numpy()).all()


def test_two_layers_of_one_name():
    store = make_store()
    with pytest.raises(ConfigError, match="weights/c1 exists already"):
        store.add_weights("c1", (2, 2))


@pytest.mark.parametrize("size", [None, 0, -1, 2.0])
def test_unknown_dimension(size):
    with pytest.raises(ConfigError, match="weights/d1 needs a shape of whole numbers"):
        make_store().add_weights("d1", (size, 10))


def test_sha256_sees_every_bit_name_and_shape():
    store = make_store()
    digest = variables.sha256(store.all())
    assert len(digest) == 64
    assert variables.sha256(make_store().all()) == digest
    seen = {digest, variables.sha256(store.trainable())}
    renamed = {f"{name}x": variable for name, variable in store.all().items()}
    reshaped = store.all() | {"biases/c1": tf.Variable(tf.zeros([4, 4]))}
    seen |= {variables.sha256(renamed), variables.sha256(reshaped)}
    store.biases["c1"][3].assign(np.nextafter(np.float32(0), np.float32(1)))
    seen.add(variables.sha256(store.all()))
    assert len(seen) == 5


def test_joined_stores_are_trained_as_one():
    first, second = VariableStore(0), VariableStore(0)
    for store in (first, second):
        store.add_weights("c1", (1, 1))
        store.add_state("bn1/mean", (2,))
    joined = JoinedStores(encoder=first, decoder=second)
    assert list(joined.trainable()) == ["encoder/weights/c1", "decoder/weights/c1"]
    assert joined.trainable()["decoder/weights/c1"] is second.weights["c1"]
    assert joined.state == {
        "encoder/bn1/mean": first.state["bn1/mean"],
        "decoder/bn1/mean": second.state["bn1/mean"],
    }
    assert joined.all().keys() == joined.trainable().keys() | {
        "encoder/state/bn1/mean",
        "decoder/state/bn1/mean",
    }
