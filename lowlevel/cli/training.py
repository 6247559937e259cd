"""Shared by training scripts: one call that opens, trains, reports on and exports a run."""

import argparse
import contextlib
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from lowlevel import cluster
from lowlevel.checks import MissingExtraError, NonFiniteError, WorkerLostError
from lowlevel.cli.command_line import START, STOPPED_BY_ANOTHER, sayer
from lowlevel.data import pipeline
from lowlevel.data.augment import Augmentation
from lowlevel.storage.run_directory import RunDirectory
from lowlevel.storage.tensorboard import TensorBoard
from lowlevel.training import hooks, loop
from lowlevel.training.epoch_lines import EpochLines
from lowlevel.training.fingerprints import Fingerprints
from lowlevel.training.interruption import Interruption
from lowlevel.training.recipe import Recipe
from lowlevel.training.run import Run
from lowlevel.variables import count_parameters, sha256

# What a run directory may hold beside checkpoints, to be deleted when the run starts over.
PRODUCTS = (
    *("confusion_matrix.png", "curves.png", "estimates.png", "predictions.png"),
    *("reconstructions.png", "report.json", "report.txt", "best", "detector", "tensorboard"),
)


def make_directory(args: argparse.Namespace, checkpoints: Path, name: str) -> RunDirectory:
    """The `RunDirectory` of the arguments; by default `name` in `checkpoints`."""
    return RunDirectory(args.run_dir or checkpoints / name, PRODUCTS, args.keep_every)


def keep_jit_compile(args: argparse.Namespace, directory: RunDirectory) -> None:
    """Lets a run that is resumed keep its --jit-compile, if the user leaves the option out.

    Runs of older versions have none. In a cluster, which cannot use it, it is off by default.
    """
    if args.jit_compile is None and not args.fresh and directory.exists():
        settings = directory.read_config().get("training")
        if isinstance(settings, dict):
            args.jit_compile = settings.get("jit_compile", False)
    if args.jit_compile is None and not cluster.current().is_alone:
        args.jit_compile = False


def make_recipe(args: argparse.Namespace, examples: int) -> Recipe:
    """The `Recipe` of the arguments, for a run over this number of examples."""
    steps = args.epochs * pipeline.steps_per_epoch(examples, args.batch_size)
    return Recipe(
        seed=args.seed,
        batch_size=args.batch_size,
        optimizer=args.optimizer,
        learning_rate=args.learning_rate,
        schedule=args.schedule,
        schedule_steps=None if args.schedule == "constant" else steps,
        warm_up=args.warm_up,
        weight_decay=args.weight_decay,
        jit_compile=getattr(args, "jit_compile", False),
        synchronize_batch_norm=getattr(args, "synchronize_batch_norm", True),
    )


def make_deterministic(args: argparse.Namespace) -> None:
    """Lets TensorFlow compute the same bits in each run on a GPU, as it does on a processor."""
    if tf.config.list_physical_devices("GPU") and not args.nondeterministic:
        tf.config.experimental.enable_op_determinism()


def make_augmentation(args: argparse.Namespace, *names: str, **fields: Any) -> Augmentation:
    """The `Augmentation` of the arguments of these names, and of further fields."""
    return Augmentation(**{name: getattr(args, name) for name in names}, **fields)


def execute(
    run: Run,
    args: argparse.Namespace,
    description: str,
    report: Callable,
    more_hooks: Sequence[hooks.Hook] = (),
    show_samples: Callable | None = None,
) -> int:
    """Opens a run, trains it to its end or to a stop, and prints the result.

    Args:
        run: a `lowlevel.training.run.Run`.
        args: the result of `arguments.parse`.
        description: a line of text about the data.
        report: function of (run, say, tensorboard) that writes the task's report and pictures and
            returns an `Outcome`, see `lowlevel.reports.by_task`.
        more_hooks: further `Hook`s; `Dots` among them replace the lines and bars of epochs.
        show_samples: None, or a function of a `TensorBoard`; then the run is logged for it.

    Returns:
        The exit status.
    """
    make_deterministic(args)
    here = cluster.current()
    args.quiet = args.quiet or not here.is_chief
    say = sayer(args.quiet)
    export = getattr(args, "export", None)
    if export:
        run.check_export(export)
    name = Path(sys.argv[0]).name
    program = ["python", f"scripts/{name}"] if name.endswith(".py") else [name]
    command = shlex.join([*program, *sys.argv[1:]])
    resumed = run.open(args.resume, args.fresh, command)
    if not here.is_alone:
        say(f"{here.count} workers; this one is the chief")
    parameters = count_parameters(run.network.variables.all())
    say(f"{description}; {run.network.name}: {parameters} parameters")
    if resumed:
        say(f"resuming {resumed} at step {int(run.state.step)}; --fresh would start over")
    tensorboard = None
    if show_samples is not None and here.is_chief:
        tensorboard = _open_tensorboard(run, show_samples)
    if tensorboard is not None:
        more_hooks = [*more_hooks, hooks.TensorBoardLog(tensorboard)]
        say(f"to watch: tensorboard --logdir {run.directory.path}")
    if args.steps is not None and int(run.state.step) > args.steps:
        say(f"the run has made {int(run.state.step)} steps; --steps {args.steps} is past")
    if run.state.epoch > args.epochs:
        say(f"the run has made {run.state.epoch} epochs; --epochs {args.epochs} is past")
    if args.fingerprints is not None and here.is_chief:
        more_hooks = [*more_hooks, Fingerprints(run, args.fingerprints)]
    try:
        status = _train(run, args, more_hooks, say)
    finally:
        if tensorboard is not None:
            tensorboard.flush()
    if not here.is_chief:
        here.any(False)  # the chief needs the cluster until it has reported
        return status or 0
    try:
        return _report(run, args, report, say, tensorboard) if status is None else status
    finally:
        with contextlib.suppress(WorkerLostError):  # it has waited in vain, but all is done
            here.any(False)


def _report(run, args, report, say, tensorboard):
    """Prints the result of a run that is trained, and exports it if asked to."""
    export = getattr(args, "export", None)
    cluster.leave()
    outcome = report(run, say, tensorboard)
    if export:
        run.export(export, **outcome.facts)
        for name in outcome.export_files:
            if (run.directory.path / name).exists():
                shutil.copy(run.directory.path / name, Path(export) / name)
        say(f"exported the network to {export}")
    network = outcome.network or run.network
    step = int(run.state.step) if outcome.step is None else outcome.step
    print(*outcome.lines, sep="\n")
    print(f"variables sha256 {sha256(network.variables.all())} at step {step}")
    return 0


def _open_tensorboard(run, show_samples):
    """A `TensorBoard` for the run; None, with a message, if it is not installed."""
    path, step = run.directory.path, int(run.state.step)
    try:
        tensorboard = TensorBoard(path, step, run.data.held_out_name)
    except MissingExtraError as error:
        print(f"nothing is logged for TensorBoard: {error}", file=sys.stderr)
        return None
    if step == 0:
        tensorboard.write_graph(run.train_step)
        show_samples(tensorboard)
    return tensorboard


def _train(run, args, more_hooks, say):
    """Trains; if a signal or --max-seconds stops it, says how to resume.

    Returns:
        The exit status if it was stopped, else None.

    Raises:
        NonFiniteError: training diverged; the text says what is kept.
    """
    dots = any(isinstance(hook, hooks.Dots) for hook in more_hooks)
    lines = [] if dots else [EpochLines(args.epochs, say, run.data.held_out_name)]
    length = loop.RunLength(
        args.epochs, args.steps, args.checkpoint_every, args.on_save_error, args.on_nonfinite
    )
    all_hooks = [*lines, *more_hooks]
    end = None if args.max_seconds is None else START + args.max_seconds
    with Interruption(end) as interruption:
        try:
            quiet = args.quiet or dots
            loop.train(run, length, all_hooks, interruption.requested, quiet)
        except NonFiniteError as error:
            saved = run.directory.checkpoints()
            kept = f"the last checkpoint is {saved[-1]}" if saved else "nothing was saved"
            raise NonFiniteError(f"{error}; {kept}. Try a lower --learning-rate.") from error
    if run.state.skipped:
        say(f"{run.state.skipped} steps were skipped: a loss or a gradient was not finite")
    step, steps = int(run.state.step), args.epochs * run.steps_per_epoch
    stopped = cluster.current().any(interruption.status is not None)
    if stopped:
        path = run.directory.path
        with contextlib.suppress(OSError):  # a terminal that was closed
            print(f"stopped at step {step}; the same command resumes {path}.", file=sys.stderr)
    elif step == args.steps < steps:
        say(f"stopped at step {step} of {steps}, as --steps asks; without it, training goes on")
    return interruption.status or (STOPPED_BY_ANOTHER if stopped else None)
