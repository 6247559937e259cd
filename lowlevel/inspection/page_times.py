"""Which share of a step's time each layer and each operation of a page takes."""

from lowlevel.inspection.profile import Operation, Profile


def add(data: dict, profile: Profile) -> None:
    """Adds `share` to the layers and operations of a page's data; of a layer, in all.

    Gradients and updates count with their layer. An operation that is computed in one with a later
    one gets that one's name instead, as `fused`.

    Args:
        data: a result of `lowlevel.inspection.page_data.of_trace`.
        profile: the times of a step.
    """
    whole = sum(operation.milliseconds for operation in profile.operations) or 1.0
    layers, operations = data["layers"], data["operations"]
    for operation in profile.operations:
        share = operation.milliseconds / whole
        if operation.name in operations:
            _add(operations[operation.name], share)
            for name in _computed_with(operation, operations):
                operations[name]["fused"] = operation.name
        if operation.layer in layers:
            _add(layers[operation.layer], share)


def _add(entry, share):
    entry["share"] = entry.get("share", 0) + share


def _computed_with(operation: Operation, operations: dict[str, dict]) -> list[str]:
    """Names of what a fused operation computes beside itself: those before it, back to its kind.

    TensorFlow gives a FusedConv2D the name of the last operation in it, such as c2/Relu.
    """
    names, name, kind = [], operation.name, operation.kind.removeprefix("Fused")
    while operations[name]["kind"] not in (kind, operation.kind):
        inputs = operations[name]["inputs"]
        name = inputs[0].partition(":")[0] if inputs else ""
        if operations.get(name, {}).get("layer") != operation.layer:
            return []
        names.append(name)
    return names
