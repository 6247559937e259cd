#!/usr/bin/env python3
"""Makes one HTML page about a training step: every number of your network, on your images.

The page opens from disk, without a network. A click on a pixel shows how its number came about.
"""

import functools
import sys
from pathlib import Path

from lowlevel import shipped
from lowlevel.checks import ConfigError, check_integer, printable
from lowlevel.cli import command_line, reading

MAX_CHECKPOINTS = 8
STEPS_TIMED = 10


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        type=Path,
        default=shipped.MNIST,
        help="a run directory (default: the network that ships with the package)",
    )
    parser.add_argument(
        "--image",
        nargs="+",
        metavar="FILE",
        default=[],
        help="image files of any size: PNG, JPEG, GIF, WebP, BMP or TIFF",
    )
    parser.add_argument(
        "--index",
        nargs="+",
        metavar="N",
        type=command_line.whole_number(0),
        default=[],
        help="test images by number, of the dataset that the run was trained on",
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where --index finds that dataset")
    parser.add_argument(
        "--label",
        nargs="+",
        metavar="CLASS",
        default=[],
        help="the class of each --image (default: the one that the network finds most probable)",
    )
    parser.add_argument(
        "--html",
        metavar="FILE",
        type=Path,
        default=Path("explain.html"),
        help="the file to write (default: %(default)s)",
    )
    parser.add_argument(
        "--compare", metavar="RUN", type=Path, help="another run, to be put beside this one"
    )
    parser.add_argument(
        "--no-time", action="store_true", help="leave out where the time goes, which takes seconds"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    args = parser.parse_args()
    if not args.image and not args.index:
        parser.error("name images with --image, or test images with --index")
    if args.label and len(args.label) != len(args.image):
        parser.error("--label takes one class for each --image")
    if args.data_dir and not args.index:
        parser.error("--data-dir is where --index looks; give both")
    if args.html.suffix not in (".html", ".htm"):
        parser.error(f"--html needs the name of an .html file, not {args.html}")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    import numpy as np

    from lowlevel.inspection import course, explain, opened_run, profile

    run, trained = opened_run.open_run(args.run)
    if trained.image_shape is None:
        raise ConfigError(f"{args.run} takes no images: explain it in Python, with its inputs.")
    examples = files(args, trained) + test_images(args, trained)
    if not examples:
        return 2
    titles, images, labels = zip(*examples, strict=True)
    inputs = trained.preprocess(np.stack(images))
    targets = inputs if run.task.target_spec is None else np.array(labels, np.int32)
    batch = explain.as_batch(run, inputs, targets)

    beside = None
    if args.compare is not None:
        other, _ = opened_run.open_run(args.compare)
        if other.network.name != run.network.name:
            raise ConfigError(
                f"{args.compare} is a {other.network.name}, not a {run.network.name}."
            )
        beside = (str(args.compare), explain.trace_batch(other, *batch))
    times = None
    if not args.no_time:
        times = profile.profile(
            run.network.name, run.network.config, run.recipe, run.network.precision,
            STEPS_TIMED, quiet=args.quiet,
        )  # fmt: skip
    paths = opened_run.some_checkpoints(run, MAX_CHECKPOINTS)
    newest = paths[-1:]

    def of_checkpoints(batch, arrays):
        make_trace = functools.partial(explain.trace_batch, run)
        found = course.of_checkpoints(run, paths, make_trace, batch, arrays, args.quiet)
        opened_run.restore(run, newest[0])
        return found

    page = explain.explain(
        run, *batch, titles=titles, class_names=trained.class_names, profile=times,
        course=of_checkpoints if len(paths) > 1 else None, beside=beside,
    )  # fmt: skip
    page.save(args.html)
    print(page.trace.replay)
    print(f"wrote {args.html} ({args.html.stat().st_size / 2**20:.1f} MB); open it in a browser")
    return reading.status(len(args.image) + len(args.index), len(examples))


def files(args, trained):
    """(title, image, label) of each image file that can be read."""
    from lowlevel.data import image_file
    from lowlevel.prediction.predictor import Predictor

    if not args.image:
        return []
    predictor = Predictor(trained)
    read = functools.partial(image_file.read_for, predictor.image_files, predictor.image_shape)
    paths, images = reading.read_each(args.image, read)
    labels = dict(zip(args.image, args.label, strict=False))
    found = []
    for path, image in zip(paths, images, strict=True):
        label = 0
        if trained.class_names and path in labels:
            label = class_of(labels[path], trained.class_names)
        elif trained.class_names:
            label = int(predictor.predict(image[None]).classes[0])
            print(
                f"{printable(path)}: its class is not known; {trained.class_names[label]} is "
                f"taken, the most probable",
                file=sys.stderr,
            )
        found.append((printable(Path(path).name), image, label))
    return found


def class_of(name, class_names):
    """The number of a class, by its name."""
    if name not in class_names:
        raise ConfigError(f"there is no class {name!r}; there are {', '.join(class_names)}.")
    return class_names.index(name)


def test_images(args, trained):
    """(title, image, label) of each test image."""
    if not args.index:
        return []
    import numpy as np

    dataset = load_dataset(trained.config.get("data", {}).get("name"), args.data_dir)
    found = []
    for index in args.index:
        check_integer(
            f"an index into the test images of {dataset.name}", index, 0, len(dataset.test) - 1
        )
        image = dataset.test.images[index] / np.float32(255)
        label = int(dataset.test.labels[index])
        found.append((f"{dataset.name} test image {index}", image, label))
    return found


def load_dataset(name, data_dir):
    """The dataset that a run was trained on, without a download."""
    from lowlevel.data import cifar10, digit_datasets, shapes

    if name in digit_datasets.PACKAGED:
        return digit_datasets.PACKAGED[name]()
    if name == "mnist":
        return digit_datasets.load_offline(data_dir)
    if name == "shapes":
        return shapes.load(train_images=1)
    if name == "cifar10" and data_dir is not None:
        return cifar10.read(data_dir)
    raise ConfigError(
        f"--index does not know the test images of {name!r}; give image files with --image, or, "
        f"for CIFAR-10, its directory with --data-dir."
    )


if __name__ == "__main__":
    command_line.run(main)
