"""Workers that are killed, told to stop, or started with different words."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

import lowlevel
from lowlevel import meeting
from lowlevel.cli.workers import environment as environment_of
from lowlevel.cli.workers import free_ports
from tests.conftest import ROOT
from tests.workers.lives import MLP, Life, Trained, assert_same

LOST = "another worker is gone; start all of them again to go on from the last checkpoint.\n"
WORDS = (*MLP, "--epochs", 8, "--checkpoint-every", 3, "--quiet")


def test_if_a_worker_is_killed_the_other_says_so(tmp_path):
    words = [*MLP, "--epochs", 5000, "--run-dir", tmp_path / "run"]
    with Life(tmp_path, 2, words) as life:
        life.wait_until(lambda: "epoch 1/" in life.said(0))
        life.send(0)
        began = time.monotonic()
        assert life.wait(30) == [-signal.SIGKILL, 75]
        assert time.monotonic() - began < 30
        assert life.said(1) == f"train_mnist.py: {LOST}"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A run of two workers that nobody has disturbed."""
    trained = Trained(tmp_path_factory.mktemp("unbroken"))
    assert trained.live(2, WORDS) == [0, 0]
    return trained


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_cluster_that_is_killed_resumes_to_the_same_bits(victim, unbroken, tmp_path):
    trained = Trained(tmp_path)
    for after in (1, 8, 25, 40):  # steps of this life
        statuses = trained.live(2, WORDS, lambda life: life.send(victim), after)
        assert statuses[victim] == -signal.SIGKILL and statuses[1 - victim] == 75
        assert trained.said[1 - victim].endswith(f"train_mnist.py: {LOST}")
    assert trained.live(2, WORDS) == [0, 0]
    assert_same(trained, unbroken)


@pytest.mark.slow
def test_a_chief_that_is_killed_while_it_saves(unbroken, tmp_path):
    trained = Trained(tmp_path)

    def kill_in_save(life):
        life.wait_until(lambda: any((tmp_path / "run").glob(".tmp*")))
        life.send(0)

    for after in (2, 20, 30):
        assert trained.live(2, WORDS, kill_in_save, after) == [-signal.SIGKILL, 75]
    assert trained.live(2, WORDS) == [0, 0]
    assert_same(trained, unbroken)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("told", [0, 1])
def test_if_one_is_told_to_stop_all_save_and_stop(told, number, unbroken, tmp_path):
    trained = Trained(tmp_path)
    for after in (5, 20):
        statuses = trained.live(2, WORDS, lambda life: life.send(told, number), after)
        assert statuses[told] == 128 + number and statuses[1 - told] == 75
        said = f"stopped at step {max(trained.steps)}; the same command resumes"
        assert all(said in text for text in trained.said)
    assert trained.live(2, WORDS) == [0, 0]
    assert_same(trained, unbroken)


@pytest.mark.slow
def test_a_machine_that_falls_silent_is_noticed(tmp_path):
    words = [*MLP, "--epochs", 5000, "--run-dir", tmp_path / "run"]
    for silent in (0, 1):
        with Life(tmp_path, 2, words) as life:
            life.wait_until(lambda life=life: "epoch 1/" in life.said(0))
            life.send(silent, signal.SIGSTOP)
            assert life.processes[1 - silent].wait(60) == 75
            assert life.said(1 - silent).endswith(f"train_mnist.py: {LOST}")


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_workers(tmp_path):
    alone, changing = Trained(tmp_path / "alone"), Trained(tmp_path / "changing")
    for trained in (alone, changing):
        trained.path.mkdir()
    assert alone.live(1, WORDS) == [0]
    for count, steps in ((2, 15), (3, 30), (1, 50), (3, 70), (2, None)):
        more = () if steps is None else ("--steps", steps)
        assert changing.live(count, [*WORDS, *more]) == [0] * count
    assert changing.steps.keys() == alone.steps.keys()
    for found, expected in zip(changing.rows, alone.rows, strict=True):
        assert found.keys() == expected.keys()
        for name in set(found) - {"seconds"}:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, err_msg=name)


OTHERS = {
    "seed": (WORDS, ((), ("--seed", 1)), "do not have the same settings and data"),
    "rate": (WORDS, ((), ("--learning-rate", 0.1)), "do not have the same settings and data"),
    "data": (MLP[:-1], (("digits",), ("sample",)), "do not have the same settings and data"),
    "length": (WORDS, ((), ("--steps", 5)), "do not have the same length of the run"),
    "batch": (WORDS, (("--batch-size", 64), ()), "do not have the same"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_workers_with_other_words_are_refused(name, tmp_path):
    words, of_each, error = OTHERS[name]
    run = ("--run-dir", tmp_path / "run")
    with Life(tmp_path, 2, words, [(*own, *run) for own in of_each]) as life:
        assert life.wait() == [2, 2]
        for index in range(2):
            last = life.said(index).splitlines()[-1]
            assert last.startswith(f"train_mnist.py: the workers {error}")
    if name != "length":
        assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_directory_that_a_worker_does_not_see(tmp_path):
    of_each = [("--run-dir", tmp_path / name) for name in ("run", "elsewhere")]
    with Life(tmp_path, 2, WORDS, of_each) as life:
        assert life.wait() == [2, 2]
        assert "elsewhere does not hold what the chief has there" in life.said(1)
        assert life.said(0).endswith("worker 1 has failed; see what it says.\n")


@pytest.mark.slow
def test_if_the_chief_fails_first_all_fail(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "a-file").touch()
    with Life(tmp_path, 2, [*WORDS, "--run-dir", run]) as life:
        assert life.wait() == [2, 2]
        assert "is not a run directory but holds files" in life.said(0)
        assert life.said(1).endswith("worker 0 has failed; see what it says.\n")


@pytest.mark.slow
def test_a_worker_that_never_arrives_is_named_and_ctrl_c_ends_the_waiting(tmp_path):
    config = '{"cluster": {"worker": ["127.0.0.1:%d", "127.0.0.1:%d"]}, "task": %s}'
    ports = free_ports(2)
    for index, number in ((0, signal.SIGINT), (1, signal.SIGTERM)):
        task = f'{{"type": "worker", "index": {index}}}'
        words = [*WORDS, "--run-dir", tmp_path / "run"]
        with Life(tmp_path, 1, words, config=[config % (*ports, task)]) as life:
            awaited = f"waiting for worker {1 - index} at 127.0.0.1:{ports[1 - index]}\n"
            life.wait_until(lambda life=life, awaited=awaited: awaited in life.said(0))
            life.send(0, number)
            assert life.wait(10) == [130 if number == signal.SIGINT else -signal.SIGTERM]


JOIN = "from lowlevel import cluster; cluster.ENGINE_SECONDS = 5; cluster.join()"


@pytest.mark.slow
@pytest.mark.parametrize("index", [0, 1])
def test_a_worker_that_leaves_after_the_meeting_is_not_awaited_for_long(index):
    ports = free_ports(2)
    environment = environment_of(index, ports, 1)
    with subprocess.Popen([sys.executable, "-c", JOIN], env=environment, cwd=ROOT) as worker:
        versions = f"lowlevel {lowlevel.__version__} and TensorFlow {tf.__version__}"
        meeting.meet([f"127.0.0.1:{port}" for port in ports], 1 - index, versions, 60)
        assert worker.wait(30) == -signal.SIGALRM


@pytest.mark.slow
def test_the_detector_keeps_the_best_network_of_a_cluster(tmp_path):
    words = ("train_detector.py", "--dataset", "digits", "--scenes", 96, "--epochs", 4)
    words = (*words, "--learning-rate", 0.001)
    alone, whole, killed = (Trained(tmp_path / name) for name in ("alone", "whole", "killed"))
    for trained in (alone, whole, killed):
        trained.path.mkdir()
    assert alone.live(1, words) == [0]
    assert whole.live(2, words) == [0, 0]
    assert killed.live(2, words, lambda life: life.send(1), after=7) == [75, -signal.SIGKILL]
    assert killed.live(2, words) == [0, 0]
    assert_same(killed, whole)
    best, same = ([*(t.path / "run" / "best").glob("epoch-*")] for t in (whole, killed))
    assert len(best) == 1 and [path.name for path in best] == [path.name for path in same]
    for found, expected in zip(whole.rows, alone.rows, strict=True):
        assert found.keys() == expected.keys() and "val_average_precision" in found
        np.testing.assert_allclose(found["loss"], expected["loss"], rtol=0.01)
