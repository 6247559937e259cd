"""Keras: `fit` on arrays or a `tf.data.Dataset`, `predict`, and a bare `tf.function`."""

import numpy as np

from benchmarks.contenders import Contender, batches_of, find_net
from benchmarks.works import LEARNING_RATE, config_of

SETTINGS = {
    "train": (
        "arrays",
        "arrays, 100 steps a call",
        "arrays, jit",
        "arrays, jit, 100 steps a call",
        "dataset",
        "dataset, 100 steps a call",
        "bare tf.function",
    ),
    "predict": ("predict", "predict, batches of 256", "predict_on_batch", "bare tf.function"),
    "first step": ("arrays",),
    "script": ("fit", "fit, 100 steps a call"),
}


def make(job):
    """The `Contender` that trains."""
    import keras
    import tensorflow as tf

    if job.precision == "bfloat16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = _build(job)
    loss, metrics = {
        "text_classifier": (
            keras.losses.BinaryCrossentropy(from_logits=True),
            [keras.metrics.BinaryAccuracy(threshold=0.0)],
        ),
        "bottle_autoencoder": (keras.losses.MeanSquaredError(), []),
        "regression": (keras.losses.MeanSquaredError(), [keras.metrics.MeanAbsoluteError()]),
    }.get(
        job.work.net,
        (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            [keras.metrics.SparseCategoricalAccuracy()],
        ),
    )
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(
        optimizer,
        loss,
        metrics=metrics,
        jit_compile="jit" in job.setting,
        steps_per_execution=100 if "100" in job.setting else 1,
    )

    def losses():
        found = []
        for start in range(0, len(job.inputs), job.batch_size):
            part = slice(start, start + job.batch_size)
            model.reset_metrics()
            batch = job.inputs[part], job.targets[part]
            found.append(float(model.train_on_batch(*batch, return_dict=True)["loss"]))
        return found

    def dataset():
        order = tf.random.shuffle(tf.range(len(job.inputs)))
        inputs, targets = tf.constant(job.inputs), tf.constant(job.targets)
        batches = tf.data.Dataset.from_tensor_slices(order).batch(job.batch_size)
        return batches.map(lambda i: (tf.gather(inputs, i), tf.gather(targets, i))).prefetch(2)

    if job.setting == "bare tf.function":

        @tf.function(jit_compile=False)
        def step(inputs, targets):
            with tf.GradientTape() as tape:
                outputs = model(inputs, training=True)
                value = loss(targets, outputs)
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            for metric in metrics:
                metric.update_state(targets, outputs)
            return value

        def train():
            for metric in metrics:
                metric.reset_state()
            for inputs, targets in dataset():
                step(inputs, targets)
    elif job.setting.startswith("dataset"):

        def train():
            model.fit(dataset(), verbose=0)
    else:

        def train():
            model.fit(job.inputs, job.targets, batch_size=job.batch_size, verbose=0)

    return Contender(losses, train)


def make_predictor(job):
    """The `Contender` that predicts: logits, and their softmax in numpy."""
    import tensorflow as tf

    model = _build(job)
    bare = tf.function(lambda images: model(images, training=False))
    predict = {
        "predict": lambda images: model.predict(images, verbose=0),
        "predict, batches of 256": lambda images: model.predict(images, 256, verbose=0),
        "predict_on_batch": model.predict_on_batch,
        "bare tf.function": lambda images: bare(tf.constant(images)).numpy(),
    }[job.setting]

    def softmax(logits):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def run():
        for images in batches_of(job.inputs, job.batch_size):
            softmax(predict(images))

    return Contender(lambda: softmax(predict(job.inputs[:1]))[0].tolist(), run)


def _build(job):
    """The network's Keras twin with the job's variables."""
    from tests.keras_reference import bottle, conv_net, mini_inception, patterns, twins

    config = config_of(job.work, job.dropout)
    if job.work.net == "conv_net":
        model = conv_net.build(config.image_shape, config.num_classes, config.dropout_rate)
    elif job.work.net == "mini_inception":
        model = mini_inception.build(config)
    elif job.work.net == "bottle_autoencoder":
        model = bottle.build_autoencoder(config)
    else:
        model = find_net(patterns, f"build_{job.work.net}")(config)
    for name, variable in twins.named_variables(model).items():
        variable.assign(np.reshape(job.variables[name], variable.shape))
    return model
