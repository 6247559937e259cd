"""What training scripts share: opening a run, training it, and saying how it goes."""

import sys

from lowlevel.checks import MissingExtraError, NonFiniteError
from lowlevel.progress import describe_seconds
from lowlevel.training.hooks import Hook, TensorBoardLog
from lowlevel.training.state import NO_FIGURES
from lowlevel.training.tensorboard import TensorBoard


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


class EpochLines(Hook):
    """Says a line for each epoch."""

    def __init__(self, epochs, say, evaluated_on="test"):
        self._epochs = epochs
        self._say = say
        self._evaluated_on = evaluated_on

    def on_train_begin(self, state):
        self._history = state.history

    def on_epoch_end(self, row):
        self._say(describe_epoch(row, self._epochs, self._history, self._evaluated_on))


def describe_epoch(row, epochs, history, evaluated_on):
    """A line for a finished epoch: its figures, its seconds, and the time that is left."""
    beside = (*NO_FIGURES, "learning_rate")
    figures = [
        f"{f'{evaluated_on} ' * name.startswith('val_')}{name.removeprefix('val_')} {value:.4f}"
        for name, value in row.items()
        if name not in beside
    ]
    line = f"epoch {row['epoch']}/{epochs}: {', '.join(figures)}, {row['seconds']:.0f} s"
    left = (epochs - row["epoch"]) * sum(past["seconds"] for past in history) / len(history)
    return line + (f", {describe_seconds(left)} left" if left > 60 else "")
