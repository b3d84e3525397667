"""Weights to start from: the published YOLOX-nano (Apache-2.0, Megvii), or an exported detector, as ONNX files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from courtside_training.common.checkpoint import fill
from courtside_training.detector.network import Backbone, Detector
from courtside_training.errors import TrainingInputError


def focus_kernel(weight: np.ndarray) -> np.ndarray:
    """The (C, 3, 6, 6) kernel, stride 2, that equals YOLOX's focus layer followed by the (C, 12, 3, 3) `weight`.

    The focus layer stacks the phases (row, column) (0, 0), (1, 0), (0, 1), (1, 1), three channels each.
    """
    kernel = np.zeros((len(weight), 3, 6, 6), weight.dtype)
    for phase, (row, column) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        kernel[:, :, row::2, column::2] = weight[:, 3 * phase : 3 * phase + 3]
    return kernel


def _graph(path: Path) -> Any:
    """The graph of an ONNX file."""
    import onnx
    from google.protobuf.message import DecodeError

    if not path.is_file():
        raise TrainingInputError(f"no weights at {path}: give an ONNX file with --init, or leave it out")
    try:
        return onnx.load(str(path)).graph
    except (DecodeError, ValueError) as error:
        raise TrainingInputError(
            f"{path} is not a readable ONNX file: give YOLOX-nano's or an exported detector's with --init"
        ) from error


def restore_exported(detector: Detector, path: Path) -> bool:
    """Copy all weights of an exported ``court_detector`` back into a network of the same sizes.

    The export keeps the names of the weights, so the restored network answers as the exported one.

    Returns:
        Whether the file holds such a detector; otherwise nothing is changed.

    Raises:
        TrainingInputError: the file is missing, is not an ONNX file or holds a detector of other sizes.
    """
    from onnx import numpy_helper

    prefix = "detector."
    held = {
        tensor.name.removeprefix(prefix): torch.from_numpy(numpy_helper.to_array(tensor).copy())
        for tensor in _graph(path).initializer
        if tensor.name.startswith(prefix)
    }
    if not held:
        return False
    fill(detector, held, path)
    return True


def start_from_yolox(backbone: Backbone, path: Path) -> int:
    """Copy the weights of YOLOX-nano's ONNX file into a `backbone` of width 1.

    Returns:
        Number of convolutions that were copied.

    Raises:
        TrainingInputError: the file is missing, is not an ONNX file or has other convolutions.
    """
    return load_yolox(backbone, path)


def load_yolox(network: nn.Module, path: Path, rows: Mapping[int, int] | None = None) -> int:
    """Copy the first convolutions of YOLOX-nano's ONNX file into those of `network`, in order.

    Args:
        network: begins with the layers of the published one; the focus layer is one convolution.
        path: the ONNX file.
        rows: of a convolution with that many outputs only one is copied, such as one class of 80.

    Returns:
        Number of convolutions that were copied.

    Raises:
        TrainingInputError: the file is missing, is not an ONNX file or has other convolutions.
    """
    from onnx import numpy_helper

    graph = _graph(path)
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    theirs = [
        (held[node.input[1]].copy(), held[node.input[2]].copy())
        for node in graph.node
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[1] in held
    ]
    ours = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if len(theirs) < len(ours) or theirs[0][0].shape[1:] != (12, 3, 3):
        raise TrainingInputError(f"{path} is not YOLOX-nano, its first convolutions differ: give another --init")
    # The published graph expects 0 to 255, ours 0 to 1.
    theirs[0] = (focus_kernel(theirs[0][0]) * np.float32(255.0), theirs[0][1])
    for module, (weight, bias) in zip(ours, theirs, strict=False):
        if len(weight) in (rows or {}) and len(module.weight) == 1:
            row = (rows or {})[len(weight)]
            weight, bias = weight[row : row + 1], bias[row : row + 1]
        if tuple(module.weight.shape) != weight.shape:
            raise TrainingInputError(
                f"{path} is not YOLOX-nano, a convolution has shape {weight.shape} instead of "
                f"{tuple(module.weight.shape)}: give another --init"
            )
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(weight))
            module.bias.copy_(torch.from_numpy(bias))
    return len(ours)
