"""From maps to boxes inside the graph: the served model. No suppression is needed: only local peaks are answers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.detector.classes import ANSWERS, PLAYER, REFEREE
from courtside_training.detector.losses import cell_boxes
from courtside_training.detector.network import Detector

FLOOR = 0.05
"""Score below which an answer is empty: all zeros, so that equal scores of nothing cannot change places."""

VOTERS = 5
"""Side of the square of cells that vote on a player's box: a peak's neighbours see him too, each a little otherwise.
Balls and rims are too small for that; measured, it gains players .01 of AP50 and costs balls .06."""


def settle_people(heat: Tensor) -> Tensor:
    """Scores (N, C, h, w) of which players' are the lower, the likelier it is that a referee stands there."""
    referee = functional.max_pool2d(heat[:, REFEREE : REFEREE + 1], 3, 1, 1)
    player = heat[:, PLAYER : PLAYER + 1] * (1 - referee)
    return torch.cat([heat[:, :PLAYER], player, heat[:, PLAYER + 1 :]], 1)


def vote_on_players(boxes: Tensor, heat: Tensor) -> Tensor:
    """Boxes (N, C, 4, h, w) of which players' are their neighbours' mean, weighed by squared scores (N, C, h, w)."""
    weight = heat[:, PLAYER : PLAYER + 1].square()
    mean = functional.avg_pool2d(boxes[:, PLAYER] * weight, VOTERS, 1, VOTERS // 2)
    # The floor keeps cells finite that no answer can come from: the mean around a peak is a few times larger at least.
    voted = mean / functional.avg_pool2d(weight, VOTERS, 1, VOTERS // 2).clamp(min=FLOOR**2 / VOTERS**2 / 10)
    return torch.cat([boxes[:, :PLAYER], voted.unsqueeze(1), boxes[:, PLAYER + 1 :]], 1)


class ServedDetector(nn.Module):
    """Pictures to the `ANSWERS` best peaks of all classes."""

    def __init__(self, detector: Detector) -> None:
        """`detector` finds, this only picks."""
        super().__init__()
        self.detector = detector

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Detect and decode.

        Args:
            image: uint8 (N, 3, H, W) RGB, letterboxed.

        Returns:
            boxes (N, K, 4) xyxy in input pixels, scores (N, K) best first, classes (N, K) as floats; rows with score
            0 are empty.
        """
        logits, sides = self.detector(image)
        heat = settle_people(logits.sigmoid())
        top = (functional.max_pool2d(heat, 3, 1, 1) == heat) & (heat >= FLOOR)
        peaks = torch.where(top, heat, torch.zeros_like(heat))
        cells = heat.shape[2] * heat.shape[3]
        scores, places = torch.topk(peaks.flatten(1), ANSWERS, dim=1)
        classes = torch.div(places, cells, rounding_mode="floor")
        candidates = vote_on_players(cell_boxes(sides), heat).transpose(1, 2).flatten(2)
        boxes = torch.gather(candidates, 2, places.unsqueeze(1).expand(-1, 4, -1)).transpose(1, 2)
        held = (scores > 0).to(boxes.dtype)
        return boxes * held.unsqueeze(-1), scores, classes.to(boxes.dtype) * held
