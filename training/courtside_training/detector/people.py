"""People of any kind in one image: the published YOLOX-nano, reduced to its person class, with decoding in the graph.

Nothing is trained: the network is YOLOX-nano as published (Ge et al. 2021, arXiv:2107.08430; Apache-2.0, Megvii).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.detector.classes import PLAYER
from courtside_training.detector.network import Backbone, ConvAct, Separable, Stage
from courtside_training.detector.pretrained import load_yolox

MODEL = "person_detector"
"""Name of the model in the model repository."""
MAX_PEOPLE = 32
"""People per image, best first."""
CANDIDATES = 160
"""Best cells that take part in the suppression. A person who fills the picture is found by some twenty cells."""
MAX_OVERLAP = 0.5
"""Of two boxes with a larger IoU the one with the lower score is suppressed."""
FLOOR = 0.05
"""People with a lower score are all zeros."""
ROUNDS = 4
"""Rounds of the suppression: a box that is suppressed itself suppresses no other one from the next round on."""


class PersonHead(nn.Module):
    """One level's head: score of a person and the box, for every cell."""

    def __init__(self, inward: int, stride: int, wide: int = 64) -> None:
        """Make the parts in the order of YOLOX's ONNX graph; `stride` is the side of a cell in pixels."""
        super().__init__()
        self.stride = stride
        self.stem = ConvAct(inward, wide)
        self.classes = nn.Sequential(Separable(wide, wide), Separable(wide, wide))
        self.person = nn.Conv2d(wide, 1, 1)
        self.regression = nn.Sequential(Separable(wide, wide), Separable(wide, wide))
        self.box, self.object = nn.Conv2d(wide, 4, 1), nn.Conv2d(wide, 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, C, h, w) to scores (N, h w) and boxes (N, 4, h w), xyxy in pixels."""
        x = self.stem(x)
        near = self.regression(x)
        score = self.person(self.classes(x)).sigmoid() * self.object(near).sigmoid()
        # Cell numbers come of a running sum, so that the graph has no constants of one input size.
        one = score.clamp(1.0, 1.0)
        corner = torch.cat([one.cumsum(3) - 1.0, one.cumsum(2) - 1.0], 1)
        centre, size = self.box(near).split(2, 1)
        centre = (centre + corner) * self.stride
        half = size.clamp(max=8.0).exp() * (self.stride / 2)
        return score.flatten(1), torch.cat([centre - half, centre + half], 1).flatten(2)


class PersonNetwork(nn.Module):
    """YOLOX-nano with one class."""

    def __init__(self) -> None:
        """Make a network with random weights; `restore` loads the published ones."""
        super().__init__()
        self.backbone = Backbone()
        self.down16, self.merge16 = Separable(64, 64, stride=2), Stage(128, 128, 1, shortcut=False)
        self.down32, self.merge32 = Separable(128, 128, stride=2), Stage(256, 256, 1, shortcut=False)
        self.heads = nn.ModuleList(
            PersonHead(channels, stride) for channels, stride in ((64, 8), (128, 16), (256, 32))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, 3, H, W), BGR 0 to 1 with sides that are multiples of 32, to scores (N, K), boxes (N, 4, K)."""
        net = self.backbone
        at8 = net.stage8(net.stage4(functional.silu(net.stem(x))))
        at16 = net.stage16(at8)
        top = net.lateral32(net.stage32(at16))
        up = net.lateral16(net.merge16(torch.cat([functional.interpolate(top, scale_factor=2.0), at16], 1)))
        fine = net.merge8(torch.cat([functional.interpolate(up, scale_factor=2.0), at8], 1))
        middle = self.merge16(torch.cat([self.down16(fine), up], 1))
        coarse = self.merge32(torch.cat([self.down32(middle), top], 1))
        parts = [head(level) for head, level in zip(self.heads, (fine, middle, coarse), strict=True)]
        return torch.cat([score for score, _ in parts], 1), torch.cat([box for _, box in parts], 2)


def overlap(boxes: Tensor) -> Tensor:
    """IoU of all pairs of boxes (N, K, 4): (N, K, K)."""
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    inner = (high - low).clamp(min=0).prod(3)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(2)
    return inner / (area[:, :, None] + area[:, None, :] - inner).clamp(min=1e-6)


class ServedPeople(nn.Module):
    """Images to the `MAX_PEOPLE` best people, with the tensors of `court_detector`."""

    def __init__(self, network: PersonNetwork) -> None:
        """Wrap a `network`, whose cells are decoded."""
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Detect and decode.

        The suppression is greedy non-maximum suppression written as matrix products (Cluster-NMS, Zheng et al. 2020,
        arXiv:2005.03572).

        Args:
            image: uint8 (N, 3, H, W) RGB, letterboxed; sides are multiples of 32.

        Returns:
            boxes (N, M, 4) xyxy in input pixels, scores (N, M) best first, classes (N, M): all players. Rows with
            score 0 are empty.
        """
        scores, boxes = self.network(image.flip(1).float() / 255.0)
        best, order = torch.topk(scores, CANDIDATES, dim=1)
        chosen = torch.gather(boxes, 2, order.unsqueeze(1).expand(-1, 4, -1)).transpose(1, 2)
        # Entry (i, j): box i, which scores higher, overlaps box j.
        covers = torch.triu((overlap(chosen) > MAX_OVERLAP).to(best.dtype), 1)
        kept = torch.ones_like(best)
        for _ in range(ROUNDS):
            kept = 1.0 - (covers * kept.unsqueeze(2)).amax(1)
        best = best * kept * (best >= FLOOR).to(best.dtype)
        people, order = torch.topk(best, MAX_PEOPLE, dim=1)
        held = (people > 0).to(boxes.dtype)
        placed = torch.gather(chosen, 1, order.unsqueeze(2).expand(-1, -1, 4)) * held.unsqueeze(2)
        return placed, people, held * PLAYER


def restore(path: Path) -> ServedPeople:
    """The served network with the weights of YOLOX-nano's published ONNX file.

    Raises:
        TrainingInputError: the file is missing, is not an ONNX file or has other convolutions.
    """
    network = PersonNetwork()
    load_yolox(network, path, {80: 0})
    return ServedPeople(network).eval()
