"""Layers as pure functions on tensors.

An op computes in the dtype of its input `x` and casts its parameters to it. So mixed precision
takes no more than casting the input of a network to bfloat16.
"""

from lowlevel.ops.activation import gelu, leaky_relu, mish, relu, selu, sigmoid, softmax
from lowlevel.ops.attention import attention, merge_heads, split_heads
from lowlevel.ops.boxes import intersection_over_union, non_max_suppression
from lowlevel.ops.conv import conv2d, conv2d_transpose
from lowlevel.ops.dense import dense, flatten
from lowlevel.ops.dropout import dropout
from lowlevel.ops.embedding import add_positions, embedding, sum_over_root_length
from lowlevel.ops.norm import batch_norm, batch_norm_training, layer_norm
from lowlevel.ops.patches import image_patches
from lowlevel.ops.pool import avg_pool2d, global_avg_pool2d, global_max_pool2d, max_pool2d
from lowlevel.ops.resize import resize_bilinear, upsample_nearest
from lowlevel.ops.window import output_size, transposed_output_size

__all__ = [
    "add_positions",
    "attention",
    "avg_pool2d",
    "batch_norm",
    "batch_norm_training",
    "conv2d",
    "conv2d_transpose",
    "dense",
    "dropout",
    "embedding",
    "flatten",
    "gelu",
    "global_avg_pool2d",
    "global_max_pool2d",
    "image_patches",
    "intersection_over_union",
    "layer_norm",
    "leaky_relu",
    "max_pool2d",
    "merge_heads",
    "mish",
    "non_max_suppression",
    "output_size",
    "relu",
    "resize_bilinear",
    "selu",
    "sigmoid",
    "softmax",
    "split_heads",
    "sum_over_root_length",
    "transposed_output_size",
    "upsample_nearest",
]
