"""Whether a metric of the epochs, such as `val_loss`, still improves."""

import difflib
import re

from lowlevel.checks import ConfigError, check_choice
from lowlevel.training.state import TrainingState

_LESS_IS_BETTER = re.compile(r"loss|error|\bm[as]e\b")
_MORE_IS_BETTER = re.compile(r"acc|auc|precision|recall|\bf1\b|hit|correct|found")


def mode_for(name: str, mode: str | None) -> str:
    """Whether lower or higher is better: "min" or "max"; judged by the name if `mode` is None.

    Raises:
        ConfigError: `mode` is something else, or is None and the name does not tell; or there is
            no name.
    """
    if not isinstance(name, str):
        raise ConfigError(f"monitor must be the name of a metric, not {name!r}.")
    if mode is not None:
        return check_choice("mode", mode, ("min", "max"))
    words = name.replace("_", " ")
    if _LESS_IS_BETTER.search(words):
        return "min"
    if _MORE_IS_BETTER.search(words):
        return "max"
    raise ConfigError(
        f"the name {name} does not tell whether a higher one is better: pass mode='min' or 'max', "
        f"or correct the name."
    )


def check_name(name: str, state: TrainingState) -> None:
    """Raises ConfigError, before the first epoch, if a name looks like a misspelt metric's.

    Any other name may still be that of a metric which a hook adds.
    """
    own = [*state.running, *(f"val_{metric}" for metric in state.running), "learning_rate"]
    if name not in [*own, *state.occasional_metrics] and difflib.get_close_matches(name, own):
        raise ConfigError(f"there is no {name} to monitor; there is {', '.join(own)}.")


def check_metric(row: dict, name: str, state: TrainingState) -> None:
    """Raises ConfigError if a row of the history lacks a metric, unless a hook adds it to some."""
    if name not in row and name not in state.occasional_metrics:
        held_out = any(there.startswith("val_") for there in row)
        hint = "; pass validation_data or validation_split to fit" if not held_out else ""
        raise ConfigError(f"there is no {name} to monitor; a row has {', '.join(row)}{hint}.")


def is_better(value: float, best: float | None, mode: str, min_delta: float = 0.0) -> bool:
    """Whether a metric beats the best so far, which may be None, by at least `min_delta`."""
    if best is None:
        return True
    return value < best - min_delta if mode == "min" else value > best + min_delta


def epochs_without_better(
    history: list[dict], name: str, mode: str, min_delta: float, forget_after: int | None = None
) -> int:
    """How many epochs have passed since the best one.

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
