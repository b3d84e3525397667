"""The served model, with decoding of maps to boxes in the graph.

Only local maxima are detections, so no non-maximum suppression is needed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.detector.classes import MAX_DETECTIONS, PLAYER, REFEREE
from courtside_training.detector.losses import cell_boxes
from courtside_training.detector.network import Detector

FLOOR = 0.05
"""Detections with a lower score are all zeros, so that the order of near-zero scores does not matter."""

VOTING_SIZE = 5
"""Side in cells of the square over which a player's box is averaged. The neighbours of a peak also predict the box.
Balls and rims are too small for this: it increases AP50 of players by .01, but reduces that of balls by .06."""


def separate_people(heat: Tensor) -> Tensor:
    """Scores (N, C, h, w), with the score of a player reduced by the score of a referee at the same position."""
    referee = functional.max_pool2d(heat[:, REFEREE : REFEREE + 1], 3, 1, 1)
    player = heat[:, PLAYER : PLAYER + 1] * (1 - referee)
    return torch.cat([heat[:, :PLAYER], player, heat[:, PLAYER + 1 :]], 1)


def vote_player_boxes(boxes: Tensor, heat: Tensor) -> Tensor:
    """Boxes (N, C, 4, h, w); those of players are averaged over neighbours, weighted by squared scores (N, C, h, w)."""
    weight = heat[:, PLAYER : PLAYER + 1].square()
    mean = functional.avg_pool2d(boxes[:, PLAYER] * weight, VOTING_SIZE, 1, VOTING_SIZE // 2)
    # The lower limit keeps cells finite that cannot be detections. The mean around a peak is a few times larger.
    least = FLOOR**2 / VOTING_SIZE**2 / 10
    voted = mean / functional.avg_pool2d(weight, VOTING_SIZE, 1, VOTING_SIZE // 2).clamp(min=least)
    return torch.cat([boxes[:, :PLAYER], voted.unsqueeze(1), boxes[:, PLAYER + 1 :]], 1)


class ServedDetector(nn.Module):
    """Images to the `MAX_DETECTIONS` best peaks of all classes."""

    def __init__(self, detector: Detector) -> None:
        """Wrap a trained `detector`, whose maps are decoded."""
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
        heat = separate_people(logits.sigmoid())
        top = (functional.max_pool2d(heat, 3, 1, 1) == heat) & (heat >= FLOOR)
        peaks = torch.where(top, heat, torch.zeros_like(heat))
        cells = heat.shape[2] * heat.shape[3]
        scores, indices = torch.topk(peaks.flatten(1), MAX_DETECTIONS, dim=1)
        classes = torch.div(indices, cells, rounding_mode="floor")
        candidates = vote_player_boxes(cell_boxes(sides), heat).transpose(1, 2).flatten(2)
        boxes = torch.gather(candidates, 2, indices.unsqueeze(1).expand(-1, 4, -1)).transpose(1, 2)
        held = (scores > 0).to(boxes.dtype)
        return boxes * held.unsqueeze(-1), scores, classes.to(boxes.dtype) * held
