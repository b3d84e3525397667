"""Regions: the parts of a detector frame in which the balls in play are expected.

Between two frames that the detector sees whole it needs to see only where a ball can be: a part of 128 x 128 pixels
costs a fourteenth of the picture. What lies elsewhere moves little until the next whole frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.balls import BallPrediction
from courtside_server.perception.config import RegionConfig
from courtside_server.types import DetectorFrame

_GRID = 32
"""Regions lie on multiples of so many pixels of the picture: the network halves it five times, so a part on this grid
gives the same maps as the picture round it, apart from the part's edge."""
_EDGE = 4.0
"""Pixels from a region's edge within which what is found is not used."""
_SMALLEST = 128
"""Smallest side of a region, pixels of the picture; the detector takes nothing smaller."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Equal squares of a detector frame.

    Attributes:
        corners: (N, 2) upper left corners x, y, pixels of the picture, multiples of 32.
        side: width and height, pixels, a multiple of 32.
    """

    corners: tuple[tuple[int, int], ...]
    side: int

    def share(self, frame: DetectorFrame) -> float:
        """Pixels that the detector sees over those of the whole frame."""
        _, height, width = frame.pixels.shape
        return len(self.corners) * self.side**2 / int(height * width)

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The regions (N, 3, side, side) of a picture (3, H, W)."""
        return np.stack([pixels[:, y : y + self.side, x : x + self.side] for x, y in self.corners])

    def inside(
        self, boxes: NDArray[np.float32], corner: tuple[int, int], frame: DetectorFrame
    ) -> NDArray[np.bool_]:
        """Which boxes (N, 4) of one region are not at an edge where the picture goes on: those may be cut in two.

        Args:
            boxes: xyxy, pixels of the region.
            corner: of the region.
            frame: the detector frame.
        """
        start = np.array(corner)
        size = np.array(frame.pixels.shape[:0:-1])
        low = np.where(start == 0, -np.inf, _EDGE)
        high = np.where(start + self.side >= size, np.inf, self.side - _EDGE)
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        kept: NDArray[np.bool_] = np.all((middles > low) & (middles < high), axis=1)
        return kept


def distinct(boxes: NDArray[np.float32]) -> NDArray[np.intp]:
    """Row numbers of boxes (N, 4), best first, without those whose middle lies in a better one."""
    kept: list[int] = []
    for row, middle in enumerate((boxes[:, :2] + boxes[:, 2:]) / 2):
        if not any((boxes[other, :2] <= middle).all() and (middle <= boxes[other, 2:]).all() for other in kept):
            kept.append(row)
    return np.array(kept, np.intp)


def choose_regions(
    balls: Sequence[BallPrediction], frame: DetectorFrame, config: RegionConfig = RegionConfig()
) -> Regions | None:
    """The regions that hold the balls in play; None where the whole frame is needed, empty where all are at rest.

    The whole frame is needed where no ball is known, and where the regions would cost nearly as much. A ball at rest is
    seen in whole frames alone.

    Args:
        balls: predictions for this frame, in pixels of the scene (camera motion removed).
        frame: the detector frame.
        config: the numbers that decide.
    """
    known = sorted((ball for ball in balls if ball.unseen <= config.max_unseen), key=lambda ball: -ball.priority)
    if not known or known[0].priority < config.min_priority:
        return None
    moving = [ball for ball in known if ball.moves][: config.max_balls]
    return place_regions([(ball.x, ball.y, ball.radius) for ball in moving], frame, config)


def place_regions(
    places: Sequence[tuple[float, float, float]], frame: DetectorFrame, config: RegionConfig = RegionConfig()
) -> Regions | None:
    """The regions that hold some places; None where they would cost nearly as much as the whole frame.

    Args:
        places: x, y and radius of each in pixels of the scene (camera motion removed), the most important first.
        frame: the detector frame.
        config: the numbers that decide.
    """
    if not places:
        return Regions((), _SMALLEST)
    height, width = frame.pixels.shape[1:]
    halves = [radius * frame.scale + config.margin for _, _, radius in places]
    side = max(_SMALLEST, -(-int(2 * max(halves)) // _GRID) * _GRID)
    corners: list[tuple[int, int]] = []
    if side > min(height, width):
        return None
    for (*place, _), half in zip(places, halves, strict=True):
        x, y = (
            (value + moved) * frame.scale + edge
            for value, moved, edge in zip(place, frame.pan, frame.margin, strict=True)
        )
        if any(cx <= x - half and x + half <= cx + side and cy <= y - half and y + half <= cy + side
               for cx, cy in corners):  # fmt: skip
            continue
        corner = tuple(
            min(max(round((value - side / 2) / _GRID), 0), (size - side) // _GRID) * _GRID
            for value, size in ((x, width), (y, height))
        )
        if corner not in corners:
            corners.append((corner[0], corner[1]))
    regions = Regions(tuple(corners), side)
    return regions if regions.share(frame) <= config.max_area else None
