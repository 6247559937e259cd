"""Seeds of all random numbers, derived from a run's seed, a purpose and a step."""

import zlib

import tensorflow as tf

from lowlevel.checks import ConfigError, check_integer
from lowlevel.types import ArrayLike, Tensor

MAX_RUN_SEED = 2**63 - 1
MAX_STEP = 2**31 - 1


def derive(run_seed: int, purpose: str, step: ArrayLike = 0) -> Tensor:
    """The seed of one random draw, for the `tf.random.stateless_*` ops.

    The same three arguments give the same seed on every machine, and different ones give different
    seeds: nothing advances from draw to draw, so a run can be resumed at any step.

    Args:
        run_seed: whole number in [0, 2**63).
        purpose: a name, for example "weights/c1", "order" or "forward".
        step: whole number in [0, 2**31), or a scalar integer tensor.

    Returns:
        int64 tensor `[2]`: the run seed, and the purpose's CRC-32 in front of the step.

    Raises:
        ConfigError: one of them is something else.
    """
    check_integer("the run seed", run_seed, 0, MAX_RUN_SEED)
    if not tf.is_tensor(step):
        check_integer("the step of a seed", step, 0, MAX_STEP)
    elif not step.dtype.is_integer or step.shape.rank not in (0, None):
        raise ConfigError(f"the step of a seed must be a whole number, not {step}.")
    step = tf.cast(step, tf.int64)
    return tf.stack([tf.constant(run_seed, tf.int64), _bits(purpose) + step])


def fold(seed: ArrayLike, purpose: str) -> Tensor:
    """A seed for one of several draws that share a seed, like the dropouts of one step.

    Args:
        seed: what `derive` returned, int64 tensor `[2]`.
        purpose: a name, for example "block1".

    Returns:
        int64 tensor `[2]`.

    Raises:
        ConfigError: the seed is no seed, or the purpose no name.
    """
    seed = tf.cast(check(seed), tf.int64)
    purpose_bits = tf.constant(_bits(purpose), tf.int64)
    return tf.stack([seed[0], tf.bitwise.bitwise_xor(seed[1], purpose_bits)])


def check(seed: ArrayLike) -> Tensor:
    """A seed as a tensor `[2]`. Raises ConfigError unless it is two whole numbers."""
    try:
        tensor = tf.convert_to_tensor(seed)
        fits = tensor.dtype.is_integer and tensor.shape.is_compatible_with([2])
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ConfigError(f"a seed must be two whole numbers, see lowlevel.seeds, not {seed!r}.")
    return tensor


def _bits(purpose):
    if not isinstance(purpose, str):
        raise ConfigError(f"the purpose of a seed must be a name, not {purpose!r}.")
    return zlib.crc32(purpose.encode()) << 31
