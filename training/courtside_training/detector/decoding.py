"""From maps to boxes inside the graph: the served model. No suppression is needed: only local peaks are answers."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from courtside_training.detector.classes import ANSWERS
from courtside_training.detector.losses import cell_boxes
from courtside_training.detector.network import Detector

FLOOR = 0.05
"""Score below which an answer is empty: all zeros, so that equal scores of nothing cannot change places."""


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
        heat = logits.sigmoid()
        top = (functional.max_pool2d(heat, 3, 1, 1) == heat) & (heat >= FLOOR)
        peaks = torch.where(top, heat, torch.zeros_like(heat))
        cells = heat.shape[2] * heat.shape[3]
        scores, places = torch.topk(peaks.flatten(1), ANSWERS, dim=1)
        classes = torch.div(places, cells, rounding_mode="floor")
        candidates = cell_boxes(sides).transpose(1, 2).flatten(2)
        boxes = torch.gather(candidates, 2, places.unsqueeze(1).expand(-1, 4, -1)).transpose(1, 2)
        held = (scores > 0).to(boxes.dtype)
        return boxes * held.unsqueeze(-1), scores, classes.to(boxes.dtype) * held
