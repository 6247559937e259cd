"""Where an operation was written: the lines of the network, without what is around them."""

import inspect
from pathlib import Path

import tensorflow as tf

from lowlevel import nets, ops
from lowlevel.inspection.source_lines import source_of


def halve(x):
    return tf.divide(x, 2.0)  # the line that is looked for


def twice(x):
    return ops.relu(halve(x))


def operations_of(function, shape=(None,)):
    compiled = tf.function(function, input_signature=[tf.TensorSpec(shape)])
    operations = compiled.get_concrete_function().graph.get_operations()
    return {operation.type: operation for operation in operations}


def line_of(function, text):
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, line in enumerate(lines) if text in line)


def test_the_innermost_line_comes_first_with_its_callers_behind_it():
    lines = source_of(operations_of(twice)["RealDiv"])
    assert (lines[0].function, lines[0].line) == ("halve", line_of(halve, "tf.divide"))
    assert lines[0].text == "return tf.divide(x, 2.0)  # the line that is looked for"
    assert lines[0].file == __file__
    assert (lines[1].function, lines[1].line) == ("twice", line_of(twice, "halve(x)"))
    assert str(lines[0]).startswith(f"test_source_lines.py:{lines[0].line}  return tf.divide")


def test_lines_of_this_package_are_shown_and_those_of_tensorflow_are_not():
    lines = source_of(operations_of(twice)["Relu"])
    assert [Path(line.file).name for line in lines[:2]] == ["activation.py", "test_source_lines.py"]
    package = str(Path(tf.__file__).parent)
    assert not any(line.file.startswith(package) for line in lines)


def test_it_ends_where_the_network_is_called():
    lines = source_of(operations_of(nets.make("mlp"), [None, 28, 28, 1])["Relu"])
    assert lines[-1].function == "forward" and lines[-1].file.endswith("mlp.py")
