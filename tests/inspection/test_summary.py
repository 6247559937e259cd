"""Summaries: every parameter is in one line, and costs are what arithmetic says."""

import pytest

from lowlevel import nets
from lowlevel.inspection import summary
from lowlevel.variables import count_parameters

MINI_INCEPTION = {
    "stem": ((32, 32, 96), 3_072),
    "inception1": ((32, 32, 64), 31_040),
    "inception2": ((32, 32, 80), 30_096),
    "downsample3": ((15, 15, 160), 58_000),
    "inception4": ((15, 15, 160), 87_840),
    "inception5": ((15, 15, 160), 108_320),
    "inception6": ((15, 15, 160), 128_800),
    "inception7": ((15, 15, 144), 146_640),
    "downsample8": ((7, 7, 240), 124_896),
    "inception9": ((7, 7, 336), 389_520),
    "inception10": ((7, 7, 336), 544_656),
    "pool": ((336,), 0),
    "out": ((10,), 3_370),
}


def test_the_blocks_of_mini_inception():
    rows = summary.summarize("mini_inception", depth=1)
    assert {row.name: (row.output_shape, row.parameters) for row in rows} == MINI_INCEPTION
    assert sum(row.parameters for row in rows) == 1_656_250
    assert sum(row.trainable for row in rows) == 1_652_826


@pytest.mark.parametrize("name", nets.NETS)
@pytest.mark.parametrize("depth", [None, 1, 2])
def test_every_parameter_is_in_one_line(name, depth):
    net = nets.get(name)
    store = net.build(net.Config(), 0)
    rows = summary.summarize(name, depth=depth)
    assert len({row.name for row in rows}) == len(rows)
    assert sum(row.parameters for row in rows) == count_parameters(store.all())
    assert sum(row.trainable for row in rows) == count_parameters(store.trainable())
    words_are_free = name == "text_classifier"
    assert all(None not in row.output_shape for row in rows) or words_are_free


def test_multiply_adds():
    costs = {row.name: row.multiply_adds for row in summary.summarize("conv_net")}
    assert costs["c1"] == 28 * 28 * 3 * 3 * 1 * 16
    assert costs["c4"] == 14 * 14 * 3 * 3 * 32 * 32
    assert costs["d1"] == 7 * 7 * 32 * 128
    assert costs["pool1"] == 0
    transposed = {row.name: row for row in summary.summarize("bottle_decoder")}
    assert transposed["t2"].multiply_adds == 3 * 3 * (3 * 3 * 1024 * 256)  # 3 x 3 pixels in
    assert transposed["t2"].output_shape == (7, 7, 256)


def test_multiply_adds_of_sequences():
    costs = {row.name: row.multiply_adds for row in summary.summarize("vision_transformer")}
    assert costs["patches"] == 49 * 16 * 64
    assert costs["block1/queries"] == 50 * 64 * 64
    assert costs["block1/attention"] == 2 * 50 * 50 * 64
