#!/usr/bin/env python3
"""Trains the bottle autoencoder on a folder of images, and fits the detector of anomalies."""

import shlex
import sys
from pathlib import Path

from lowlevel import files
from lowlevel.checks import ConfigError, DataError, MissingExtraError
from lowlevel.cli import arguments, command_line, image_arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
FOLDERS = {"train": "TRAIN", "normal": "TEST", "anomaly": "NEG_TEST"}
# For the photographs, and for drawn shapes.
EPOCHS = {None: 100, "shapes": 30}
BATCH_SIZE = {None: 256, "shapes": 32}
LEARNING_RATE = {None: 1.5e-4, "shapes": 1e-3}
IMAGES_DRAWN = 10


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    data = parser.add_argument_group("data: --data-dir, or --train and --normal, or --dataset")
    data.add_argument(
        "--data-dir",
        metavar="DIR",
        type=Path,
        help="a directory with the folders TRAIN, TEST (normal images) and NEG_TEST (anomalies)",
    )
    data.add_argument(
        "--train", metavar="DIR", type=Path, help="a folder of PNG and JPEG images to train on"
    )
    data.add_argument(
        "--normal", metavar="DIR", type=Path, help="a folder of normal images to test on"
    )
    data.add_argument(
        "--anomaly", metavar="DIR", type=Path, help="a folder of other images to test on"
    )
    data.add_argument(
        "--dataset",
        choices=("shapes",),
        help="shapes: 400 bottles to train on, 80 bottles and 80 other things to test on, all "
        "drawn by the package",
    )
    image_arguments.add_autoencoder(parser)
    arguments.add_training(
        parser,
        epochs="100; 30 for shapes",
        batch_size="256; 32 for shapes",
        learning_rate="0.00015; 0.001 for shapes",
        optimizer="nadam",
        classes=False,
    )
    arguments.add_run(parser, run_dir="checkpoints/autoencoder-NAME", export=False)
    args = arguments.parse(parser, CHECKPOINTS)
    if args.data_dir is not None:
        for name, folder in FOLDERS.items():
            setattr(args, name, getattr(args, name) or args.data_dir / folder)
    if args.dataset is not None and (args.train or args.normal or args.anomaly):
        parser.error("--dataset shapes is drawn: it takes no folders")
    if args.dataset is None and (args.train is None or args.normal is None):
        parser.error("name the images: --data-dir, or --train and --normal, or --dataset shapes")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import console
    from lowlevel.data import pipeline
    from lowlevel.nets import bottle_encoder
    from lowlevel.training.autoencoding import Autoencoder
    from lowlevel.training.recipe import Recipe
    from lowlevel.variables import count_parameters, sha256

    name = args.dataset or args.train.resolve().parent.name
    run_dir = args.run_dir or CHECKPOINTS / f"autoencoder-{name}"
    encoder_config = bottle_encoder.Config()
    check_run(run_dir, args.fresh)
    images = load_images(args, encoder_config.image_shape, run_dir)
    args.epochs = args.epochs or EPOCHS[args.dataset]
    args.batch_size = args.batch_size or BATCH_SIZE[args.dataset]
    args.learning_rate = args.learning_rate or LEARNING_RATE[args.dataset]
    steps = args.epochs * pipeline.steps_per_epoch(len(images["train"]), args.batch_size)
    training = Autoencoder(
        encoder_config,
        images["train"],
        images["normal"],
        Recipe.from_arguments(
            args,
            steps,
            shift=args.shift * encoder_config.image_shape[0],
            flip=args.flips,
            flip_vertical=args.flips,
            fill="nearest",
        ),
        run_dir,
        name,
        command=shlex.join(["python", "scripts/train_autoencoder.py", *sys.argv[1:]]),
    )
    resumed = training.open(args.resume, args.fresh)
    state, say = training.state, console.sayer(args.quiet)
    say(
        f"{name}: {len(images['train'])} images to train on, {len(images['normal'])} to test on; "
        f"autoencoder: {count_parameters(state.variables.all())} parameters"
    )
    if resumed:
        say(f"resuming {resumed} at step {int(state.step)}; --fresh would start over")
    tensorboard = console.open_tensorboard(training)
    status = console.train(training, args, args.epochs, say, tensorboard)
    if status is not None:
        return status

    fit_detector(training, args, say)
    draw(training, images, say)
    loss = training.evaluate()["loss"].result()
    print(f"test loss {loss:.6f} (mean squared error of {len(images['normal'])} images)")
    print(f"variables sha256 {sha256(state.variables.all())} at step {int(state.step)}")
    return 0


def check_run(run_dir, fresh):
    """Refuses the directory of another kind of run before anything is written to it."""
    from lowlevel.storage.run_directory import IMAGES, RunDirectory

    run = RunDirectory(run_dir)
    run.check_ours()
    foreign = [path for path in (run_dir / IMAGES).glob("*") if not is_cache(path)]
    if foreign:
        raise ConfigError(
            f"{run_dir / IMAGES} holds files that are no run's, such as {min(foreign).name}; "
            f"choose another --run-dir."
        )
    if run.exists() and not fresh and "encoder" not in run.read_config():
        raise ConfigError(
            f"{run_dir} holds a run that is no autoencoder's; choose another --run-dir, or delete "
            f"that run and start over with --fresh."
        )


def is_cache(path):
    """Whether a file may be what `load_images` keeps of decoded images."""
    return path.name.startswith(files.TEMPORARY) or path.stem in FOLDERS


def load_images(args, image_shape, run_dir):
    """The `ImageSource`s `train`, `normal`, and `anomaly` if there are any."""
    from lowlevel.data import bottles, image_folder
    from lowlevel.prediction import anomaly

    if args.dataset is not None:
        return dict(zip(FOLDERS, bottles.load(side=image_shape[0]), strict=True))
    folders = {name: folder for name in FOLDERS if (folder := getattr(args, name)) is not None}
    files = {name: image_folder.find(folder) for name, folder in folders.items()}
    if len(files["train"]) < anomaly.LEAST_IMAGES:
        raise DataError(
            f"{args.train} holds {len(files['train'])} images; the detector of anomalies needs "
            f"{anomaly.LEAST_IMAGES} to train on."
        )
    return {
        name: image_folder.store(
            files[name], image_shape, run_dir / "images" / name, folder, args.quiet
        )
        for name, folder in folders.items()
    }


def fit_detector(training, args, say):
    """Fits the density of the training images' latents, if scikit-learn is there."""
    from lowlevel.prediction import anomaly
    from lowlevel.prediction.latent_encoder import LatentEncoder

    encoder = LatentEncoder(training.run.path)
    try:
        latents = encoder.latents(training.train_images)
        detector = anomaly.fit(latents, encoder.sha256, args.seed, false_alarms=args.false_alarms)
    except MissingExtraError as error:
        print(f"no detector is fitted: {error}", file=sys.stderr)
        return
    detector.save(training.run.path)
    say(f"fitted the detector; images that score below {detector.threshold:.1f} are anomalies")


def draw(training, images, say):
    """Draws reconstructions and the course of the loss, if matplotlib is there."""
    from lowlevel.data import pipeline
    from lowlevel.reports import curves, reconstructions

    directory = training.run.path
    rows = {}
    for name, source in images.items():
        order = range(min(IMAGES_DRAWN, len(source)))
        [batch] = pipeline.image_batches(source, list(order), IMAGES_DRAWN, training.figures)
        rows[name] = batch.numpy(), training.reconstruct(batch).numpy()
    try:
        reconstructions.draw(directory / "reconstructions.png", rows)
        if training.state.history:
            curves.draw(directory / "curves.png", training.state.history)
        say(f"drew reconstructions and curves in {directory}")
    except MissingExtraError as error:
        print(f"nothing is drawn: {error}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main)
