#!/usr/bin/env python3
"""Trains the four-conv network in a graph and a session, as TensorFlow 1 did.

With placeholders, then without, then by the package's compiled step: all end with the same bits.
"""

import dataclasses
import operator
import sys
import tempfile
from types import SimpleNamespace

from lowlevel.checks import CheckpointError
from lowlevel.cli import command_line, image_arguments
from lowlevel.progress import Progress

EPOCHS = {"mnist": 1, "sample": 2, "digits": 3}
LEARNING_RATE = {"mnist": 1e-4, "sample": 1e-3, "digits": 1e-3}  # those of train_mnist.py
WAYS = {  # and whether there are placeholders
    "a session, with placeholders and a feed dict": True,
    "a session, without placeholders": False,
    "no session: functions compiled by TensorFlow 2": None,
}


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    image_arguments.add_digits(parser)
    add, whole_number = parser.add_argument, command_line.whole_number
    add(
        "--epochs",
        type=whole_number(1, 9999),
        help="default: 1 for mnist, 2 for sample, 3 for digits",
    )
    add("--batch-size", type=whole_number(1, 2**20), default=128, help="default: %(default)s")
    add("--seed", type=whole_number(0, 2**63 - 1), default=0, help="default: %(default)s")
    add("--quiet", action="store_true", help="print the last two lines only")
    return parser.parse_args()


def build_graph(config, dataset, args, with_placeholders):
    """Builds the nodes of the graph that a session will run; computes nothing yet."""
    import tensorflow as tf

    from lowlevel import losses, metrics, seeds
    from lowlevel.data import pipeline
    from lowlevel.nets import conv_net
    from lowlevel.update_rules import adam_alpha, adam_update

    nodes = SimpleNamespace(graph=tf.compat.v1.Graph())
    with nodes.graph.as_default():
        # The variables. Inside a graph, `build` makes variables of that graph. Their first values
        # are nodes too, which draw from the same seeds, and so give the same bits, as elsewhere.
        store = conv_net.build(config, args.seed)
        nodes.variables, trainable = store.all(), store.trainable()
        nodes.step = step = tf.Variable(0, trainable=False, dtype=tf.int64, name="step")

        # The data. The order is that of the epoch in which the iterator is initialized.
        examples = len(dataset.train)
        nodes.steps_per_epoch = pipeline.steps_per_epoch(examples, args.batch_size)
        order = pipeline.epoch_order(examples, args.seed, epoch=step // nodes.steps_per_epoch)
        nodes.train = make_input(dataset.train, order, args.batch_size, with_placeholders)
        order = tf.range(len(dataset.test))
        nodes.test = make_input(dataset.test, order, args.batch_size, with_placeholders)

        # Training: the loss, its gradients, and Adam with two slots for each variable.
        seed = seeds.derive(args.seed, "forward", step)
        logits, _ = conv_net.forward(config, store, nodes.train.images, training=True, seed=seed)
        nodes.loss = tf.reduce_mean(losses.softmax_cross_entropy(nodes.train.labels, logits))
        gradients = tf.gradients(nodes.loss, list(trainable.values()))
        alpha = adam_alpha(tf.cast(step + 1, tf.float32), args.learning_rate)
        assignments = []
        for (name, variable), gradient in zip(trainable.items(), gradients, strict=True):
            m = tf.Variable(tf.zeros(variable.shape), trainable=False, name=f"m/{name}")
            v = tf.Variable(tf.zeros(variable.shape), trainable=False, name=f"v/{name}")
            new_values = adam_update(variable, gradient, m, v, alpha)
            for old, new in zip((variable, m, v), new_values, strict=True):
                assignments.append(old.assign(new, read_value=False))
        # A session runs what its fetches need, in any order: the step has to be told to wait.
        with tf.control_dependencies(assignments):
            nodes.train_op = step.assign_add(1, read_value=False)

        # Testing: the same forward on the same variables. What is right, and what there is, are
        # counted in a local variable: no Saver saves it, and each test initializes it again.
        logits = conv_net.forward(config, store, nodes.test.images)
        nodes.predictions = tf.argmax(logits, axis=1)
        right = tf.cast(metrics.is_correct(nodes.test.labels, logits), tf.int32)
        collections = [tf.compat.v1.GraphKeys.LOCAL_VARIABLES]
        counts = tf.compat.v1.Variable([0, 0], trainable=False, collections=collections)
        nodes.count = counts.assign_add([tf.reduce_sum(right), tf.size(right)])
        nodes.correct, nodes.accuracy = counts[0], counts[0] / counts[1]

        nodes.initialize = tf.compat.v1.global_variables_initializer()
        nodes.initialize_local = tf.compat.v1.local_variables_initializer()
        nodes.saver = tf.compat.v1.train.Saver()
    nodes.graph.finalize()  # from here on it is an error to add a node
    return nodes


def make_input(data, order, batch_size, with_placeholders):
    """Nodes through which images come into the graph: an iterator, and who takes its batches."""
    import tensorflow as tf

    data = dataclasses.replace(data)  # a copy, whose tensors will be made anew, in this graph
    batches = data.examples.batches(batch_size, order)
    iterator = tf.compat.v1.data.make_initializable_iterator(batches)
    source = SimpleNamespace(start=iterator.initializer, fed=with_placeholders)
    source.batch = source.images, source.labels = iterator.get_next()
    if with_placeholders:
        source.images = tf.compat.v1.placeholder(tf.float32, source.images.shape, "images")
        source.labels = tf.compat.v1.placeholder(tf.int32, source.labels.shape, "labels")
    return source


def run_batches(session, source, fetches):
    """Runs nodes once for each batch until the iterator ends; yields their values."""
    import tensorflow as tf

    session.run(source.start)
    while True:
        try:
            feed_dict = None
            if source.fed:  # a batch leaves the session as arrays, and is fed to the next run
                images, labels = session.run(source.batch)
                feed_dict = {source.images: images, source.labels: labels}
            result = session.run(fetches, feed_dict)
        except tf.errors.OutOfRangeError:
            return
        yield result


def train_in_session(nodes, args, say):
    """Trains, tests and saves in one session; restores in another and shows the result."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as directory:
        with tf.compat.v1.Session(graph=nodes.graph) as session:
            session.run(nodes.initialize)
            show_iterator(session, nodes.train, say)
            for epoch in range(1, args.epochs + 1):
                name = f"epoch {epoch}/{args.epochs}"
                with Progress(name, nodes.steps_per_epoch, quiet=args.quiet) as progress:
                    for _, loss in run_batches(session, nodes.train, [nodes.train_op, nodes.loss]):
                        progress.advance(f"loss {loss:.4f}")
                say(f"{name}: loss of the last batch {loss:.4f}")
            before = predict(session, nodes)
            correct, accuracy = session.run([nodes.correct, nodes.accuracy])
            say(f"test accuracy {accuracy:.4f}, counted in local variables")
            say(f"predictions while the session is open: {before[:10]}")
            try:
                path = nodes.saver.save(session, f"{directory}/saved", write_meta_graph=False)
            except tf.errors.OpError as error:
                reason = type(error).__name__  # for example ResourceExhaustedError
                raise CheckpointError(f"{directory} cannot be written: {reason}.") from error

        try:
            session.run(nodes.step)
        except RuntimeError as error:
            say(f"now it is closed: {error}")
        with tf.compat.v1.Session(graph=nodes.graph) as session:
            try:
                session.run(nodes.step)
            except tf.errors.FailedPreconditionError as error:
                say(f"a new session has the graph but no values: {type(error).__name__}")
            session.run(nodes.initialize)
            say(f"initialized, it is {describe(session, nodes, before)}")
            nodes.saver.restore(session, path)
            say(f"restored by the Saver, it is {describe(session, nodes, before)}")
            # What the three ways are compared by is what the Saver has brought back.
            step, variables = session.run([nodes.step, nodes.variables])
    return correct, step, {name: tf.constant(value) for name, value in variables.items()}


def show_iterator(session, source, say):
    """Shows that an iterator comes to an end, and starts again when it is initialized again."""
    for when in ("initialized", "initialized again"):
        batches = [labels.tolist() for labels in run_batches(session, source, source.labels)]
        say(f"iterator {when}: labels {batches[0][:10]}...; {len(batches)} batches to its end")


def predict(session, nodes):
    """Predicts the test images, and counts the correct predictions."""
    session.run(nodes.initialize_local)
    batches = run_batches(session, nodes.test, [nodes.predictions, nodes.count])
    return [prediction for predictions, _ in batches for prediction in predictions.tolist()]


def describe(session, nodes, before):
    """A session's step, and how many of its predictions differ from before."""
    changed = sum(map(operator.ne, predict(session, nodes), before))
    return f"at step {session.run(nodes.step)}; {changed} of {len(before)} predictions differ"


def train_compiled(config, dataset, args):
    """Trains with the package, in TensorFlow 2; returns the same as `train_in_session`."""
    from lowlevel import nets
    from lowlevel.data import training_data
    from lowlevel.training import loop, tasks
    from lowlevel.training.recipe import Recipe
    from lowlevel.training.run import Run

    network = nets.make("conv_net", config, args.seed)
    recipe = Recipe(args.seed, args.batch_size, learning_rate=args.learning_rate)
    run = Run(network, tasks.classification(), training_data.of_images(dataset), recipe)
    loop.train(run, loop.RunLength(args.epochs), quiet=args.quiet)
    correct = int(run.state.evaluation["accuracy"].total)
    return correct, int(run.state.step), network.variables.all()


def main():
    args = parse_arguments()
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    from lowlevel.cli import downloads
    from lowlevel.data import digit_datasets
    from lowlevel.nets import conv_net
    from lowlevel.variables import sha256

    say = command_line.sayer(args.quiet)
    dataset = downloads.load_digits(args)
    kind = digit_datasets.kind_of(dataset)
    args.epochs, args.learning_rate = args.epochs or EPOCHS[kind], LEARNING_RATE[kind]
    config = conv_net.Config(dataset.image_shape, dataset.num_classes)
    say(f"{dataset.name}: {len(dataset.train)} training and {len(dataset.test)} test images")
    networks = []
    for way, with_placeholders in WAYS.items():
        say(f"--- {way}")
        if with_placeholders is None:
            correct, step, variables = train_compiled(config, dataset, args)
        else:
            nodes = build_graph(config, dataset, args, with_placeholders)
            correct, step, variables = train_in_session(nodes, args, say)
        networks.append(variables)
        say(f"variables sha256 {sha256(variables)} at step {step}")
    if len(set(map(sha256, networks))) == 1:
        say("--- all three end with the same bits")
    else:
        pairs = [(other[name], variables[name]) for other in networks for name in variables]
        largest = max(abs(one.numpy() - other.numpy()).max() for one, other in pairs)
        print(f"the variables of the three differ by up to {largest:.1e}", file=sys.stderr)
    print(f"test accuracy {correct / len(dataset.test):.4f} ({correct}/{len(dataset.test)})")
    print(f"variables sha256 {sha256(variables)} at step {step}")
    return 0


if __name__ == "__main__":
    command_line.run(main)
