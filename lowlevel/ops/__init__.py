"""Layers as pure functions on tensors.

An op computes in the dtype of its input `x` and casts its parameters to it: casting the input of a
network to bfloat16 is all that mixed precision takes.
"""

from lowlevel.ops.activation import relu, selu, sigmoid, softmax
from lowlevel.ops.conv import conv2d, conv2d_transpose
from lowlevel.ops.dense import dense, flatten
from lowlevel.ops.dropout import dropout
from lowlevel.ops.norm import batch_norm, batch_norm_training
from lowlevel.ops.pool import avg_pool2d, global_avg_pool2d, global_max_pool2d, max_pool2d
from lowlevel.ops.resize import resize_bilinear
from lowlevel.ops.window import output_size, transposed_output_size

__all__ = [
    "avg_pool2d",
    "batch_norm",
    "batch_norm_training",
    "conv2d",
    "conv2d_transpose",
    "dense",
    "dropout",
    "flatten",
    "global_avg_pool2d",
    "global_max_pool2d",
    "max_pool2d",
    "output_size",
    "relu",
    "resize_bilinear",
    "selu",
    "sigmoid",
    "softmax",
    "transposed_output_size",
]
