"""Many training steps in one call of a compiled function."""

import tensorflow as tf

from lowlevel import cluster, replicas
from lowlevel.types import GraphFunction


def build_step_loop(step: GraphFunction, variables: list[tf.Variable]) -> GraphFunction:
    """Compiles a loop over a training step, so that many steps need Python only once.

    The bits of all variables and sums are the same however many steps a call makes.

    Args:
        step: a result of `lowlevel.training.step.build_train_step`.
        variables: a list of variables that ought to stay finite.

    Returns:
        A `tf.function` of an iterator of a `tf.data.Dataset` of batches, and of how many steps to
        make, a scalar int32 tensor. It stops early after a loss that is not finite. It returns a
        pair: by name, the loss and each metric of each step made, float64 `[steps, 2]`, the sum of
        the step's numbers and how many they are; and whether the loss and, after the last step,
        all variables are finite, a bool scalar.
    """

    @tf.function(autograph=False)
    def make_steps(batches, count):
        made, finite, sums = _make_steps(step, lambda _: next(batches), count, count, variables)
        return {name: values[:made] for name, values in sums.items()}, finite

    return make_steps


def build_block_loop(step: GraphFunction, variables: list[tf.Variable]) -> GraphFunction:
    """What `build_step_loop` returns, but compiled by XLA, and for `Blocks` instead of an iterator.

    XLA makes one function of all ops of a step, which is worth most where each takes microseconds.
    The plain loop is its definition: up to rounding, and to the numbers that dropout draws, the
    two are equal. A call makes no more steps than are left in a block. XLA leaves out asserts.
    """

    @tf.function(autograph=False, jit_compile=True)
    def make_steps(block, start, count):
        def batch(made):  # by tf.gather: XLA compiles anew for each start of a slice
            return tf.nest.map_structure(lambda tensor: tf.gather(tensor, start + made), block)

        most = tf.nest.flatten(block)[0].shape[0]
        return _make_steps(step, batch, count, most, variables)

    def make_steps_of_block(blocks, count):
        block, start, count = blocks.take(int(count))
        made, finite, sums = make_steps(block, tf.constant(start), tf.constant(count))
        return {name: values[:made] for name, values in sums.items()}, finite

    return make_steps_of_block


def _make_steps(step, batch, count, most, variables):
    """The loop: makes `count` steps, at most `most`, the first of them on `batch(0)`."""
    names = list(step.get_concrete_function().structured_outputs)

    def goes_on(made, finite, _):
        return tf.logical_and(made < count, finite)

    # The engine takes no function that another one compiles; alone, the step is one.
    function = step if cluster.current().is_alone else step.python_function

    def sums_of_step(batch):
        values = function(*batch)
        return replicas.sum_over_all([_sum_and_size(values[name]) for name in names])

    def make_step(made, _, sums):
        rows = cluster.current().run(sums_of_step, batch(made))
        finite = tf.math.is_finite(rows[names.index("loss")][0])
        return made + 1, finite, sums.write(made, rows)

    sums = tf.TensorArray(tf.float64, size=most, element_shape=[len(names), 2])
    start = tf.constant(0), tf.constant(True), sums
    made, finite, sums = tf.while_loop(goes_on, make_step, start, parallel_iterations=1)
    floats = [variable for variable in variables if variable.dtype.is_floating]
    finite = tf.reduce_all([finite, *map(_is_finite, floats)])
    sums = sums.stack()
    return made, finite, {name: sums[:, position] for position, name in enumerate(names)}


def _sum_and_size(values):
    return tf.reduce_sum(tf.cast(values, tf.float64)), tf.cast(tf.size(values), tf.float64)


def _is_finite(variable):
    return tf.reduce_all(tf.math.is_finite(variable))
