"""Prints what a network says of each image: a line of text, or a JSON object on a line."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lowlevel.checks import printable
from lowlevel.cli.command_line import whole_number

if TYPE_CHECKING:
    import argparse

    from lowlevel.prediction.predictor import Prediction


def add_top(parser: "argparse.ArgumentParser") -> None:
    """Adds --top and --json."""
    parser.add_argument(
        "--top",
        metavar="N",
        type=whole_number(1),
        default=1,
        help="print this many classes of each image, the most probable first (default: 1)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object for each image instead"
    )


def tell_classes(
    names: Iterable[object],
    prediction: "Prediction",
    class_names: Sequence[str],
    top: int = 1,
    as_json: bool = False,
    gap: str = " ",
) -> None:
    """Prints a line for each image: its name, its likeliest classes, and how probable they are.

    Args:
        names: of the images.
        prediction: a `lowlevel.prediction.predictor.Prediction`.
        class_names: a name for each class.
        top: how many classes of each image.
        as_json: print objects like `{"image": "a.png", "class": "7", "probabilities": {"7": 1.0}}`.
        gap: what stands between a class and its probability.
    """
    texts = [printable(name) for name in names]
    longest = max(map(len, texts))
    for text, row in zip(texts, prediction.probabilities, strict=True):
        best = {class_names[index]: float(row[index]) for index in row.argsort()[::-1][:top]}
        if as_json:
            print_json(image=text, **{"class": next(iter(best)), "probabilities": best})
        else:
            answers = "  ".join(
                f"{name}{gap}{probability:.4f}" for name, probability in best.items()
            )
            print(f"{text:{longest}}  {answers}")


def print_json(**fields: object) -> None:
    """Prints fields as a JSON object on a line."""
    print(json.dumps(fields))


def tell_plot(path: object, as_json: bool) -> None:
    """Says that a picture was drawn; not among lines of JSON."""
    print(f"drew {path}", file=sys.stderr if as_json else sys.stdout)
