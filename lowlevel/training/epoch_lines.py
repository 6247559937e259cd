"""A line of text for each finished epoch."""

from collections.abc import Callable

from lowlevel.progress import describe_seconds
from lowlevel.storage.history import NOT_METRICS
from lowlevel.training.hook import Hook
from lowlevel.training.state import TrainingState


class EpochLines(Hook):
    """Prints a line for each epoch."""

    def __init__(self, epochs: int, say: Callable[[str], None], evaluated_on: str = "test") -> None:
        self._epochs = epochs
        self._say = say
        self._evaluated_on = evaluated_on

    def on_train_begin(self, state: TrainingState) -> None:
        self._history = state.history

    def on_epoch_end(self, row: dict) -> None:
        self._say(describe_epoch(row, self._epochs, self._history, self._evaluated_on))


def describe_epoch(row: dict, epochs: int, history: list[dict], evaluated_on: str) -> str:
    """A line for a finished epoch: its metrics, its seconds, and the time left."""
    beside = (*NOT_METRICS, "learning_rate")
    metrics = [
        f"{f'{evaluated_on} ' * name.startswith('val_')}{name.removeprefix('val_')} {value:.4f}"
        for name, value in row.items()
        if name not in beside
    ]
    line = f"epoch {row['epoch']}/{epochs}: {', '.join(metrics)}, {row['seconds']:.0f} s"
    left = (epochs - row["epoch"]) * sum(past["seconds"] for past in history) / len(history)
    return line + (f", {describe_seconds(left)} left" if left > 60 else "")
