"""Arrays in notebooks: names, shapes and numpy's figures, with treescope and without."""

import functools
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from lowlevel import nets
from lowlevel.checks import ConfigError, MissingExtraError
from lowlevel.inspection import notebook, spread, treescope_types
from lowlevel.nets import conv_net
from tests.comparison import values

NETWORK = nets.make("conv_net", conv_net.Config((8, 8, 1), 3), seed=0)
STORE = NETWORK.variables


to_html = functools.partial(notebook.to_html, compressed=False)


@pytest.fixture
def without_treescope(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "treescope"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "treescope", None)  # importing it fails
    find = notebook.importlib.util.find_spec
    monkeypatch.setattr(
        notebook.importlib.util,
        "find_spec",
        lambda name: None if "treescope" in name else find(name),
    )


def numpys(array):
    """What numpy says of an array, as it is shown."""
    return (
        f"{array.dtype.name} {' x '.join(map(str, array.shape))}, "
        f"{array.min():.4g} to {array.max():.4g}, mean {array.mean(dtype=float):.4g}, "
        f"deviation {array.std(dtype=float):.4g}, zeros {np.mean(array == 0):.1%}"
    )


def test_a_store_is_a_tree_with_the_figures_of_each_variable():
    html = to_html(STORE)
    assert "VariableStore" in html
    for name, variable in STORE.all().items():
        kind, layer = name.split("/")
        assert f"&#x27;{kind}&#x27;</span>: " in html
        label = f"&#x27;{layer}&#x27;</span>: "
        assert re.search(f"{label}<[^>]*>&lt;{re.escape(numpys(variable.numpy()))}&gt;", html)
    pictures = html.count('<div class="arrayviz_container"')
    assert pictures == len(STORE.all())


@pytest.mark.parametrize("make", [tf.constant, tf.Variable, np.asarray])
def test_arrays_of_each_kind(make):
    array = values(5, 4)
    array[0] = 0
    assert numpys(array) in to_html({"layer/Relu": make(array)})


def test_what_is_not_finite_is_counted_and_left_out_of_the_figures():
    array = np.array([1, np.nan, 3, np.inf, 0], np.float32)
    found = spread.of(array)
    kept = array[np.isfinite(array)]
    assert (found.minimum, found.maximum, found.nonfinite) == (0, 3, 2)
    assert found.mean == pytest.approx(kept.mean())
    assert found.deviation == pytest.approx(kept.std())
    assert found.zeros == 1 / 5
    assert str(found).endswith("zeros 20.0%, not finite: 2")


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (
            tf.constant([1.5, 2.5], tf.bfloat16),
            "bfloat16 2, 1.5 to 2.5, mean 2, deviation 0.5, zer",
        ),
        (np.array([True, False]), "bool 2, 0 to 1, mean 0.5, deviation 0.5, zeros 50.0%"),
        (np.zeros([0, 3]), "float64 0 x 3"),
        (tf.constant(["a", "b"]), "object 2"),
        (np.full(2, np.nan), "float64 2, not finite: 2"),
        (tf.constant(7), "int32 one number, 7 to 7, mean 7, deviation 0, zeros 0.0%"),
        (np.array([1e38, 1e38], np.float32), "float32 2, 1e+38 to 1e+38, mean 1e+38, deviation 0,"),
    ],
)
def test_odd_arrays(array, text):
    assert str(spread.of(array)).startswith(text)
    assert repr(notebook.show(array)).startswith(text)
    assert notebook.to_html(array)
    assert notebook.to_html({"x": array})


def test_one_number_is_told():
    assert "int32 7" in to_html({"step": tf.constant(7)})


def test_names_become_a_tree():
    tree = treescope_types.nest({"c1/Relu": 1, "c1": 2, "block1/c1/Conv2D": 3, "x": 4})
    assert tree == {"c1": {"Relu": 1, "": 2}, "block1": {"c1": {"Conv2D": 3}}, "x": 4}


def test_show_prints_a_table_where_treescope_is_absent(without_treescope):
    view = notebook.show(NETWORK)
    assert view._repr_html_() is None
    lines = repr(view).splitlines()
    header = "name dtype shape min max mean deviation zeros not finite"
    assert re.sub(" +", " ", lines[0]) == header
    assert len(lines) == 1 + len(STORE.all())
    w = STORE.weights["c1"].numpy()
    expected = f"weights/c1 float32 [3, 3, 1, 16] {w.min():.4g} {w.max():.4g} {w.mean():.4g} "
    assert re.sub(" +", " ", lines[1]).startswith(expected)
    with pytest.raises(MissingExtraError, match=r"treescope is not installed.*extras, notebook"):
        notebook.to_html(STORE)
    with pytest.raises(MissingExtraError, match="treescope is not installed"):
        notebook.enable()


def test_show_is_html_in_a_notebook():
    for value in (NETWORK, STORE, {"a": {"b": values(3)}}, values(2, 3), tf.ones([2])):
        assert "treescope" in notebook.show(value)._repr_html_()


def test_enable_registers_the_types_with_the_notebook(monkeypatch):
    registered = {}
    formatter = SimpleNamespace(for_type=registered.__setitem__)
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter}))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    notebook.enable()
    for value in (STORE, tf.ones([2]), tf.Variable([1.0])):
        function = next(registered[kind] for kind in registered if isinstance(value, kind))
        assert "treescope" in function(value)


def test_outside_a_notebook_enable_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    with pytest.raises(ConfigError, match="no notebook is running here"):
        notebook.enable()


@pytest.mark.parametrize("value", [object(), {"a": object()}, {"a": [1, None]}])
def test_what_is_no_array_is_refused(value):
    with pytest.raises(ConfigError, match="must be an array, or a dict of arrays"):
        notebook.show(value)


def test_a_tensor_of_a_graph_is_refused():
    with tf.Graph().as_default(), pytest.raises(ConfigError, match="x has no numbers yet"):
        notebook.show({"x": tf.constant(1) + 1})


def test_nothing_imports_treescope_at_start():
    code = "import sys; from lowlevel.inspection import notebook; print('treescope' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
