"""Rims: a steady estimate of each basket's ring from detections that come and go, through camera motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FAINT = 0.3
"""Score from which a detection speaks for a rim at all; only what lies above it counts."""
SURE = 0.5
"""Sum from which a rim is believed: one clear look is not enough, a dozen faint ones in one place are."""
MOST = 12.0
"""Largest sum kept: how long a rim is remembered."""
FADE = 0.3
"""Sum lost a second while the rim's place is in the picture and it is not found."""
_SAME = 0.7
"""Widths between two rims that are one."""
_REACH = 1.0
"""Widths by which a detection may lie off a rim and still be that rim."""
_BLEND = 0.15
"""Share of a new, certain look in a rim's place once it is known."""
_MOST_RIMS = 12


@dataclass(slots=True)
class _Rim:
    id: int
    box: NDArray[np.float64]
    worth: float
    looks: int = 1


class RimKeeper:
    """Keeps the rims of one camera; boxes are in pixels with camera motion taken out.

    Args:
        ids: where fresh ids come from, shared by all cameras of a service.
    """

    def __init__(self, ids: Iterator[int]) -> None:
        self._ids = ids
        self.reset()

    def reset(self) -> None:
        """Forget every rim."""
        self._rims: list[_Rim] = []
        self._last: float | None = None

    def update(
        self, boxes: NDArray[np.float64], scores: NDArray[np.float32], media: float, view: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """Take one frame's detections, best first.

        Args:
            boxes: (N, 4) xyxy.
            scores: (N,).
            media: seconds.
            view: (4,) xyxy of the picture itself, camera motion taken out.

        Returns:
            Boxes (R, 4), how well each is known 0 to 1 (R,), and ids (R,) of the rims believed in and in view.
        """
        gone = 0.0 if self._last is None else max(0.0, media - self._last)
        self._last = media
        taken: set[int] = set()
        for box, score in zip(boxes, scores, strict=True):
            rim = self._nearest(box, taken)
            if rim is None:
                rim = _Rim(next(self._ids), box.copy(), 0.0)
                self._rims.append(rim)
            else:
                share = max(_BLEND, 1 / (rim.looks + 1)) * min(1.0, 2 * float(score))
                rim.box = rim.box + share * (box - rim.box)
                rim.looks += 1
            rim.worth = min(MOST, rim.worth + max(0.0, float(score) - FAINT))
            taken.add(rim.id)
        for rim in self._rims:
            if rim.id not in taken and _inside(rim.box, view):
                rim.worth -= FADE * gone * (1.0 + (rim.worth < SURE) * 4)
        self._rims = _distinct(sorted((r for r in self._rims if r.worth > 0), key=lambda r: -r.worth))[:_MOST_RIMS]
        known = [rim for rim in self._rims if rim.worth >= SURE and _inside(rim.box, view)]
        return (
            np.array([rim.box for rim in known], np.float32).reshape(-1, 4),
            np.array([min(1.0, rim.worth / MOST) for rim in known], np.float32),
            np.array([rim.id for rim in known], np.int64),
        )

    def _nearest(self, box: NDArray[np.float64], taken: set[int]) -> _Rim | None:
        centre, width = (box[:2] + box[2:]) / 2, box[2] - box[0]
        best, least = None, _REACH
        for rim in self._rims:
            if rim.id in taken:
                continue
            other = rim.box[2] - rim.box[0]
            apart = float(np.hypot(*(centre - (rim.box[:2] + rim.box[2:]) / 2))) / max(width, other, 1.0)
            if apart < least and 0.4 < max(width, 1.0) / max(other, 1.0) < 2.5:
                best, least = rim, apart
        return best


def _distinct(rims: list[_Rim]) -> list[_Rim]:
    """Best first; a rim in the place of a better one is that one, seen twice."""
    kept: list[_Rim] = []
    for rim in rims:
        middle, wide = (rim.box[:2] + rim.box[2:]) / 2, rim.box[2] - rim.box[0]
        if all(
            np.hypot(*(middle - (other.box[:2] + other.box[2:]) / 2)) > _SAME * max(wide, other.box[2] - other.box[0])
            for other in kept
        ):
            kept.append(rim)
    return kept


def _inside(box: NDArray[np.float64], view: NDArray[np.float64]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(view[0] <= x <= view[2] and view[1] <= y <= view[3])
