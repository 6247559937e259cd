#!/usr/bin/env python3
"""The four-conv network on MNIST, all of it on one page: TensorFlow, numpy and a progress bar.

It ends with the same bits as scripts/train_mnist.py, and goes on from its checkpoint in ./one_page.
"""

import argparse
import gzip
import hashlib
import math
import os
import zlib

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("data_dir", help="where MNIST's four IDX files are, gzipped or not")
parser.add_argument("--steps", type=int, default=5 * 469, help="in all (default: 5 epochs of 469)")
args = parser.parse_args()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from tqdm import tqdm

SEED, BATCH, RATE, DROPOUT = 0, 128, 1e-4, 0.2


# The data: IDX files, 16 or 8 bytes of header and then one byte for each number.
def read(name, header, *shape):
    path = os.path.join(args.data_dir, name)
    try:
        content = (open(path, "rb") if os.path.exists(path) else gzip.open(f"{path}.gz")).read()
        size = math.prod(np.frombuffer(content[4:header], ">u4"))
        return np.frombuffer(content, np.uint8, size, header).reshape(-1, *shape)
    except (OSError, EOFError, ValueError) as error:
        parser.exit(2, f"{path}[.gz] cannot be read: {getattr(error, 'strerror', None) or error}\n")


train_images = tf.constant(read("train-images-idx3-ubyte", 16, 28, 28, 1))
train_labels = tf.constant(read("train-labels-idx1-ubyte", 8).astype(np.int32))
test_images = read("t10k-images-idx3-ubyte", 16, 28, 28, 1) / np.float32(255)
test_labels = read("t10k-labels-idx1-ubyte", 8)
steps_per_epoch = math.ceil(len(train_labels) / BATCH)


def seed(purpose, step=0):  # of every random number: the run's seed, a purpose, and a step
    return tf.stack([tf.constant(SEED, tf.int64), (zlib.crc32(purpose.encode()) << 31) + step])


def batches(epoch, skip):
    def load(i):
        return tf.cast(tf.gather(train_images, i), tf.float32) / 255, tf.gather(train_labels, i)

    count, key = [len(train_labels)], seed("order", epoch)
    order = tf.argsort(tf.random.stateless_uniform(count, key, None, None, tf.int64), stable=True)
    return tf.data.Dataset.from_tensor_slices(order[skip * BATCH :]).batch(BATCH).map(load)


# The variables: two dicts, Glorot-uniform and zero; Adam's two slots for each; the step.
weights, biases, variables = {}, {}, {}
shapes = {"c1": [3, 3, 1, 16], "c2": [3, 3, 16, 16], "c3": [3, 3, 16, 32], "c4": [3, 3, 32, 32]}
for layer, shape in (shapes | {"d1": [7 * 7 * 32, 128], "out": [128, 10]}).items():
    limit = math.sqrt(3 * (2 / (math.prod(shape[:-2]) * (shape[-2] + shape[-1]))))
    values = tf.random.stateless_uniform(shape, seed(f"weights/{layer}"), -limit, limit)
    variables[f"weights/{layer}"] = weights[layer] = tf.Variable(values)
    variables[f"biases/{layer}"] = biases[layer] = tf.Variable(tf.zeros(shape[-1]))
m = {name: tf.Variable(tf.zeros_like(variable)) for name, variable in variables.items()}
v = {name: tf.Variable(tf.zeros_like(variable)) for name, variable in variables.items()}
step = tf.Variable(0, dtype=tf.int64)


# The network.
def forward(x, training=False):
    def conv(x, layer):
        x = tf.nn.conv2d(x, weights[layer], strides=1, padding="SAME")
        return tf.nn.relu(tf.nn.bias_add(x, biases[layer]))

    x = tf.nn.max_pool2d(conv(conv(x, "c1"), "c2"), 2, 2, "SAME")  # [batch, 14, 14, 16]
    x = tf.nn.max_pool2d(conv(conv(x, "c3"), "c4"), 2, 2, "SAME")  # [batch, 7, 7, 32]
    x = tf.reshape(x, [-1, 7 * 7 * 32])
    x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, weights["d1"]), biases["d1"]))  # [batch, 128]
    if training:
        kept = tf.random.stateless_uniform(tf.shape(x), seed("forward", step)) >= DROPOUT
        x = tf.where(kept, x / (1 - DROPOUT), 0.0)
    return tf.nn.bias_add(tf.matmul(x, weights["out"]), biases["out"])  # [batch, 10]


# The step: loss, gradients, Adam.
@tf.function(input_signature=[tf.TensorSpec([None, 28, 28, 1]), tf.TensorSpec([None], tf.int32)])
def train_step(images, labels):
    with tf.GradientTape() as tape:
        logits = forward(images, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    t = tf.cast(step + 1, tf.float32)
    alpha = RATE * tf.sqrt(1 - tf.pow(0.999, t)) / (1 - tf.pow(0.9, t))
    for name, g in tape.gradient(loss, variables).items():
        m[name].assign(m[name] + (g - m[name]) * (1 - 0.9))
        v[name].assign(v[name] + (tf.square(g) - v[name]) * (1 - 0.999))
        change = alpha * m[name] / (tf.sqrt(v[name]) + 1e-7)
        variables[name].assign(variables[name] - change)
    step.assign_add(1)
    return loss


# The loop, the checkpoint, and the two last lines.
checkpoint = tf.train.Checkpoint(weights=weights, biases=biases, m=m, v=v, step=step)
manager = tf.train.CheckpointManager(checkpoint, "one_page", max_to_keep=1)
checkpoint.restore(manager.latest_checkpoint)  # does nothing if there is none
while step < min(args.steps, 5 * steps_per_epoch):
    epoch, skip = divmod(int(step), steps_per_epoch)
    wanted = batches(epoch, skip).take(args.steps - int(step))
    for images, labels in (bar := tqdm(wanted, f"epoch {epoch + 1}", disable=None)):
        bar.set_postfix(loss=f"{train_step(images, labels):.4f}")
    manager.save()
logits = np.concatenate([forward(part) for part in np.array_split(test_images, 40)])
correct = int(np.sum(np.argmax(logits, axis=1) == test_labels))
digest = hashlib.sha256()
for name, variable in sorted(variables.items()):
    digest.update(f"{name} {variable.dtype.name} {variable.shape.as_list()}\n".encode())
    digest.update(variable.numpy().tobytes())
print(f"test accuracy {correct / len(test_labels):.4f} ({correct}/{len(test_labels)})")
print(f"variables sha256 {digest.hexdigest()} at step {int(step)}")
