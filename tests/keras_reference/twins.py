"""What all Keras twins share: layers are named as ours, with "-" for "/"."""

import keras


def copy_variables(variables, model):
    """Gives the Keras model the numbers of a `VariableStore`."""
    for name, weights in variables.weights.items():
        values = [weights]
        if name in variables.biases:
            values.append(variables.biases[name])
        if f"{name}/mean" in variables.state:
            values += [variables.state[f"{name}/mean"], variables.state[f"{name}/variance"]]
        find(model, name).set_weights([value.numpy() for value in values])


def named_variables(model):
    """The model's trainable variables by our names."""
    named = {}
    for layer in layers(model):
        name = layer.name.replace("-", "/")
        if layer.trainable_variables:
            named[f"weights/{name}"] = layer.trainable_variables[0]
            if len(layer.trainable_variables) > 1:
                named[f"biases/{name}"] = layer.trainable_variables[1]
    return named


def named_state(model):
    """The moving averages of the model's batch norms by our names."""
    named = {}
    for layer in layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            name = layer.name.replace("-", "/")
            named[f"{name}/mean"], named[f"{name}/variance"] = layer.non_trainable_variables
    return named


def layers(model):
    """All layers of a model, those of models inside it too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers(layer)
        else:
            yield layer


def find(model, name):
    """The layer of our name."""
    return next(layer for layer in layers(model) if layer.name == name.replace("/", "-"))
