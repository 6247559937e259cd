"""The same forward runs eagerly and in a graph with a session: equal logits.

That it runs compiled is tested in test_conformance.py.
"""

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import nets
from tests.comparison import values_of
from tests.nets.test_conformance import make


@pytest.mark.parametrize("name", nets.NETS)
def test_eager_and_session_agree(name):
    net, config, variables = make(name, seed=4)
    spec = net.input_spec(config)
    inputs = values_of(spec, 3)

    eager = net.forward(config, variables, tf.constant(inputs))
    with tf.compat.v1.Graph().as_default(), tf.compat.v1.Session() as session:
        placeholder = tf.compat.v1.placeholder(spec.dtype, spec.shape)
        logits = net.forward(config, net.build(config, seed=4), placeholder)
        session.run(tf.compat.v1.global_variables_initializer())
        in_session = session.run(logits, {placeholder: inputs})

    assert np.abs(eager).max() > 0.01
    np.testing.assert_allclose(in_session, eager, atol=1e-5)
