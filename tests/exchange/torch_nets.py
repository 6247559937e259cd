"""Some networks in PyTorch, as one writes them there: channels first, modules named as our layers.

What PyTorch does otherwise than we do is written out: its batch norm keeps 1 minus our share, and
its epsilon is smaller by default.
"""

import torch
from torch import nn

NORM = {"eps": 1e-3, "momentum": 1 - 0.99}


class ConvNet(nn.Module):
    """`lowlevel.nets.conv_net`."""

    def __init__(self, config):
        super().__init__()
        height, width, channels = config.image_shape
        self.c1 = nn.Conv2d(channels, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.c4 = nn.Conv2d(32, 32, 3, padding=1)
        self.d1 = nn.Linear(32 * -(-height // 4) * -(-width // 4), 128)
        self.out = nn.Linear(128, config.num_classes)

    def forward(self, x):
        pool = nn.MaxPool2d(2, ceil_mode=True)
        x = pool(self.c2(self.c1(x).relu()).relu())
        x = pool(self.c4(self.c3(x).relu()).relu())
        return self.out(self.d1(x.flatten(1)).relu())


class StridedNet(nn.Module):
    """`lowlevel.nets.strided_net`."""

    def __init__(self, config):
        super().__init__()
        self.c1, self.bn1 = nn.Conv2d(config.image_shape[-1], 32, 3, 2), nn.BatchNorm2d(32, **NORM)
        self.c2, self.bn2 = nn.Conv2d(32, 64, 3), nn.BatchNorm2d(64, **NORM)
        self.out = nn.Linear(64, config.num_classes)

    def forward(self, x):
        x = self.bn1(nn.functional.max_pool2d(self.c1(x).relu(), 3))
        x = self.bn2(self.c2(x).relu())
        return self.out(x.amax((2, 3)))


class BottleEncoder(nn.Module):
    """`lowlevel.nets.bottle_encoder`; `selu` is PyTorch's."""

    def __init__(self, config, sizes, dense):
        super().__init__()
        channels, self.count = config.image_shape[-1], len(config.filters)
        of_layers = zip(config.filters, config.kernels, config.strides, strict=True)
        for number, (filters, kernel, stride) in enumerate(of_layers, start=1):
            self.add_module(f"c{number}", nn.Conv2d(channels, filters, kernel, stride))
            self.add_module(f"bn{number}", nn.BatchNorm2d(filters, **NORM))
            channels = filters
        self.d1 = nn.Linear(sizes[-1] ** 2 * channels, dense[0])
        self.d2, self.latent = nn.Linear(dense[0], dense[1]), nn.Linear(dense[1], dense[2])

    def forward(self, x):
        for number in range(1, self.count + 1):
            conv, norm = getattr(self, f"c{number}"), getattr(self, f"bn{number}")
            x = norm(nn.functional.selu(conv(x)))
        x = nn.functional.selu(self.d1(x.flatten(1)))
        return self.latent(nn.functional.selu(self.d2(x)))


class BottleDecoder(nn.Module):
    """`lowlevel.nets.bottle_decoder`."""

    def __init__(self, config):
        super().__init__()
        height, width, channels = self.first = config.first_shape
        self.dense, self.count = nn.Linear(config.latent_size, height * width * channels), 0
        for filters, kernel, stride in zip(
            config.filters, config.kernels, config.strides, strict=True
        ):
            self.count += 1
            self.add_module(f"bn{self.count}", nn.BatchNorm2d(channels, **NORM))
            conv = nn.ConvTranspose2d(channels, filters, kernel, stride)
            self.add_module(f"t{self.count}", conv)
            channels = filters

    def forward(self, x):
        height, width, channels = self.first
        x = nn.functional.selu(self.dense(nn.functional.selu(x)))
        x = x.view(-1, channels, height, width)
        for number in range(1, self.count + 1):
            x = getattr(self, f"t{number}")(getattr(self, f"bn{number}")(x))
            x = nn.functional.selu(x) if number < self.count else x.sigmoid()
        return x


class VisionTransformer(nn.Module):
    """`lowlevel.nets.vision_transformer`."""

    def __init__(self, config):
        super().__init__()
        self.heads, width, size = config.heads, config.width, config.patch_size
        self.patches = nn.Conv2d(config.image_shape[-1], width, size, size)
        self.class_token = nn.Parameter(torch.empty(1, 1, width))
        self.positions = nn.Parameter(torch.empty(config.positions, width))
        self.blocks = config.depth
        for number in range(1, config.depth + 1):
            block = nn.Module()
            block.norm1, block.norm2 = (nn.LayerNorm(width, eps=1e-3) for _ in range(2))
            for name in ("queries", "keys", "values", "merge"):
                block.add_module(name, nn.Linear(width, width))
            block.d1, block.d2 = nn.Linear(width, config.hidden), nn.Linear(config.hidden, width)
            self.add_module(f"block{number}", block)
        self.norm, self.out = nn.LayerNorm(width, eps=1e-3), nn.Linear(width, config.num_classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], 1) + self.positions
        for number in range(1, self.blocks + 1):
            block = getattr(self, f"block{number}")
            y = block.norm1(x)
            heads = [
                getattr(block, name)(y).unflatten(2, (self.heads, -1)).transpose(1, 2)
                for name in ("queries", "keys", "values")
            ]
            y = nn.functional.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
            x = x + block.merge(y)
            x = x + block.d2(nn.functional.gelu(block.d1(block.norm2(x))))
        return self.out(self.norm(x[:, 0]))
