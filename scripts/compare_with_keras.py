#!/usr/bin/env python3
"""Proves that a network equals a Keras model, or names the first layer that differs, and why.

It carries the weights from one to the other, by the names of the layers, and runs both forward,
backward and through several training steps on the same batches. The table shows the largest
difference of each layer; what is more than rounding has a star. The exit status is 0 if they are
equal, 1 if they are not, and 2 if they cannot be compared.

Name the layers of the Keras model as those here, with "-" for "/". Without --builder and --weights,
the Keras model is the one that the tests hold the network against.
"""

import inspect
import os
import sys
from pathlib import Path

from lowlevel.checks import ConfigError, DataError, import_extra
from lowlevel.cli import arguments, command_line

ROOT = Path(__file__).resolve().parent.parent
TWINS = "tests.keras_reference"
BUILDERS = {
    "bottle_autoencoder": f"{TWINS}.bottle:build_autoencoder",
    "bottle_decoder": f"{TWINS}.bottle:build_decoder",
    "bottle_encoder": f"{TWINS}.bottle:build_encoder",
    "conv_net": f"{TWINS}.conv_net:of_config",
    "mini_inception": f"{TWINS}.mini_inception:build",
    "strided_net": f"{TWINS}.strided_net:build",
}  # the others are in patterns.py, as build_NAME
ATTENTION = {
    "queries": "query_dense", "keys": "key_dense", "values": "value_dense", "merge": "output_dense"
}  # fmt: skip
ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax")


def parse_arguments():
    parser = command_line.ArgumentParser(description=__doc__)
    parser.add_argument(
        "net", nargs="?", metavar="NET", help="the name of a network, such as conv_net, or a run"
    )
    parser.add_argument(
        "--ours",
        metavar="MODULE:FUNCTION",
        help="a function that returns a network of your own, a lowlevel Network or Model, instead "
        "of NET",
    )
    parser.add_argument(
        "--builder",
        metavar="MODULE:FUNCTION",
        help="a function that returns the Keras model; it gets the network's config if it needs "
        "an argument (default: the model of the tests)",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        type=Path,
        help="a .keras file, which is the model then, or a .weights.h5 file for it; a new network "
        "takes its weights, those of a run are compared with them",
    )
    parser.add_argument(
        "--inputs",
        metavar="FILE",
        type=Path,
        help="an .npy file of inputs, one row an example (default: random numbers)",
    )
    parser.add_argument(
        "--batch-size",
        metavar="N",
        type=command_line.whole_number(2),
        help="examples in a step (default: 8, but 2 if an example has over 100,000 numbers)",
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=command_line.whole_number(1),
        default=5,
        help="training steps (default: %(default)s)",
    )
    parser.add_argument(
        "--optimizer",
        choices=arguments.OPTIMIZERS,
        help="compare this one with the optimizer that the Keras model is compiled with (default: "
        "both get the same Adam)",
    )
    parser.add_argument(
        "--learning-rate",
        metavar="RATE",
        type=command_line.number(0, 1000, low_included=False),
        default=1e-4,
        help="the learning rate (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=command_line.whole_number(0, 2**32 - 1),
        default=0,
        help="the seed of weights and inputs (default: 0)",
    )
    args = parser.parse_args()
    if (args.net is None) == (args.ours is None):
        parser.error("name a network, or give a function of your own with --ours")
    if args.ours and not (args.builder or args.weights):
        parser.error("--ours needs a Keras model: give --builder or --weights")
    if args.weights and not str(args.weights).endswith((".keras", ".weights.h5")):
        parser.error(f"--weights needs a .keras or a .weights.h5 file, not {args.weights}")
    return args


def main():
    args = parse_arguments()
    os.environ["KERAS_BACKEND"] = "tensorflow"  # the tape and the losses are TensorFlow's
    command_line.quiet_tensorflow()
    # Imported only now, so that --help and mistakes in the arguments are answered at once.
    keras = import_extra("keras", "keras")
    from lowlevel import nets
    from lowlevel.cli import carrying, our_side
    from lowlevel.inspection import twin
    from lowlevel.training.recipe import Recipe

    network = our_side.of_function(args.ours) if args.ours else our_side.of_name_or_run(args.net)
    model = load_model(keras, args, network)
    rate, network = our_side.dropout_rate(network.config), our_side.without_dropout(network)
    of_run = args.net is not None and args.net not in nets.NETS
    if not of_run:
        our_side.vary(network, args.seed)
    inputs = None if args.inputs is None else our_side.read_inputs(args.inputs)
    batches = our_side.make_batches(network, args.batch_size, args.steps, args.seed, inputs)
    try:
        model(batches[0][0])  # which also makes the weights of a model that has none yet
    except ValueError as error:
        raise DataError(
            f"the Keras model takes no such inputs: {carrying.reason_there(error)}."
        ) from error
    layers, variables = layers_of(keras, model), network.variables.all()
    pairs = carrying.match(layers, variables)
    direction = carrying.TO_THEM
    if args.weights:
        direction = carrying.NOWHERE if of_run else carrying.TO_US
    print(*carrying.carry(pairs, variables, direction), sep="\n")
    recipe = Recipe(optimizer=args.optimizer or "adam", learning_rate=args.learning_rate)
    compiled = getattr(model, "optimizer", None) if args.optimizer else None
    optimizer = compiled or make_optimizer(keras, recipe)
    dropouts = {name: one.rate for name, one in layers.items() if hasattr(one, "rate")}
    for name in dropouts:  # each side draws its own random numbers
        layers[name].rate = 0.0
    predictions = network(batches[0][0]), model(batches[0][0], training=False)
    theirs = [training_step(model, layers, pairs, batch, optimizer) for batch in batches]
    ours = our_side.train(network, recipe, batches)
    found = twin.compare(
        ours.step, ours.trace, theirs, recipe.make_optimizer, ours.losses, predictions
    )
    print(f"\n{found}")
    wrong = [name for name, there in dropouts.items() if abs(there - rate) > 1e-6]
    if wrong or (rate and not dropouts):
        there = f"{dropouts[wrong[0]]:g} in {wrong[0]}" if wrong else "none"
        print(f"The dropout rate differs: here {rate:g}, there {there}.")
    return 0 if found.equal and not wrong and bool(rate) <= bool(dropouts) else 1


def load_model(keras, args, network):
    """The Keras model: from its file, from a function, or that of the tests."""
    from lowlevel.cli import our_side
    from lowlevel.cli.carrying import reason_there

    if args.weights and not args.weights.is_file():
        raise DataError(f"{args.weights} is not a file.")
    if args.weights and args.weights.suffix == ".keras":
        try:
            return keras.saving.load_model(args.weights)
        except (OSError, ValueError, TypeError) as error:
            raise DataError(f"{args.weights} cannot be loaded: {reason_there(error)}.") from error
    if not (args.builder or network.name):
        raise ConfigError("a weights file needs the model that it is for: give --builder.")
    sys.path.insert(0, str(ROOT))
    patterns = f"{TWINS}.patterns:build_{network.name}"
    build = our_side.load(args.builder or BUILDERS.get(network.name, patterns))
    parameters = inspect.signature(build).parameters.values()
    needs = any(one.default is one.empty and one.kind < one.VAR_POSITIONAL for one in parameters)
    model = build(network.config) if needs else build()
    if not isinstance(model, keras.Model):
        raise ConfigError(f"{args.builder} must return a Keras model, not {model!r}.")
    if args.weights:
        try:
            model.load_weights(args.weights)
        except (OSError, ValueError) as error:
            raise DataError(f"{args.weights} does not fit: {reason_there(error)}.") from error
    return model


def layers_of(keras, model, prefix=""):
    """All layers of a model by our names, those of models and of attention inside it too."""
    found = {}
    for layer in model.layers:
        name = prefix + layer.name.replace("-", "/")
        if isinstance(layer, keras.Model):
            found |= layers_of(keras, layer, f"{name}/")
        elif isinstance(layer, keras.layers.MultiHeadAttention):
            block = name.rpartition("/")[0]
            parts = {part: getattr(layer, theirs) for part, theirs in ATTENTION.items()}
            found |= {f"{block}/{part}".lstrip("/"): inner for part, inner in parts.items()}
        else:
            found[name] = layer
    return found


def training_step(model, layers, pairs, batch, optimizer):
    """A training step of the Keras model, as an `OtherStep`."""
    import tensorflow as tf

    from lowlevel import losses
    from lowlevel.cli.layer_calls import Calls
    from lowlevel.inspection.other_step import OtherStep

    inputs, targets = batch
    calls = Calls()
    variables = {name: variable.value for name, variable in pairs.items()}
    before = {name: variable.numpy() for name, variable in variables.items()}
    with tf.GradientTape() as tape, calls.listening(layers):
        outputs = model(inputs, training=True)
        if outputs.shape != targets.shape:
            raise DataError(f"the Keras model gives {outputs.shape}, not {targets.shape}.")
        loss = tf.reduce_mean(losses.mean_squared_error(targets, outputs))
    activations = {name for name, one in layers.items() if type(one).__name__ in ACTIVATIONS}
    values = {name: calls.with_activation(name, activations) for name in calls}
    trained = {name: variables[name] for name, one in pairs.items() if one.trainable}
    of_values, found = tape.gradient(loss, (values, trained))
    gradients = {name: tf.convert_to_tensor(one) for name, one in found.items() if one is not None}
    optimizer.apply(list(gradients.values()), [pairs[name] for name in gradients])
    after = {name: variable.numpy() for name, variable in variables.items()}
    inputs = {name: taken for name, (taken, _) in calls.items()}
    return OtherStep(values, inputs, of_values, gradients, before, after, float(loss))


def make_optimizer(keras, recipe):
    """Keras's optimizer of the same rule and rate."""
    rules = {
        "sgd": ("SGD", {}),
        "momentum": ("SGD", {"momentum": 0.9}),
        "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
        "rmsprop": ("RMSprop", {}),
        "muon": ("Muon", {"weight_decay": 0.0}),
    }
    name, settings = rules.get(recipe.optimizer, (recipe.optimizer.capitalize(), {}))
    return getattr(keras.optimizers, name)(recipe.learning_rate, **settings)


if __name__ == "__main__":
    command_line.run(main)
