"""Several workers on one machine: started together, stopped together."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO

from lowlevel.cli.command_line import STOPPED_BY_ANOTHER

SECONDS_TO_END = 20.0  # that a worker has to save and stop before it is killed


def environment(index: int, ports: Sequence[int], threads: int) -> dict[str, str]:
    """The environment of one worker: TF_CONFIG, and how many threads it may use."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    task = {"type": "worker", "index": index}
    return os.environ | {
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": task}),
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "PYTHONUNBUFFERED": "1",
    }


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def run(command: Sequence[str], count: int, threads: int) -> int:
    """Runs a command as a cluster of workers, and prints their lines with the worker's number.

    Ctrl-C and SIGTERM are passed on. If one worker fails, a line says which, and the others are
    told to stop, and killed if they do not.

    Args:
        command: the command of each worker.
        count: how many workers.
        threads: how many threads each of them may use.

    Returns:
        0, or the status of the worker that failed first; 128 and the signal's number if it was
        killed by one.
    """
    ports = free_ports(count)
    processes = [
        subprocess.Popen(
            command,
            env=environment(index, ports, threads),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that Ctrl-C comes once, from here
        )
        for index in range(count)
    ]

    def pass_on(number, frame):
        _tell(processes, number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    readers = [
        threading.Thread(target=_copy, args=(index, pipe, target), daemon=True)
        for index, process in enumerate(processes)
        for pipe, target in ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
    ]
    for reader in readers:
        reader.start()
    try:
        status = _wait(processes)
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
        for number, handler in before.items():
            signal.signal(number, handler)
    for reader in readers:
        reader.join(timeout=5)
    return status


def _wait(processes):
    """Waits until all have ended; after a failure the others get some seconds to do so."""
    status, deadline = 0, None
    while True:
        codes = [process.poll() for process in processes]
        failed = [index for index, code in enumerate(codes) if code]
        if failed and deadline is None:
            # What has failed because of another one is not the reason.
            first = min(failed, key=lambda index: codes[index] == STOPPED_BY_ANOTHER)
            status, deadline = codes[first], time.monotonic() + SECONDS_TO_END
            _say_how_it_ended(first, status, None in codes)
            _tell(processes, signal.SIGTERM)
        if None not in codes:
            return status if status >= 0 else 128 - status
        if deadline is not None and time.monotonic() > deadline:
            for process in processes:
                process.kill()
        time.sleep(0.05)


def _say_how_it_ended(index, status, are_others):
    how = f"ended with status {status}"
    if status < 0:
        how = f"was killed by {signal.Signals(-status).name}"
    others = "; the others are told to stop" if are_others else ""
    print(f"worker {index} {how}{others}.", file=sys.stderr, flush=True)


def _tell(processes, number):
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)


def _copy(index: int, pipe: IO[str], target: IO[str]) -> None:
    for line in pipe:
        print(f"[{index}] {line}", end="", file=target, flush=True)
