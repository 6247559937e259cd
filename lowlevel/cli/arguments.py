"""Arguments of scripts that train; does not import TensorFlow, so that --help is quick."""

import argparse
from pathlib import Path

from lowlevel import shipped
from lowlevel.cli.command_line import number, whole_number
from lowlevel.cli.defaults import TrainingDefaults
from lowlevel.training import policies

SCHEDULES = ("constant", "cosine", "piecewise", "one_cycle")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam", "muon")
PRECISIONS = ("float32", "bfloat16")


def add_training(
    parser: argparse.ArgumentParser,
    defaults: TrainingDefaults,
    examples: str = "images",
    dropout: str | None = None,
    label_smoothing: bool = False,
    precision: bool = True,
    jit_compile: str | None = None,
    batch_norm: bool = False,
) -> None:
    """Adds the arguments that determine a run's result.

    Args:
        parser: the parser to add them to.
        defaults: `TrainingDefaults`; those that may depend on the data or the network are filled in
            by the script.
        examples: what an example is called in help texts, in the plural.
        dropout: the help text for the default of --dropout; None leaves the option out.
        label_smoothing: whether to add --label-smoothing.
        precision: whether to add --precision.
        jit_compile: the help text for the default of --jit-compile; None leaves it out.
        batch_norm: whether to add --synchronize-batch-norm.
    """
    at_most = "at most " if defaults.at_most else ""
    group = parser.add_argument_group("training")
    group.add_argument(
        "--epochs",
        type=whole_number(1, 9999),
        help=f"passes over the training {examples} (default: {at_most}{defaults.epochs})",
    )
    group.add_argument(
        "--steps",
        type=whole_number(1),
        help="stop after this many steps in all, if that comes first",
    )
    group.add_argument(
        "--batch-size",
        metavar=examples.upper(),
        type=whole_number(1, 2**20),
        help=f"{examples} in a step (default: {defaults.batch_size})",
    )
    group.add_argument(
        "--learning-rate",
        metavar="RATE",
        type=number(0, 1000, low_included=False),
        help=f"the highest rate (default: {defaults.learning_rate})",
    )
    group.add_argument(
        "--schedule",
        choices=SCHEDULES,
        default=defaults.schedule,
        help="the rate over the run (default: %(default)s): constant; cosine, down to "
        "zero; piecewise, to a tenth after half and a hundredth after three quarters of the steps; "
        "one_cycle, up for three tenths of the steps, then down to zero",
    )
    group.add_argument(
        "--warm-up",
        metavar="STEPS",
        type=whole_number(0),
        default=0,
        help="let the rate rise over the first steps (default: 0)",
    )
    group.add_argument(
        "--optimizer",
        choices=OPTIMIZERS,
        default=defaults.optimizer,
        help="the update rule (default: %(default)s)",
    )
    if dropout is not None:
        group.add_argument(
            "--dropout",
            metavar="SHARE",
            type=number(0, 1),
            help=f"share of the last hidden layer dropped in training (default: {dropout})",
        )
    group.add_argument(
        "--weight-decay",
        metavar="RATE",
        type=number(0, 1000),
        default=0.0,
        help="shrink weights, embeddings and positions, but not biases and norms, at each step by "
        "this times the learning rate (default: 0)",
    )
    if label_smoothing:
        group.add_argument(
            "--label-smoothing",
            metavar="SHARE",
            type=number(0, 1),
            default=0.0,
            help="share of each label spread over all classes (default: 0)",
        )
    group.add_argument(
        "--seed",
        type=whole_number(0, 2**63 - 1),
        default=0,
        help="the seed of all random numbers (default: 0)",
    )
    if precision:
        group.add_argument(
            "--precision",
            choices=PRECISIONS,
            default="float32",
            help="the dtype of the computation (default: %(default)s); variables stay float32",
        )
    if jit_compile is not None:
        group.add_argument(
            "--jit-compile",
            action=argparse.BooleanOptionalAction,
            help="let XLA compile the steps: faster for small networks without convolutions; it "
            f"rounds differently, and dropout draws other numbers (default: {jit_compile})",
        )

    if batch_norm:
        group.add_argument(
            "--synchronize-batch-norm",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="let batch norm in a cluster use the whole batch, not each worker's share",
        )


def add_best(parser: argparse.ArgumentParser) -> None:
    """Adds the options for when to judge the network; the best one is kept."""
    group = parser.add_argument_group("the best network, by average precision")
    group.add_argument(
        "--evaluate-after",
        metavar="EPOCHS",
        type=whole_number(0),
        default=0,
        help="judge the network for the first time after this many epochs (default: %(default)s)",
    )
    group.add_argument(
        "--evaluate-every",
        metavar="EPOCHS",
        type=whole_number(1),
        default=1,
        help="then judge it again each time this many epochs have passed (default: %(default)s)",
    )


def add_run(parser: argparse.ArgumentParser, run_dir: object, export: bool = True) -> None:
    """Adds where a run is kept and how it starts; `run_dir` is the default in the help."""
    group = parser.add_argument_group("the run")
    group.add_argument(
        "--run-dir", metavar="DIR", type=Path, help=f"where the run is kept (default: {run_dir})"
    )
    group.add_argument(
        "--checkpoint-every",
        metavar="STEPS",
        type=whole_number(1),
        help="save this often besides the end of each epoch (default: only there)",
    )
    group.add_argument(
        "--keep-every",
        metavar="EPOCHS",
        type=whole_number(1),
        help="keep the checkpoint of each so many epochs, besides the newest three and the best, "
        "for example to look at the course of training with explain.py",
    )
    group.add_argument(
        "--on-save-error",
        choices=policies.ON_SAVE_ERROR,
        default="stop",
        help="whether a save that fails, for example on a full disk, ends the run (default: "
        "%(default)s); it fails in any case if the last save does",
    )
    group.add_argument(
        "--on-nonfinite",
        choices=policies.ON_NONFINITE,
        default="stop",
        help="what to do when a loss or a gradient is not finite; that step is undone in any "
        "case (default: %(default)s): stop; skip, go on with the next batch; rollback, go back to "
        "the last checkpoint and on in another order, three times at most",
    )
    group.add_argument(
        "--max-seconds",
        metavar="SECONDS",
        type=number(0, 10**9, low_included=False),
        help="after this time, save and stop with status 75; the same command goes on",
    )
    group.add_argument(
        "--nondeterministic",
        action="store_true",
        help="on a GPU, let TensorFlow use faster operations whose results vary from run to run",
    )
    group.add_argument(
        "--fingerprints",
        metavar="FILE",
        type=Path,
        help="write a digest of every variable after every step to this new file, which is slow; "
        "verify_resume.py compares them",
    )
    start = group.add_mutually_exclusive_group()
    start.add_argument(
        "--resume",
        action="store_true",
        help="fail if there is nothing to resume (an existing run is resumed in any case)",
    )
    start.add_argument("--fresh", action="store_true", help="delete the existing run, start over")
    if export:
        group.add_argument(
            "--export",
            metavar="DIR",
            type=Path,
            help="at the end, also write the network without its optimizer to this new directory",
        )
    group.add_argument("--quiet", action="store_true", help="print the last two lines only")


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments; ends the program if they would train in the shipped network's directory."""
    args = parser.parse_args()
    run_dir = getattr(args, "run_dir", None)
    if run_dir is not None and run_dir.resolve().is_relative_to(shipped.MNIST):
        parser.error(f"{shipped.MNIST} holds the shipped network; choose another --run-dir")
    return args
