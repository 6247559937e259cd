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

MAX_EXAMPLES, MAX_CHECKPOINTS = 8, 8
STEPS_TIMED = 10
DOCS = "docs/looking-inside.md"


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
    if len(args.image) + len(args.index) > MAX_EXAMPLES:
        parser.error(f"a page shows at most {MAX_EXAMPLES} images")
    if args.label and len(args.label) != len(args.image):
        parser.error("--label takes one class for each --image")
    if args.data_dir and not args.index:
        parser.error("--data-dir is where --index looks for test images: give --index too")
    if args.html.suffix not in (".html", ".htm"):
        parser.error(f"--html needs the name of an .html file, not {args.html}")
    if not args.html.parent.is_dir():
        parser.error(f"--html: {args.html.parent} is not a directory")
    return args


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    import numpy as np

    from lowlevel.inspection import course, explain, opened_run, profile, trace

    run, trained = opened_run.open_run(args.run)
    check_kind(args, run, trained)
    examples = files(args, trained) + test_images(args, trained)
    if not examples:
        return 2
    titles, images, labels = zip(*examples, strict=True)
    inputs = trained.preprocess(np.stack([as_input(image, trained) for image in images]))
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
        step = explain.make_step(run, *batch)
        make_trace = functools.partial(trace.of_step, step, run.network.variables.all())
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


def check_kind(args, run, trained):
    """Raises ConfigError unless the run learns classes of images, or images themselves."""
    in_python = (
        f"explain it in Python with its inputs and targets, by "
        f"lowlevel.inspection.explain.explain; {DOCS} shows how."
    )
    if trained.image_shape is None:
        raise ConfigError(f"{args.run} is a {run.network.name}, which takes no images: {in_python}")
    if run.task.target_spec is not None and not trained.class_names:
        raise ConfigError(f"{args.run} learns no classes: {in_python}")
    if run.task.target_spec is not None and run.task.target_spec.shape.rank > 1:
        raise ConfigError(f"{args.run} learns more than the class of an image: {in_python}")
    if args.label and not trained.class_names:
        raise ConfigError(f"{args.run} knows no classes: leave out --label.")


def as_input(image, trained):
    """An image as float32 in [0, 1], a grey one repeated for a network that takes colours."""
    import numpy as np

    image = image / np.float32(255) if image.dtype == np.uint8 else image
    height, width, channels = trained.image_shape
    if image.shape == (height, width, 1):
        image = np.repeat(image, channels, axis=-1)
    if image.shape != trained.image_shape:
        raise ConfigError(
            f"the network takes images of {trained.image_shape} (height, width, channels), not "
            f"{image.shape}."
        )
    return image


def files(args, trained):
    """(title, image, label) of each image file that can be read."""
    from lowlevel.data import image_file
    from lowlevel.prediction.predictor import Predictor

    if not args.image:
        return []
    predictor = Predictor(trained)
    labels = [class_of(name, trained.class_names) for name in args.label]
    read = functools.partial(image_file.read_for, predictor.image_files, predictor.image_shape)
    there, images = reading.read_each(range(len(args.image)), lambda i: read(args.image[i]))
    found = []
    for i, image in zip(there, images, strict=True):
        title, label = printable(Path(args.image[i]).name), 0
        if labels:
            label = labels[i]
        elif trained.class_names:
            label = int(predictor.predict(image[None]).classes[0])
            title += f" (taken for a {trained.class_names[label]})"
            print(
                f"{printable(args.image[i])}: taken for a {trained.class_names[label]}, the most "
                f"probable class; --label says what it is.",
                file=sys.stderr,
            )
        found.append((title, image, label))
    return found


def class_of(name, class_names):
    """The number of a class, by its name."""
    if name not in class_names:
        raise ConfigError(
            f"--label: there is no class {name!r}; there are {', '.join(class_names)}."
        )
    return class_names.index(name)


def test_images(args, trained):
    """(title, image, label) of each test image."""
    if not args.index:
        return []
    import numpy as np

    dataset = load_dataset(trained, args.data_dir)
    found = []
    for index in args.index:
        check_integer(
            f"an index into the test images of {dataset.name}", index, 0, len(dataset.test) - 1
        )
        label = int(dataset.test.labels[index])
        truth = f" (a {trained.class_names[label]})" if trained.class_names else ""
        title = f"{dataset.name} test image {index}{truth}"
        found.append((title, dataset.test.images[index] / np.float32(255), label))
    return found


def load_dataset(trained, data_dir):
    """The dataset that a run was trained on, without a download."""
    from lowlevel.data import cifar10, digit_datasets, shapes

    name = trained.config.get("data", {}).get("name")
    if name in digit_datasets.PACKAGED:
        return digit_datasets.load(name, data_dir)
    if name == "mnist":
        return digit_datasets.load_offline(data_dir)
    if name == "shapes" and trained.class_names and data_dir is None:
        return shapes.load(train_images=1)
    if name == "cifar10" and data_dir is not None:
        return cifar10.read(data_dir)
    if name == "cifar10":
        raise ConfigError("--index needs the directory of CIFAR-10: name it with --data-dir.")
    raise ConfigError(f"--index has no test images for a run on {name}: give files with --image.")


if __name__ == "__main__":
    command_line.run(main)
