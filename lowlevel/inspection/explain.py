"""One page about one training step: your network, your images, your run, in one HTML file.

    page = explain(model, images, labels)
    page.save("step.html")

In a notebook the page shows itself.
"""

import html
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from lowlevel import files
from lowlevel.checks import ConfigError, DataError, reason_of
from lowlevel.files import FilePath
from lowlevel.inspection import answers, comparison, opened_run, page_data, page_times, trace
from lowlevel.inspection.arrays_file import Arrays
from lowlevel.inspection.profile import Profile
from lowlevel.inspection.traced import Trace
from lowlevel.training.run import Run
from lowlevel.training.step import build_train_step
from lowlevel.types import ArrayLike, GraphFunction, Nest

SCRIPTS = (
    *("arrays.js", "elements.js", "colours.js", "layouts.js", "maps.js", "windows.js"),
    *("forward.js", "backward.js", "convolution.js", "elementwise.js", "moves.js", "update.js"),
    *("number.js", "patch.js", "attention.js", "weight.js", "diagram.js", "layer.js", "places.js"),
    *("answer.js", "course.js", "comparison.js", "main.js"),
)
MAX_EXAMPLES = 8
MAX_NUMBERS = 5_500_000  # of a page: about 20 MB as text
OTHERS_SHARE = 0.25  # of that room, for the maps of a run to compare with
FIRST_STEP = (
    f"The network was exported without its optimizer and its schedule, so this is a first step of "
    f"Adam at its usual rate of {opened_run.USUAL_RATE}, on plain labels."
)


class Page:
    """A page of HTML, complete in itself.

    Attributes:
        html: its text.
        trace: the `Trace` that it shows.
    """

    def __init__(self, html: str, trace: Trace) -> None:
        self.html = html
        self.trace = trace

    def __repr__(self) -> str:
        return f"Page of step {self.trace.step + 1}, {len(self.html) / 2**20:.1f} MB; save it"

    def save(self, path: FilePath) -> None:
        """Writes the page to a file. Raises DataError if it cannot be written."""
        try:
            files.write_text(Path(path), self.html)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {reason_of(error)}.") from error

    def _repr_html_(self) -> str:
        """The page in a frame of its own, for a notebook."""
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" style="width:100%;height:48rem;'
            f'border:0" title="the training step"></iframe>'
        )


def explain(
    subject: Any,
    inputs: Nest,
    targets: Nest,
    titles: Sequence[str] = (),
    class_names: Sequence[str] = (),
    profile: Profile | None = None,
    course: Any = None,
    beside: tuple[str, Trace | Mapping[str, ArrayLike]] | None = None,
    max_numbers: int = MAX_NUMBERS,
) -> Page:
    """Traces the next training step on a batch and makes a page of it. Changes nothing.

    Args:
        subject: a compiled `lowlevel.model.Model`, or a `Run`.
        inputs: at most 8 examples; images float32 in [0, 1], `[examples, height, width, channels]`.
        targets: what the run trains on, for example labels `[examples]`.
        titles: what to call each example; by default its number and its class.
        class_names: a name for each class.
        profile: where the time of a step goes, to be shown beside each operation.
        course: None, or a function of (batch, arrays) that returns the entries of checkpoints, see
            `lowlevel.inspection.course`.
        beside: a name, and what to compare with: a `Trace` of the same examples, or arrays by
            layer, such as what the layers of a Keras model give.
        max_numbers: how many numbers the page may hold, each of 3 to 5 bytes. If there are more,
            it shows fewer examples, and of large arrays some channels; it says so.

    Raises:
        ConfigError: the model is not compiled, or there are too many examples.
        DataError: the batch does not fit the network.
    """
    run = getattr(subject, "run", subject)
    if not isinstance(run, Run):
        raise ConfigError("compile the model first: its training step is what is explained.")
    count = len(tf.nest.flatten(inputs)[0])
    if not 1 <= count <= MAX_EXAMPLES:
        raise ConfigError(f"a page shows 1 to {MAX_EXAMPLES} examples, not {count}.")
    batch = as_batch(run, inputs, targets)
    found = trace_batch(run, *batch)
    arrays = Arrays()
    other = beside[1] if beside and isinstance(beside[1], Trace) else None
    room = max_numbers if other is None else int((1 - OTHERS_SHARE) * max_numbers)
    shown = page_data.examples_that_fit(found, room)
    data = page_data.of_trace(found, arrays, room, shown)
    classes = list(map(str, class_names))
    optimizer = page_data.of_optimizer(run.state.optimizer, found.step)
    data |= {
        "title": f"{_name_of(run.network)}, step {found.step + 1}",
        "about": f"{_about(run, found, count, shown)} {optimizer['ended']}".rstrip(),
        "classes": classes,
        "optimizer": optimizer,
        "answers": answers.of_trace(run, found, batch),
        "losses": list(answers.LOSSES),
        "batch": count,
        "course": course(batch, arrays) if course else [],
        "comparison": comparison.compare(found, beside[1], beside[0]) if beside else None,
    }
    if other is not None:
        maps = page_data.of_other(data, other, arrays, max_numbers - room)
        data["comparison"]["arrays"] = maps
    titles = titles or _titles(data["answers"], classes)
    if len(titles) != count:
        raise ConfigError(f"there are {count} examples, but {len(titles)} titles.")
    data["examples"] = [{"title": str(title)} for title in titles[:shown]]
    if profile is not None:
        page_times.add(data, profile)
    data["arrays"] = arrays.entries
    return Page(_assemble(data, arrays), found)


def as_batch(run: Run, inputs: Nest, targets: Nest) -> tuple[tf.Tensor, ...]:
    """Inputs and targets as tensors of the dtypes that the network and its task take."""
    spec = run.task.target_spec
    return (
        tf.nest.map_structure(
            lambda part, array: tf.constant(array, part.dtype), run.network.input_spec, inputs
        ),
        tf.constant(targets) if spec is None else tf.constant(targets, spec.dtype),
    )


def trace_batch(run: Run, *batch: Nest) -> Trace:
    """The `Trace` of a run's next step; a run without data gets a step for this batch."""
    return trace.of_step(make_step(run, *batch), run.network.variables.all(), *batch)


def make_step(run: Run, *batch: Nest) -> GraphFunction:
    """The compiled step of a run, or, if it has no data, one that takes batches like this one."""
    if run.data is not None:
        return run.train_step
    spec = [tf.nest.map_structure(lambda x: tf.TensorSpec([None, *x.shape[1:]], x.dtype), part)
            for part in batch]  # fmt: skip
    spec[0] = run.network.input_spec
    return build_train_step(run.network, run.task, run.state, run.recipe, spec)


def _name_of(network):
    """The network's name, or that of its function."""
    name = network.name or getattr(network.forward, "__name__", "")
    return "A network" if name in ("", "forward", "<lambda>") else name


def _titles(found, classes):
    """The number of each example, and its class if it has one."""
    titles = []
    for number, answer in enumerate(found):
        title = f"example {number}"
        if answer["probabilities"]:
            label = int(np.argmax(answer["targets"]))
            title += f" (a {classes[label]})" if classes else f" (class {label})"
        titles.append(title)
    return titles


def _about(run, found, count, shown):
    """What is on the page, in a few sentences."""
    parameters = sum(
        np.prod(variable.before.statistics.shape, dtype=np.int64)
        for variable in found.variables.values()
    )
    examples = "one example" if count == 1 else f"{count} examples"
    return (
        f"{parameters:,} parameters, in {run.network.precision}. The training step that comes "
        f"after step {found.step}, on a batch of {examples}: every number is one that the compiled "
        f"step computed, and nothing was changed."
        + (f" Shown are the first {shown}." if shown < count else "")
        + (f" {FIRST_STEP}" if opened_run.is_exported(run) else "")
    )


def _assemble(data, arrays):
    """The page's text: the parts of `lowlevel/inspection/page` with the data in them."""
    here = importlib.resources.files("lowlevel.inspection") / "page"
    parts = {
        "TITLE": html.escape(data["title"]),
        "STYLE": (here / "page.css").read_text(encoding="utf-8"),
        "HEADING": html.escape(data["title"]),
        "ABOUT": html.escape(data["about"]),
        "DATA": json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        "NUMBERS": arrays.text(),
        "SCRIPT": "\n".join((here / name).read_text(encoding="utf-8") for name in SCRIPTS),
    }
    text = (here / "page.html").read_text(encoding="utf-8")
    pieces = []
    for name, part in parts.items():  # in the order in which they stand in the page
        before, text = text.split(name, 1)
        pieces += [before, part]
    return "".join([*pieces, text])
