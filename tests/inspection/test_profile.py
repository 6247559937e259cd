"""The profile of a training step: it is that step, each operation is in its place, sums add up."""

import pytest

from lowlevel import nets
from lowlevel.checks import ConfigError
from lowlevel.inspection import profile_tables
from lowlevel.inspection.profile import Operation, Profile, _place, by_kind, by_layer, profile
from lowlevel.nets import conv_net
from lowlevel.training.recipe import Recipe

SMALL = conv_net.Config((8, 8, 1), 3)


@pytest.fixture(scope="module")
def found():
    return profile("conv_net", SMALL, Recipe(batch_size=4, optimizer="sgd"), steps=2)


def test_every_layer_goes_forward_and_back_and_is_updated(found):
    layers = by_layer(found.operations)
    for layer in ("c1", "c2", "c3", "c4", "d1", "out"):
        assert {"forward", "gradient", "update"} <= layers[layer].keys()
    assert layers["pool1"].keys() == {"forward", "gradient"}
    assert "" in layers  # the loss, the metrics, the count of steps
    kinds = {operation.kind for operation in found.operations if operation.layer == "c2"}
    assert {"Conv2DBackpropInput", "ResourceApplyGradientDescent"} <= kinds
    assert sum("BackpropFilter" in kind for kind in kinds) == 1
    assert found.milliseconds > 0


def test_sums_add_up(found):
    total = sum(operation.milliseconds for operation in found.operations)
    for depth in (None, 1):
        layers = by_layer(found.operations, depth)
        assert sum(sum(parts.values()) for parts in layers.values()) == pytest.approx(total)
    kinds = by_kind(found.operations)
    assert sum(time for time, _ in kinds.values()) == pytest.approx(total)
    assert sum(count for _, count in kinds.values()) == len(found.operations)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("b1/c1/Relu", ("b1/c1", "forward")),
        ("b1/dropout/Mul", ("b1", "forward")),  # it is in no summary: nothing is dropped there
        ("gradient_tape/b1/c1/ReluGrad", ("b1/c1", "gradient")),
        ("gradients/weights/c1", ("", "gradient")),
        ("weights/b1/c1/Sub", ("b1/c1", "update")),
        ("AddN_3", ("", "gradient")),
        ("Softmax", ("", "other")),
    ],
)
def test_the_place_of_an_operation(name, place):
    assert _place(name, {"b1", "b1/c1"}, ["weights/b1/c1"]) == place


@pytest.mark.parametrize("name", ["digit_autoencoder", "regression", "text_classifier"])
def test_inputs_and_targets_of_other_tasks(name):
    config = nets.get(name).Config()
    assert profile(name, config, Recipe(batch_size=2), "bfloat16", steps=1).operations


def test_half_a_network_has_no_step():
    with pytest.raises(ConfigError, match="no task"):
        profile("digit_encoder", nets.get("digit_encoder").Config(), Recipe())


def test_tables():
    operations = [
        Operation("b/c1/Conv2D", "Conv2D", "b/c1", "forward", 3.0),
        Operation("gradient_tape/b/c2/Conv2D", "Conv2D", "b/c2", "gradient", 1.5),
        Operation("Softmax", "Softmax", "", "other", 0.5),
    ]
    text = profile_tables.text(Profile(4.25, operations), depth=1, top=2)
    assert text.splitlines() == [
        "4.25 ms a step; its 3 operations add up to 5.00 ms, for some run at the same time.",
        "",
        "layer       forward  gradient  update  other    ms  share",
        "b              3.00      1.50    0.00   0.00  4.50  90.0%",
        "(no layer)     0.00      0.00    0.00   0.50  0.50  10.0%",
        "",
        "kind     number    ms  share",
        "Conv2D        2  4.50  90.0%",
        "Softmax       1  0.50  10.0%",
        "",
        "operation                  kind      ms  share",
        "b/c1/Conv2D                Conv2D  3.00  60.0%",
        "gradient_tape/b/c2/Conv2D  Conv2D  1.50  30.0%",
        "1 more                             0.50  10.0%",
    ]
