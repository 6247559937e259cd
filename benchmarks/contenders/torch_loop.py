"""PyTorch: an eager or compiled step in a Python loop, with fused Adam, and prediction."""

import contextlib
import math

from benchmarks.contenders import Contender, UnsupportedError, batches_of, find_net
from benchmarks.works import LEARNING_RATE, config_of

ALL = ("eager", "eager, channels last", "compiled", "compiled, channels last")
SETTINGS = {"train": ALL, "predict": ALL}
BATCH_SIZE = 256  # of many images to predict for


def make(job):
    """The `Contender` that trains."""
    import torch
    from torch.nn import functional

    from benchmarks.contenders import torch_nets

    net = find_net(torch_nets, job.work.net)
    config = config_of(job.work, job.dropout)
    images = job.inputs.ndim == 4
    layout = _layout(job)
    state = torch_nets.state_of(job.variables)
    parameters = _parameters(job, state, layout)
    optimizer = torch.optim.Adam(parameters.values(), LEARNING_RATE, fused=True)
    inputs, targets = torch.tensor(job.inputs), torch.tensor(job.targets)
    if images:
        inputs = inputs.permute(0, 3, 1, 2).contiguous(memory_format=layout)
    if job.work.net == "bottle_autoencoder":
        targets = inputs
    targets = targets if targets.is_floating_point() else targets.long()
    forward = net(config, parameters)
    bfloat16 = job.precision == "bfloat16"

    def loss_and_metric(inputs, targets):
        context = torch.autocast("cpu", torch.bfloat16) if bfloat16 else contextlib.nullcontext()
        with context:
            outputs = forward(inputs, state).float()
        if job.work.net == "bottle_autoencoder":
            return functional.mse_loss(outputs, targets), torch.zeros(())
        if job.work.net == "regression":
            return functional.mse_loss(outputs, targets), (outputs - targets).abs().sum()
        if job.work.net == "text_classifier":
            loss = functional.binary_cross_entropy_with_logits(outputs, targets.float())
            return loss, ((outputs > 0) == (targets > 0)).sum()
        return functional.cross_entropy(outputs, targets), (outputs.argmax(1) == targets).sum()

    if job.setting.startswith("compiled"):
        loss_and_metric = torch.compile(loss_and_metric)

    made = 0

    def step(inputs, targets):
        nonlocal made
        made += 1
        # Adam as Keras has it: there epsilon stands outside the correction of v.
        optimizer.param_groups[0]["eps"] = 1e-7 / math.sqrt(1 - 0.999**made)
        optimizer.zero_grad(set_to_none=True)
        loss, metric = loss_and_metric(inputs, targets)
        loss.backward()
        optimizer.step()
        return loss.detach(), metric.detach()

    def losses():
        starts = range(0, len(inputs), job.batch_size)
        parts = [slice(start, start + job.batch_size) for start in starts]
        return [float(step(inputs[part], targets[part])[0]) for part in parts]

    def train():
        total, right = torch.zeros(()), torch.zeros(())
        for indices in torch.randperm(len(inputs)).split(job.batch_size):
            loss, metric = step(inputs[indices], targets[indices])
            total, right = total + loss, right + metric
        return float(total), float(right)

    return Contender(losses, train)


def make_predictor(job):
    """The `Contender` that predicts."""
    import torch

    from benchmarks.contenders import torch_nets

    layout = _layout(job)
    parameters = _parameters(job, torch_nets.state_of(job.variables), layout)
    forward = find_net(torch_nets, job.work.net)(config_of(job.work, dropout=False), parameters)
    if job.setting.startswith("compiled"):
        forward = torch.compile(forward)

    @torch.inference_mode()
    def predict(images):
        parts = []
        for part in torch.from_numpy(images).permute(0, 3, 1, 2).split(BATCH_SIZE):
            outputs = forward(part.contiguous(memory_format=layout), {})
            parts.append(torch.softmax(outputs, 1))
        return torch.cat(parts).numpy()

    def run():
        for images in batches_of(job.inputs, job.batch_size):
            predict(images)

    return Contender(lambda: predict(job.inputs[:1])[0].tolist(), run)


def _layout(job):
    """The memory format of the setting. Raises UnsupportedError if it is for images alone."""
    import torch

    if "channels last" not in job.setting:
        return torch.contiguous_format
    if job.inputs.ndim != 4:
        raise UnsupportedError("the inputs are not images")
    return torch.channels_last


def _parameters(job, state, layout):
    """The job's variables but for the state, as tensors by name that can be trained."""
    import torch

    parameters = {}
    for name, array in job.variables.items():
        if name in state:
            continue
        tensor = torch.tensor(array)
        if tensor.ndim == 4:  # from [height, width, in, out] to [out, in, height, width]
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=layout)
        parameters[name] = tensor.requires_grad_()
    return parameters
