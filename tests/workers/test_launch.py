"""Workers on one machine: started together, told to stop together, and each with its lines."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from lowlevel.cli import workers
from tests.conftest import ROOT

LAUNCH = [sys.executable, str(ROOT / "scripts" / "launch.py")]
SCRIPT = """
import json, os, signal, sys, time
config = json.loads(os.environ["TF_CONFIG"])
index, count = config["task"]["index"], len(config["cluster"]["worker"])
print(f"I am {index} of {count}, with {os.environ['OMP_NUM_THREADS']} threads", flush=True)
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
if index == 1 and "fail" in sys.argv:
    sys.exit(3)
if index == 1 and "die" in sys.argv:
    os.kill(os.getpid(), signal.SIGKILL)
if "wait" in sys.argv:
    time.sleep(60)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def test_each_worker_knows_who_it_is(script, capfd):
    assert workers.run([sys.executable, script], 3, threads=2) == 0
    lines = sorted(capfd.readouterr().out.splitlines())
    assert lines == [f"[{index}] I am {index} of 3, with 2 threads" for index in range(3)]


def test_if_one_fails_the_others_are_ended(script, capfd):
    began = time.monotonic()
    assert workers.run([sys.executable, script, "fail", "wait"], 3, threads=1) == 3
    assert time.monotonic() - began < 15
    said = "worker 1 ended with status 3; the others are told to stop.\n"
    assert capfd.readouterr().err == said


def test_who_was_killed_is_named(script, capfd):
    assert workers.run([sys.executable, script, "die", "wait"], 2, threads=1) == 128 + 9
    said = "worker 1 was killed by SIGKILL; the others are told to stop.\n"
    assert capfd.readouterr().err == said


class Ended:
    """As a process that ended before it was looked at."""

    def __init__(self, status):
        self.status = status

    def poll(self):
        return self.status


def test_what_failed_because_of_another_is_not_the_reason(capfd):
    assert workers._wait([Ended(75), Ended(2), Ended(75)]) == 2
    assert capfd.readouterr().err == "worker 1 ended with status 2.\n"


def test_ctrl_c_is_passed_on(script):
    launched = subprocess.Popen(
        [*LAUNCH, "-n", "2", script, "wait"], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert launched.stdout is not None
    seen = [launched.stdout.readline() for _ in range(2)]
    assert sorted(line[:3] for line in seen) == ["[0]", "[1]"]
    launched.send_signal(signal.SIGINT)
    assert launched.wait(timeout=20) == 130


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "required: SCRIPT"),
        (["nowhere.py"], "nowhere.py is not a script"),
        (["-n", "0", "x.py"], "-n"),
        (["-n", "65", __file__], "at most 64 workers"),
        (["-n", "2", "--slurm", __file__], "srun says how many"),
    ],
)
def test_wrong_arguments(words, error):
    done = subprocess.run(
        [*LAUNCH, *words], capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 2
    assert error in done.stderr and done.stderr.count("\n") == 1


def test_ports_are_free_and_different():
    ports = workers.free_ports(5)
    assert len(set(ports)) == 5
    config = json.loads(workers.environment(1, ports, 1)["TF_CONFIG"])
    assert config["cluster"]["worker"][1] == f"127.0.0.1:{ports[1]}"
