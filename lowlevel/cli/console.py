"""What training scripts share: opening a run, training it, and saying how it goes."""

import sys

from lowlevel.checks import MissingExtraError, NonFiniteError
from lowlevel.storage.tensorboard import TensorBoard
from lowlevel.training.epoch_lines import EpochLines
from lowlevel.training.hooks import TensorBoardLog


def sayer(quiet):
    """A function that prints a line at once, or, if `quiet`, does nothing."""
    return (lambda text: None) if quiet else (lambda text: print(text, flush=True))


def open_tensorboard(training):
    """A `TensorBoard` for the run, or None if it is not installed, which is said."""
    try:
        tensorboard = TensorBoard(
            training.run.path, int(training.state.step), training.evaluated_on
        )
    except MissingExtraError as error:
        print(f"nothing is logged for TensorBoard: {error}", file=sys.stderr)
        return None
    if int(training.state.step) == 0:
        tensorboard.write_graph(training.train_step)
    return tensorboard


def train(training, args, epochs, say, tensorboard=None, hooks=(), each_epoch=True):
    """Trains a run that is open; says each epoch, and how to go on if it is stopped.

    Args:
        training: a `Training`.
        args: the arguments that `arguments.add_run` and `add_training` add.
        epochs: how many epochs the run has.
        say: what `sayer` returned.
        tensorboard: a `TensorBoard`, or None.
        hooks: further `Hook`s.
        each_epoch: whether each epoch has a line and shows its progress; where epochs are many
            and short, a hook may say less.

    Returns:
        None, or the exit status if a signal stopped it.

    Raises:
        NonFiniteError: training diverged; the text says what is kept.
    """
    hooks = [*([EpochLines(epochs, say, training.evaluated_on)] * each_epoch), *hooks]
    if tensorboard is not None:
        hooks.append(TensorBoardLog(tensorboard))
    try:
        quiet = args.quiet or not each_epoch
        stopped_by = training.train(epochs, args.steps, args.checkpoint_every, hooks, quiet)
    except NonFiniteError as error:
        saved = training.run.checkpoints()
        kept = f"the last checkpoint, {saved[-1]}, is untouched" if saved else "nothing was saved"
        raise NonFiniteError(f"{error}; {kept}. Try a lower --learning-rate.") from error
    finally:
        if tensorboard is not None:
            tensorboard.flush()
    step, steps = int(training.state.step), epochs * training.steps_per_epoch
    if stopped_by is None:
        if step == args.steps < steps:
            say(f"stopped at step {step} of {steps}, as --steps asks; without it, training goes on")
        return None
    print(
        f"stopped at step {step}; the same command resumes {training.run.path}.",
        file=sys.stderr,
    )
    return 128 + stopped_by
