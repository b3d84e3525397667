"""Balls kept apart over time: several at once, small, fast, often missed, with things that only look like one.

Boxes of a few pixels that move further than their own width between two frames do not overlap, which is what
trackers of people match by. Balls are matched by distance to where a straight line through their last sightings
leads, in units of their own size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from courtside_server.assignment import assign
from courtside_server.types import UNTRACKED

MEMORY_S = 0.35
"""Seconds a ball may be out of sight and keep its track."""
START = 0.25
"""Score from which a sighting begins a track; weaker ones only carry one on."""
_HISTORY = 9
_LINE = 5
"""Last sightings that the line ahead is drawn through."""
_LINE_S = 0.4
_SMALLEST = 6.0
"""Pixels: a smaller ball's box is no measure of distance."""
_REACH, _YOUNG_REACH, _SLIP = 7.0, 26.0, 0.35
"""How far from the line a sighting may lie: sizes a second, the same for tracks of one or two, share of the way."""
_SIZE_CHANGE = 0.7
"""Largest difference of log size within a track."""
_STAYS_S, _STAYS = 0.8, 0.6
"""Seconds looked back at, and the share of their looks in which a thing that stays was seen in the same place."""
_STAYED_S = 0.5
"""Seconds it must have been looked for at least."""
_PLACE = 0.5
"""Sizes within which it is the same place."""
_BRIGHTER = 0.15
"""Score by which a ball that passes in front of it stands out."""
_MOVING = 3.0
"""Sizes a second from which a ball is on its way, and not one of the things that stay."""


@dataclass(slots=True)
class _Track:
    id: int
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    places: deque[NDArray[np.float64]] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    sizes: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY))

    def add(self, time: float, place: NDArray[np.float64], size: float) -> None:
        self.times.append(time)
        self.places.append(place)
        self.sizes.append(size)

    def ahead(self, time: float) -> tuple[NDArray[np.float64], float]:
        """Where it is expected, and its speed in pixels a second."""
        last = self.times[-1]
        recent = [(t - last, p) for t, p in zip(self.times, self.places, strict=True) if t - last > -_LINE_S][-_LINE:]
        if len(recent) < 2:
            return self.places[-1], 0.0
        when = np.array([t for t, _ in recent])
        where = np.array([p for _, p in recent])
        centred = when - when.mean()
        speed = centred @ (where - where.mean(0)) / max(float(centred @ centred), 1e-9)
        return self.places[-1] + speed * min(time - last, 0.2), float(np.hypot(*speed))


class _Clutter:
    """Things that look a little like a ball and stay where they are: heads on the stands, logos, a bulb."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, NDArray[np.float64], NDArray[np.float32]]] = deque()

    def update(
        self, places: NDArray[np.float64], sizes: NDArray[np.float64], scores: NDArray[np.float32], now: float
    ) -> NDArray[np.bool_]:
        """Take one frame's sightings, see `BallTracker.update`; give which of them (N,) are such things."""
        while self._past and now - self._past[0][0] > _STAYS_S:
            self._past.popleft()
        times = np.zeros(len(places))
        usual = np.zeros(len(places))
        for _, before, worth in self._past:
            if not len(before) or not len(places):
                continue
            far = np.hypot(*(places[:, np.newaxis] - before[np.newaxis]).transpose(2, 0, 1))
            nearest = far.argmin(1)
            there = far[np.arange(len(places)), nearest] <= _PLACE * sizes
            times += there
            usual += np.where(there, worth[nearest], 0.0)
        looks = len(self._past)
        watched = now - self._past[0][0] if self._past else 0.0
        self._past.append((now, places, scores))
        if watched < _STAYED_S:
            return np.zeros(len(places), bool)
        stays: NDArray[np.bool_] = (times >= _STAYS * looks) & (scores <= usual / np.maximum(times, 1) + _BRIGHTER)
        return stays


class BallTracker:
    """Gives one camera's ball sightings their track ids, frame by frame in order.

    Args:
        ids: where fresh ids come from, shared by all cameras of a service.
        time_scale: real seconds a media second.
    """

    def __init__(self, ids: Iterator[int], time_scale: float = 1.0) -> None:
        self._ids, self._scale = ids, time_scale
        self.reset()

    def reset(self) -> None:
        """Forget every track."""
        self._live: list[_Track] = []
        self._clutter = _Clutter()

    def update(
        self, places: NDArray[np.float64], sizes: NDArray[np.float64], scores: NDArray[np.float32], media: float
    ) -> NDArray[np.int64]:
        """Take one frame's sightings.

        Args:
            places: (N, 2) centres, pixels with camera motion taken out.
            sizes: (N,) pixels.
            scores: (N,) 0 to 1.
            media: seconds; later than the frame before, at any spacing.

        Returns:
            (N,) ids, `UNTRACKED` where there is none.
        """
        now = media * self._scale
        self._live = [track for track in self._live if now - track.times[-1] <= MEMORY_S]
        found = np.full(len(places), UNTRACKED, np.int64)
        stays = self._clutter.update(places, sizes, scores, now)
        if self._live and len(places):
            cost = np.stack([self._cost(track, places, sizes, scores, stays, now) for track in self._live])
            for row, column in assign(cost):
                self._live[row].add(now, places[column], float(sizes[column]))
                found[column] = self._live[row].id
        for index in np.flatnonzero((found == UNTRACKED) & (scores >= START)):
            track = _Track(next(self._ids))
            track.add(now, places[index], float(sizes[index]))
            self._live.append(track)
            found[index] = track.id
        return found

    def _cost(
        self, track: _Track, places: NDArray[np.float64], sizes: NDArray[np.float64], scores: NDArray[np.float32],
        stays: NDArray[np.bool_], now: float,
    ) -> NDArray[np.float64]:
        expected, speed = track.ahead(now)
        size = float(np.median(track.sizes))
        gap = now - track.times[-1]
        young = len(track.times) < 3
        reach = (1.0 + (_YOUNG_REACH if young else _REACH) * gap) * max(size, _SMALLEST) + _SLIP * speed * gap
        apart = np.hypot(*(places - expected).T)
        change = np.abs(np.log(np.maximum(sizes, 1.0) / max(size, 1.0)))
        cost = apart / reach + 0.5 * change - 0.5 * scores
        # A ball on its way does not come to rest on a spectator's head; it is rather not seen for a while.
        fits = (apart < reach) & (change < _SIZE_CHANGE) & ~(stays & (speed > _MOVING * size))
        return np.where(fits, cost, np.inf)
