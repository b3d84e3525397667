"""Players kept apart over time: OC-SORT of the trackers library, one a camera, with ids that no two cameras share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import UNTRACKED

if TYPE_CHECKING:
    from trackers import OCSORTTracker

_LIBRARY_RATE = 30.0
"""The library counts its buffer in frames of this rate."""


class PlayerTracker:
    """Gives the detections of one camera their track ids; not thread-safe, as one camera's frames come in order.

    Args:
        ids: where fresh ids come from, shared by all cameras of a service (``itertools.count(1)``).
        frame_rate: detections a second.
        memory_s: seconds a player may be hidden and keep his id.
        sure: score from which a detection may begin or carry on a track.
        confirm: detections in a row before a track gets its id.
    """

    def __init__(
        self, ids: Iterator[int], frame_rate: float, memory_s: float = 1.5, sure: float = 0.4, confirm: int = 2,
        min_iou: float = 0.15,
    ) -> None:
        self._ids, self._rate, self._memory, self._sure, self._confirm = ids, frame_rate, memory_s, sure, confirm
        self._min_iou = min_iou
        self.reset()

    def reset(self) -> None:
        """Forget every track: the picture before says nothing of the next (a cut, a clock that jumped)."""
        self._tracker: OCSORTTracker | None = None
        self._given: dict[int, int] = {}

    def update(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], media: float
    ) -> NDArray[np.int64]:
        """Take one frame's detections.

        Args:
            boxes: (N, 4) xyxy pixels.
            scores: (N,) 0 to 1.
            media: seconds; later than the frame before, at any spacing.

        Returns:
            (N,) ids in the order of ``boxes``, `UNTRACKED` where there is none.
        """
        import supervision as sv  # a second's import that the profile "clip" never needs

        found = np.full(len(boxes), UNTRACKED, np.int64)
        shown = sv.Detections(
            xyxy=np.asarray(boxes, np.float32).reshape(-1, 4), confidence=np.asarray(scores, np.float32),
            data={"row": np.arange(len(boxes))},
        )  # fmt: skip
        if self._tracker is None:
            self._tracker = self._new_tracker()
        tracked = self._tracker.update(shown, timestamp=media)
        if tracked.tracker_id is None or not len(tracked):
            return found
        rows = np.asarray(tracked.data["row"]).tolist()
        for row, local in zip(rows, tracked.tracker_id.tolist(), strict=True):
            if local >= 0:
                if local not in self._given:
                    self._given[local] = next(self._ids)
                found[row] = self._given[local]
        return found

    def _new_tracker(self) -> OCSORTTracker:
        from trackers import OCSORTTracker

        return OCSORTTracker(
            lost_track_buffer=round(self._memory * _LIBRARY_RATE), frame_rate=self._rate,
            minimum_consecutive_frames=self._confirm, minimum_iou_threshold=self._min_iou,
            high_conf_det_threshold=self._sure,
        )  # fmt: skip
