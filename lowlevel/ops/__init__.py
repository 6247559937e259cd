"""Layers as pure functions on tensors.

An op computes in the dtype of its input `x` and casts its parameters to it: casting the input of a
network to bfloat16 is all that mixed precision takes.
"""

from lowlevel.ops.activation import relu, softmax
from lowlevel.ops.conv import conv2d
from lowlevel.ops.dense import dense, flatten
from lowlevel.ops.dropout import dropout
from lowlevel.ops.pool import max_pool2d
from lowlevel.ops.resize import resize_bilinear
from lowlevel.ops.window import output_size

__all__ = [
    "conv2d",
    "dense",
    "dropout",
    "flatten",
    "max_pool2d",
    "output_size",
    "relu",
    "resize_bilinear",
    "softmax",
]
