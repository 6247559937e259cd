#!/usr/bin/env python3
"""What scripts/train_mnist.py does, as a user of Keras would write it.

It trains the same network for 5 epochs, evaluates and saves after each, and draws the first test
images with their predictions.
"""

import argparse
import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import keras
import numpy as np

from tests.keras_reference import conv_net

SETTINGS = {"fit": 1, "fit, 100 steps a call": 100}


def read(directory, name, header):
    """The numbers of an IDX file, after its header."""
    with gzip.open(Path(directory) / name) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def read_part(directory, name):
    """Images in [0, 1] and labels."""
    images = read(directory, f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    labels = read(directory, f"{name}-labels-idx1-ubyte.gz", 8)
    return images / np.float32(255), labels.astype(np.int32)


def draw(path, model, images, labels):
    """Draws images with the classes predicted for them."""
    from matplotlib import pyplot

    classes = model.predict(images, verbose=0).argmax(axis=1)
    figure, axes = pyplot.subplots(5, 5)
    for axis, image, predicted, label in zip(axes.flat, images, classes, labels, strict=True):
        axis.imshow(image[..., 0], cmap="gray")
        axis.set_title(f"{predicted} ({label})")
        axis.axis("off")
    figure.savefig(path)


def main():
    """Trains and prints the test accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--run-dir", required=True, type=Path)
    parser.add_argument("--setting", choices=SETTINGS, default="fit")
    args = parser.parse_args()
    args.run_dir.mkdir(parents=True)
    train, test = (read_part(args.data_dir, name) for name in ("train", "t10k"))
    model = conv_net.build()
    model.compile(
        keras.optimizers.Adam(1e-4),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=SETTINGS[args.setting],
    )
    save = keras.callbacks.ModelCheckpoint(str(args.run_dir / "epoch-{epoch}.keras"))
    history = model.fit(
        *train, batch_size=128, epochs=5, validation_data=test, callbacks=[save], verbose=0
    )
    draw(args.run_dir / "predictions.png", model, test[0][:25], test[1][:25])
    print(f"test accuracy {history.history['val_accuracy'][-1]:.4f}")


if __name__ == "__main__":
    main()
