"""The network that ships with the package: `conv_net`, trained on MNIST."""

from pathlib import Path

MNIST = Path(__file__).parent / "mnist"  # a run directory
