#!/usr/bin/env python3
"""The network that ships as LiteRT files: size, accuracy and time of each kind.

    python benchmarks/litert_files.py --data-dir DIR

DIR holds the four IDX files of MNIST. Each file classifies all test images, one at a time, as a
phone would; the first row is TensorFlow, on the same images, one at a time too. The ranges of int8
are measured on training images. Needs ai-edge-litert, of the extra bench.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from lowlevel.cli import command_line

command_line.quiet_tensorflow()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from lowlevel import shipped
from lowlevel.data import mnist
from lowlevel.exchange import litert
from lowlevel.prediction import trained

EXAMPLES = 200


def main():
    """Prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", required=True)
    args = parser.parse_args()
    dataset = mnist.read_directory(args.data_dir)
    network = trained.load(shipped.MNIST)
    serve = network.serve.get_concrete_function()
    print(f"{'file':10} {'bytes':>9} {'accuracy':>9} {'other answers':>14} {'microseconds':>13}")
    images = dataset.test.images / np.float32(255)

    def in_tensorflow(image):
        return serve(tf.constant(image))["class"].numpy()

    numbers = 4 * sum(variable.shape.num_elements() for variable in network.variables.values())
    expected = tell("variables", numbers, dataset, images, in_tensorflow)
    with tempfile.TemporaryDirectory() as folder:
        for kind in litert.KINDS:
            path = Path(folder) / f"{kind}.tflite"
            examples = dataset.train.images[:EXAMPLES] if kind == "int8" else None
            litert.write(path, network, kind, examples)
            tell(kind, path.stat().st_size, dataset, images, classifier(path), expected)
    return 0


def classifier(path):
    """A function from one image to its class by LiteRT, with one thread."""
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    run = interpreter.get_signature_runner("serving_default")
    (about,) = run.get_input_details().values()
    scale, zero = about["quantization"]

    def classify(image):
        if about["dtype"] == np.int8:
            image = np.clip(np.round(image / scale + zero), -128, 127).astype(np.int8)
        return run(images=image)["class"]

    return classify


def tell(kind, size, dataset, images, classify, expected=None):
    """Prints a row, with the number of answers that differ from those expected; returns them."""
    classify(images[:1])
    start = time.perf_counter()
    found = np.concatenate([classify(images[n : n + 1]) for n in range(len(images))])
    each = (time.perf_counter() - start) / len(images)
    accuracy = np.mean(found == dataset.test.labels)
    other = 0 if expected is None else np.sum(found != expected)
    print(f"{kind:10} {size:9,} {accuracy:9.4f} {other:14} {1e6 * each:13.0f}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
