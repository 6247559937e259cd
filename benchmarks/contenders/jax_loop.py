"""JAX: a jitted step in a Python loop, an epoch in one jitted `lax.scan`, and prediction."""

import functools

from benchmarks.contenders import Contender, batches_of, find_net
from benchmarks.works import LEARNING_RATE, config_of

SETTINGS = {"train": ("jit", "scan"), "predict": ("jit",)}


def make(job):
    """The `Contender` that trains."""
    import jax
    import jax.numpy as jnp

    from benchmarks.contenders import jax_nets

    config = config_of(job.work, job.dropout)
    forward = find_net(jax_nets, job.work.net)
    dtype = jnp.dtype(job.precision)
    p = {name: jnp.array(a) for name, a in job.variables.items() if not name.startswith("state/")}
    state = {name: jnp.array(a) for name, a in job.variables.items() if name.startswith("state/")}
    m, v = jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p)
    carry = p, state, m, v, 0
    inputs, targets = jnp.array(job.inputs), jnp.array(job.targets)

    def loss_of(p, state, inputs, targets, key):
        low = jax.tree.map(lambda a: a.astype(dtype), p)
        floats = jnp.issubdtype(inputs.dtype, jnp.floating)
        x = inputs.astype(dtype) if floats else inputs
        outputs, state = forward(config, low, state, x, key)
        outputs = outputs.astype(jnp.float32)
        if job.work.net == "regression":
            return jnp.square(outputs - targets).mean(), (state, jnp.abs(outputs - targets).sum())
        if job.work.net == "text_classifier":
            loss = jnp.maximum(outputs, 0) - outputs * targets + jnp.log1p(jnp.exp(-abs(outputs)))
            return loss.mean(), (state, ((outputs > 0) == (targets > 0)).sum())
        logs = jax.nn.log_softmax(outputs)
        loss = -jnp.take_along_axis(logs, targets[:, None], 1).mean()
        return loss, (state, (outputs.argmax(1) == targets).sum())

    def step(carry, batch):
        p, state, m, v, number = carry
        key = jax.random.fold_in(jax.random.key(0), number)
        value_and_grad = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (state, metric)), gradients = value_and_grad(p, state, *batch, key)
        m = jax.tree.map(lambda m, g: m + (g - m) * 0.1, m, gradients)
        v = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, v, gradients)
        t = number + 1
        alpha = LEARNING_RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        p = jax.tree.map(lambda p, m, v: p - alpha * m / (jnp.sqrt(v) + 1e-7), p, m, v)
        return (p, state, m, v, t), (loss, metric)

    jitted = jax.jit(step, donate_argnums=0)

    @functools.partial(jax.jit, donate_argnums=0)
    def scan(carry, order):
        return jax.lax.scan(lambda c, i: step(c, (inputs[i], targets[i])), carry, order)

    count = len(inputs) // job.batch_size

    def losses():
        nonlocal carry
        found = []
        for order in jnp.arange(count * job.batch_size).reshape(count, -1):
            carry, (loss, _) = jitted(carry, (inputs[order], targets[order]))
            found.append(float(loss))
        return found

    epoch = 0

    def train():
        nonlocal carry, epoch
        epoch += 1
        order = jax.random.permutation(jax.random.key(epoch), len(inputs))
        order = order[: count * job.batch_size].reshape(count, -1)
        if job.setting == "scan":
            carry, results = scan(carry, order)
        else:
            results = []
            for indices in order:
                carry, result = jitted(carry, (inputs[indices], targets[indices]))
                results.append(result)
        jax.block_until_ready((carry, results))

    return Contender(losses, train)


def make_predictor(job):
    """The `Contender` that predicts."""
    import jax
    import numpy as np

    from benchmarks.contenders import jax_nets

    config = config_of(job.work, dropout=False)
    forward = find_net(jax_nets, job.work.net)
    parameters = jax.tree.map(jax.numpy.array, job.variables)

    @jax.jit
    def predict(parameters, images):
        return jax.nn.softmax(forward(config, parameters, {}, images, None)[0])

    def run():
        for images in batches_of(job.inputs, job.batch_size):
            np.asarray(predict(parameters, images))

    return Contender(lambda: np.asarray(predict(parameters, job.inputs[:1]))[0].tolist(), run)
