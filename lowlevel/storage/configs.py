"""The configs of runs: reading those of older versions, and describing differences."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from lowlevel import files
from lowlevel.checks import CheckpointError, ConfigError, LowlevelError, reason_of
from lowlevel.files import FilePath

DIFFERENCES_NAMED = 4


def read(path: Path) -> dict:
    """The dict in a run's config.json. Raises CheckpointError if it is missing or damaged."""
    try:
        config = files.read_json(path)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} does not exist, though there are checkpoints; fresh=True starts over."
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged ({reason_of(error)}); fresh=True starts over."
        ) from error
    if not isinstance(config, dict):
        raise CheckpointError(
            f"{path} is damaged (it is not a JSON object); fresh=True starts over."
        )
    return config


def modernize(config: dict) -> dict:
    """Converts a config that an older version may have written to this version's form.

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
def blame(source: object) -> Iterator[None]:
    """Turns the errors of a config that cannot work into a sentence that names its file.

    Raises:
        CheckpointError: something inside raised an error of this package, or ran out of memory.
    """
    try:
        yield
    except (LowlevelError, tf.errors.OpError, MemoryError) as error:
        reason = reason_of(error)
        raise CheckpointError(f"the config of {source} is damaged: {reason}.") from error


def precision_of(config: dict) -> Any:
    """The dtype that a run's network computes in; float32 if the config does not say."""
    training = config.get("training")
    return training.get("precision", "float32") if isinstance(training, dict) else None


def check_same(
    there: dict,
    wanted: dict,
    defaults: dict | None,
    beside: str,
    path: FilePath,
    resume: bool = False,
) -> None:
    """Raises ConfigError, with the differences, if the config of a run is not the one wanted.

    The first four arguments are those of `describe_differences`. Whoever asked to resume the run at
    `path` is not advised to delete it.
    """
    differences = describe_differences(modernize(there), wanted, defaults, beside)
    if differences:
        advice = "Choose another directory, or delete that run and start over with fresh=True."
        if resume:
            advice = "To resume it, open it with the settings that it was trained with."
        raise ConfigError(f"{path} holds a run of another configuration: {differences}. {advice}")


def describe_differences(there: dict, wanted: dict, defaults: dict | None, beside: str) -> str:
    """How two configs differ.

    Args:
        there: the config of a run, as read from JSON.
        wanted: the config to compare it with.
        defaults: a config with the values of entries that `there` may lack, for example settings
            that are newer than the run.
        beside: the part that is not compared.

    Returns:
        A line that names each difference, or the first few and the number of others; empty if the
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
    """A value for a message: digests are shortened."""
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
