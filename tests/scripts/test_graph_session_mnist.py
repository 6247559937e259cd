"""scripts/graph_session_mnist.py: a session and a compiled function train to the same bits."""

import importlib.util
import re
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from lowlevel.nets import conv_net
from lowlevel.variables import sha256
from tests.idx_files import write_random
from tests.scripts import tools

SCRIPT = "graph_session_mnist.py"
DIGEST = re.compile(r"^variables sha256 ([0-9a-f]{64}) at step (\d+)$", re.M)
DIGITS = ("--dataset", "digits", "--epochs", 2, "--seed", 5)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("graph_session_mnist", tools.SCRIPTS / SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def on_digits(tmp_path_factory):
    """What it prints where Keras cannot be imported."""
    blocker = tools.block_keras(tmp_path_factory.mktemp("blocker") / "packages")
    return tools.run(SCRIPT, *DIGITS, PYTHONPATH=blocker)


def test_all_ways_end_with_the_bits_of_the_package(on_digits, monkeypatch, capfd, tmp_path):
    assert (on_digits.status, on_digits.err) == (0, "")
    ways = re.findall("^--- .*", on_digits.out, re.M)
    assert ["placeholders and" in way for way in ways] == [True, False, False, False]
    assert ways[-1] == "--- all three end with the same bits"
    digests = DIGEST.findall(on_digits.out)
    assert len(digests) == 4
    assert len(set(digests)) == 1
    arguments = (*DIGITS, "--run-dir", tmp_path, "--quiet")
    package = tools.run_here("train_mnist.py", arguments, monkeypatch, capfd)
    assert on_digits.last_lines == package.last_lines


def test_what_a_closed_session_forgets_and_the_saver_restores(on_digits):
    total = 360
    for way in on_digits.out.split("\n--- ")[1:3]:
        lines = way.splitlines()
        closed = lines.index("now it is closed: Attempted to use a closed Session.")
        new, initialized, restored = lines[closed + 1 : closed + 4]
        assert new == "a new session has the graph but no values: FailedPreconditionError"
        changed = re.fullmatch(
            r"initialized, it is at step 0; (\d+) of 360 predictions differ", initialized
        )
        assert int(changed[1]) > total / 2
        steps = DIGEST.search(way)[2]
        assert (
            restored
            == f"restored by the Saver, it is at step {steps}; 0 of {total} predictions differ"
        )
        counted = re.search(r"^test accuracy (\d\.\d{4}), counted in local variables$", way, re.M)
        assert on_digits.last_lines[0].startswith(f"test accuracy {counted[1]} (")


def test_the_iterator_starts_again(on_digits):
    found = re.findall(r"^iterator initialized( again)?: (.*)", on_digits.out, re.M)
    assert [again for again, _ in found] == ["", " again"] * 2
    assert len({what for _, what in found}) == 1
    assert re.fullmatch(r"labels \[(\d, ){9}\d\]\.\.\.; 12 batches to its end", found[0][1])


@pytest.mark.parametrize("with_placeholders", [True, False])
def test_the_graph(script, digits, with_placeholders):
    config = conv_net.Config()
    args = SimpleNamespace(batch_size=100, seed=7, learning_rate=1e-4)
    nodes = script.build_graph(config, digits, args, with_placeholders)
    types = [operation.type for operation in nodes.graph.get_operations()]
    assert types.count("Placeholder") == 4 * with_placeholders  # to train and to test
    assert nodes.graph.finalized

    with tf.compat.v1.Session(graph=nodes.graph) as session:
        session.run(nodes.initialize)
        first = session.run(nodes.variables)
        epochs = []
        for _ in range(2):
            fetches = [nodes.train_op, nodes.train.labels]
            epochs.append(
                [labels for _, labels in script.run_batches(session, nodes.train, fetches)]
            )
        assert session.run(nodes.step) == 2 * len(epochs[0]) == 2 * 15
    assert sha256({name: tf.constant(value) for name, value in first.items()}) == sha256(
        conv_net.build(config, seed=7).all()
    )
    orders = [np.concatenate(labels) for labels in epochs]
    for labels in orders:
        np.testing.assert_array_equal(np.sort(labels), np.sort(digits.train.labels))
    assert (orders[0] != orders[1]).any()


def test_a_difference_is_told(script, monkeypatch, capfd, tmp_path):
    """What the compiled step ends with is changed in one number."""
    data_dir = write_random(tmp_path)
    train_compiled = script.train_compiled

    def change(*arguments):
        correct, step, variables = train_compiled(*arguments)
        variables["biases/c1"][0].assign(variables["biases/c1"][0] + 0.25)
        return correct, step, variables

    monkeypatch.setattr(script, "train_compiled", change)
    words = ["script", "--data-dir", str(data_dir), "--batch-size", "16", "--quiet"]
    monkeypatch.setattr("sys.argv", words)
    assert script.main() == 0
    printed = capfd.readouterr()
    assert printed.err == "the variables of the three differ by up to 2.5e-01\n"
    assert len(printed.out.splitlines()) == 2
    assert DIGEST.search(printed.out)[2] == "3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--epochs", 0), "--epochs: it must be a whole number of at least 1 and at most 9999"),
        (("--batch-size", "many"), "--batch-size: invalid whole number value: 'many'"),
        (("--dataset", "cifar10"), "--dataset: invalid choice: 'cifar10'"),
        (("--dataset", "digits", "--data-dir", "here"), "it takes no data directory"),
        (("--data-dir", "nowhere"), "nowhere is not a directory"),
        (("digits",), "unrecognized arguments: digits"),
    ],
)
def test_wrong_arguments(monkeypatch, capfd, arguments, message):
    result = tools.run_here(SCRIPT, arguments, monkeypatch, capfd)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_full_disk(monkeypatch, capfd, tmp_path):
    def fail(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "no space left\nin detail")

    monkeypatch.setattr(tf.compat.v1.train.Saver, "save", fail)
    result = tools.run_here(SCRIPT, ("--data-dir", write_random(tmp_path)), monkeypatch, capfd)
    assert result.status == 2
    assert re.fullmatch(rf"{SCRIPT}: \S+ cannot be written: ResourceExhaustedError\.\n", result.err)
