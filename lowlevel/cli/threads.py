"""How many threads TensorFlow computes one operation with."""

import contextlib
import os

# The operations of these networks are so small that to split each of them over threads takes longer
# than it saves. They end with the same bits either way, so a run may be resumed with other threads.
FASTEST_WITH_ONE = ("text_classifier",)


def choose(net: str) -> None:
    """Lets one thread compute an operation of a small network, and all cores one of any other.

    To be called before TensorFlow computes anything; later it does nothing. What the user sets in
    the environment, TF_NUM_INTRAOP_THREADS, is left alone.

    Args:
        net: the network's name in the registry.
    """
    import tensorflow as tf

    if net in FASTEST_WITH_ONE and "TF_NUM_INTRAOP_THREADS" not in os.environ:
        with contextlib.suppress(RuntimeError):  # too late: TensorFlow has begun
            tf.config.threading.set_intra_op_parallelism_threads(1)
