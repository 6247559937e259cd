"""The networks in PyTorch, on the same variables: functions of (inputs, state of batch norms)."""

import torch
from torch.nn import functional


def state_of(variables):
    """The moving averages of batch norms as tensors by name."""
    return {name: torch.tensor(a) for name, a in variables.items() if "state/" in name}


def mlp(config, p):
    """As `lowlevel.nets.mlp`."""

    def forward(x, state):
        x = x.permute(0, 2, 3, 1).flatten(1)
        for number in range(1, len(config.widths) + 1):
            x = functional.relu(dense(x, p, f"d{number}"))
        return dense(x, p, "out")

    return forward


def conv_net(config, p):
    """As `lowlevel.nets.conv_net`."""

    def conv(x, layer):
        return functional.relu(
            functional.conv2d(x, p[f"weights/{layer}"], p[f"biases/{layer}"], padding="same")
        )

    def forward(x, state):
        x = functional.max_pool2d(conv(conv(x, "c1"), "c2"), 2)
        x = functional.max_pool2d(conv(conv(x, "c3"), "c4"), 2)
        x = x.permute(0, 2, 3, 1).flatten(1)
        x = functional.relu(dense(x, p, "d1"))
        if config.dropout_rate:
            x = functional.dropout(x, config.dropout_rate)
        return dense(x, p, "out")

    return forward


def mini_inception(config, p):
    """As `lowlevel.nets.mini_inception`."""
    from lowlevel.nets.mini_inception import block_names

    def conv_module(x, layer, state, stride=1, padding="same"):
        x = functional.conv2d(
            x, p[f"weights/{layer}/conv"], p.get(f"biases/{layer}/conv"), stride, padding
        )
        norm = f"{layer}/norm"
        mean, variance = state[f"state/{norm}/mean"], state[f"state/{norm}/variance"]
        weights, biases = p[f"weights/{norm}"], p[f"biases/{norm}"]
        momentum = 1 - config.norm_momentum
        return functional.relu(
            functional.batch_norm(x, mean, variance, weights, biases, True, momentum, 1e-3)
        )

    def forward(x, state):
        x = conv_module(x, "stem", state)
        for name, block in zip(block_names(config), config.blocks, strict=True):
            if len(block) == 2:
                parts = conv_module(x, f"{name}/1x1", state), conv_module(x, f"{name}/3x3", state)
            else:
                learned = conv_module(x, f"{name}/3x3", state, stride=2, padding="valid")
                parts = learned, functional.max_pool2d(x, 3, 2)
            x = torch.cat(parts, 1)
        return dense(x.mean((2, 3)), p, "out")

    return forward


def vision_transformer(config, p):
    """As `lowlevel.nets.vision_transformer`."""
    size = config.patch_size

    def norm(x, layer):
        return functional.layer_norm(
            x, x.shape[-1:], p[f"weights/{layer}"], p[f"biases/{layer}"], 1e-3
        )

    def linear(x, layer):
        return functional.linear(x, p[f"weights/{layer}"].t(), p[f"biases/{layer}"])

    def heads(x):
        return x.unflatten(-1, (config.heads, -1)).transpose(1, 2)

    def drop(x):
        return functional.dropout(x, config.dropout_rate) if config.dropout_rate else x

    def forward(x, state):
        batch, channels, height, width = x.shape
        x = x.reshape(batch, channels, height // size, size, width // size, size)
        x = x.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, size * size * channels)
        x = linear(x, "patches")
        x = torch.cat([p["weights/class_token"].expand(batch, 1, -1).to(x.dtype), x], 1)
        x = x + p["weights/positions"]
        for number in range(1, config.depth + 1):
            block = f"block{number}"
            y = norm(x, f"{block}/norm1")
            q, k, v = (heads(linear(y, f"{block}/{one}")) for one in ("queries", "keys", "values"))
            y = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = x + drop(linear(y, f"{block}/merge"))
            y = functional.gelu(linear(norm(x, f"{block}/norm2"), f"{block}/d1"))
            x = x + drop(linear(y, f"{block}/d2"))
        return dense(norm(x[:, 0], "norm"), p, "out")

    return forward


def bottle_autoencoder(config, p):
    """As `lowlevel.nets.bottle_autoencoder`."""

    def norm(x, half, layer, state):
        mean, variance = (state[f"{half}/state/{layer}/{one}"] for one in ("mean", "variance"))
        weights, biases = p[f"{half}/weights/{layer}"], p[f"{half}/biases/{layer}"]
        return functional.batch_norm(x, mean, variance, weights, biases, True, 0.01, 1e-3)

    def forward(x, state):
        for number, stride in enumerate(config.encoder.strides, start=1):
            weights, biases = (p[f"encoder/{kind}/c{number}"] for kind in ("weights", "biases"))
            x = functional.selu(functional.conv2d(x, weights, biases, stride))
            x = norm(x, "encoder", f"bn{number}", state)
        x = x.permute(0, 2, 3, 1).flatten(1)
        x = functional.selu(dense(x, p, "d1", "encoder/"))
        x = functional.selu(dense(x, p, "d2", "encoder/"))
        x = functional.selu(dense(x, p, "latent", "encoder/"))
        x = functional.selu(dense(x, p, "dense", "decoder/"))
        x = x.unflatten(1, config.decoder.first_shape).permute(0, 3, 1, 2)
        strides = config.decoder.strides
        for number, stride in enumerate(strides, start=1):
            x = norm(x, "decoder", f"bn{number}", state)
            weights, biases = (p[f"decoder/{kind}/t{number}"] for kind in ("weights", "biases"))
            x = functional.conv_transpose2d(x, weights, biases, stride)
            x = functional.selu(x) if number < len(strides) else torch.sigmoid(x.float())
        return x

    return forward


def regression(config, p):
    """As `lowlevel.nets.regression`."""

    def forward(x, state):
        for number in range(1, len(config.widths) + 1):
            x = functional.relu(dense(x, p, f"d{number}"))
        return dense(x, p, "out").squeeze(1)

    return forward


def text_classifier(config, p):
    """As `lowlevel.nets.text_classifier`."""

    def forward(x, state):
        present = (x != -1).float()
        x = functional.embedding(x.clamp(min=0), p["weights/embedding"])
        x = (x * present.unsqueeze(-1)).sum(1) / present.sum(1, keepdim=True).clamp(min=1).sqrt()
        return dense(functional.relu(dense(x, p, "d1")), p, "out").squeeze(1)

    return forward


def dense(x, p, layer, half=""):
    """A dense layer; `half` is the prefix of a part's variables, for example "encoder/"."""
    return torch.addmm(p[f"{half}biases/{layer}"], x, p[f"{half}weights/{layer}"])
