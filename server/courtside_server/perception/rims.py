"""Rim tracking: a stable box for each basket's rim from detections that come and go, through camera motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.config import RimTrackingConfig


@dataclass(slots=True)
class _Rim:
    id: int
    box: NDArray[np.float64]
    evidence: float
    detections: int = 1


class RimTracker:
    """Tracks the rims of one camera; boxes are in pixels with camera motion removed.

    Args:
        ids: source of new ids, shared by all cameras of a service.
        config: the numbers that decide.
    """

    def __init__(self, ids: Iterator[int], config: RimTrackingConfig = RimTrackingConfig()) -> None:
        self._ids, self._config = ids, config
        self.reset()

    def reset(self) -> None:
        """Forget every rim."""
        self._rims: list[_Rim] = []
        self._last: float | None = None

    def update(
        self, boxes: NDArray[np.float64], scores: NDArray[np.float32], media: float, view: NDArray[np.float64],
        whole: bool = True,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """Take one frame's detections, best first.

        Args:
            boxes: (N, 4) xyxy.
            scores: (N,).
            media: seconds.
            view: (4,) xyxy of the frame itself, camera motion removed.
            whole: the whole frame was searched; otherwise a rim that was not found loses no evidence.

        Returns:
            Boxes (R, 4), confidence 0 to 1 (R,) and ids (R,) of the confirmed rims in view.
        """
        config = self._config
        elapsed = 0.0 if self._last is None else max(0.0, media - self._last)
        if whole:
            self._last = media
        detected: set[int] = set()
        for box, score in zip(boxes, scores, strict=True):
            rim = self._nearest(box, detected)
            if rim is None:
                rim = _Rim(next(self._ids), box.copy(), 0.0)
                self._rims.append(rim)
            else:
                weight = max(config.smoothing, 1 / (rim.detections + 1)) * min(1.0, 2 * float(score))
                rim.box = rim.box + weight * (box - rim.box)
                rim.detections += 1
            rim.evidence = min(config.max_evidence, rim.evidence + max(0.0, float(score) - config.min_score))
            detected.add(rim.id)
        for rim in self._rims:
            if whole and rim.id not in detected and _inside(rim.box, view):
                faster = config.unconfirmed_decay if rim.evidence < config.confirm else 1.0
                rim.evidence -= config.decay * elapsed * faster
        by_evidence = sorted((rim for rim in self._rims if rim.evidence > 0), key=lambda rim: -rim.evidence)
        self._rims = self._distinct(by_evidence)[: config.max_rims]
        known = [rim for rim in self._rims if rim.evidence >= config.confirm and _inside(rim.box, view)]
        return (
            np.array([rim.box for rim in known], np.float32).reshape(-1, 4),
            np.array([min(1.0, rim.evidence / config.max_evidence) for rim in known], np.float32),
            np.array([rim.id for rim in known], np.int64),
        )

    def _nearest(self, box: NDArray[np.float64], detected: set[int]) -> _Rim | None:
        """The rim that a detection belongs to, of those not detected in this frame yet."""
        centre, width = (box[:2] + box[2:]) / 2, box[2] - box[0]
        ratio = self._config.max_size_ratio
        best, least = None, self._config.gate
        for rim in self._rims:
            if rim.id in detected:
                continue
            other = rim.box[2] - rim.box[0]
            distance = float(np.hypot(*(centre - (rim.box[:2] + rim.box[2:]) / 2))) / max(width, other, 1.0)
            if distance < least and 1 / ratio < max(width, 1.0) / max(other, 1.0) < ratio:
                best, least = rim, distance
        return best

    def _distinct(self, rims: list[_Rim]) -> list[_Rim]:
        """Non-maximum suppression, best first: a rim in the place of a better one is the same rim."""
        kept: list[_Rim] = []
        for rim in rims:
            middle, width = (rim.box[:2] + rim.box[2:]) / 2, rim.box[2] - rim.box[0]
            if all(
                np.hypot(*(middle - (other.box[:2] + other.box[2:]) / 2))
                > self._config.duplicate_distance * max(width, other.box[2] - other.box[0])
                for other in kept
            ):
                kept.append(rim)
        return kept


def _inside(box: NDArray[np.float64], view: NDArray[np.float64]) -> bool:
    """Whether the middle of a box lies in the view."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(view[0] <= x <= view[2] and view[1] <= y <= view[3])
