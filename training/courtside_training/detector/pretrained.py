"""Loads the weights of the published YOLOX-nano (Apache-2.0, Megvii) from its ONNX file into the backbone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from courtside_training.detector.network import Backbone
from courtside_training.errors import TrainingInputError


def focus_kernel(weight: np.ndarray) -> np.ndarray:
    """The (C, 3, 6, 6) kernel, stride 2, that equals YOLOX's focus layer followed by the (C, 12, 3, 3) `weight`.

    The focus layer stacks the phases (row, column) (0, 0), (1, 0), (0, 1), (1, 1), three channels each.
    """
    kernel = np.zeros((len(weight), 3, 6, 6), weight.dtype)
    for phase, (row, column) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        kernel[:, :, row::2, column::2] = weight[:, 3 * phase : 3 * phase + 3]
    return kernel


def start_from_yolox(backbone: Backbone, path: Path) -> int:
    """Copy the weights of YOLOX-nano's ONNX file into a `backbone` of width 1.

    Returns:
        Number of convolutions that were copied.

    Raises:
        TrainingInputError: the file is missing, is not an ONNX file or has other convolutions.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper

    if not path.is_file():
        raise TrainingInputError(f"no YOLOX-nano weights at {path}: give the ONNX file with --init, or leave it out")
    try:
        graph = onnx.load(str(path)).graph
    except (DecodeError, ValueError) as error:
        raise TrainingInputError(f"{path} is not a readable ONNX file: give YOLOX-nano's with --init") from error
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    theirs = [
        (held[node.input[1]].copy(), held[node.input[2]].copy())
        for node in graph.node
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[1] in held
    ]
    ours = [module for module in backbone.modules() if isinstance(module, nn.Conv2d)]
    if len(theirs) < len(ours) or theirs[0][0].shape[1:] != (12, 3, 3):
        raise TrainingInputError(f"{path} is not YOLOX-nano, its first convolutions differ: give another --init")
    # The published graph expects 0 to 255, ours 0 to 1.
    theirs[0] = (focus_kernel(theirs[0][0]) * np.float32(255.0), theirs[0][1])
    for module, (weight, bias) in zip(ours, theirs, strict=False):
        if tuple(module.weight.shape) != weight.shape:
            raise TrainingInputError(
                f"{path} is not YOLOX-nano, a convolution has shape {weight.shape} instead of "
                f"{tuple(module.weight.shape)}: give another --init"
            )
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(weight))
            module.bias.copy_(torch.from_numpy(bias))
    return len(ours)
