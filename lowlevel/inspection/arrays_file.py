"""Arrays packed one after another, compressed, as text for a page."""

import base64
import hashlib
import zlib

import numpy as np

from lowlevel.inspection.sampling import Kept


class Arrays:
    """Collects arrays; equal ones are packed once.

    Attributes:
        entries: for JSON, of each array: where its numbers begin, its shape, its statistics, which
            channels there are (None for all), and what is left out, in words. An array that the
            page computes itself has a `rule` instead of packed numbers, see `add`.
    """

    def __init__(self) -> None:
        self.entries: list[dict] = []
        self._numbers: list[np.ndarray] = []
        self._length = 0
        self._known: dict[bytes, int] = {}

    def add(self, kept: Kept, rule: list | None = None) -> int:
        """Adds an array as float32; returns its number among the entries.

        A `rule` is for an array that need not be packed, since the page computes the same bits
        from other entries: ["Relu", x] or ["BiasAdd", x, bias].
        """
        numbers = np.asarray(kept.array, np.float32)
        digest = hashlib.sha256(numbers.tobytes()).digest()
        if rule is None and digest not in self._known:
            self._known[digest] = self._length
            self._numbers.append(numbers.ravel())
            self._length += numbers.size
        statistics = kept.statistics
        finite = {
            name: value if np.isfinite(value) else None
            for name, value in (
                ("minimum", statistics.minimum),
                ("maximum", statistics.maximum),
                ("mean", statistics.mean),
                ("deviation", statistics.deviation),
                ("zeros", statistics.zeros),
            )
        }
        entry = {
            "start": self._known.get(digest),
            "rule": rule,
            "shape": list(numbers.shape),
            "whole": list(statistics.shape),
            "nonfinite": statistics.nonfinite,
            "channels": kept.channels and list(kept.channels),
            "note": kept.note,
        }
        self.entries.append(entry | finite)
        return len(self.entries) - 1

    def text(self) -> str:
        """All numbers as little-endian float32, compressed by gzip's method, in base64."""
        numbers = np.concatenate(self._numbers) if self._numbers else np.zeros(0, np.float32)
        return base64.b64encode(zlib.compress(numbers.astype("<f4").tobytes(), 6)).decode()
