"""Fuzzes a reader: `python -m tests.hostile.fuzz READER --seconds 600`.

Bytes that reach new lines of the package are kept and damaged again. Bytes that break a rule of
`tests.hostile.watch` are written to `tests/hostile/finds/READER/`, one file for each kind of break;
give it a telling name. When the process ends of them, it is started again.
"""

import argparse
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
import tracemalloc
from pathlib import Path

FINDS = Path(__file__).parent / "finds"
LARGEST = 4000  # bytes of a find
PARTS = ("lowlevel", "PIL", "tarfile", "gzip", "csv")  # what is instrumented


def main():
    """Runs the fuzzer in processes of their own until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reader", help="a name in tests.hostile.readers.READERS")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        fuzz(arguments.reader, arguments.seconds, Path(arguments.inside))
    if importlib.util.find_spec("atheris") is None:
        sys.exit("atheris is not installed; install it with pip install -e '.[fuzz]'.")
    finds = FINDS / arguments.reader
    end = time.monotonic() + arguments.seconds
    with tempfile.TemporaryDirectory() as folder:
        while (left := round(end - time.monotonic())) > 0:
            words = [sys.executable, "-m", __spec__.name, arguments.reader, "--seconds", str(left)]
            done = subprocess.run([*words, "--inside", folder], check=False)
            ended = list(Path(folder).glob("ended-*"))
            if done.returncode and not ended:
                sys.exit(done.returncode)  # a fault of the fuzzer itself
            for path in ended:
                finds.mkdir(parents=True, exist_ok=True)
                print(f"the process ended with {done.returncode}: {finds / path.name}", flush=True)
                (finds / path.name).write_bytes(path.read_bytes())
                path.unlink()


def kind_of(error):
    """What tells one kind of break from another: the error, and where in the package it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    if error.__context__ is not None:
        frames += traceback.extract_tb(error.__context__.__traceback__)
    ours = [(frame.filename, frame.lineno) for frame in frames if "lowlevel/" in frame.filename]
    return type(error), *ours[-1:], frames[-1].lineno


def fuzz(name, seconds, folder):
    """Fuzzes a reader in this process, in a folder that holds what was found before."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import atheris

    with atheris.instrument_imports(include=PARTS):
        from tests.hostile import readers, watch
    reader = readers.READERS[name]
    work, corpus = Path(tempfile.mkdtemp(dir=folder)), folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for seed, content in reader.prepare(work).items():
        (corpus / seed).write_bytes(content)
        watch.outcome(reader, content, work)
    known, most = set(), max(LARGEST, max(path.stat().st_size for path in corpus.iterdir()))

    def test(content):
        try:
            watch.outcome(reader, content, work)
        except Exception as error:
            key = kind_of(error)
            if key in known:
                return
            known.add(key)
            find = (
                FINDS / name / f"{type(error).__name__}-{hashlib.sha256(content).hexdigest()[:8]}"
            )
            find.parent.mkdir(parents=True, exist_ok=True)
            find.write_bytes(content)
            print(f"FIND {find}", flush=True)
            traceback.print_exc()

    def mutate(content, size, seed):
        draw = random.Random(seed)
        if draw.random() < 0.4:
            return atheris.Mutate(content, size)
        for _ in range(draw.choice([1, 1, 2, 3])):
            content = draw.choice(reader.damages)(content, draw)
        return content[:size]

    options = [
        *(f"-max_total_time={seconds}", f"-max_len={most}", "-timeout=30", "-rss_limit_mb=3000"),
        *(f"-artifact_prefix={folder}/ended-", "-print_final_stats=1", "-len_control=0"),
    ]
    tracemalloc.start()  # else memory that is made room for and not used would not show
    atheris.Setup([sys.argv[0], *options, str(corpus)], test, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
