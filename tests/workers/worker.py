"""One worker of a test: it computes gradients and makes steps for every net; the chief writes them.

    python -m tests.workers.worker FILE STEPS NET...

A net may be followed by /local: then two workers normalize the parts of the batch that they have.
Or by /control, for one process: how much its results change if each weight is moved by about a bit,
batch norm is computed by another, equal formula, or the batch is computed in two parts.
Alone it computes whole batches; in a cluster, its share of each.
"""

import dataclasses
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from lowlevel import cluster, optimizers, replicas
from lowlevel.training import step as step_module
from lowlevel.training.compiled import Compiled
from lowlevel.training.state import TrainingState
from lowlevel.training.step import build_train_step
from lowlevel.training.step_loop import build_step_loop
from lowlevel.training.tasks import Task

BATCH = 7  # which neither two nor three workers can share evenly
SEED = 3
CONTROLS = [(seed, is_plain) for seed in range(4) for is_plain in (False, True)][1:]


def of_outputs(targets, outputs):
    """A loss of any float outputs: their mean square from a target."""
    rows = [tf.reshape(part, [tf.shape(part)[0], -1]) for part in tf.nest.flatten(outputs)]
    return tf.add_n([tf.reduce_mean(tf.square(row - targets[:, None]), axis=1) for row in rows])


def make(name):
    """The step of a net, what it is made of, and three batches of all examples."""
    from tests.comparison import values
    from tests.nets.test_conformance import inputs_of
    from tests.nets.test_conformance import make as make_net
    from tests.steps import network_of

    net, config, store = make_net(name)
    if name == "leaky_net":  # for images of any size
        config = dataclasses.replace(config, image_shape=(12, 12, 3))
    network, task = network_of(net, config, store), Task(of_outputs, {})
    optimizer = optimizers.Momentum(1e-3)
    state = TrainingState(store, optimizer, task.metric_names)
    recipe = Compiled(SEED, optimizer, lambda gradients: gradients)
    batches = []
    for number, size in enumerate((BATCH, BATCH, 3)):
        targets = tf.constant(values(size, seed=number))
        batches.append((inputs_of(net, config, size), targets))
    return network, task, state, recipe, batches


class Local(Compiled):
    """A recipe whose batch norm takes the moments of a worker's share."""

    synchronize_batch_norm = False


def of_local_norms(network, task, state, recipe, batch):
    """Gradients and new state of two workers that normalize their shares; alone, of both parts."""
    here = cluster.current()
    recipe = Local(SEED, recipe.optimizer, recipe.change_gradients)

    def compute(*part):
        _, gradients, _, new_state = step_module._differentiate(network, task, state, recipe, part)
        return gradients, new_state

    function = tf.function(lambda *part: here.run(compute, *part), autograph=False)
    if not here.is_alone:
        gradients, new_state = function(*share(batch))
    else:
        shares = [replicas.Share.of(BATCH, index, 2) for index in range(2)]
        parts = [tuple(array[s.start : s.start + s.size] for array in batch) for s in shares]
        (gradients, new_state), (other_gradients, other_state) = [function(*p) for p in parts]
        first, second = (s.size / BATCH for s in shares)
        for name, other in other_gradients.items():
            gradients[name] = first * gradients[name] + second * other
        for name, other in other_state.items():
            new_state[name] = (new_state[name] + other) / 2
    return {f"gradient {k}": v for k, v in gradients.items()} | {
        f"state {k}": v for k, v in new_state.items()
    }


def control_of(name, steps):
    """The largest changes, as the test measures them, of gradients, losses and state."""

    def results(seed, is_plain):
        *made, batches = make(name)
        state, random = made[2].variables, np.random.default_rng(seed)
        if seed:
            for variable in state.trainable().values():
                signs = random.choice([-1.0, 1.0], variable.shape).astype(np.float32)
                variable.assign(variable * (1 + 2.0**-23 * signs))
        replicas.norms_over_all = lambda: is_plain
        gradients = gradients_of(*made, batches[0])
        losses = losses_of(*made, batches, steps).numpy()
        return gradients, losses, {key: value.numpy() for key, value in state.state.items()}

    def change(found, expected):
        largest = max((np.abs(value).max() for value in expected.values()), default=1)
        moved = (np.abs(found[key] - value).max() for key, value in expected.items())
        return max(moved, default=0) / largest

    before = replicas.norms_over_all
    gradients, losses, state = results(0, False)
    changes = {"gradient": 0.0, "losses": 0.0, "state": 0.0}
    for controls in CONTROLS:
        found, other, other_state = results(*controls)
        for kind, value in (
            ("gradient", change(found, gradients)),
            ("losses", (np.abs(other - losses) / losses).max()),
            ("state", change(other_state, state)),
        ):
            changes[kind] = max(changes[kind], value)
    replicas.norms_over_all = before
    if not state:  # without batch norm
        in_parts = change(gradients_in_parts(*make(name)), gradients)
        changes["gradient"] = max(changes["gradient"], in_parts)
    return changes


def gradients_in_parts(network, task, state, recipe, batches):
    """The gradients of one process that computes the two shares of the batch one after another."""
    before, sums = replicas.share_of_step, {}
    for index in range(2):
        part = replicas.Share.of(BATCH, index, 2)
        replicas.share_of_step = lambda inputs, part=part: part
        own = tuple(array[part.start : part.start + part.size] for array in batches[0])
        for key, value in gradients_of(network, task, state, recipe, own).items():
            sums[key] = sums.get(key, 0) + value
    replicas.share_of_step = before
    return sums


def share(batch):
    """This worker's part of a batch."""
    part = cluster.current().share(BATCH if len(batch[1]) == BATCH else len(batch[1]))
    if part is None:
        return batch
    return tuple(array[part.start : part.start + part.size] for array in batch)


def gradients_of(network, task, state, recipe, batch):
    """The gradients of the mean loss of the whole batch, by name."""
    here = cluster.current()

    def differentiate(*part):
        _, gradients, _, _ = step_module._differentiate(network, task, state, recipe, part)
        return gradients

    function = tf.function(lambda *part: here.run(differentiate, *part), autograph=False)
    return {name: value.numpy() for name, value in function(*share(batch)).items()}


def losses_of(network, task, state, recipe, batches, steps):
    """The mean loss of each of some steps, over batches in turn."""
    spec = [network.input_spec, tf.TensorSpec([None], tf.float32)]
    step = build_train_step(network, task, state, recipe, spec)
    loop = build_step_loop(step, list(state.variables.all().values()))

    def elements():
        for number in range(steps):
            yield share(batches[number % len(batches)])

    dataset = tf.data.Dataset.from_generator(elements, output_signature=tuple(spec))
    sums, finite = loop(iter(dataset), tf.constant(steps))
    assert bool(finite)
    return sums["loss"][:, 0] / sums["loss"][:, 1]


def main(path, steps, *names):
    here, found = cluster.join(), {}
    tf.get_logger().setLevel("ERROR")  # it warns of functions made anew, which are meant here
    for name in names:
        name, _, kind = name.partition("/")
        if kind == "control":
            for key, value in control_of(name, int(steps)).items():
                found[f"{name} control {key}"] = value
            continue
        *made, batches = make(name)
        if kind == "local":
            for key, value in of_local_norms(*made, batches[0]).items():
                found[f"{name} local {key}"] = value.numpy()
            continue
        for key, value in gradients_of(*made, batches[0]).items():
            found[f"{name} gradient {key}"] = value
        found[f"{name} losses"] = losses_of(*made, batches, int(steps)).numpy()
        for key, variable in made[2].variables.state.items():
            found[f"{name} state {key}"] = variable.numpy()
    assert replicas.context() is None
    if here.is_chief:
        np.savez(Path(path), **found)
    here.any(False)


if __name__ == "__main__":
    main(*sys.argv[1:])
