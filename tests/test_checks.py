"""Checks of arguments, and the error that names an extra."""

import pytest
import tensorflow as tf

from lowlevel.checks import (
    ConfigError,
    MissingExtraError,
    check_choice,
    check_integer,
    check_number,
    check_printable,
    import_extra,
    reason_of,
)


@pytest.mark.parametrize("value", [1, 5, 10])
def test_whole_numbers(value):
    assert check_integer("n", value, 1, 10) == value


@pytest.mark.parametrize("value", [0, 11, 1.0, "3", None, True])
def test_what_is_no_whole_number_in_range(value):
    with pytest.raises(ConfigError, match="n must be a whole number of at least 1 and at most 10"):
        check_integer("n", value, 1, 10)


def test_numbers_and_their_bounds():
    assert check_number("x", 0.5, 0, 1) == 0.5
    assert check_number("x", 1, 0, 1, high_included=True) == 1.0
    for value, keywords in [
        (1, {}),
        (0, {"low_included": False}),
        (float("nan"), {}),
        ("0.5", {}),
        (None, {}),
        ("", {}),
    ]:
        with pytest.raises(ConfigError, match=r"x must be a number in [\[(]0, 1[\])]"):
            check_number("x", value, 0, 1, **keywords)


def test_choices():
    assert check_choice("color", "red", ("red", "green")) == "red"
    with pytest.raises(ConfigError, match="color must be one of red, green, not 'blue'"):
        check_choice("color", "blue", ("red", "green"))


def test_a_missing_library_names_the_extra():
    with pytest.raises(MissingExtraError, match="pip install a_library_that_is_not_there "):
        import_extra("a_library_that_is_not_there.part", "plot")
    assert import_extra("os.path", "plot").join("a", "b") == "a/b"


def test_a_choice_that_cannot_be_hashed_is_none_of_a_dict():
    with pytest.raises(ConfigError, match=r"net must be one of mlp, not \['mlp'\]"):
        check_choice("net", ["mlp"], {"mlp": 1})


def test_names_that_a_terminal_would_obey_are_refused():
    assert check_printable(("a b", "Käse", 3), "a name") == ("a b", "Käse", 3)
    with pytest.raises(ConfigError, match=r"a name must be text .* not '\\x1b\[2J'"):
        check_printable(["\x1b[2J"], "a name")


def test_tensorflow_keeps_its_own_names_for_itself():
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        tf.raw_ops.Reshape(tensor=[1, 2, 3], shape=[2])
    assert "{{" in str(caught.value)
    assert "{{" not in reason_of(caught.value)
    assert "[Op" not in reason_of(caught.value)


def test_a_near_choice_is_named():
    with pytest.raises(ConfigError, match=r"not 'conv-net'; did you mean conv_net\?"):
        check_choice("net", "conv-net", ["mlp", "conv_net"])
