"""TensorFlow's tensors and variables, and the stores of them, explained to treescope.

Source: treescope's `NDArrayAdapter` and its registries of types.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.checks import import_extra
from lowlevel.inspection import spread
from lowlevel.joined_stores import JoinedStores
from lowlevel.variables import VariableStore

SMALL = ("bfloat16", "float16")  # which are shown as float32


@functools.cache
def register() -> None:
    """Teaches treescope these types, once; also for those who call it themselves.

    Raises:
        MissingExtraError: treescope is not installed.
    """
    registries = import_extra("treescope.type_registries", "notebook")
    adapter = _make_adapter()
    for kind in (tf.Tensor, tf.Variable):
        registries.NDARRAY_ADAPTER_REGISTRY[kind] = adapter
        registries.TREESCOPE_HANDLER_REGISTRY[kind] = _render_array
        registries.IMMUTABLE_TYPES_REGISTRY[kind] = True  # one may be in a tree twice
    for store in (VariableStore, JoinedStores, Tree):
        registries.TREESCOPE_HANDLER_REGISTRY[store] = _render_store


class Tree(dict):
    """Arrays by name, as dicts in dicts."""


def nest(named: Mapping[str, Any]) -> Tree:
    """Arrays by name as a tree of dicts: "weights/c1" is "c1" in "weights".

    An array whose name is also the beginning of others' is in their dict as "".
    """
    tree = Tree()
    inner = {name.rpartition("/")[0] for name in named}
    inner |= {name[:i] for name in inner for i, letter in enumerate(name) if letter == "/"}
    for name, value in named.items():
        *path, last = [*name.split("/"), ""] if name in inner else name.split("/")
        branch: dict = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[last] = alike(value)
    return tree


def alike(value: Any) -> Any:
    """An array of numpy as a tensor, so that all are shown alike; anything else as it is."""
    is_numbers = isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    return tf.constant(value) if is_numbers else value


def _make_adapter():
    """An adapter; its class is made only now, because treescope is."""
    treescope = import_extra("treescope", "notebook")
    base: Any = treescope.ndarray_adapters.NDArrayAdapter
    treescope.type_registries.update_registries_for_imports()  # now it knows numpy
    of_numpy = treescope.type_registries.lookup_ndarray_adapter(np.zeros(1))

    class TensorAdapter(base):
        """What treescope asks of an array; of each, `_numbers` has the answer."""

        def get_axis_info_for_array_data(self, array):
            return of_numpy.get_axis_info_for_array_data(_numbers(array))

        def get_array_data_with_truncation(self, array, mask, edge_items_per_axis):
            numbers = _numbers(array)
            return of_numpy.get_array_data_with_truncation(numbers, mask, edge_items_per_axis)

        def get_array_summary(self, array, fast):
            return f"{array.dtype.name} {array.shape}" if fast else str(spread.of(array.numpy()))

        def get_numpy_dtype(self, array):
            return _numbers(array).dtype

        def should_autovisualize(self, array):
            dtype, is_known = array.dtype, hasattr(array, "numpy")
            is_numbers = dtype.is_floating or dtype.is_integer or dtype.is_bool
            return is_known and is_numbers and bool(np.isfinite(_numbers(array)).any())

    return TensorAdapter()


def _numbers(array):
    """The array of a tensor or a variable."""
    numbers = array.numpy()
    return numbers.astype(np.float32) if array.dtype.name in SMALL else numbers


def _render_array(array, path, subtree_renderer):
    """A line of text: of one number its value, of more what can be said of them."""
    parts = import_extra("treescope.rendering_parts", "notebook")
    if not hasattr(array, "numpy"):
        return NotImplemented
    numbers = array.numpy()
    is_one = np.ndim(numbers) == 0
    line = f"{array.dtype.name} {numbers}" if is_one else f"<{spread.of(numbers)}>"
    return parts.RenderableAndLineAnnotations(
        renderable=parts.text(line), annotations=parts.build_copy_button(path)
    )


def _render_store(store, path, subtree_renderer):
    is_tree = isinstance(store, Tree)
    return import_extra("treescope.repr_lib", "notebook").render_dictionary_wrapper(
        object_type=dict if is_tree else type(store),
        wrapped_dict=store if is_tree else nest(store.all()),
        path=None,  # that of a part would not be Python: names are taken apart
        subtree_renderer=subtree_renderer,
    )
