"""Arrays as they are looked at in a notebook: a folded tree of names, figures and pictures.

    notebook.enable()  # once; from then on stores, tensors, variables and traces show themselves so
    network.variables

`show` does it for anything that has names and arrays, and prints as a table where no notebook is.
Source of the tree and the pictures: treescope, to which `treescope_types` explains TensorFlow.
"""

import importlib.util
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel.checks import ConfigError, import_extra
from lowlevel.inspection import spread, treescope_types
from lowlevel.inspection.summary import align
from lowlevel.inspection.traced import Trace
from lowlevel.joined_stores import JoinedStores
from lowlevel.variables import VariableStore

EXTRA = "notebook"


class View:
    """Arrays by name: a notebook shows them as a tree, and `print` as a table.

    Attributes:
        arrays: a dict of arrays, tensors and variables by name; "" for a single one.
    """

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.arrays = arrays

    def __repr__(self) -> str:
        if [*self.arrays] == [""]:
            return str(spread.of(self.arrays[""]))
        rows = [
            ("name", "dtype", "shape", "min", "max", "mean", "deviation", "zeros", "not finite")
        ]
        rows += [_row(name, spread.of(array)) for name, array in self.arrays.items()]
        return "\n".join(line.rstrip() for line in align(rows, left=rows[0][:3]))

    def _repr_html_(self) -> str | None:
        """The tree; None, for which a notebook takes the table, if treescope is not installed."""
        if importlib.util.find_spec("treescope") is None:
            return None
        return to_html(self.arrays[""] if [*self.arrays] == [""] else self.arrays)


def show(value: Any) -> View:
    """A view of a store, a network, an array, or a dict of arrays, nested as it may be.

    Args:
        value: a `VariableStore` or `JoinedStores`, or what has one as its `variables`, such as a
            `Network`; a `Trace`; a tensor, a variable or an array; or a dict of these by name.

    Raises:
        ConfigError: it holds no arrays.
    """
    value = value.arrays() if isinstance(value, Trace) else getattr(value, "variables", value)
    if isinstance(value, VariableStore | JoinedStores):
        value = value.all()
    if not isinstance(value, Mapping):
        return View({"": _to_array("what is shown", value)})
    return View(dict(_flatten(value)))


def enable() -> None:
    """Lets stores, tensors, variables and traces show themselves as trees in this notebook.

    Raises:
        MissingExtraError: treescope is not installed.
        ConfigError: no notebook is running.
    """
    import_extra("treescope", EXTRA)
    python = sys.modules.get("IPython")
    shell = python and python.get_ipython()
    if not shell:
        raise ConfigError(
            "no notebook is running here; print(notebook.show(...)) shows arrays anywhere."
        )
    formatter = shell.display_formatter.formatters["text/html"]
    for kind in (VariableStore, JoinedStores, tf.Tensor, tf.Variable):
        formatter.for_type(kind, to_html)
    formatter.for_type(Trace, lambda trace: to_html(trace.arrays()))


def to_html(value: Any, compressed: bool = True) -> str:
    """A store, a tensor, a variable, an array, or a dict of arrays by name as a piece of HTML.

    It needs no network; a script in it opens and closes the folds, and draws the pictures.

    Args:
        value: what is shown.
        compressed: whether to compress it; if not, its text can be read and searched.

    Raises:
        MissingExtraError: treescope is not installed.
    """
    treescope = import_extra("treescope", EXTRA)
    treescope_types.register()
    is_tree = isinstance(value, Mapping)
    value = treescope_types.nest(value) if is_tree else treescope_types.alike(value)
    with (
        treescope.active_autovisualizer.set_scoped(treescope.ArrayAutovisualizer()),
        np.errstate(all="ignore"),  # where it squares large numbers to find the colours
    ):
        return treescope.render_to_html(value, compressed=compressed)


def _flatten(mapping, before=""):
    """Pairs of full name and array of a dict of dicts."""
    for key, value in mapping.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}/")
        else:
            yield name, _to_array(name, value)


def _to_array(name, value):
    """A tensor or a variable as it is; anything else as an array."""
    if isinstance(value, tf.Tensor | tf.Variable):
        if not hasattr(value, "numpy"):
            raise ConfigError(f"{name} has no numbers yet: it is part of a graph.")
        return value
    array = np.asarray(value)
    if array.dtype == object:
        raise ConfigError(f"{name} must be an array, or a dict of arrays, not {value!r}.")
    return array


def _row(name, found):
    figures = [found.minimum, found.maximum, found.mean, found.deviation]
    known = not np.isnan(found.zeros)
    return (
        *(name, found.dtype, str(list(found.shape))),
        *("" if np.isnan(figure) else f"{figure:.4g}" for figure in figures),
        f"{found.zeros:.1%}" if known else "",
        f"{found.nonfinite:,}" if known else "",
    )
