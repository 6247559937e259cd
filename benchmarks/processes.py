"""Contenders as processes of their own, which the benchmark tells when to run."""

import functools
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lowlevel.checks import DataError

HERE = Path(__file__).parent
SCRIPTS = {
    "lowlevel": (HERE.parent / "scripts" / "train_mnist.py", "--quiet", "--dataset", "mnist"),
    "keras": (HERE / "contenders" / "keras_train_mnist.py",),
}


class Process:
    """A process that is started once and runs again and again.

    Attributes:
        peak: the most memory it has used, in MiB.
    """

    peak = None

    def __init__(self, module, directory, options, environment=None):
        """Starts it.

        Args:
            module: the contender's module in `benchmarks.contenders`.
            directory: holds variables and examples; its messages go there, too.
            options: for `benchmarks/worker.py`.
            environment: its environment (default: that of this process).
        """
        name = f"{module}-{options['setting'].replace(' ', '-')}.txt"
        self._messages = directory / name  # shown if it dies
        with self._messages.open("w") as messages:
            self._process = subprocess.Popen(
                [sys.executable, HERE / "worker.py", module, directory, json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                text=True,
                env=environment,
            )

    @functools.cached_property
    def numbers(self):
        """What it computes, to be compared; or why it cannot run, a text."""
        return self._answer()

    def run(self):
        """Runs a round; returns the seconds it took."""
        self.begin_round()
        return self.end_round()

    def begin_round(self):
        """Lets it begin a round."""
        assert not isinstance(self.numbers, str), self.numbers
        print(file=self._process.stdin, flush=True)

    def end_round(self):
        """Waits for the end of the round; returns the seconds it took."""
        seconds, self.peak = self._answer()
        return seconds

    def end(self):
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            print(self._messages.read_text(), file=sys.stderr)
            raise DataError(f"a contender has died with status {code}: its messages are above.")
        answer = json.loads(line)
        return answer["unsupported"] if isinstance(answer, dict) else answer


class FirstStep:
    """Each round is a new process, from its start to the end of its first training step."""

    peak = None

    def __init__(self, *arguments):
        """Takes the arguments of `Process`."""
        self._arguments = arguments
        self.run()

    def run(self):
        """Runs a round; returns the seconds it took."""
        start = time.perf_counter()
        process = Process(*self._arguments)
        self.numbers = process.numbers
        seconds = time.perf_counter() - start
        process.end()
        return seconds

    def end(self):
        """Does nothing: no process is left."""


class Script:
    """Each round is a training script from its start to its end: 5 epochs of MNIST."""

    peak = None

    def __init__(self, contender, setting, data_dir):
        """Takes the contender's name and setting, and the directory of MNIST's files."""
        self._command = [sys.executable, *SCRIPTS[contender], "--data-dir", data_dir]
        if contender != "lowlevel":
            self._command += ["--setting", setting]
        self.numbers = [1.0]  # the accuracies differ in their last digits: they are checked in run

    def run(self):
        """Runs a round; returns the seconds it took. Raises DataError if it fails."""
        with tempfile.TemporaryDirectory() as directory:
            start = time.perf_counter()
            words = [*self._command, "--run-dir", str(Path(directory) / "run")]
            done = subprocess.run(words, capture_output=True, text=True)
            seconds = time.perf_counter() - start
        accuracy = re.search(r"accuracy:? (\d\.\d+)", done.stdout)
        if done.returncode or accuracy is None or float(accuracy[1]) < 0.97:
            raise DataError(f"{self._command[1]} has failed: {done.stdout}{done.stderr}")
        return seconds

    def end(self):
        """Does nothing: no process is left."""
