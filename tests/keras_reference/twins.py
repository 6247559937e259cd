"""What all Keras twins share: layers are named as ours, with "-" for "/"."""

import keras
import numpy as np

# What Keras keeps in one layer and we in four: its variables in Keras's order, by our names.
ATTENTION = [
    f"{kind}/{layer}"
    for layer in ("queries", "keys", "values", "merge")
    for kind in ("weights", "biases")
]


def nest(encoder, decoder):
    """One model of two, which are its layers "encoder" and "decoder"."""
    encoder.name, decoder.name = "encoder", "decoder"
    return keras.Sequential([keras.layers.Input(encoder.input_shape[1:]), encoder, decoder])


def copy_variables(variables, model):
    """Gives the Keras model the numbers of a `VariableStore`; only shapes may differ."""
    trainable = variables.trainable()
    for name, keras_variable in named_variables(model).items():
        keras_variable.assign(np.reshape(trainable[name], keras_variable.shape))
    for name, keras_variable in named_state(model).items():
        keras_variable.assign(variables.state[name])


def named_variables(model):
    """The model's trainable variables by our names."""
    named = {}
    for prefix, layer in layers(model):
        name = layer.name.replace("-", "/")
        if isinstance(layer, keras.layers.MultiHeadAttention):
            block = name.rpartition("/")[0]
            ours = [f"{kind_layer.replace('/', f'/{block}/')}" for kind_layer in ATTENTION]
        else:
            ours = [f"weights/{name}", f"biases/{name}"][: len(layer.trainable_variables)]
        ours = [f"{prefix}{name}" for name in ours]
        named |= dict(zip(ours, layer.trainable_variables, strict=True))
    return named


def named_state(model):
    """The moving averages of the model's batch norms by our names."""
    named = {}
    for prefix, layer in layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            name = prefix + layer.name.replace("-", "/")
            named[f"{name}/mean"] = layer.moving_mean
            named[f"{name}/variance"] = layer.moving_variance
    return named


def layers(model, prefix=""):
    """All layers of a model, those of models inside it too, each with the models' names."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from layers(layer, f"{prefix}{layer.name}/")
        else:
            yield prefix, layer
