"""Several workers train as one process does: gradients, losses, state, files."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from lowlevel import cluster, nets, replicas
from lowlevel.checks import ConfigError
from lowlevel.cli import workers
from tests.conftest import ROOT

COMMAND = [sys.executable, "-m", "tests.workers.worker"]


def compute(path, count, steps, names):
    """What some workers compute together, by name."""
    command = [*COMMAND, str(path), str(steps), *names]
    if count == 1:
        environment = {key: value for key, value in os.environ.items() if key != "TF_CONFIG"}
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
    else:
        os.chdir(ROOT)
        assert workers.run(command, count, threads=1) == 0
    with np.load(path) as found:
        return dict(found)


def differences(together, alone):
    """The largest difference of each kind of each net: relative for losses, else by the largest."""
    assert together.keys() == alone.keys()
    largest, found = {}, {}
    for key, expected in alone.items():
        assert together[key].shape == expected.shape
        kind = " ".join(key.split()[:2])
        scale = np.abs(expected)
        change = np.abs(together[key] - expected) / (scale if kind.endswith("losses") else 1)
        largest[kind] = max(largest.get(kind, 0), scale.max(initial=0))
        found[kind] = max(found.get(kind, 0), change.max(initial=0))
    losses = {kind: change for kind, change in found.items() if kind.endswith("losses")}
    return {kind: change / largest[kind] for kind, change in found.items()} | losses


BOUNDS = {"gradient": 1e-6, "losses": 1e-4, "state": 1e-6, "local": 1e-6}
# Dropout and batch norm; an embedding; batch norm of each worker's share.
SOME = ["strided_net", "text_classifier", "leaky_net/local"]


def test_gradients_losses_and_state_are_those_of_one_process(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    alone = compute(tmp_path / "alone.npz", 1, 12, SOME)
    together = compute(tmp_path / "together.npz", 2, 12, SOME)
    for kind, difference in differences(together, alone).items():
        assert difference < 4 * BOUNDS[kind.split()[1]], kind


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(nets.NETS))
def test_every_net_over_200_steps(name, tmp_path, monkeypatch):
    """Where one process exceeds a bound if its weights are moved by a bit, so may workers."""
    monkeypatch.chdir(ROOT)
    alone, control = compute(tmp_path / "alone.npz", 1, 200, [name]), None
    for count in (2, 3):
        together = compute(tmp_path / f"{count}.npz", count, 200, [name])
        for kind, difference in differences(together, alone).items():
            print(f"{kind}: {difference:.1e} with {count} workers")
            if difference > BOUNDS[kind.split()[1]]:
                if control is None:
                    control = compute(tmp_path / "control.npz", 1, 200, [f"{name}/control"])
                    print({key: f"{value:.1e}" for key, value in control.items()})
                assert difference <= 4 * control[f"{name} control {kind.split()[1]}"], kind


def test_shares_cover_a_batch():
    for whole in range(12):
        for count in (1, 2, 3, 5):
            shares = [replicas.Share.of(whole, index, count) for index in range(count)]
            places = [i for share in shares for i in range(share.start, share.start + share.size)]
            assert places == list(range(whole))
            assert max(s.size for s in shares) - min(s.size for s in shares) <= 1


def test_what_is_drawn_goes_by_the_place_in_the_whole_batch():
    seed = np.array([1, 2])
    for axis, shape in ((0, [8, 3]), (1, [5, 8, 2])):
        whole = replicas.draw_uniform(shape, seed, axis=axis).numpy()
        parts = []
        for index in range(3):
            share = replicas.Share.of(8, index, 3)
            own = [*shape]
            own[axis] = share.size
            with replicas.sharing(share):
                parts.append(replicas.draw_uniform(own, seed, axis=axis).numpy())
        np.testing.assert_array_equal(np.concatenate(parts, axis), whole)
    rows = replicas.draw_uniform([8 * 5], seed).numpy()  # five rows for each example
    with replicas.sharing(replicas.Share.of(8, 1, 2)):
        np.testing.assert_array_equal(replicas.draw_uniform([4 * 5], seed).numpy(), rows[20:])


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "chief", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": true}}',
    ],
)  # fmt: skip
def test_a_damaged_cluster_is_a_sentence(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ConfigError, match="TF_CONFIG"):
        cluster.join()


def test_one_worker_is_alone(monkeypatch):
    config = {"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert cluster.join().is_alone
    assert cluster.current().sums([1.5, 2]) == [1.5, 2]
