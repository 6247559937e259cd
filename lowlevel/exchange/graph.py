"""A network as a graph of usual layers, which other programs can build: data, not code.

`lowlevel.exchange.descriptions` has one for each network of the registry. Layers are those of
Keras, by its names for them and their settings.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

Output: TypeAlias = tuple[str, int]  # of a layer, and of which of its calls

# Variables of a kind of layer in Keras's order, as our names; {} is the layer's name.
VARIABLES = {
    "Conv2D": ("weights/{}", "biases/{}"),
    "Conv2DTranspose": ("weights/{}", "biases/{}"),
    "Dense": ("weights/{}", "biases/{}"),
    "Embedding": ("weights/{}",),
    "LayerNormalization": ("weights/{}", "biases/{}"),
    "BatchNormalization": ("weights/{}", "biases/{}", "state/{}/mean", "state/{}/variance"),
}
ATTENTION = {"query": "queries", "key": "keys", "value": "values", "output": "merge"}


@dataclasses.dataclass
class Layer:
    """A layer.

    Attributes:
        kind: Keras's name for it, such as "Conv2D"; or "Sequential" for a graph in a graph.
        name: a name of its own: where it has variables, our layer's name with "-" for "/".
        settings: Keras's arguments, as JSON.
        calls: what it is called with, call by call: a list of outputs of other layers each.
        inner: for "Sequential", the `Graph`.
        pixels: (height, width, channels) that a dense layer's inputs were flattened from, or its
            outputs are reshaped to: (inputs, outputs), None where it is neither.
    """

    kind: str
    name: str
    settings: dict
    calls: list[list[Output]] = dataclasses.field(default_factory=list)
    inner: Any = None
    pixels: tuple = (None, None)

    @property
    def layer(self) -> str:
        """Our name for it."""
        return self.name.replace("-", "/")

    @property
    def variables(self) -> list[tuple[str, str]]:
        """Our name of each variable, in Keras's order, and the part of the layer that holds it."""
        if self.kind == "MultiHeadAttention":
            block = self.layer.rpartition("/")[0]
            return [
                (f"{kind}/{block}/{ours}", f"{theirs}_dense/")
                for theirs, ours in ATTENTION.items()
                for kind in ("weights", "biases")
            ]
        names = VARIABLES.get(self.kind, ())
        if not self.settings.get("use_bias", True) or not self.settings.get("scale", True):
            names = names[:1]  # of a layer norm without scale, what it adds: see `usual.learned`
        return [(name.format(self.layer), "") for name in names]


class Graph:
    """Layers in the order in which they were added, each called with the one before it.

    Attributes:
        name: the name of the whole.
        inputs: (shape without the batch, dtype) of the inputs.
        layers: the `Layer`s by name.
        last: the output of the last call.
    """

    def __init__(self, name: str, shape: Sequence, dtype: str = "float32") -> None:
        self.name = name
        self.inputs = (list(shape), dtype)
        self.layers: dict[str, Layer] = {"inputs": Layer("InputLayer", "inputs", {}, [[]])}
        self.last: Output = ("inputs", 0)
        self._calls: list[Output] = [self.last]  # in the order in which they are made

    def add(
        self, kind: str, name: str | None = None, *after: Output, pixels: tuple = (None, None),
        inner: "Graph | None" = None, **settings: Any,
    ) -> Output:  # fmt: skip
        """Calls a layer, and makes it if there is none of that name yet.

        Args:
            kind, name: see `Layer`; a layer without variables needs no name.
            after: outputs that it is called with; the last one if there is none.
            pixels, inner, settings: see `Layer`.

        Returns:
            Its output.
        """
        name = name or f"{kind.lower()}{len(self.layers)}"
        name = name.replace("/", "-")
        if name not in self.layers:
            self.layers[name] = Layer(kind, name, settings, inner=inner, pixels=pixels)
        calls = self.layers[name].calls
        calls.append(list(after) or [self.last])
        self.last = (name, len(calls) - 1)
        self._calls.append(self.last)
        return self.last

    @property
    def is_chain(self) -> bool:
        """Whether each layer is called once, with what the one before it gives."""
        before = None
        for layer in self.layers.values():
            expected = [[]] if before is None else [[(before, 0)]]
            if layer.calls != expected:
                return False
            before = layer.name
        return True

    def walk(self, part: str = "") -> Iterator[tuple[Layer, str]]:
        """Each layer, and the part of the network that it is in, such as "encoder/" or ""."""
        for layer in self.in_order():
            if layer.inner is None:
                yield layer, part
            else:
                yield from layer.inner.walk(f"{part}{layer.name}/")

    def in_order(self) -> list[Layer]:
        """The layers as Keras sorts them: the farther from the output, the earlier."""
        depths, of_calls = dict.fromkeys(self.layers, 0), {}
        for name, call in reversed(self._calls):
            depth = max(of_calls.get((name, call), 0), depths[name])
            depths[name] = depth
            for before in self.layers[name].calls[call]:
                of_calls[before] = max(of_calls.get(before, 0), depth + 1)
        return sorted(self.layers.values(), key=lambda layer: -depths[layer.name])
