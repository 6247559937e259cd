"""Command-line arguments of scripts that use or show a network; does not import TensorFlow."""

import argparse
from pathlib import Path

from lowlevel.cli.command_line import whole_number


def add_network(parser: argparse.ArgumentParser) -> None:
    """Adds the trained network to use."""
    parser.add_argument(
        "network",
        metavar="RUN_OR_EXPORT",
        type=Path,
        help="the directory of a run, or a SavedModel or an .h5 file that export.py wrote",
    )


def add_plot(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds --plot; `text` says what is drawn."""
    parser.add_argument("--plot", metavar="FILE", type=Path, help=f"draw {text}, as a .png file")


def add_depth(parser: argparse.ArgumentParser) -> None:
    """Adds how far layers are folded into blocks."""
    parser.add_argument(
        "--depth",
        metavar="N",
        type=whole_number(1),
        help="fold layers into blocks: keep this many parts of their names (default: all)",
    )
