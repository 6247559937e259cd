"""What the machine can do at most: multiply-adds of a large matrix product, bytes of a copy."""

import time

import numpy as np

SIZE = 2048


def multiply_adds_per_second(precision, rounds=5):
    """Of a product of two matrices of 2048 x 2048 in TensorFlow, the fastest of some rounds."""
    import tensorflow as tf

    matrix = tf.cast(tf.random.stateless_uniform([SIZE, SIZE], [0, 0]), precision)
    product = tf.function(lambda: tf.matmul(matrix, matrix), autograph=False)
    return SIZE**3 / _fastest(lambda: product().numpy(), rounds)


def bytes_per_second(rounds=5):
    """Read and written by a copy of 256 MiB, the fastest of some rounds."""
    source = np.ones(2**25)
    target = np.zeros_like(source)
    return 2 * source.nbytes / _fastest(lambda: np.copyto(target, source), rounds)


def _fastest(function, rounds):
    function()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
