"""Carried boxes: where the people of the last whole frame are in a frame of which the detector saw only parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import UNTRACKED

_LONGEST_S = 0.25
"""Real seconds for which people go on along their velocity."""

_People = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]
"""Boxes (N, 4) xyxy, scores (N,) and track ids (N,)."""


class CarriedPeople:
    """The people of the last whole frame, with the velocity of those who are tracked.

    Args:
        time_scale: real seconds per media second.
    """

    def __init__(self, time_scale: float = 1.0) -> None:
        self._scale = time_scale
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._time = 0.0
        self._boxes = np.zeros((0, 4))
        self._velocity = np.zeros((0, 4))
        self._scores = np.zeros(0, np.float32)
        self._tracks = np.zeros(0, np.int64)

    def keep(self, people: _People, media: float, pan: NDArray[np.float64]) -> None:
        """Take the people of a whole frame.

        Args:
            people: of the frame.
            media: seconds.
            pan: (4,) pan of the camera, twice x, y.
        """
        boxes, scores, tracks = people
        now, steady = media * self._scale, boxes - pan
        velocity: NDArray[np.float64] = np.zeros_like(steady)
        elapsed = now - self._time
        if 0 < elapsed <= _LONGEST_S * 2:
            before = {int(track): row for row, track in enumerate(self._tracks) if track != UNTRACKED}
            for row, track in enumerate(tracks.tolist()):
                if track in before:
                    moved = steady[row] - self._boxes[before[track]]
                    # Of the box's middle: its sides vary from frame to frame, and errors would grow.
                    velocity[row] = np.tile((moved[:2] + moved[2:]) / 2, 2) / elapsed
        self._time, self._boxes, self._velocity = now, steady, velocity
        self._scores, self._tracks = scores, tracks

    def at(self, media: float, pan: NDArray[np.float64], view: tuple[int, int]) -> _People:
        """Where they are at a later time.

        Args:
            media: seconds.
            pan: (4,) pan of the camera, twice x, y.
            view: width and height of the frame, pixels; who has left it is left out.
        """
        elapsed = min(max(media * self._scale - self._time, 0.0), _LONGEST_S)
        boxes = np.clip(self._boxes + self._velocity * elapsed + pan, 0, [*view, *view])
        inside = (boxes[:, 2:] - boxes[:, :2] > 1).all(1)
        return boxes[inside].astype(np.float32), self._scores[inside], self._tracks[inside]
