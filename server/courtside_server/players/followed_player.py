"""A player who is followed by hand: chosen by a rectangle in the film's first frames, kept when his track breaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import UNTRACKED, ObjectClass, Observations

_SEARCH_S = 3.0
"""Real seconds at the beginning in which the player must be found."""
_LOST_S = 2.0
"""Real seconds after which another track is taken though it is not near."""
_REACH = 1.5
"""Player heights per second that a followed player may have moved while he was not tracked, and one to begin with."""


class FollowedPlayer:
    """Which track is the followed player's, frame by frame.

    Args:
        rectangle: (4,) x, y, width, height in pixels of the first frame.
        time_scale: real seconds per media second.

    Attributes:
        failed: nobody was found in the rectangle in time; he is not searched any more.
    """

    def __init__(self, rectangle: tuple[float, float, float, float], time_scale: float) -> None:
        x, y, width, height = rectangle
        self._box: NDArray[np.float64] = np.array([x, y, x + width, y + height])
        self._scale = time_scale
        self._track: int | None = None
        self._first: float | None = None
        self._seen = 0.0
        self.failed = False

    @property
    def found(self) -> bool:
        """Whether the player was found."""
        return self._track is not None

    def update(self, observations: Observations) -> set[int]:
        """The track to read in a frame; empty where the player is not tracked."""
        if self.failed:
            return set()
        media = observations.media
        self._first = media if self._first is None else self._first
        players = observations.steady(ObjectClass.PLAYER)
        players = players[players[:, 5] != UNTRACKED]
        own = players[players[:, 5] == self._track]
        if len(own):
            self._box, self._seen = own[0, :4].copy(), media
            return {int(own[0, 5])}
        if self._track is None:
            found = self._in_rectangle(players)
            self.failed = found is None and (media - self._first) * self._scale > _SEARCH_S
        else:
            found = self._nearest(players, (media - self._seen) * self._scale)
        if found is None:
            return set()
        self._track, self._seen, self._box = int(found[5]), media, found[:4].copy()
        return {self._track}

    def _in_rectangle(self, players: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """The player whose box is most like the rectangle."""
        if not len(players):
            return None
        low, high = np.maximum(players[:, :2], self._box[:2]), np.minimum(players[:, 2:4], self._box[2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        whole = (players[:, 2:4] - players[:, :2]).prod(axis=1) + (self._box[2:] - self._box[:2]).prod() - shared
        best = int((shared / whole).argmax())
        found: NDArray[np.float64] = players[best]
        return found if shared[best] > 0 else None

    def _nearest(self, players: NDArray[np.float64], gone: float) -> NDArray[np.float64] | None:
        """The nearest player where the followed one may be after so many real seconds."""
        if not len(players):
            return None
        height = max(float(self._box[3] - self._box[1]), 1.0)
        apart = np.linalg.norm(players[:, :4] - self._box, axis=1) / np.sqrt(2) / height
        best = int(apart.argmin())
        found: NDArray[np.float64] = players[best]
        return found if apart[best] <= 0.5 + _REACH * min(gone, _LOST_S) else None
