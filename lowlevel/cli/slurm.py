"""TF_CONFIG from what Slurm's `srun` tells each task of a job."""

import json
import os
import re
import subprocess
from collections.abc import Mapping

from lowlevel.checks import ConfigError

FIRST_PORT = 20000  # of the ports that jobs use, so that two jobs on a machine differ
PORTS = 10000


def tf_config(environment: Mapping[str, str] = os.environ) -> str:
    """TF_CONFIG of this task: each task of the step is a worker, in Slurm's order.

    TensorFlow's own `SlurmClusterResolver` is not used: it sorts the hosts by name, so that n10
    comes before n9, and it asks for GPUs.

    Raises:
        ConfigError: `srun` has not started this process, or has dealt the tasks out in turns.
    """
    try:
        index, job = int(environment["SLURM_PROCID"]), int(environment["SLURM_JOB_ID"])
        nodes, counts = environment["SLURM_STEP_NODELIST"], environment["SLURM_STEP_TASKS_PER_NODE"]
        here = environment["SLURMD_NODENAME"]
    except KeyError as error:
        raise ConfigError(
            f"this is no task of Slurm, {error} is missing: start it with srun."
        ) from error
    except ValueError as error:
        raise ConfigError(
            "this is no task of Slurm: its numbers are none; start it with srun."
        ) from error
    port = FIRST_PORT + job * 64 % PORTS
    hosts, numbers, workers, on = _hosts(nodes), _counts(counts), [], []
    if len(hosts) != len(numbers):
        raise ConfigError(f"Slurm names {len(hosts)} hosts, but {len(numbers)} numbers of tasks.")
    for host, count in zip(hosts, numbers, strict=True):
        workers += [f"{host}:{port + number}" for number in range(count)]
        on += [host] * count
    if index >= len(on) or on[index] != here:
        raise ConfigError(
            f"task {index} runs on {here}, out of the order of the hosts: start the tasks with "
            f"srun --distribution=block."
        )
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": workers}, "task": task})


def _hosts(nodes):
    """The names in a list such as "n[1-3,5]", by Slurm's own tool."""
    command = ["scontrol", "show", "hostnames", nodes]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"Slurm's scontrol cannot list the hosts {nodes!r}.") from error
    return done.stdout.split()


def _counts(text):
    """The numbers in a list such as "2(x3),1"."""
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if match is None:
            raise ConfigError(f"SLURM_STEP_TASKS_PER_NODE must be like 2(x3),1, not {text!r}.")
        found += [int(match[1])] * int(match[2] or 1)
    return found
