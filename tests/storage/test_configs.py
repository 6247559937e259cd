"""Configs of runs: those of older versions, their differences in words, whose fault an error is."""

import copy

import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.storage import configs

ENCODER, DECODER = {"filters": [4, 8]}, {"filters": [8, 4]}
OLD = {
    "encoder": {"net": "bottle_encoder", "net_config": ENCODER},
    "decoder": {"net": "bottle_decoder", "net_config": DECODER},
    "preprocessing": {"mean": 0.5},
    "about": {"lowlevel": "0"},
}


def test_an_old_autoencoder_of_two_networks_becomes_one():
    kept = copy.deepcopy(OLD)
    assert configs.modernize(OLD) == {
        "net": "bottle_autoencoder",
        "net_config": {"encoder": ENCODER, "decoder": DECODER},
        "preprocessing": {"mean": 0.5},
        "about": {"lowlevel": "0"},
    }
    assert kept == OLD


@pytest.mark.parametrize(
    "config",
    [{"net": "mlp"}, {"net": "x", "encoder": {}, "decoder": {}}, {"encoder": ENCODER}, {}],
    ids=["of today", "with halves", "half of it", "empty"],
)
def test_other_configs_stay_as_they_are(config):
    assert configs.modernize(copy.deepcopy(config)) == config


def test_a_damaged_half_becomes_a_config_that_is_refused_later():
    for half in (3, None, {}):
        net_config = configs.modernize(OLD | {"decoder": half})["net_config"]
        assert net_config == {"encoder": ENCODER, "decoder": None}


def differences(there, wanted, defaults=None):
    return configs.describe_differences(there, wanted, defaults or {}, beside="about")


def test_equal_configs_differ_in_nothing():
    config = {"a": {"b": [1, 2], "c": None}, "d": "x"}
    assert differences(config, copy.deepcopy(config)) == ""
    assert differences({"a": [1, [2]]}, {"a": (1, (2,))}) == ""  # JSON knows no tuples


def test_each_difference_is_named_with_both_values():
    there, wanted = {"net": "mlp", "training": {"seed": 1}}, {"net": "cnn", "training": {"seed": 2}}
    assert differences(there, wanted) == (
        'net is "mlp" there and "cnn" here; training.seed is 1 there and 2 here'
    )


def test_what_is_missing_on_one_side_differs():
    assert differences({"a": 1}, {}) == "a is 1 there and null here"
    assert differences({}, {"a": {"b": 1}}) == "a.b is null there and 1 here"


@pytest.mark.parametrize("lacking", ["there", "here"])
def test_a_missing_entry_stands_for_its_default(lacking):
    defaults = {"training": {"warm_up": 0, "fill": "zero"}}

    def compare(present):
        sides = [{"training": {"seed": 1}}, {"training": {"seed": 1, "warm_up": present}}]
        return differences(*(sides if lacking == "there" else sides[::-1]), defaults)

    assert compare(0) == ""
    numbers = "0 there and 5 here" if lacking == "there" else "5 there and 0 here"
    assert compare(5) == f"training.warm_up is {numbers}"


def test_how_a_run_came_to_be_is_not_compared():
    assert differences({"about": {"command": "a"}}, {"about": {"command": "b"}}) == ""
    assert differences({"about_it": {"a": 1}}, {"about_it": {"a": 2}}) != ""


def test_of_many_differences_the_first_are_named():
    there = {f"field{number}": number for number in range(9)}
    assert differences(dict.fromkeys(list(there)[:5], 0), dict(list(there.items())[:5])) == (
        "field1 is 0 there and 1 here; field2 is 0 there and 2 here; "
        "field3 is 0 there and 3 here; field4 is 0 there and 4 here"
    )
    said = differences(there, dict.fromkeys(there, -1)).split("; ")
    assert said[:4] == [f"field{number} is {number} there and -1 here" for number in range(4)]
    assert said[4:] == ["and 5 more differences"]


def test_digests_are_cut_to_what_tells_them_apart():
    one, other = "a" * 64, "a" * 63 + "b"
    said = differences({"sha256": one}, {"sha256": other})
    assert len(said) < 80
    there, here = said.removeprefix("sha256 is ").removesuffix(" here").split(" there and ")
    assert there != here


@pytest.mark.parametrize(
    "error, reason",
    [
        (ConfigError("widths must be a tuple."), "widths must be a tuple"),
        (DataError("no images"), "no images"),
        (CheckpointError("lost."), "lost"),
        (MemoryError("too much"), "too much"),
        (tf.errors.ResourceExhaustedError(None, None, "too much"), "too much"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_a_config_causes_is_said_of_its_file(error, reason):
    with pytest.raises(CheckpointError) as said, configs.blame("a/b"):
        raise error
    assert str(said.value) == f"the config of a/b is damaged: {reason}."
    assert said.value.__cause__ is error


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, KeyboardInterrupt])
def test_mistakes_of_ours_stay_what_they_are(error):
    with pytest.raises(error, match="ours"), configs.blame("a/b"):
        raise error("ours")


def test_precision():
    assert configs.precision_of({"training": {"precision": "bfloat16"}}) == "bfloat16"
    assert configs.precision_of({"training": {"seed": 1}}) == "float32"
    for damaged in ({}, {"training": None}, {"training": "bfloat16"}):
        assert configs.precision_of(damaged) is None  # which no network takes
