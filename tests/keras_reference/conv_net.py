"""The four-conv network in Keras: what `lowlevel.nets.conv_net` is held against."""

import keras


def build(image_shape=(28, 28, 1), num_classes=10, dropout_rate=0.2):
    """The Keras model, its layers named as ours; it ends in logits."""
    layers = keras.layers
    conv = {"kernel_size": 3, "padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            layers.Input(image_shape),
            layers.Conv2D(16, **conv, name="c1"),
            layers.Conv2D(16, **conv, name="c2"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Conv2D(32, **conv, name="c3"),
            layers.Conv2D(32, **conv, name="c4"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(128, activation="relu", name="d1"),
            layers.Dropout(dropout_rate),
            layers.Dense(num_classes, name="out"),
        ]
    )


def of_config(config):
    """The Keras model of the sizes in a `lowlevel.nets.conv_net.Config`."""
    return build(config.image_shape, config.num_classes, config.dropout_rate)


def copy_variables(variables, model):
    """Gives the Keras model the numbers of a `VariableStore`."""
    for name, weights in variables.weights.items():
        model.get_layer(name).set_weights([weights.numpy(), variables.biases[name].numpy()])


def named_variables(model):
    """The model's trainable variables by our names."""
    named = {}
    for layer in model.layers:
        if layer.weights:
            named[f"weights/{layer.name}"], named[f"biases/{layer.name}"] = layer.weights
    return named
