"""Many training steps in one call of a compiled function."""

import tensorflow as tf


def build_step_loop(step):
    """Compiles a loop over a training step, so that many steps need Python only once.

    The bits of all variables and sums are the same however many steps a call makes.

    Args:
        step: a result of `lowlevel.training.step.build_train_step`.

    Returns:
        A `tf.function` of an iterator of a `tf.data.Dataset` of batches, and of how many steps to
        make, a scalar int32 tensor. It stops early after a loss that is not finite. It returns, by
        name, the loss and each metric of each step made: float64 `[steps, 2]`, the sum of the
        step's numbers and how many they are.
    """

    @tf.function(autograph=False)
    def make_steps(batches, count):
        names = list(step.get_concrete_function().structured_outputs)

        def goes_on(made, finite, _):
            return tf.logical_and(made < count, finite)

        def make_step(made, _, sums):
            values = step(*next(batches))
            rows = [_sum_and_size(values[name]) for name in names]
            finite = tf.math.is_finite(rows[names.index("loss")][0])
            return made + 1, finite, sums.write(made, rows)

        sums = tf.TensorArray(tf.float64, size=count, element_shape=[len(names), 2])
        start = tf.constant(0), tf.constant(True), sums
        made, _, sums = tf.while_loop(goes_on, make_step, start, parallel_iterations=1)
        sums = sums.stack()[:made]
        return {name: sums[:, position] for position, name in enumerate(names)}

    return make_steps


def _sum_and_size(values):
    return tf.reduce_sum(tf.cast(values, tf.float64)), tf.cast(tf.size(values), tf.float64)
