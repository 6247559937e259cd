"""What `fit` returns: the metrics, epoch by epoch."""

from lowlevel.files import FilePath
from lowlevel.reports import curves
from lowlevel.storage.history import NOT_METRICS


class History:
    """The course of a training.

    Attributes:
        history: a list for each metric, for example `history["val_loss"]`: a number per epoch.
        epoch: numbers of the epochs, from 0.
        params: `epochs`, `steps` in each and `verbose`, as `fit` was given them.
    """

    def __init__(self, rows: list[dict], params: dict) -> None:
        """`rows` is the `history` of a `TrainingState`."""
        self._rows = rows
        self.params = params

    def __repr__(self) -> str:
        lines = [f"History of {len(self._rows)} epochs"]
        for name, numbers in self.history.items():
            first, last = (f"{number:.4g}" for number in (numbers[0], numbers[-1]))
            lines.append(f"{name}: {first} to {last}")
        return "\n".join(lines)

    @property
    def epoch(self) -> list[int]:
        """Numbers of the epochs, from 0."""
        return [row["epoch"] - 1 for row in self._rows]

    @property
    def history(self) -> dict[str, list[float]]:
        """A list for each metric, by name, with the epochs that have it, as in Keras."""
        names = dict.fromkeys(name for row in self._rows for name in row if name not in NOT_METRICS)
        return {name: [row[name] for row in self._rows if name in row] for name in names}

    def plot(self, path: FilePath) -> None:
        """Draws the metrics to a PNG file, see `lowlevel.reports.curves.draw`."""
        curves.draw(path, self._rows, evaluated_on="validation")
