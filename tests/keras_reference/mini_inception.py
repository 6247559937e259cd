"""MiniInception in Keras: what `lowlevel.nets.mini_inception` is held against."""

import keras

from lowlevel.nets import mini_inception

layers = keras.layers


def build(config):
    """The Keras model, its layers named as ours; it ends in logits."""

    def conv_module(x, name, filters, window, stride=1, padding="same"):
        name = name.replace("/", "-")
        bias = config.conv_biases
        x = layers.Conv2D(filters, window, stride, padding, use_bias=bias, name=f"{name}-conv")(x)
        x = layers.BatchNormalization(momentum=config.norm_momentum, name=f"{name}-norm")(x)
        return layers.ReLU()(x)

    inputs = layers.Input(config.image_shape)
    x = conv_module(inputs, "stem", config.stem_filters, 3)
    for name, block in zip(mini_inception.block_names(config), config.blocks, strict=True):
        if len(block) == 2:
            parts = [
                conv_module(x, f"{name}/1x1", block[0], 1),
                conv_module(x, f"{name}/3x3", block[1], 3),
            ]
        else:
            parts = [
                conv_module(x, f"{name}/3x3", block[0], 3, 2, "valid"),
                layers.MaxPooling2D(3, 2)(x),
            ]
        x = layers.Concatenate()(parts)
    x = layers.AveragePooling2D(x.shape[1:3])(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(config.num_classes, name="out")(x))
