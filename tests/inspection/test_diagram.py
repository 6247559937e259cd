"""Diagrams: every layer is in them, each below what it depends on, none upon another."""

import pytest

from lowlevel import nets
from lowlevel.checks import DataError
from lowlevel.inspection import diagram, layered_layout, repeats, summary
from lowlevel.nets import mish_net


def check(names, edges):
    """Asserts that a layout is one; returns the places."""
    places, routes = layered_layout.place(names, edges)
    assert places.keys() == set(names)
    assert routes.keys() == set(edges)
    order = {name: number for number, name in enumerate(names)}
    nodes = list(places.values())
    for a, b in edges:
        if order[a] < order[b]:
            assert places[a][1] < places[b][1]
            rows = [row for _, row in routes[a, b]]
            assert rows == list(range(places[a][1] + 1, places[b][1]))
            nodes += routes[a, b]
    for number, (column, row) in enumerate(nodes):
        for other_column, other_row in nodes[:number]:
            assert row != other_row or abs(column - other_column) > 0.999
    return places


def test_a_chain_is_straight():
    places = check(["a", "b", "c"], [("a", "b"), ("b", "c")])
    assert [row for _, row in places.values()] == [0, 1, 2]
    assert len({column for column, _ in places.values()}) == 1


def test_branches_stand_side_by_side():
    edges = [("a", "left"), ("a", "right"), ("left", "end"), ("right", "end")]
    places = check(["a", "left", "right", "end"], edges)
    assert places["left"][1] == places["right"][1] == 1
    assert places["a"][0] == places["end"][0] == sum(places[n][0] for n in ("left", "right")) / 2


def test_an_edge_that_skips_passes_beside():
    edges = [("a", "b"), ("b", "c"), ("a", "c")]
    places, routes = layered_layout.place(["a", "b", "c"], edges)
    [(column, row)] = routes["a", "c"]
    assert row == 1
    assert abs(column - places["b"][0]) >= 1


def test_a_layer_that_is_used_again():
    names, edges = ["a", "b", "c"], [("a", "b"), ("b", "a"), ("b", "c")]
    places = check(names, edges)
    assert [places[name][1] for name in names] == [0, 1, 2]


@pytest.mark.parametrize("name", nets.NETS)
@pytest.mark.parametrize("depth", [None, 1])
def test_every_layer_is_drawn_in_a_place_of_its_own(tmp_path, name, depth):
    layers = summary.summarize(name, depth=depth)
    names = [diagram.INPUT, *(layer.name for layer in layers)]
    check(names, [(source or diagram.INPUT, one.name) for one in layers for source in one.inputs])
    net = nets.get(name)
    file = tmp_path / "diagram.svg"
    diagram.draw(file, layers, name, net.input_spec(net.Config()).shape[1:])
    text = file.read_text()
    drawn, counts = repeats.fold(layers)
    assert all(f">x {count}<" in text for count in counts.values())
    for layer in drawn:
        assert f">{layer.name}<" in text
        if layer.parameters:
            assert f">{layer.parameters:,} parameters<" in text


def test_a_block_that_repeats_the_one_before_is_left_out():
    layers = summary.summarize("vision_transformer")
    folded, counts = repeats.fold(layers)
    assert counts == {"block1": 4}
    names = [layer.name for layer in folded]
    assert "block2/norm1" not in names
    assert len(names) == len(layers) - 3 * 11
    [first] = [layer for layer in folded if layer.name == "first"]
    assert first.inputs == ["block1/think"]
    different = summary.summarize("mini_inception")
    assert repeats.fold(different) == (different, {})


def test_the_branches_of_an_inception_module():
    layers = {layer.name: layer for layer in summary.summarize("mini_inception")}
    assert layers["inception1/1x1/conv"].inputs == ["stem/norm"]
    assert layers["inception1/3x3/conv"].inputs == ["stem/norm"]
    assert layers["inception1/concat"].inputs == ["inception1/1x1/norm", "inception1/3x3/norm"]
    assert layers["stem/conv"].inputs == [""]


def test_what_runs_in_no_scope_is_passed_through():
    layers = {layer.name: layer for layer in summary.summarize("vision_transformer")}
    assert layers["block1/attention"].inputs == ["block1/queries", "block1/keys", "block1/values"]
    assert layers["block1/attend"].inputs == ["positions", "block1/merge"]


def test_a_shared_block_is_there_twice_but_its_parameters_once():
    layers = {row.name: row for row in summary.summarize("mish_net", mish_net.Config(shared=True))}
    assert layers["block1/c1"].parameters == 2_320
    assert layers["block1/c1_1"].parameters == 0
    assert layers["block1/c1"].operations == layers["block1/c1_1"].operations


def test_png(tmp_path):
    diagram.draw(tmp_path / "d.png", summary.summarize("conv_net"), "conv_net", (28, 28, 1))
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(DataError, match="cannot be drawn"):
        diagram.draw(tmp_path / "no" / "d.png", summary.summarize("mlp"), "mlp", (28, 28, 1))
