"""TF_CONFIG from Slurm's variables: each task is a worker, in Slurm's order."""

import json
import os
import subprocess
import sys

import pytest

from lowlevel.checks import ConfigError
from lowlevel.cli import slurm
from tests.conftest import ROOT

SCONTROL = """#!/bin/sh
test "$1 $2 $3" = "show hostnames n[9-11]" || exit 1
printf 'n9\\nn10\\nn11\\n'
"""


@pytest.fixture
def task(tmp_path, monkeypatch):
    """The variables of the fourth task of five on three machines, and a tool like Slurm's."""
    (tmp_path / "scontrol").write_text(SCONTROL)
    (tmp_path / "scontrol").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return {
        "SLURM_JOB_ID": "7",
        "SLURM_PROCID": "3",
        "SLURM_STEP_NODELIST": "n[9-11]",
        "SLURM_STEP_TASKS_PER_NODE": "2(x2),1",
        "SLURMD_NODENAME": "n10",
    }


def test_each_task_is_a_worker(task):
    config = json.loads(slurm.tf_config(task))
    workers = ["n9:20448", "n9:20449", "n10:20448", "n10:20449", "n11:20448"]
    assert config["cluster"] == {"worker": workers}
    assert config["task"] == {"type": "worker", "index": 3}
    other = json.loads(slurm.tf_config(task | {"SLURM_JOB_ID": "8"}))
    assert not {*other["cluster"]["worker"]} & {*workers}  # two jobs on the same machines


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"SLURM_PROCID": "1"}, "task 1 runs on n10, out of the order"),
        ({"SLURM_PROCID": "5"}, "out of the order"),
        ({"SLURM_STEP_NODELIST": "n9"}, "scontrol cannot list the hosts 'n9'"),
        ({"SLURM_STEP_TASKS_PER_NODE": "two"}, "must be like"),
        ({"SLURM_STEP_TASKS_PER_NODE": "2,1"}, "3 hosts, but 2 numbers of tasks"),
        ({"SLURM_JOB_ID": "x"}, "no task of Slurm"),
    ],
)
def test_what_cannot_be(task, changes, error):
    with pytest.raises(ConfigError, match=error):
        slurm.tf_config(task | changes)


def test_the_script_becomes_the_worker(task, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import os, sys; print(os.environ['TF_CONFIG'], sys.argv[1:])")
    command = [sys.executable, str(ROOT / "scripts" / "launch.py"), "--slurm"]
    environment = os.environ | task | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, script, "--x"], env=environment, capture_output=True, text=True
    )
    assert done.stdout == f"{slurm.tf_config(task)} ['--x']\n"
    environment.pop("SLURM_PROCID")
    done = subprocess.run([*command, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "launch.py: this is no task of Slurm, 'SLURM_PROCID' is missing: start it with srun.\n"
    )
