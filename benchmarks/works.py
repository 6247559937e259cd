"""What the benchmark times: networks, batch sizes, and examples in memory."""

import dataclasses
import functools

import numpy as np

LEARNING_RATE = 1e-4  # Adam's, on all sides
CHECKED_STEPS = 20  # after which losses are compared


@dataclasses.dataclass(frozen=True)
class Work:
    """One line of the benchmark.

    Attributes:
        net: the network's name in the registry; its config is the default one.
        batch_size: examples in a batch.
        batches: batches in a round, and what `ms_per_step` is of.
        precisions: what it is computed in.
        kind: "train" for an epoch of steps; "predict" for a call of Python with arrays for each
            batch; "first step" for a new process to the end of its first training step; "script"
            for a whole training script.
    """

    net: str
    batch_size: int
    batches: int
    precisions: tuple = ("float32", "bfloat16")
    kind: str = "train"

    @property
    def passes(self):
        """How often its time holds the forward's multiply-adds; None where that says nothing."""
        return {"train": 3, "predict": 1}.get(self.kind)  # the backward pass counts as two


WORKS = {
    "conv_net": Work("conv_net", 128, 40),
    "mlp": Work("mlp", 32, 600, ("float32",)),
    "mini_inception": Work("mini_inception", 64, 5),
    "regression": Work("regression", 32, 600, ("float32",)),
    "text_classifier": Work("text_classifier", 64, 300, ("float32",)),
    "vision_transformer": Work("vision_transformer", 128, 10),
    "bottle_autoencoder": Work("bottle_autoencoder", 64, 3),
    "one_image": Work("conv_net", 1, 300, ("float32",), "predict"),
    "many_images": Work("conv_net", 10_000, 1, ("float32",), "predict"),
    "first_step": Work("conv_net", 128, 1, ("float32",), "first step"),
    "script": Work("conv_net", 128, 1, ("float32",), "script"),
}


def config_of(work, dropout=True):
    """The network's config, without dropout where results are to be compared."""
    from lowlevel import nets

    config = nets.get(work.net).Config()
    if not dropout and hasattr(config, "dropout_rate"):
        config = dataclasses.replace(config, dropout_rate=0.0)
    return config


def initial_variables(work):
    """The network's first variables as arrays by name, `weights/c1` and so on."""
    from lowlevel import nets, variables

    return variables.values(nets.make(work.net, config_of(work), seed=0).variables.all())


@functools.cache
def multiply_adds(work):
    """Multiply-adds of the network's forward for one example."""
    from lowlevel.inspection import summary

    return sum(layer.multiply_adds for layer in summary.summarize(work.net))


def make_examples(work, batch_size, count):
    """Random examples that can be learned: inputs and targets, arrays `[count * batch_size, ...]`.

    Half of the classes are brighter than the other half, so that losses fall.
    """
    random, examples = np.random.default_rng(0), count * batch_size
    if work.net == "text_classifier":
        labels = random.integers(0, 2, examples)
        words = random.integers(0, 20_001, (examples, 24)) // (1 + labels[:, np.newaxis])
        return words.astype(np.int32), labels.astype(np.int32)
    config = config_of(work)
    if work.net == "regression":
        rows = random.normal(size=(examples, config.features)).astype(np.float32)
        return rows, rows.sum(axis=1)
    if work.net == "bottle_autoencoder":
        images = random.random((examples, *config.encoder.image_shape), np.float32)
        return images, images
    labels = random.integers(0, config.num_classes, examples)
    images = random.random((examples, *config.image_shape), np.float32)
    images *= 0.5 + 0.05 * labels[:, np.newaxis, np.newaxis, np.newaxis].astype(np.float32)
    return images, labels.astype(np.int32)


def write_examples(directory, work, batch_size):
    """Writes what `benchmarks/worker.py` reads: first variables, few examples, those of a round."""
    np.savez(directory / "variables.npz", **initial_variables(work))
    checked = CHECKED_STEPS if work.kind == "train" else 1
    for part, batches in (("few", checked), ("round", work.batches)):
        inputs, targets = make_examples(work, batch_size, batches)
        np.savez(directory / f"{part}.npz", inputs=inputs, targets=targets)
