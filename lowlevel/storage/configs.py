"""The configs of runs: what an older version wrote, and what tells one from another, in words."""

import contextlib
import json

import tensorflow as tf

from lowlevel.checks import CheckpointError, LowlevelError, reason_of

DIFFERENCES_NAMED = 4


def modernize(config):
    """A config as this version writes it, from one that an older version may have written.

    Until November 2026 the bottle autoencoder was kept as two networks, `encoder` and `decoder`.
    """
    if "net" in config or not {"encoder", "decoder"} <= config.keys():
        return config
    parts = {name: config[name] for name in ("encoder", "decoder")}
    rest = {name: value for name, value in config.items() if name not in parts}
    net_config = {
        name: part.get("net_config") if isinstance(part, dict) else None
        for name, part in parts.items()
    }
    return {"net": "bottle_autoencoder", "net_config": net_config} | rest


@contextlib.contextmanager
def blame(source):
    """Turns what a config that cannot work raises into a sentence on the file that it is in.

    Raises:
        CheckpointError: something inside raised an error of this package, or ran out of memory.
    """
    try:
        yield
    except (LowlevelError, tf.errors.OpError, MemoryError) as error:
        reason = reason_of(error)
        raise CheckpointError(f"the config of {source} is damaged: {reason}.") from error


def precision_of(config):
    """What the network of a run computes in: a run that does not say it computes in float32."""
    training = config.get("training")
    return training.get("precision", "float32") if isinstance(training, dict) else None


def describe_differences(there, wanted, defaults, beside):
    """How two configs differ.

    Args:
        there: the config of a run, as read from JSON.
        wanted: the one to compare it with.
        defaults: what an entry that `there` lacks stands for, such as a setting that is newer than
            the run, in the form of a config.
        beside: the part that is not compared.

    Returns:
        A line that names each difference, or the first and how many more there are; empty if the
        two are equal.
    """
    there, wanted, defaults = (
        _flatten(json.loads(json.dumps(config))) for config in (there, wanted, defaults)
    )
    there = defaults | there
    wanted = defaults | wanted
    differences = [
        f"{key} is {_show(there, key)} there and {_show(wanted, key)} here"
        for key in sorted(there.keys() | wanted.keys())
        if not key.startswith(f"{beside}.") and there.get(key) != wanted.get(key)
    ]
    more = len(differences) - DIFFERENCES_NAMED
    if more > 0:
        differences[DIFFERENCES_NAMED:] = [f"and {more} more differences"]
    return "; ".join(differences)


def _show(flat_config, key):
    """A value for a message: digests are cut to what tells them apart."""
    value = json.dumps(flat_config.get(key))
    return value if len(value) <= 40 else f"{value[:12]}...{value[-6:]}"


def _flatten(config, prefix=""):
    """{"a": {"b": 1}} to {"a.b": 1}."""
    flat = {}
    for key, value in config.items():
        flat |= (
            _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat
