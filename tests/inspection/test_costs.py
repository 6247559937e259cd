"""Costs: those of one net counted by hand, those of all nets by what must hold for each."""

import functools

import pytest

from lowlevel import nets
from lowlevel.inspection import costs, summary, summary_table
from lowlevel.inspection.costs import Cost
from lowlevel.inspection.receptive_field import ALL
from lowlevel.inspection.summary import Layer

FLOAT = 4  # bytes
# Each is by the arithmetic of windows and strides: in strided_net, convolutions of 3 with stride 2
# (3 pixels), pooling 3 with stride 3 (3 + 2 * 2), convolution 3 with stride 2 (7 + 2 * 6), and the
# maximum over 2 x 2 (19 + 6); in grid_detector three convolutions of 3, each before a pooling of 2,
# and two more, 8 pixels apart.
OUTPUT_SEES = {"leaky_net": (3, 3), "strided_net": (25, 25), "grid_detector": (54, 54)}


@functools.cache
def of_net(name, **options):
    return costs.of_net(name, nets.get(name).Config(), **options)


def test_conv_net_by_hand():
    found = of_net("conv_net")
    # For each pixel out, each weight is multiplied once.
    c1 = 28 * 28 * (3 * 3 * 1 * 16)
    c2 = 28 * 28 * (3 * 3 * 16 * 16)
    c3 = 14 * 14 * (3 * 3 * 16 * 32)
    c4 = 14 * 14 * (3 * 3 * 32 * 32)
    d1 = (7 * 7 * 32) * 128
    out = 128 * 10
    forward = {"c1": c1, "c2": c2, "c3": c3, "c4": c4, "d1": d1, "out": out}
    for layer, count in forward.items():
        assert found[layer].forward == count
        # A gradient by the weights, and one by what the layer before has computed.
        assert found[layer].backward == (count if layer == "c1" else 2 * count)

    assert {layer: cost.kept for layer, cost in found.items()} == {
        # Each convolution's ReLU: where it is 0, no gradient passes. Its convolution and the
        # adding of the bias are not read again.
        "c1": 28 * 28 * 16 * FLOAT,
        "c2": 28 * 28 * 16 * FLOAT,
        "pool1": 14 * 14 * 16 * FLOAT,  # the maxima, to find their places, and for c3's weights
        "c3": 14 * 14 * 32 * FLOAT,
        "c4": 14 * 14 * 32 * FLOAT,
        "pool2": 7 * 7 * 32 * FLOAT,
        "flatten": 0,  # has the memory of pool2
        # The ReLU; what dropout has dropped, a truth value each; and what is left, for the
        # weights of `out`.
        "d1": 128 * FLOAT + 128 * 1 + 128 * FLOAT,
        "out": 0,  # logits: the loss has computed its gradient already, which it keeps
        "": 28 * 28 * 1 * FLOAT + 10 * FLOAT,  # the image, for the weights of c1; that gradient
    }

    # A window of 3 adds a pixel at each side; behind a pooling, pixels are 2 apart.
    assert {layer: cost.sees for layer, cost in found.items() if layer} == {
        "c1": (3, 3),
        "c2": (5, 5),
        "pool1": (6, 6),
        "c3": (6 + 2 * 2, 6 + 2 * 2),
        "c4": (14, 14),
        "pool2": (16, 16),
        "flatten": (16, 16),
        "d1": ALL,
        "out": ALL,
    }


@pytest.mark.parametrize("name", nets.NETS)
def test_what_holds_for_each_net(name):
    found, layers = of_net(name), summary.summarize(name)
    assert {layer.name for layer in layers} <= found.keys()
    for layer in layers:
        assert found[layer.name].forward == layer.multiply_adds
    # Twice the forward pass, but for the first layer with weights, which needs no gradient by its
    # input. Before those of the classifier of texts is an embedding.
    first, *others = (cost for cost in found.values() if cost.forward)
    assert first.backward == first.forward * (2 if name == "text_classifier" else 1)
    assert all(cost.backward == 2 * cost.forward for cost in others)
    assert sum(cost.backward for cost in (first, *others)) == sum(
        cost.backward for cost in found.values()
    )
    assert found[layers[-1].name].sees == OUTPUT_SEES.get(name, ALL)
    shares = dict.fromkeys(found, 1 / len(found))
    lines = summary_table.text(layers, found, shares).splitlines()
    assert max(map(len, lines)) <= 100


def test_half_the_bytes_in_half_the_precision():
    whole, half = of_net("conv_net"), of_net("conv_net", precision="bfloat16")
    for layer in ("c1", "pool1", "c4"):
        assert 2 * half[layer].kept == whole[layer].kept
        assert half[layer].backward == whole[layer].backward


def test_batch_norm_keeps_its_statistics_and_dropout_is_a_layer():
    found = of_net("mish_net")
    size = 14 * 14 * 16
    # Mish reads its input, which is batch norm's output, and the hyperbolic tangent in it. The
    # statistics of the batch are two numbers a channel.
    assert found["block2/bn"].kept == 2 * size * FLOAT + 2 * 16 * FLOAT
    assert found["block2/c2"].kept == size * FLOAT  # which batch norm's gradient reads
    assert found["block2/dropout"].kept == size * 1  # pool2 takes a mean and reads nothing again
    assert found["block1/dropout"].kept == 28 * 28 * 16 * (1 + FLOAT)


def test_folding_adds_up():
    single, folded = of_net("mini_inception"), of_net("mini_inception", depth=1)
    for field in ("forward", "backward", "kept"):
        total = sum(getattr(cost, field) for cost in single.values())
        assert sum(getattr(cost, field) for cost in folded.values()) == total
    assert folded["inception1"].sees == (5, 5)  # its wider branch


LAYERS = [Layer("c1", (28, 28, 16), parameters=1160, trainable=1000), Layer("words", (None, 4))]
COSTS = {
    "c1": Cost(1000, 2000, 30, (3, 3)),
    "dropout": Cost(0, 0, 4, (3, 3)),
    "words": Cost(0, 1, 0, ALL),
    "": Cost(0, 0, 6),
}


def test_the_table_adds_up():
    lines = summary_table.text(LAYERS, COSTS).splitlines()
    assert lines[:8] == [
        "layer       output shape  parameters  forward  backward  kept   sees",
        "--------------------------------------------------------------------",
        "c1          28 x 28 x 16       1,160    1,000     2,000    30  3 x 3",
        "dropout                            0        0         0     4  3 x 3",
        "words       any x 4                0        0         1     0    all",
        "(no layer)                         0        0         0     6",
        "--------------------------------------------------------------------",
        "total                          1,160    1,000     2,001    40",
    ]
    assert lines[8] == "1,000 parameters are trained, 160 are state."
    assert lines[-1] == "Sizes that are not fixed count as 50."


def test_the_column_of_times():
    shares = {"c1": 0.625, "b": 0.125, "": 0.25}  # b is no layer of the table
    lines = summary_table.text(LAYERS[:1], COSTS, shares).splitlines()
    times = {line.split("  ")[0]: line.split()[-1] for line in lines[:8]}
    assert (times["layer"], times["c1"], times["dropout"]) == ("time", "62.5%", "0.0%")
    assert (times["(no layer)"], times["total"]) == ("37.5%", "100%")
