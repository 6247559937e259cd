"""The history of a run: one row, a dict, for each finished epoch, as in metrics.jsonl."""

import math

NOT_METRICS = ("epoch", "step", "seconds")  # entries of a row that are not metrics


def best_epoch(history: list[dict]) -> dict:
    """The row of the highest test accuracy, or else of the lowest test loss or loss."""
    if "val_accuracy" in history[0]:
        return max(history, key=lambda row: row.get("val_accuracy", -math.inf))
    judged = "val_loss" if "val_loss" in history[0] else "loss"
    return min(history, key=lambda row: row.get(judged, math.inf))
