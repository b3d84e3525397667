"""BlazePose as a torch network: its published .tflite file is read layer by layer, with its weights.

BlazePose (Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", arXiv:2006.10204; MediaPipe's pose
landmark models lite, full and heavy, Apache-2.0) finds 33 landmarks of one person in a square crop. `ServedBlazePose`
gives the 17 of COCO's keypoints among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.errors import TrainingInputError

SIDE = 256
"""Width and height of a crop, pixels."""
LANDMARKS = 39
"""Landmarks of the network: 33 of the body and 6 auxiliary ones, five numbers each."""
COCO = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""Index of each of COCO's 17 keypoints among the landmarks."""
_OUTPUTS = ("Identity", "Identity_1")
"""The outputs that are read: landmarks (N, 195) in crop pixels, and the probability that somebody is there (N, 1)."""
_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}


@dataclass(frozen=True)
class _Layer:
    """One operation: where it reads and writes among the graph's tensors, and what it does."""

    inputs: tuple[int, ...]
    output: int
    run: Callable[..., Tensor] | nn.Module


class BlazePose(nn.Module):
    """The network of a .tflite file.

    Args:
        path: `pose_landmark_lite.tflite`, `_full` or `_heavy`.

    Raises:
        TrainingInputError: the file is missing, or not such a network.

    Example:
        >>> network = BlazePose(Path("pose_landmark_full.tflite"))  # doctest: +SKIP
        >>> landmarks, person = network(torch.zeros(2, 3, 256, 256))  # doctest: +SKIP
        >>> tuple(landmarks.shape)  # doctest: +SKIP
        (2, 39, 5)
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            graph = _Graph(path.read_bytes())
            layers, self._input, outputs = graph.layers(), graph.input, graph.outputs
            self._outputs = [outputs[name] for name in _OUTPUTS]
        except OSError as error:
            raise TrainingInputError(f"{path} cannot be read: {error.strerror}") from error
        except TrainingInputError:
            raise
        except Exception as error:  # any bytes may stand in a file: the reader of the format fails in many ways
            raise TrainingInputError(f"{path} is not a BlazePose landmark network (.tflite)") from error
        self._layers = _needed(layers, self._outputs)
        self.modules_ = nn.ModuleList(layer.run for layer in self._layers if isinstance(layer.run, nn.Module))

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Landmarks of crops.

        Args:
            crops: (N, 3, 256, 256) RGB, 0 to 1.

        Returns:
            Landmarks (N, 39, 5): x, y and depth in crop pixels, visibility and presence as logits. And the probability
            that the crop shows a person, (N, 1).
        """
        values = {self._input: crops}
        for layer in self._layers:
            values[layer.output] = layer.run(*(values[place] for place in layer.inputs))
        landmarks, person = (values[place] for place in self._outputs)
        return landmarks.reshape(-1, LANDMARKS, 5), person


class ServedBlazePose(nn.Module):
    """BlazePose from bytes to COCO's keypoints."""

    def __init__(self, network: BlazePose) -> None:
        super().__init__()
        self.network = network

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor]:
        """Keypoints of crops.

        Args:
            crop: (N, 3, 256, 256) uint8 RGB.

        Returns:
            Keypoints (N, 17, 4): x, y in crop pixels; depth in crop pixels from the middle of the hips, negative
            towards the camera; visibility, 0 to 1. And the probability of a person, (N, 1).
        """
        landmarks, person = self.network(crop.float() / 255)
        chosen = landmarks[:, list(COCO)]
        # A joint counts as seen when it is in the picture and nothing hides it.
        seen = torch.sigmoid(chosen[..., 3:4]) * torch.sigmoid(chosen[..., 4:5])
        return torch.cat([chosen[..., :3], seen], -1), person


def _needed(layers: list[_Layer], outputs: list[int]) -> list[_Layer]:
    """The layers on which the outputs depend, in their order: the mask and the heatmaps are not served."""
    wanted, kept = set(outputs), list[_Layer]()
    for layer in reversed(layers):
        if layer.output in wanted:
            kept.append(layer)
            wanted.update(layer.inputs)
    return kept[::-1]


class _Pad(nn.Module):
    """Zeros round the picture, or behind the channels."""

    def __init__(self, amounts: tuple[int, ...]) -> None:
        super().__init__()
        self.amounts = amounts

    def forward(self, value: Tensor) -> Tensor:
        return functional.pad(value, self.amounts)


class _Pooling(nn.Module):
    """The largest value of each square."""

    def __init__(self, size: int, stride: int, edges: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.size, self.stride, self.edges = size, stride, edges

    def forward(self, value: Tensor) -> Tensor:
        if any(self.edges):
            value = functional.pad(value, self.edges, value=float("-inf"))
        return functional.max_pool2d(value, self.size, self.stride)


class _Graph:
    """Reads the layers of a .tflite file; its tensors are (N, H, W, C), torch's are (N, C, H, W)."""

    def __init__(self, data: bytes) -> None:
        import tflite  # the generated reader of the file format

        if data[4:8] != b"TFL3":
            raise TrainingInputError("not a .tflite file: give MediaPipe's pose_landmark_full.tflite")
        self._tflite = tflite
        self._model = tflite.Model.GetRootAsModel(data, 0)
        self._graph = self._model.Subgraphs(0)
        self._names = {value: key for key, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}
        self._constants = dict[int, np.ndarray]()
        self.input = int(self._graph.Inputs(0))
        self.outputs = {self._graph.Tensors(i).Name().decode(): int(i) for i in self._graph.OutputsAsNumpy()}
        for index in range(self._graph.TensorsLength()):
            tensor = self._graph.Tensors(index)
            content = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
            if isinstance(content, np.ndarray) and len(content):
                shape = tensor.ShapeAsNumpy() if tensor.ShapeLength() else ()
                self._constants[index] = np.frombuffer(content.tobytes(), _TYPES[tensor.Type()]).reshape(shape)

    def layers(self) -> list[_Layer]:
        """All operations on activations, in their order."""
        made = []
        for number in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(number)
            code = self._model.OperatorCodes(operator.OpcodeIndex())
            kind = self._names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            inputs, output = [int(i) for i in operator.InputsAsNumpy()], int(operator.Outputs(0))
            if kind == "DEQUANTIZE":
                self._constants[output] = self._constants[inputs[0]].astype(np.float32)
                continue
            build = getattr(self, f"_{kind.lower()}", None)
            if build is None:
                raise TrainingInputError(f"the network uses {kind}, which BlazePose does not have")
            activations = tuple(i for i in inputs if i >= 0 and i not in self._constants)
            made.append(_Layer(activations, output, build(operator, inputs, output)))
        return made

    def _options(self, operator: Any, kind: str) -> Any:
        options, table = getattr(self._tflite, kind)(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _shape(self, tensor: int) -> list[int]:
        return [int(size) for size in self._graph.Tensors(tensor).ShapeAsNumpy()]

    def _edges(self, tensor: int, kernel: tuple[int, int], strides: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, right, top, bottom of TensorFlow's SAME padding, whose larger half is behind."""
        around = list[int]()
        for size, length, stride in zip(self._shape(tensor)[2:0:-1], kernel[::-1], strides[::-1], strict=True):
            missing = max((-(-size // stride) - 1) * stride + length - size, 0)
            around += [missing // 2, missing - missing // 2]
        return around[0], around[1], around[2], around[3]

    def _activated(self, module: nn.Module, code: int) -> nn.Module:
        kinds = {0: None, 1: nn.ReLU(), 3: nn.ReLU6()}
        if code not in kinds:
            raise TrainingInputError(f"the network uses activation {code}, which BlazePose does not have")
        after = kinds[code]
        return module if after is None else nn.Sequential(module, after)

    def _conv_2d(self, operator: Any, inputs: list[int], output: int, depthwise: bool = False) -> nn.Module:
        options = self._options(operator, "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions")
        # (out, height, width, in), or (1, height, width, channels) of a depthwise one.
        weight = self._constants[inputs[1]].transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        kernel, strides = (weight.shape[2], weight.shape[3]), (options.StrideH(), options.StrideW())
        groups = self._shape(inputs[0])[3] if depthwise else 1
        layer = nn.Conv2d(weight.shape[1] * groups, weight.shape[0], kernel, strides, groups=groups)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.copy()))
            assert layer.bias is not None
            layer.bias.copy_(torch.from_numpy(self._constants[inputs[2]].copy()))
        edges = self._edges(inputs[0], kernel, strides) if options.Padding() == 0 else (0, 0, 0, 0)
        left, right, top, bottom = edges
        if left == right and top == bottom:
            layer.padding = (top, left)
            made: nn.Module = layer
        else:
            made = nn.Sequential(_Pad(edges), layer)
        return self._activated(made, options.FusedActivationFunction())

    def _depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        return self._conv_2d(operator, inputs, output, depthwise=True)

    def _add(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        return _Sum(self._activated(nn.Identity(), self._options(operator, "AddOptions").FusedActivationFunction()))

    def _max_pool_2d(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        options = self._options(operator, "Pool2DOptions")
        size, stride = options.FilterHeight(), options.StrideH()
        edges = (0, 0, 0, 0) if options.Padding() else self._edges(inputs[0], (size, size), (stride, stride))
        return _Pooling(size, stride, edges)

    def _pad(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        _, height, width, channels = self._constants[inputs[1]].tolist()
        return _Pad((*width, *height, *channels))

    def _resize_bilinear(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        options = self._options(operator, "ResizeBilinearOptions")
        if options.AlignCorners() or not options.HalfPixelCenters():
            raise TrainingInputError("the network scales in a way that BlazePose does not")
        factor = self._shape(output)[1] / self._shape(inputs[0])[1]
        return nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False)

    def _reshape(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        return _Flat()

    def _logistic(self, operator: Any, inputs: list[int], output: int) -> nn.Module:
        return nn.Sigmoid()


class _Sum(nn.Module):
    """The sum of two tensors, with what follows it."""

    def __init__(self, after: nn.Module) -> None:
        super().__init__()
        self.after = after

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return self.after(first + second)


class _Flat(nn.Module):
    """(N, C, H, W) to (N, H * W * C), in the order of the file's tensors."""

    def forward(self, value: Tensor) -> Tensor:
        return value.permute(0, 2, 3, 1).flatten(1)
