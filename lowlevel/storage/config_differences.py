"""What tells one run's config from another's, in words."""

import json

MOST = 4  # differences that are named


def describe(there, wanted, beside):
    """How two configs differ.

    Args:
        there: the config of a run, as read from JSON.
        wanted: the one to compare it with.
        beside: the part that is not compared.

    Returns:
        A line that names each difference, or the first and how many more there are; empty if the
        two are equal.
    """
    there, wanted = _flatten(there), _flatten(json.loads(json.dumps(wanted)))
    differences = [
        f"{key} is {_show(there, key)} there and {_show(wanted, key)} here"
        for key in sorted(there.keys() | wanted.keys())
        if not key.startswith(f"{beside}.") and there.get(key) != wanted.get(key)
    ]
    more = len(differences) - MOST
    if more > 0:
        differences[MOST:] = [f"and {more} more differences"]
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
