"""Players kept apart over time: ByteTrack of the edgefirst-tracker library, with ids that no two cameras share.

A player on the run moves further than his own width between two detector frames, so that his boxes do not overlap
and a tracker that matches by overlap loses him. Boxes are therefore widened before they are matched, as C-BIoU does
(Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances?", WACV 2023).
`benchmarks/tracking.py` compares trackers and these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from edgefirst.tracker import ByteTrack
from numpy.typing import NDArray

from courtside_server.types import UNTRACKED

WIDEN = (0.5, 0.1)
"""Shares of a box's width and height added on each side before boxes are matched. Search range 0 to 1."""
MIN_IOU = 0.1
"""Overlap (intersection over union, of widened boxes) that a match needs. Search range 0.02 to 0.3."""
CORRECTION = 0.9
"""How far a track follows each detection: 0 stays on the prediction, 1 is a plain Kalman filter. Search 0.3 to 1."""
_FORGET = 256
"""Tracks known from which those that ended are forgotten."""


@dataclass(slots=True)
class _Known:
    detections: int = 0
    id: int = UNTRACKED


class PlayerTracker:
    """Gives the detections of one camera their track ids; not thread-safe, as one camera's frames come in order.

    Args:
        ids: where fresh ids come from, shared by all cameras of a service (``itertools.count(1)``).
        memory_s: seconds a player may be hidden and keep his id.
        sure: score from which a detection may begin a track; weaker ones only carry one on.
        confirm: detections before a track gets its id.
    """

    def __init__(self, ids: Iterator[int], memory_s: float = 1.5, sure: float = 0.5, confirm: int = 2) -> None:
        self._ids, self._memory, self._sure, self._confirm = ids, memory_s, sure, confirm
        self.reset()

    def reset(self) -> None:
        """Forget every track: the frame before says nothing of the next (a cut, a clock that jumped)."""
        self._tracker: ByteTrack | None = None
        self._known: dict[str, _Known] = {}
        self._start = 0.0

    def update(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], media: float
    ) -> NDArray[np.int64]:
        """Take one frame's detections.

        Args:
            boxes: (N, 4) xyxy pixels, finite.
            scores: (N,) 0 to 1.
            media: seconds; later than the frame before, at any spacing.

        Returns:
            (N,) ids in the order of ``boxes``, `UNTRACKED` where there is none.
        """
        if self._tracker is None:
            self._tracker = ByteTrack(self._sure, MIN_IOU, CORRECTION, round(self._memory * 1e9))
            self._start = media
        xyxy = np.asarray(boxes, np.float32).reshape(-1, 4)
        margin = (xyxy[:, 2:] - xyxy[:, :2]) * np.array(WIDEN, np.float32)
        widened = np.concatenate([xyxy[:, :2] - margin, xyxy[:, 2:] + margin], axis=1)
        nanoseconds = max(round((media - self._start) * 1e9), 0)
        tracks = self._tracker.update(
            widened, np.asarray(scores, np.float32), np.zeros(len(xyxy), np.uint64), nanoseconds
        )
        found = np.full(len(xyxy), UNTRACKED, np.int64)
        for row, track in enumerate(tracks):
            if track is not None:
                known = self._known.setdefault(track.uuid, _Known())
                known.detections += 1
                if known.id == UNTRACKED and known.detections >= self._confirm:
                    known.id = next(self._ids)
                found[row] = known.id
        if len(self._known) > _FORGET:
            live = {track.info.uuid for track in self._tracker.get_active_tracks()}
            self._known = {uuid: known for uuid, known in self._known.items() if uuid in live}
        return found
