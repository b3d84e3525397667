"""Evidence of painted lines in a picture: how much more probable a line is at a pixel and direction than chance."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

DIRECTIONS = 8
"""Bins of a line's direction, 180 degrees in all."""
WIDE, COARSE, FINE = 9.0, 4.0, 1.2
"""Widths of the evidence round a line: one standard deviation, pixels."""
_EDGES = tuple(np.float32(math.tan(edge * math.pi / DIRECTIONS)) for edge in range(1, DIRECTIONS // 2))
"""Slopes between the bins of a quarter turn."""
_SHORTEST = 6.0
"""Shorter segments are no evidence, pixels."""
_UPRIGHT_LENGTH, _UPRIGHT_SLOPE, _MOST_UPRIGHTS = 20.0, 0.36, 40
"""Of segments that stand nearly upright: least length in pixels, largest slope (20 degrees), and how many are used."""
_FAR = 24
"""Pixels from a line beyond which distance says nothing more."""
_PAINTED = 0.55
"""Share of a court's lines that a picture shows: others are worn, hidden or not painted."""
_FLOOR_SHARE = 0.002
"""Added to every count of pixels, so that a rare distance is no proof."""


class LineEvidence:
    """Line segments of one picture as maps of log-likelihood ratios.

    A map's value is the logarithm of how much more often a pixel's distance to the next segment of its direction is
    seen on a painted line than anywhere else on this floor. A busy floor so gives little evidence. Segments come from
    the brightness and from both colour channels (LSD: Grompone von Gioi et al., 2010).

    Args:
        picture: (H, W, 3) uint8 RGB.
        people: (P, 4) boxes whose pixels are no evidence.
        floor: first row of the picture that may be floor.
    """

    def __init__(self, picture: NDArray[np.uint8], people: NDArray[np.float64], floor: float) -> None:
        self.height, self.width = picture.shape[:2]
        hidden = self._hidden(people)
        segments = _segments(picture)
        self.uprights = _uprights(segments, hidden)
        """(N, 4) the longest segments that stand nearly upright: walls, doors, posts."""
        lines = self._segment_maps(segments)
        lines[:, hidden] = 255
        seen = ~hidden
        seen[: max(0, min(int(floor), self.height - 1))] = False
        distance = np.stack([cv2.distanceTransform(one, cv2.DIST_L2, 3) for one in lines])
        step = np.minimum(np.ceil(distance), _FAR + 1).astype(np.uint8)
        self._maps = {}
        for sigma in (WIDE, COARSE, FINE):
            on_line = np.exp(-0.5 * (np.arange(_FAR + 2) / sigma) ** 2)
            on_line[-1] = 0.0
            on_line /= on_line.sum()
            maps = np.empty(step.shape, np.float32)
            for row, one in enumerate(step):
                counts = np.bincount(one[seen], minlength=_FAR + 2) + _FLOOR_SHARE * max(1, int(seen.sum()))
                ratio = np.log(1 - _PAINTED + _PAINTED * on_line / (counts / counts.sum()))
                maps[row] = ratio.astype(np.float32)[one]
            maps[:, hidden] = 0.0
            self._maps[sigma] = maps.reshape(-1)

    def at(
        self, x: NDArray[np.float32], y: NDArray[np.float32], dx: NDArray[np.float32], dy: NDArray[np.float32],
        sigma: float,
    ) -> NDArray[np.float32]:  # fmt: skip
        """The evidence at pixels (x, y) inside the picture for lines along (dx, dy); the arrays' shape."""
        # The bin of atan2(dy, dx), by comparisons: they take a fifth of its time.
        flat, steep = np.abs(dx), np.abs(dy)
        row = np.zeros(x.shape, np.int32)
        for edge in _EDGES:
            row += steep > flat * edge
        row = np.where((dx > 0) != (dy > 0), DIRECTIONS - 1 - row, row)
        index = (row * self.height + y.astype(np.int32)) * self.width + x.astype(np.int32)
        found: NDArray[np.float32] = self._maps[sigma].take(index)
        return found

    def _hidden(self, people: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(H, W) pixels that show no floor: people and the picture's edge."""
        hidden = np.zeros((self.height, self.width), np.bool_)
        for left, top, right, bottom in people:
            across, along = 0.08 * (right - left) + 1, 0.03 * (bottom - top) + 1
            rows = slice(max(0, int(top - along)), max(0, int(bottom + along) + 1))
            hidden[rows, max(0, int(left - across)) : max(0, int(right + across) + 1)] = True
        hidden[:1] = hidden[-2:] = hidden[:, :1] = hidden[:, -2:] = True
        return hidden

    def _segment_maps(self, segments: NDArray[np.float32]) -> NDArray[np.uint8]:
        """(DIRECTIONS, H, W) uint8: 0 on segments; each is drawn in the two bins next to its direction."""
        maps = np.full((DIRECTIONS, self.height, self.width), 255, np.uint8)
        turn = np.arctan2(segments[:, 3] - segments[:, 1], segments[:, 2] - segments[:, 0]) % math.pi
        lower = np.floor(turn / math.pi * DIRECTIONS - 0.5).astype(int)
        ends = np.round(segments * 16).astype(int)
        for (x0, y0, x1, y1), low in zip(ends.tolist(), lower.tolist(), strict=True):
            for row in (low % DIRECTIONS, (low + 1) % DIRECTIONS):
                cv2.line(maps[row], (x0, y0), (x1, y1), 0, 1, cv2.LINE_4, 4)
        return maps


def _uprights(segments: NDArray[np.float32], hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(N, 4) of the segments (M, 4): long, nearly upright, not of people; longest first."""
    across, along = np.abs(segments[:, 2] - segments[:, 0]), np.abs(segments[:, 3] - segments[:, 1])
    middle = ((segments[:, :2] + segments[:, 2:]) / 2).astype(int)
    height, width = hidden.shape
    of_people = hidden[np.clip(middle[:, 1], 0, height - 1), np.clip(middle[:, 0], 0, width - 1)]
    kept = segments[(along >= _UPRIGHT_LENGTH) & (across <= _UPRIGHT_SLOPE * along) & ~of_people]
    longest = np.argsort(-np.abs(kept[:, 3] - kept[:, 1]), kind="stable")[:_MOST_UPRIGHTS]
    return np.asarray(kept[longest])


def _segments(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 4) x0, y0, x1, y1 of the picture's line segments."""
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD)
    found = [np.zeros((0, 4), np.float32)]
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    for channel in range(3):
        plane = np.ascontiguousarray(lab[:, :, channel])
        if channel:
            # Colours differ less than brightness does.
            plane = cv2.convertScaleAbs(plane.astype(np.float32), alpha=2.5, beta=128 - 2.5 * 128)
        segments = detector.detect(plane)[0]
        if segments is not None:
            found.append(segments.reshape(-1, 4))
    all_found: NDArray[np.float32] = np.concatenate(found)
    long = np.hypot(all_found[:, 2] - all_found[:, 0], all_found[:, 3] - all_found[:, 1]) >= _SHORTEST
    return np.asarray(all_found[long])
