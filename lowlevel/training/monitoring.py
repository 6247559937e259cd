"""Whether a metric of the epochs, such as `val_loss`, still becomes better."""

import re

from lowlevel.checks import ConfigError, check_choice

_LESS_IS_BETTER = re.compile(r"loss|error|\bm[as]e\b")
_MORE_IS_BETTER = re.compile(r"acc|auc|precision|recall|\bf1\b|hit|correct|found")


def mode_for(name, mode):
    """Which is better of two metrics, "min" or "max"; where `mode` is None, by their name.

    Raises:
        ConfigError: `mode` is something else, or None where the name does not tell.
    """
    if mode is not None:
        return check_choice("mode", mode, ("min", "max"))
    words = name.replace("_", " ")
    if _LESS_IS_BETTER.search(words):
        return "min"
    if _MORE_IS_BETTER.search(words):
        return "max"
    raise ConfigError(f"whether more {name} is better is not known: pass mode='min' or 'max'.")


def check_metric(row, name, state):
    """Raises ConfigError if a row of the history lacks a metric that no hook adds now and then."""
    if name not in row and name not in state.occasional_metrics:
        raise ConfigError(f"there is no {name} to monitor; a row has {', '.join(row)}.")


def is_better(value, best, mode, min_delta=0.0):
    """Whether a metric is better than the best so far, which may be None, by at least that much."""
    if best is None:
        return True
    return value < best - min_delta if mode == "min" else value > best + min_delta


def epochs_without_better(history, name, mode, min_delta, forget_after=None):
    """How many epochs in a row, up to now, have not been better than the best before them.

    Epochs without the metric do not count. After `forget_after` epochs, counting starts anew.
    """
    best, waited = None, 0
    for row in history:
        if name not in row:
            continue
        if waited == forget_after:
            waited = 0
        if is_better(row[name], best, mode, min_delta):
            best, waited = row[name], 0
        else:
            waited += 1
    return waited
