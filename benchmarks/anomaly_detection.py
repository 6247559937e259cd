#!/usr/bin/env python3
"""How well the autoencoder and its density tell anomalies: bottles, and one digit against nine.

    python benchmarks/anomaly_detection.py digits --data-dir MNIST
    python benchmarks/anomaly_detection.py bottles --data-dir TRASH

`digits` takes each digit of MNIST as normal and the other nine as anomalies. `bottles` takes the
folders TRAIN, TEST and NEG_TEST, and judges three ways: by the rule of the tutorial that the
network comes from, on its split; by the honest rule (low likelihood is an anomaly; the threshold is
fixed from training images alone) on the same split; and by the honest rule on a fair split, a fifth
of the training pictures taken on the same grey table as NEG_TEST held out as normal.

Runs are kept in --runs and resumed, so the command can be stopped and repeated.
"""

import argparse
import functools
from pathlib import Path

import numpy as np

from lowlevel.cli import command_line

command_line.quiet_tensorflow()

from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

from lowlevel import nets
from lowlevel.data import image_folder, mnist, pipeline, training_data
from lowlevel.data.augment import Augmentation
from lowlevel.data.image_sources import ImagesInMemory, SomeImages, SourceExamples
from lowlevel.nets import bottle_autoencoder, bottle_encoder
from lowlevel.prediction import anomaly
from lowlevel.prediction.latent_encoder import LatentEncoder
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.reports import anomalies
from lowlevel.training import loop, tasks
from lowlevel.training.interruption import Interruption
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run

DIGIT_NET = bottle_encoder.Config((28, 28, 1), (32, 64, 128), (3, 3, 3), (2, 2, 2))
DIGIT_RECIPE = {"batch_size": 64, "learning_rate": 3e-3}
BOTTLE_RECIPE = {"batch_size": 32, "learning_rate": 1e-3}
BOTTLE_AUGMENTATION = Augmentation(
    rotate=15.0, zoom=0.1, shift=12.7, flip=True, flip_vertical=True, fill="nearest"
)
GREY_TABLE_SIZE = (512, 384)  # of the pictures taken on the grey table


def train(encoder_config, data, recipe, epochs, precision, run_dir):
    """Trains an autoencoder, or takes up its run; returns it."""
    steps = epochs * pipeline.steps_per_epoch(data.train.count, recipe["batch_size"])
    recipe = Recipe(optimizer="nadam", schedule="cosine", schedule_steps=steps, **recipe)
    config = bottle_autoencoder.of(encoder_config)
    network = nets.make("bottle_autoencoder", config, recipe.seed, precision)
    run = Run(network, tasks.reconstruction(), data, recipe, run_dir)
    run.open()
    with Interruption() as interruption:
        loop.train(run, loop.RunLength(epochs), (), interruption.requested, quiet=True)
    if interruption.status is not None:
        raise SystemExit(interruption.status)
    return run


def reconstruction_errors(run, images):
    """Mean squared error of each image."""
    reconstruct = run.network.compile()
    examples = SourceExamples(images, run.data.facts["preprocessing"])
    errors = [np.mean((reconstruct(x) - x) ** 2, axis=(1, 2, 3)) for x, _ in examples.batches(256)]
    return np.concatenate(errors)


def densities(seed):
    """By name: functions that fit a density to latents and return its log-likelihood."""

    def mixture(latents, dimensions, components, covariance, regularization):
        size = min(dimensions or latents.shape[1], *latents.shape)
        pca = PCA(size, svd_solver="full").fit(latents)
        projected = pca.transform(latents)
        density = GaussianMixture(
            min(components, len(latents) // 10),
            covariance_type=covariance,
            reg_covar=regularization * projected.var(axis=0).mean(),
            random_state=seed,
        ).fit(projected)
        return lambda latents: density.score_samples(pca.transform(latents))

    settings = {
        "all latents, 1 Gaussian": (None, 1, "full", 1e-6),
        "all latents, 10 Gaussians": (None, 10, "full", 1e-6),
        "all latents, 10 Gaussians, regularised": (None, 10, "full", 0.1),
        "all latents, 10 Gaussians, diagonal": (None, 10, "diag", 1e-3),
        "all latents, 10 Gaussians, tied": (None, 10, "tied", 1e-3),
        "PCA 16, 10 Gaussians": (16, 10, "full", 1e-3),
        "PCA 32, 10 Gaussians": (32, 10, "full", 1e-3),
        "PCA 64, 10 Gaussians": (64, 10, "full", 1e-3),
        "PCA 64, 10 Gaussians, regularised": (64, 10, "full", 0.1),
    }
    return {
        name: functools.partial(
            mixture, dimensions=d, components=c, covariance=kind, regularization=r
        )
        for name, (d, c, kind, r) in settings.items()
    }


def scorers(run, train_images, test_images, is_anomaly, seed):
    """ROC AUC of each way to score, and the detector's report."""
    encoder = LatentEncoder(TrainedNetwork.of_run(run))
    train_latents, test_latents = encoder.latents(train_images), encoder.latents(test_images)
    train_errors = np.log(reconstruction_errors(run, train_images))
    test_errors = np.log(reconstruction_errors(run, test_images))
    aucs = {"reconstruction error": roc_auc_score(is_anomaly, test_errors)}
    for name, fit in densities(seed).items():
        score = fit(train_latents)
        aucs[name] = roc_auc_score(is_anomaly, -score(test_latents))
        if name == "PCA 64, 10 Gaussians":
            both = standard(-score(test_latents), -score(train_latents))
            both += standard(test_errors, train_errors)
            aucs[f"{name}, and reconstruction error"] = roc_auc_score(is_anomaly, both)
    detector = anomaly.fit(train_latents, encoder.sha256, seed)
    report = anomalies.make(detector, test_latents, is_anomaly)
    aucs["the detector"] = report.numbers["roc_auc"]
    return aucs, report, train_latents, test_latents


def standard(values, reference):
    """Values in units of the reference's spread, from its mean."""
    return (values - reference.mean()) / reference.std()


def run_digits(args):
    """One digit against nine, for each digit and seed."""
    data = mnist.read_directory(args.data_dir)
    test_images = ImagesInMemory(data.test.images, "test")
    table = {}
    for seed in args.seeds:
        for digit in args.digits:
            chosen = data.train.images[data.train.labels == digit]
            train_images = ImagesInMemory(chosen, f"digit {digit}")
            is_anomaly = data.test.labels != digit
            normal = SomeImages(test_images, np.flatnonzero(~is_anomaly), "normal")
            run_dir = args.runs / f"digit-{digit}-seed-{seed}"
            recipe = DIGIT_RECIPE | {"seed": seed}
            data = training_data.of_sources(run_dir.name, train_images, normal, Augmentation())
            run = train(DIGIT_NET, data, recipe, args.epochs or 12, args.precision, run_dir)
            aucs = scorers(run, train_images, test_images, is_anomaly, seed)[0]
            print(f"seed {seed}, digit {digit}: {aucs['the detector']:.4f}", flush=True)
            for name, auc in aucs.items():
                table.setdefault(name, {}).setdefault(seed, []).append(auc)
    print_table(
        {name: [np.mean(by_digit) for by_digit in rows.values()] for name, rows in table.items()}
    )
    by_digit = np.mean(list(table["the detector"].values()), axis=0)
    print("the detector by digit:", " ".join(f"{auc:.3f}" for auc in by_digit))


def run_bottles(args):
    """The bottles, by both rules and on both splits, for each seed."""
    config = bottle_encoder.Config()
    paths = {
        name: image_folder.find(args.data_dir / name) for name in ("TRAIN", "TEST", "NEG_TEST")
    }
    images = {
        name: image_folder.store(files, config.image_shape, args.runs / "images" / name, name)
        for name, files in paths.items()
    }
    on_table = [number for number, path in enumerate(paths["TRAIN"]) if on_grey_table(path)]
    table, aucs_by_split = {}, {}
    for seed in args.seeds:
        held_out = np.random.default_rng(seed).permutation(on_table)[: len(on_table) // 5]
        kept = np.setdiff1d(np.arange(len(images["TRAIN"])), held_out)
        splits = {
            "source": (images["TRAIN"], images["TEST"]),
            "fair": (
                SomeImages(images["TRAIN"], kept, "TRAIN but for what is held out"),
                SomeImages(images["TRAIN"], held_out, "held out"),
            ),
        }
        for split, (train_images, normal) in splits.items():
            recipe, name = BOTTLE_RECIPE | {"seed": seed}, f"bottles-{split}-seed-{seed}"
            data = training_data.of_sources(name, train_images, normal, BOTTLE_AUGMENTATION)
            run = train(config, data, recipe, args.epochs or 20, args.precision, args.runs / name)
            both = Joined(normal, images["NEG_TEST"])
            is_anomaly = np.arange(len(both)) >= len(normal)
            aucs, report, train_latents, test_latents = scorers(
                run, train_images, both, is_anomaly, seed
            )
            for name, auc in aucs.items():
                aucs_by_split.setdefault(f"{split} split, ROC AUC, {name}", []).append(auc)
            for name in ("roc_auc", "sensitivity", "specificity", "accuracy"):
                row = f"{split} split, honest rule, {name}"
                table.setdefault(row, []).append(report.numbers[name])
            if split == "source":
                for name, value in source_rule(train_latents, test_latents, is_anomaly, seed):
                    table.setdefault(f"source split, source's rule, {name}", []).append(value)
            print(f"seed {seed}, {split} split: {report.numbers}", flush=True)
    print_table(table)
    print_table(aucs_by_split)


def on_grey_table(path):
    """Whether a picture has the size of those taken on the grey table."""
    from PIL import Image

    with Image.open(path) as image:
        return image.size == GREY_TABLE_SIZE


def source_rule(train_latents, test_latents, is_anomaly, seed):
    """The tutorial's rule: what scores below mean - 3 std of the training scores is a bottle."""
    for components in (1, 2, 3, 5):
        density = GaussianMixture(components, random_state=seed).fit(train_latents)
        scores = density.score_samples(train_latents)
        below = density.score_samples(test_latents) < scores.mean() - 3 * scores.std()
        bottles, others = below[~is_anomaly].mean(), (~below[is_anomaly]).mean()
        yield f"{components} Gaussians, bottles found", bottles
        yield f"{components} Gaussians, others found", others
        yield f"{components} Gaussians, accuracy", np.mean(below == ~is_anomaly)


class Joined(SomeImages):
    """The images of one source, then those of another."""

    def __init__(self, first, second):
        arrays = [source[np.arange(len(source))] for source in (first, second)]
        both = ImagesInMemory(np.concatenate(arrays), "both")
        super().__init__(both, np.arange(len(both)), "both")


def print_table(rows):
    """Mean and spread (standard deviation) over the seeds."""
    for name, values in rows.items():
        print(f"{name:64} {np.mean(values):.4f} +- {np.std(values):.4f}", flush=True)


def main():
    """Runs one of the two."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("digits", "bottles"))
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("anomaly-runs"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--digits", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    args = parser.parse_args()
    {"digits": run_digits, "bottles": run_bottles}[args.what](args)


if __name__ == "__main__":
    main()
