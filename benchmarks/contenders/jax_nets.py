"""The networks in JAX: functions of (config, variables, state of batch norms, inputs, key)."""

import jax
import jax.numpy as jnp
from jax import lax


def mlp(config, p, state, x, key):
    """As `lowlevel.nets.mlp`."""
    x = x.reshape(len(x), -1)
    for number in range(1, len(config.widths) + 1):
        x = jax.nn.relu(dense(x, p, f"d{number}"))
    return dense(x, p, "out"), state


def conv_net(config, p, state, x, key):
    """As `lowlevel.nets.conv_net`."""

    def conv_relu(x, layer):
        return jax.nn.relu(conv(x, p[f"weights/{layer}"]) + p[f"biases/{layer}"])

    x = max_pool(conv_relu(conv_relu(x, "c1"), "c2"), 2, 2)
    x = max_pool(conv_relu(conv_relu(x, "c3"), "c4"), 2, 2)
    x = jax.nn.relu(dense(x.reshape(len(x), -1), p, "d1"))
    if config.dropout_rate:
        kept = jax.random.bernoulli(key, 1 - config.dropout_rate, x.shape)
        x = jnp.where(kept, x / (1 - config.dropout_rate), 0)
    return dense(x, p, "out"), state


def mini_inception(config, p, state, x, key):
    """As `lowlevel.nets.mini_inception`."""
    from lowlevel.nets.mini_inception import block_names

    state, kept = dict(state), config.norm_momentum

    def conv_module(x, layer, stride=1, padding="SAME"):
        x = conv(x, p[f"weights/{layer}/conv"], stride, padding) + p[f"biases/{layer}/conv"]
        norm, wide = f"{layer}/norm", x.astype(jnp.float32)
        mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
        for name, value in (("mean", mean), ("variance", variance)):
            name = f"state/{norm}/{name}"
            state[name] = state[name] * kept + value * (1 - kept)
        scale = p[f"weights/{norm}"] * lax.rsqrt(variance + 1e-3)
        return jax.nn.relu(((wide - mean) * scale + p[f"biases/{norm}"]).astype(x.dtype))

    x = conv_module(x, "stem")
    for name, block in zip(block_names(config), config.blocks, strict=True):
        if len(block) == 2:
            parts = conv_module(x, f"{name}/1x1"), conv_module(x, f"{name}/3x3")
        else:
            learned = conv_module(x, f"{name}/3x3", 2, "VALID")
            parts = learned, max_pool(x, 3, 2)
        x = jnp.concatenate(parts, -1)
    return dense(x.mean((1, 2)), p, "out"), state


def regression(config, p, state, x, key):
    """As `lowlevel.nets.regression`."""
    for number in range(1, len(config.widths) + 1):
        x = jax.nn.relu(dense(x, p, f"d{number}"))
    return dense(x, p, "out")[:, 0], state


def text_classifier(config, p, state, x, key):
    """As `lowlevel.nets.text_classifier`."""
    present = (x != -1).astype(jnp.float32)
    x = p["weights/embedding"][jnp.maximum(x, 0)]
    length = jnp.maximum(present.sum(1, keepdims=True), 1)
    x = (x * present[..., None]).sum(1) / jnp.sqrt(length)
    return dense(jax.nn.relu(dense(x, p, "d1")), p, "out")[:, 0], state


def dense(x, p, layer):
    """A dense layer."""
    return x @ p[f"weights/{layer}"] + p[f"biases/{layer}"]


def conv(x, weights, stride=1, padding="SAME"):
    """A convolution."""
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, weights, (stride,) * 2, padding, dimension_numbers=layout)


def max_pool(x, window, stride):
    """Maximum of each window."""
    windows, strides = (1, window, window, 1), (1, stride, stride, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, windows, strides, "VALID")
