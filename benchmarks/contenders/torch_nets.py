"""The networks in PyTorch, on the same variables: functions of (inputs, state of batch norms)."""

import torch
from torch.nn import functional


def state_of(variables):
    """The moving averages of batch norms as tensors by name."""
    return {name: torch.tensor(a) for name, a in variables.items() if name.startswith("state/")}


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


def dense(x, p, layer):
    """A dense layer."""
    return torch.addmm(p[f"biases/{layer}"], x, p[f"weights/{layer}"])
