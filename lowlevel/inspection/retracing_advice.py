"""What to do so that a compiled function is not traced again."""

from collections.abc import Sequence

from lowlevel.inspection.signatures import OBJECT, STRUCTURE, TENSOR, Change, Part, show

MOST = 3  # changes that are told one by one


def of_first(now: dict[str, Part], others: int, made: int, unknown_before: int) -> tuple[str, str]:
    """Reason and advice for a trace that no known one came before.

    Args:
        now: the signature, `Part`s by name.
        others: how many functions made of the same code have been traced in the same block.
        made: traces that the call has made.
        unknown_before: traces before it, of which nothing is known.
    """
    if unknown_before:
        return (
            f"it has an input signature, so its arguments cannot be why; it was called where an "
            f"earlier trace does not serve, for example in another tf.Graph. It takes {show(now)}",
            "call it in one place, or make a function for each",
        )
    if others:
        return (
            f"it is tf.function number {others + 1} of those called here that were made of the "
            f"same code, and each is traced for itself",
            "if they compute the same, make the tf.function once and keep it, outside the loop or "
            "the function that calls it",
        )
    if made > 1:
        return (
            f"the first call, with {show(now)}. It makes variables, and TensorFlow traces such a "
            f"function twice",
            "make the variables before",
        )
    return f"the first call, with {show(now)}", ""


def of_changes(
    before: dict[str, Part], now: dict[str, Part], changes: Sequence[Change]
) -> tuple[str, str]:
    """Reason and advice for a trace that another one came before, by what differs."""
    unknown = [name for name, part in before.items() if part.key is None]
    if unknown and not changes:
        return (
            f"what differs is in {', '.join(unknown)}, but earlier calls were not watched",
            "watch from the first call on to see what",
        )
    if not changes:
        return (
            "its arguments are those of an earlier trace, so it was called where that one does not "
            "serve, for example in another tf.Graph or under another distribution strategy",
            "call it in one place, or make a function for each",
        )
    reason = ", ".join(str(change) for change in changes[:MOST])
    if len(changes) > MOST:
        reason += f", and {len(changes) - MOST} more"
    return reason, "; ".join(dict.fromkeys(_advice(change) for change in changes[:MOST]))


def _advice(change):
    name, before, now = change.name, change.before, change.now
    if before is None or now is None:
        return f"pass {name} in all calls or in none, in lists and dicts of the same form"
    if {before.kind, now.kind} == {TENSOR}:
        return _of_tensors(name, before.key, now.key)
    if STRUCTURE in (before.kind, now.kind):
        return f"pass {name} always in the same form: what is in it counts, and a list is no tuple"
    if TENSOR in (before.kind, now.kind):
        return f"pass {name} always as a tensor"
    if OBJECT in (before.kind, now.kind):
        return f"make {name} once and pass the same object each time: a new one is traced anew"
    return _of_values(name, now.text)


def _of_values(name, text):
    if text[:1] in "-0123456789":
        return (
            f"pass {name} as a tensor, tf.constant({text}): a Python number is part of the graph, "
            f"and each new one is traced anew"
        )
    return f"{name} is part of the graph, and each value has a trace of its own: keep to few values"


def _of_tensors(name, before, now):
    if "variable" in (before[0], now[0]):
        return f"pass {name} always as a tensor, or always as a variable of one shape"
    (dtype_before, sizes_before), (dtype, sizes) = before, now
    if dtype_before != dtype:
        return f"cast {name} to one dtype before the call, such as {dtype_before.name}"
    if sizes is None or sizes_before is None or len(sizes) != len(sizes_before):
        return f"give {name} the same number of axes in all calls"
    open_sizes = [a if a == b else None for a, b in zip(sizes_before, sizes, strict=True)]
    return (
        f"give tf.function an input_signature with None for sizes that change, for {name} "
        f"tf.TensorSpec({open_sizes}, tf.{dtype.name}), or pass batches of one size"
    )
