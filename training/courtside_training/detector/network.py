"""The detector network: YOLOX-nano's backbone and top-down path, and a heatmap head at stride 4.

Backbone: YOLOX (Ge et al. 2021, arXiv:2107.08430) in nano size, which is CSPDarknet with depthwise separable
convolutions. Batch normalisation is already folded into the convolutions. Head: objects as points (CenterNet, Zhou et
al. 2019, arXiv:1904.07850), with distances to the sides of the box at every cell (TTFNet, Liu et al. 2020,
arXiv:1909.00700).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.detector.classes import CLASSES, STRIDE

PRIOR = 0.01
"""Score of every cell before training."""
FIRST_SIDES = ((6.0, 6.0, 6.0, 6.0), (12.0, 5.0, 12.0, 5.0), (16.0, 40.0, 16.0, 40.0), (16.0, 40.0, 16.0, 40.0))
"""Distance in pixels to the left, top, right and bottom side, for each class, before training."""


@dataclass(frozen=True)
class DetectorConfig:
    """Sizes of the network.

    Attributes:
        width: factor for the channels of the backbone; 1 is YOLOX-nano.
        head: channels of the head.
    """

    width: float = 1.0
    head: int = 64


class ConvAct(nn.Module):
    """Convolution with bias and SiLU."""

    def __init__(self, inward: int, outward: int, size: int = 1, stride: int = 1, groups: int = 1) -> None:
        """`size` is the side of the kernel; the output is smaller than the input by the factor `stride`."""
        super().__init__()
        self.conv = nn.Conv2d(inward, outward, size, stride, (size - 1) // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inward, H, W) to (N, outward, H / stride, W / stride)."""
        return functional.silu(self.conv(x))


class Separable(nn.Sequential):
    """Depthwise then pointwise convolution."""

    def __init__(self, inward: int, outward: int, size: int = 3, stride: int = 1) -> None:
        """As `ConvAct`."""
        super().__init__(ConvAct(inward, inward, size, stride, inward), ConvAct(inward, outward))


class Bottleneck(nn.Module):
    """Pointwise and separable convolution, with an optional shortcut."""

    def __init__(self, channels: int, shortcut: bool, size: int = 3) -> None:
        """`size` is the side of the depthwise kernel."""
        super().__init__()
        self.first, self.second = ConvAct(channels, channels), Separable(channels, channels, size)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        y = self.second(self.first(x))
        return y + x if self.shortcut else y


class Stage(nn.Module):
    """Cross-stage partial layer: half of the channels go through `depth` bottlenecks."""

    def __init__(self, inward: int, outward: int, depth: int, shortcut: bool = True) -> None:
        """Make the parts in the order of YOLOX's ONNX graph, which `pretrained` relies on."""
        super().__init__()
        half = outward // 2
        self.main, self.side = ConvAct(inward, half), ConvAct(inward, half)
        self.blocks = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(depth)))
        self.merge = ConvAct(2 * half, outward)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inward, H, W) to (N, outward, H, W)."""
        return self.merge(torch.cat([self.blocks(self.main(x)), self.side(x)], 1))


class Pyramid(nn.Module):
    """Spatial pyramid pooling with three sizes."""

    def __init__(self, channels: int) -> None:
        """`channels` is the number of inputs and of outputs."""
        super().__init__()
        self.reduce, self.merge = ConvAct(channels, channels // 2), ConvAct(channels * 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        x = self.reduce(x)
        pools = [functional.max_pool2d(x, size, 1, size // 2) for size in (5, 9, 13)]
        return self.merge(torch.cat([x, *pools], 1))


class Backbone(nn.Module):
    """YOLOX-nano down to stride 32 and back up to stride 8.

    The focus layer (four stacked pixel phases, then a 3x3 convolution) is implemented as an equivalent 6x6 convolution.
    """

    def __init__(self, width: float = 1.0) -> None:
        """`width` is a factor for the number of channels."""
        super().__init__()
        c = [max(4, round(n * width / 4) * 4) for n in (16, 32, 64, 128, 256)]
        self.channels = (c[1], c[2])
        self.stem = nn.Conv2d(3, c[0], 6, 2, 2)
        self.stage4 = nn.Sequential(Separable(c[0], c[1], stride=2), Stage(c[1], c[1], 1))
        self.stage8 = nn.Sequential(Separable(c[1], c[2], stride=2), Stage(c[2], c[2], 3))
        self.stage16 = nn.Sequential(Separable(c[2], c[3], stride=2), Stage(c[3], c[3], 3))
        self.stage32 = nn.Sequential(
            Separable(c[3], c[4], stride=2), Pyramid(c[4]), Stage(c[4], c[4], 1, shortcut=False)
        )
        self.lateral32 = ConvAct(c[4], c[3])
        self.merge16 = Stage(2 * c[3], c[3], 1, shortcut=False)
        self.lateral16 = ConvAct(c[3], c[2])
        self.merge8 = Stage(2 * c[2], c[2], 1, shortcut=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, 3, H, W), BGR 0 to 1 with sides that are multiples of 32, to features at strides 4 and 8."""
        at4 = self.stage4(functional.silu(self.stem(x)))
        at8 = self.stage8(at4)
        at16 = self.stage16(at8)
        top = self.lateral32(self.stage32(at16))
        up = self.merge16(torch.cat([functional.interpolate(top, scale_factor=2.0), at16], 1))
        up = self.lateral16(up)
        return at4, self.merge8(torch.cat([functional.interpolate(up, scale_factor=2.0), at8], 1))


class Detector(nn.Module):
    """Images to class heatmaps and box distances at stride 4."""

    def __init__(self, config: DetectorConfig | None = None) -> None:
        """Make a network with random weights; `pretrained.start_from_yolox` loads pretrained ones."""
        super().__init__()
        config = config or DetectorConfig()
        self.backbone = Backbone(config.width)
        fine, coarse = self.backbone.channels
        wide = config.head
        self.lift = ConvAct(coarse, wide)
        self.fuse = ConvAct(fine + wide, wide)
        self.trunk = nn.Sequential(Bottleneck(wide, True, 5), Bottleneck(wide, True, 5))
        self.heat = nn.Sequential(Separable(wide, wide), nn.Conv2d(wide, len(CLASSES), 1))
        self.sides = nn.Sequential(Separable(wide, wide), nn.Conv2d(wide, 4 * len(CLASSES), 1))
        nn.init.constant_(self.heat[-1].bias, -math.log((1 - PRIOR) / PRIOR))
        nn.init.normal_(self.heat[-1].weight, std=0.01)
        with torch.no_grad():
            self.sides[-1].bias.copy_((torch.tensor(FIRST_SIDES) / STRIDE).log().flatten())
        nn.init.normal_(self.sides[-1].weight, std=0.01)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Detect.

        Args:
            image: uint8 (N, 3, H, W) RGB, sides multiples of 32.

        Returns:
            Logits (N, C, H / 4, W / 4), one map per class, and distances in pixels (N, C, 4, H / 4, W / 4) from the
            centre of each cell to the left, top, right and bottom side of the object of each class.
        """
        at4, at8 = self.backbone(image.flip(1).float() / 255.0)
        lifted = functional.interpolate(self.lift(at8), scale_factor=2.0)
        features = self.trunk(self.fuse(torch.cat([lifted, at4], 1)))
        sides = self.sides(features).clamp(-4.0, 5.5).exp() * STRIDE
        return self.heat(features), sides.unflatten(1, (len(CLASSES), 4))
