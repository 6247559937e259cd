"""The networks of the model-building patterns in Keras, their layers named as ours."""

import keras

from tests.keras_reference import twins

layers = keras.layers


def build_mlp(config):
    """Flatten, dense layers."""
    model = keras.Sequential([layers.Input(config.image_shape), layers.Flatten()])
    for number, units in enumerate(config.widths, start=1):
        model.add(layers.Dense(units, "relu", name=f"d{number}"))
    model.add(layers.Dense(config.num_classes, name="out"))
    return model


def build_regression(config):
    """Dense layers down to one number."""
    inputs = layers.Input([config.features])
    x = inputs
    for number, units in enumerate(config.widths, start=1):
        x = layers.Dense(units, "relu", name=f"d{number}")(x)
    x = layers.Dense(1, name="out")(x)
    return keras.Model(inputs, keras.ops.squeeze(x, axis=1))


def build_text_classifier(config):
    """Embedding, sum over the root of the length, dense layers."""
    inputs = layers.Input([None], dtype="int32")
    present = keras.ops.cast(keras.ops.not_equal(inputs, -1), "float32")
    x = layers.Embedding(config.words, config.embedding_size, name="embedding")(
        keras.ops.maximum(inputs, 0)
    )
    length = keras.ops.sum(present, axis=1, keepdims=True)
    x = keras.ops.sum(x * keras.ops.expand_dims(present, -1), axis=1)
    x = x / keras.ops.sqrt(keras.ops.maximum(length, 1))
    x = layers.Dense(config.hidden, "relu", name="d1")(x)
    x = layers.Dense(1, name="out")(x)
    return keras.Model(inputs, keras.ops.squeeze(x, axis=1))


def build_digit_encoder(config):
    """Convolutions down to one number for each filter."""
    return keras.Sequential(
        [
            layers.Input(config.image_shape),
            layers.Conv2D(16, 3, activation="relu", name="c1"),
            layers.Conv2D(32, 3, activation="relu", name="c2"),
            layers.MaxPooling2D(3),
            layers.Conv2D(32, 3, activation="relu", name="c3"),
            layers.Conv2D(config.latent_size, 3, activation="relu", name="c4"),
            layers.GlobalMaxPooling2D(),
        ]
    )


def build_digit_decoder(config):
    """Transposed convolutions back to an image."""
    return keras.Sequential(
        [
            layers.Input([config.latent_size]),
            layers.Reshape(config.first_shape),
            layers.Conv2DTranspose(16, 3, activation="relu", name="t1"),
            layers.Conv2DTranspose(32, 3, activation="relu", name="t2"),
            layers.UpSampling2D(3),
            layers.Conv2DTranspose(16, 3, activation="relu", name="t3"),
            layers.Conv2DTranspose(config.channels, 3, activation="relu", name="t4"),
        ]
    )


def build_digit_autoencoder(config):
    """The two halves as layers of one model."""
    return twins.nest(build_digit_encoder(config.encoder), build_digit_decoder(config.decoder))


def build_leaky_net(config):
    """Convolution without a bias, batch norm, leaky ReLU."""
    return keras.Sequential(
        [
            layers.Input(config.image_shape),
            layers.Conv2D(config.filters, 3, padding="same", use_bias=False, name="c1"),
            layers.BatchNormalization(name="bn1"),
            layers.LeakyReLU(negative_slope=config.slope),
        ]
    )


def build_mish_net(config):
    """A block used twice: two of its kind, or the same one."""

    def make_block(name):
        sizes = {"padding": "same", "kernel_size": config.block.window}
        parts = [
            layers.Conv2D(config.block.filters, name=f"{name}-c1", **sizes),
            layers.Conv2D(config.block.filters, name=f"{name}-c2", **sizes),
            layers.BatchNormalization(momentum=config.block.norm_momentum, name=f"{name}-bn"),
            layers.Activation("mish"),
            layers.Dropout(config.block.dropout_rate, name=f"{name}-dropout"),
        ]

        def block(x):
            for part in parts:
                x = part(x)
            return x

        return block

    first = make_block("block1")
    second = first if config.shared else make_block("block2")
    inputs = layers.Input(config.image_shape)
    x = layers.Conv2D(config.block.filters, 3, padding="same", activation="relu", name="stem")(
        inputs
    )
    x = layers.MaxPooling2D(2)(first(x))
    x = layers.GlobalAveragePooling2D()(second(x))
    return keras.Model(inputs, layers.Dense(config.num_classes, name="out")(x))


def build_grid_detector(config):
    """Convolutions to a grid of cells."""
    model = keras.Sequential([layers.Input(config.image_shape)])
    for number, filters in enumerate(config.filters, start=1):
        model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"c{number}"))
        model.add(layers.BatchNormalization(name=f"bn{number}"))
        model.add(layers.LeakyReLU(negative_slope=config.slope))
        if number <= 3:
            model.add(layers.MaxPooling2D(2))
    model.add(layers.Conv2D(5 + config.num_classes, 1, name="out"))
    return model


class ClassToken(layers.Layer):
    """Puts a learned vector before a sequence."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, shape[-1]))

    def call(self, x):
        token = keras.ops.tile(self.token, (keras.ops.shape(x)[0], 1, 1))
        return keras.ops.concatenate([token, x], axis=1)


class Positions(layers.Layer):
    """Adds a learned vector to each position."""

    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:])

    def call(self, x):
        return x + self.table


def build_vision_transformer(config):
    """Patches by a convolution with a stride, Keras's own attention."""
    width, size = config.width, config.patch_size
    inputs = layers.Input(config.image_shape)
    x = layers.Conv2D(width, size, size, name="patches")(inputs)
    x = layers.Reshape((-1, width))(x)
    x = Positions(name="positions")(ClassToken(name="class_token")(x))
    for number in range(1, config.depth + 1):
        block = f"block{number}"
        y = layers.LayerNormalization(name=f"{block}-norm1")(x)
        y = layers.MultiHeadAttention(
            config.heads, width // config.heads, name=f"{block}-attention"
        )(y, y)
        x = x + layers.Dropout(config.dropout_rate)(y)
        y = layers.LayerNormalization(name=f"{block}-norm2")(x)
        y = layers.Dense(config.hidden, name=f"{block}-d1")(y)
        y = keras.activations.gelu(y, approximate=False)
        y = layers.Dense(width, name=f"{block}-d2")(y)
        x = x + layers.Dropout(config.dropout_rate)(y)
    x = layers.LayerNormalization(name="norm")(x[:, 0])
    return keras.Model(inputs, layers.Dense(config.num_classes, name="out")(x))
