"""The variables of networks that are trained as one."""

from typing import TypeAlias

import tensorflow as tf

from lowlevel.variables import (
    KINDS,
    NamedVariables,
    VariableStore,
    check_layers,
    join,
    layers_of,
    table,
)


class JoinedStores:
    """Several `VariableStore`s that are trained as one, each under its own name.

    Attributes:
        stores: the `VariableStore`s by name.
        weights, biases, state: as in a store, with names like `encoder/c1`.
    """

    def __init__(self, **stores: VariableStore) -> None:
        self.stores = stores
        self.weights, self.biases, self.state = (
            NamedVariables(
                kind, join(**{part: getattr(store, kind) for part, store in stores.items()})
            )
            for kind in KINDS
        )

    def __repr__(self) -> str:
        return f"JoinedStores\n{table(self.all())}"

    def freeze(self, *layers: str) -> None:
        """Freezes layers of the stores, by names like "encoder" and "encoder/c1"."""
        for store, names in self._in_stores(layers):
            store.freeze(*names)

    def unfreeze(self, *layers: str) -> None:
        """Undoes `freeze` of the same names. Raises ConfigError if one is not frozen."""
        for store, names in self._in_stores(layers):
            store.unfreeze(*names)

    def _in_stores(self, layers):
        """For each name, the store that it is in and the store's names for it."""
        check_layers(layers, self.all())
        for layer in layers:
            part, _, rest = layer.partition("/")
            store = self.stores[part]
            yield store, [rest] if rest else layers_of(store.all())

    def trainable(self) -> dict[str, tf.Variable]:
        """The variables that gradients update, by full name, for example `encoder/weights/c1`."""
        return join(**{part: store.trainable() for part, store in self.stores.items()})

    def updated_state(self) -> dict[str, tf.Variable]:
        """The state that training updates, by name, for example `encoder/bn1/mean`."""
        return join(**{part: store.updated_state() for part, store in self.stores.items()})

    def all(self) -> dict[str, tf.Variable]:
        """All variables by full name."""
        return join(**{part: store.all() for part, store in self.stores.items()})


Store: TypeAlias = VariableStore | JoinedStores  # what a network computes with
