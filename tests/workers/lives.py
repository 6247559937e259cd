"""Training scripts as clusters of processes that tests stop, kill and compare."""

import json
import os
import signal
import subprocess
import sys
import time

from lowlevel.cli import workers
from lowlevel.training import fingerprints
from tests.conftest import ROOT

MLP = ("train_mnist.py", "--net", "mlp", "--no-jit-compile", "--dataset", "digits")
SECONDS = 120.0  # that anything may take


class Life:
    """Workers of one cluster, from their start to their ends; killed with its context."""

    def __init__(self, path, count, words, of_each=(), config=None):
        """Starts a script, `words`, with a log of each worker in the directory `path`.

        `of_each` has further words of each worker, `config` other TF_CONFIGs.
        """
        path.mkdir(parents=True, exist_ok=True)
        self.logs = [path / f"worker-{index}.txt" for index in range(count)]
        script, *options = map(str, words)
        ports, environments = workers.free_ports(count), [dict(os.environ)]
        if count > 1:
            environments = [workers.environment(index, ports, 1) for index in range(count)]
        for environment, own in zip(environments, config or (), strict=False):
            environment["TF_CONFIG"] = own
        _let_scripts_choose_what_is_said(environments)
        self.processes = []
        for index, (log, environment) in enumerate(zip(self.logs, environments, strict=True)):
            own = map(str, of_each[index]) if of_each else ()
            command = [sys.executable, str(ROOT / "scripts" / script), *options, *own]
            with log.open("w") as file:
                self.processes.append(
                    subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file)
                )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for process in self.processes:
            process.kill()
            process.wait()

    def said(self, index):
        return self.logs[index].read_text()

    def wait_until(self, is_so):
        end = time.monotonic() + SECONDS
        while not is_so():
            texts = "\n".join(map(self.said, range(len(self.logs))))
            assert None in [process.poll() for process in self.processes], texts
            assert time.monotonic() < end, texts
            time.sleep(0.01)

    def wait(self, seconds=SECONDS):
        """The status of each worker."""
        end = time.monotonic() + seconds
        return [process.wait(max(0.1, end - time.monotonic())) for process in self.processes]

    def send(self, index, number=signal.SIGKILL):
        self.processes[index].send_signal(number)


def _let_scripts_choose_what_is_said(environments):
    """As for a user: the tests want less of TensorFlow."""
    for environment in environments:
        environment.pop("TF_CPP_MIN_LOG_LEVEL", None)


class Trained:
    """A run that has come to its end, however many lives it had: what is compared."""

    def __init__(self, path):
        self.path, self.steps, self.last_line = path, {}, ""

    def live(self, count, words, act=None, after=0):
        """Trains in another life; `act` gets the `Life` after so many steps of it.

        Returns the statuses; whatever it has made is held to the lives before.
        """
        number = len(list(self.path.glob("life-*")))
        path = self.path / f"life-{number}"
        file = self.path / f"steps-{number}.jsonl"
        words = [*words, "--run-dir", self.path / "run", "--fingerprints", file]
        with Life(path, count, words) as life:
            if act is not None:
                life.wait_until(lambda: file.exists() and file.read_bytes().count(b"\n") > after)
                act(life)
            statuses = life.wait()
            self.said = [life.said(index) for index in range(count)]
        found = fingerprints.read(file)
        shared = {step: found[step] for step in found.keys() & self.steps.keys()}
        assert fingerprints.first_difference(self.steps, shared) is None
        self.steps.update(found)
        self.last_line = (self.said[0].splitlines() or [""])[-1]
        return statuses

    @property
    def rows(self):
        """The rows of the run's metrics, but for the time they took."""
        lines = (self.path / "run" / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) | {"seconds": None} for line in lines]


def assert_same(found, expected):
    """Asserts that two runs have made the same bits at each step, and the same end."""
    assert fingerprints.first_difference(expected.steps, found.steps) is None
    assert found.steps.keys() == expected.steps.keys()
    assert found.rows == expected.rows
    assert found.last_line == expected.last_line and "sha256" in found.last_line
