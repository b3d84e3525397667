"""Player tracking: ByteTrack of the edgefirst-tracker library, with ids that no two cameras share.

A running player moves further than his own width between two detector frames: his boxes do not overlap, and IoU
matching loses him. Boxes are therefore widened before they are matched, as in C-BIoU (Yang et al., "Hard to Track
Objects with Irregular Motions and Similar Appearances?", WACV 2023). `benchmarks/tracking.py` compares trackers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from edgefirst.tracker import ByteTrack
from numpy.typing import NDArray

from courtside_server.perception.config import PlayerTrackingConfig
from courtside_server.types import UNTRACKED

_MAX_KNOWN = 256
"""Known tracks above which the ended ones are removed."""


@dataclass(slots=True)
class _Known:
    """A track of the library: how often it was detected, and its id once it is confirmed."""

    detections: int = 0
    id: int = UNTRACKED


class PlayerTracker:
    """Gives the player detections of one camera their track ids. Not thread-safe.

    Args:
        ids: source of new ids, shared by all cameras of a service (``itertools.count(1)``).
        time_scale: real seconds per media second.
        config: the numbers that decide.
    """

    def __init__(
        self, ids: Iterator[int], time_scale: float = 1.0, config: PlayerTrackingConfig = PlayerTrackingConfig()
    ) -> None:
        self._ids, self._scale, self._config = ids, time_scale, config
        self._margin = np.array([config.widen_x, config.widen_y], np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget every track, as after a scene cut."""
        self._tracker: ByteTrack | None = None
        self._known: dict[str, _Known] = {}
        self._start = self._last = 0.0

    def update(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], media: float
    ) -> NDArray[np.int64]:
        """Track the detections of one frame.

        Args:
            boxes: (N, 4) xyxy pixels, finite.
            scores: (N,) 0 to 1.
            media: seconds; later than the frame before, at any spacing.

        Returns:
            (N,) ids in the order of ``boxes``, `UNTRACKED` where there is none.
        """
        config, now = self._config, media * self._scale
        # The library drops an expired track only after it was matched once more: after a gap that would be wrong.
        if now - self._last > config.memory:
            self.reset()
        self._last = now
        if self._tracker is None:
            self._tracker = ByteTrack(
                config.start_score, config.min_iou, config.correction, round(config.memory * 1e9)
            )
            self._start = now
        xyxy = np.asarray(boxes, np.float32).reshape(-1, 4)
        margin = (xyxy[:, 2:] - xyxy[:, :2]) * self._margin
        widened = np.concatenate([xyxy[:, :2] - margin, xyxy[:, 2:] + margin], axis=1)
        nanoseconds = max(round((now - self._start) * 1e9), 0)
        classes = np.zeros(len(xyxy), np.uint64)
        tracks = self._tracker.update(widened, np.asarray(scores, np.float32), classes, nanoseconds)
        found = np.full(len(xyxy), UNTRACKED, np.int64)
        for row, track in enumerate(tracks):
            if track is not None:
                known = self._known.setdefault(track.uuid, _Known())
                known.detections += 1
                if known.id == UNTRACKED and known.detections >= config.confirm:
                    known.id = next(self._ids)
                found[row] = known.id
        if len(self._known) > _MAX_KNOWN:
            live = {track.info.uuid for track in self._tracker.get_active_tracks()}
            self._known = {uuid: known for uuid, known in self._known.items() if uuid in live}
        return found
