#!/usr/bin/env python3
"""Trains a small network on handwritten digits, or resumes a run that was stopped."""

from pathlib import Path

from lowlevel.cli import arguments, command_line, defaults, image_arguments

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
NETS = ("conv_net", "strided_net", "mlp", "mish_net", "vision_transformer")
BATCH_NORM_NETS = ("strided_net", "mish_net")
PACKAGED_NORM_MOMENTUM = 0.9  # for packaged data, of which an epoch has 12 or 47 steps


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    image_arguments.add_from_disk(image_arguments.add_digits(parser))
    image_arguments.add_digit_net(parser, NETS, PACKAGED_NORM_MOMENTUM)
    image_arguments.add_augmentation(parser)
    arguments.add_training(
        parser,
        defaults.MNIST,
        dropout="0.2; 0.3 for strided_net, 0.1 for vision_transformer; none in mlp",
        label_smoothing=True,
        jit_compile="off; on for mlp without random changes",
        batch_norm=True,
    )
    arguments.add_run(parser, run_dir="checkpoints/NET-NAME, named for network and dataset")
    args = arguments.parse(parser)
    if args.global_pooling is not None and args.net != "strided_net":
        parser.error("--global-pooling is for --net strided_net")
    if args.dropout is not None and args.net == "mlp":
        parser.error("mlp has no dropout")
    if args.norm_momentum is not None and args.net not in BATCH_NORM_NETS:
        parser.error(f"{args.net} has no batch norm")
    if not args.synchronize_batch_norm and args.net not in BATCH_NORM_NETS:
        parser.error(f"--no-synchronize-batch-norm: {args.net} has no batch norm")
    if args.jit_compile and (args.rotate or args.zoom or args.shift):
        parser.error("--jit-compile is for images that are not changed at random")
    return args


def main():
    args = parse_arguments()
    command_line.start_training()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel import nets
    from lowlevel.cli import downloads, training
    from lowlevel.data import digit_datasets, training_data
    from lowlevel.reports import by_task
    from lowlevel.training import tasks
    from lowlevel.training.run import Run

    dataset = downloads.load_digits(args)
    directory = training.make_directory(args, CHECKPOINTS, f"{args.net}-{dataset.name}")
    training.keep_jit_compile(args, directory)
    kind = digit_datasets.kind_of(dataset)
    cases = [kind, f"{args.net} on {kind}"]
    augmentation = training.make_augmentation(args, "rotate", "zoom", "shift")
    if not augmentation.changes_images:
        cases.append(f"{args.net} without random changes")
    defaults.MNIST.fill(args, *cases)
    config = make_config(args, dataset)
    dataset = dataset.with_channels(config.image_shape[-1])
    run = Run(
        nets.make(args.net, config, args.seed, args.precision),
        tasks.classification(args.label_smoothing),
        training_data.of_images(dataset, augmentation),
        training.make_recipe(args, len(dataset.train)),
        directory,
    )
    return training.execute(run, args, dataset.describe(), by_task.digits)


def make_config(args, dataset):
    """The config of the chosen network, for the images of the dataset."""
    from lowlevel import nets
    from lowlevel.data import digit_datasets
    from lowlevel.nets import mish_net

    height, width, channels = dataset.image_shape
    packaged = dataset.name in digit_datasets.PACKAGED
    options = {"dropout_rate": args.dropout, "norm_momentum": args.norm_momentum}
    if args.net in BATCH_NORM_NETS and args.norm_momentum is None and packaged:
        options["norm_momentum"] = PACKAGED_NORM_MOMENTUM
    if args.net == "strided_net":
        channels = 3
        options["global_pooling"] = args.global_pooling
    options = {name: value for name, value in options.items() if value is not None}
    if args.net == "mish_net":
        options = {"block": mish_net.BlockConfig(**options)}
    return nets.get(args.net).Config((height, width, channels), dataset.num_classes, **options)


if __name__ == "__main__":
    command_line.run(main)
