"""Player tracking: motion and appearance decide together which detection continues which track.

Each track is a Kalman filter of the box's middle at a constant velocity that fades, in player heights. All detections
of a frame are joined to all tracks at once at the least cost: minus the logarithm of how likely the position is, plus
what size and appearance add. So players of different kits keep their ids where they cross, a track that was not seen
for long accepts detections further away but needs a better reason, and a detection that fits nobody is somebody new.
Boxes need not overlap, as they would have to for ByteTrack or OC-SORT: a running player moves further than his own
width between two detector frames. `benchmarks/tracking.py` compares trackers.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from courtside_server.assignment import assign
from courtside_server.perception.appearance import APPEARANCE_SIZE
from courtside_server.perception.config import PlayerTrackingConfig
from courtside_server.perception.views import same_view
from courtside_server.types import UNTRACKED

_TENTATIVE_S = 0.4
"""Real seconds after which a track without an id ends, unless it is seen again."""
_COASTS_S = 1.0
"""Real seconds for which a hidden player is expected to go on moving as he did."""
_STRANGER_SPEED = 2.0
"""Heights per second: how fast a new player may move, as a standard deviation."""
_STRANGER_COST = 2.0
"""Cost that a track without an id adds: a detection is rather a known player's."""
_COVERED_SHARE = 0.25
"""What a detection that another one covers counts towards an id: it may be a second box of that player."""
_SIZE_SHARE = 0.3
"""Share of the newest box in a track's size."""
_NEWEST_SHARE = 0.35
"""Share of the newest detection in what a track looks like now; it turns, and light and shadow pass over it."""
_SCENES = 2
"""Scenes that are kept to come back; the oldest is dropped."""
_HIDDEN = 0.67
"""Share of a box that another one covers, from which its colours say nothing of its player."""


class _Track:
    """One player: position, velocity and their covariance in pixels, the same for x and y."""

    __slots__ = (
        "appearance", "appearances", "detections", "height", "id", "newest", "p", "pv", "seen", "v", "velocity", "x",
        "y",
    )  # fmt: skip

    def __init__(self, x: float, y: float, height: float, now: float, config: PlayerTrackingConfig) -> None:
        self.id, self.detections, self.seen = UNTRACKED, 0.0, now
        self.x, self.y, self.height = x, y, height
        self.velocity = (0.0, 0.0)
        self.p, self.pv, self.v = (config.position_noise * height) ** 2, 0.0, (_STRANGER_SPEED * height) ** 2
        self.appearance: NDArray[np.float64] = np.full(APPEARANCE_SIZE, np.nan)
        self.newest = self.appearance
        self.appearances = 0

    def predict(self, now: float, config: PlayerTrackingConfig) -> tuple[float, float, float, float, float]:
        """Position x, y, and its variance, covariance with the velocity, and variance of the velocity at a time."""
        gap = max(now - self.seen, 0.0)
        coasts = min(gap, _COASTS_S)
        # The velocity fades within a second: players stop and turn.
        ahead = 1.0 - math.exp(-coasts)
        push = (config.acceleration * self.height) ** 2
        p = self.p + 2 * ahead * self.pv + ahead**2 * self.v + push * coasts**4 / 4
        pv, v = self.pv + ahead * self.v + push * coasts**3 / 2, self.v + push * coasts**2
        p += (gap - coasts) * (config.wander * self.height) ** 2
        return self.x + self.velocity[0] * ahead, self.y + self.velocity[1] * ahead, p, pv, v

    def add(
        self, x: float, y: float, height: float, hidden: float, now: float, config: PlayerTrackingConfig
    ) -> None:
        """Take a detection; ``hidden`` is the share of its box that another one covers."""
        gap = now - self.seen
        at_x, at_y, p, pv, v = self.predict(now, config)
        # A box of which a part is hidden is a worse measurement.
        noise = (config.position_noise * self.height) ** 2 * (1.0 + 3.0 * (hidden > 0.5))
        gain, gain_v = p / (p + noise), pv / (p + noise)
        fades = math.exp(-gap)
        self.velocity = (
            self.velocity[0] * fades + gain_v * (x - at_x), self.velocity[1] * fades + gain_v * (y - at_y)
        )  # fmt: skip
        self.x, self.y = at_x + gain * (x - at_x), at_y + gain * (y - at_y)
        self.p, self.pv, self.v = p * (1 - gain), pv * (1 - gain), v - gain_v * pv
        if gap > _COASTS_S:
            self.velocity, self.pv, self.v = (0.0, 0.0), 0.0, (_STRANGER_SPEED * self.height) ** 2
        self.height += _SIZE_SHARE * (height - self.height)
        self.seen = now
        self.detections += 1 if hidden <= config.max_hidden else _COVERED_SHARE

    def add_appearance(self, appearance: NDArray[np.float64], hidden: float, rate: float) -> None:
        """Take what he looks like; less of it the more of him is hidden."""
        if np.isnan(appearance[0]):
            return
        if not self.appearances:
            self.appearance, self.newest = appearance.copy(), appearance.copy()
        else:
            seen = max(1.0 - hidden / _HIDDEN, 0.0)
            self.appearance += max(rate, 1.0 / (self.appearances + 1)) * seen * (appearance - self.appearance)
            self.newest += _NEWEST_SHARE * seen * (appearance - self.newest)
        self.appearances += 1


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
        self.reset()

    def reset(self) -> None:
        """Forget every track."""
        self._tracks: list[_Track] = []
        self._interrupted: deque[tuple[NDArray[np.float32], list[_Track]]] = deque(maxlen=_SCENES)

    def cut(self, before: NDArray[np.float32], now: NDArray[np.float32], pan: tuple[float, float]) -> None:
        """End the tracks of a scene and begin another one, or go on with the tracks of one that comes back.

        A scene comes back where the picture shows the same view and its players were not unseen for too long. A camera
        that has turned meanwhile shows another view: its players get new ids.

        Args:
            before: view of the scene's last frame (see `perception.views`).
            now: view of the next scene's first frame.
            pan: of the scene's last frame, by which its positions differ from those of the next scene.
        """
        for track in self._tracks:
            track.x, track.y = track.x + pan[0], track.y + pan[1]
        self._interrupted.append((before, [track for track in self._tracks if track.id != UNTRACKED]))
        self._tracks = []
        for index in reversed(range(len(self._interrupted))):
            earlier, tracks = self._interrupted[index]
            if same_view(earlier, now):
                self._tracks = tracks
                del self._interrupted[index]
                break

    def update(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], media: float,
        appearances: NDArray[np.float64] | None = None,
    ) -> NDArray[np.int64]:  # fmt: skip
        """Track the detections of one frame.

        Args:
            boxes: (N, 4) xyxy, pixels with camera motion removed. A box that is not finite or empty is nobody's.
            scores: (N,) 0 to 1.
            media: seconds; later than the frame before, at any spacing.
            appearances: (N, `APPEARANCE_SIZE`), NaN where one is not known; none by default, and motion alone decides.

        Returns:
            (N,) ids in the order of ``boxes``, `UNTRACKED` where there is none.
        """
        config, now = self._config, media * self._scale
        self._forget(now)
        given = np.asarray(boxes, np.float64).reshape(-1, 4)
        found = np.full(len(given), UNTRACKED, np.int64)
        rows = np.flatnonzero(np.isfinite(given).all(1) & (given[:, 2:] > given[:, :2]).all(1) & np.isfinite(scores))
        if not len(rows):
            return found
        given, sure = given[rows], np.asarray(scores, np.float64)[rows]
        colours = np.full((len(rows), APPEARANCE_SIZE), np.nan) if appearances is None else appearances[rows]
        middles, heights, hidden = (given[:, :2] + given[:, 2:]) / 2, given[:, 3] - given[:, 1], _hidden(given)
        joined: dict[int, _Track] = {}
        if self._tracks:
            costs = self._costs(middles, heights, sure, colours, hidden, now)
            # As many columns more as there are tracks: a track may stay without a detection, at the highest cost.
            none = np.where(np.eye(len(costs), dtype=bool), config.max_cost, np.inf)
            for index, column in assign(np.concatenate([costs, none], axis=1)):
                if column < len(rows):
                    joined[column] = self._tracks[index]
        for index, (x, y) in enumerate(middles.tolist()):
            track, height, covered = joined.get(index), float(heights[index]), float(hidden[index])
            if track is None:
                if sure[index] < config.start_score:
                    continue
                track = _Track(x, y, height, now, config)
                self._tracks.append(track)
            track.add(x, y, height, covered, now, config)
            track.add_appearance(colours[index], covered, config.appearance_rate)
            if track.id == UNTRACKED and track.detections >= config.confirm:
                track.id = next(self._ids)
            found[rows[index]] = track.id
        return found

    def _forget(self, now: float) -> None:
        """End the tracks that were not seen for too long, and the ones not seen longest above the highest number."""
        self._tracks = [
            track for track in self._tracks
            if now - track.seen <= (self._config.memory if track.id != UNTRACKED else _TENTATIVE_S)
        ]  # fmt: skip
        if len(self._tracks) > self._config.max_tracks:
            self._tracks = sorted(self._tracks, key=lambda track: -track.seen)[: self._config.max_tracks]

    def _costs(
        self, middles: NDArray[np.float64], heights: NDArray[np.float64], scores: NDArray[np.float64],
        colours: NDArray[np.float64], hidden: NDArray[np.float64], now: float,
    ) -> NDArray[np.float64]:  # fmt: skip
        """Costs (tracks, N) of joining each detection to each track; infinite where it is not allowed."""
        config, tracks = self._config, self._tracks
        predicted = np.array([track.predict(now, config)[:3] for track in tracks])
        last = np.array([(track.x, track.y) for track in tracks])
        size, gap = np.array([(track.height, now - track.seen) for track in tracks]).T[:, :, np.newaxis]
        noise = (config.position_noise * size) ** 2
        variance = predicted[:, 2:] + noise
        off = middles - predicted[:, np.newaxis, :2]
        cost = 0.5 * (off**2).sum(2) / variance + np.log(variance / noise)
        growth = np.log(heights / size)
        cost += 0.5 * (growth / (config.size_noise * (1 + gap))) ** 2
        lost = gap > config.lost_after
        usual, newest = (
            np.linalg.norm(np.array([getattr(track, name) for track in tracks])[:, np.newaxis] - colours, axis=2)
            for name in ("appearance", "newest")
        )
        unlike = config.appearance_weight * (np.where(lost, usual, newest) - config.appearance_usual)
        cost += np.where(np.isnan(unlike), 0.0, unlike) * np.where(hidden > 0.5, 0.5, 1.0)
        cost += 1 - scores
        cost += np.array([_STRANGER_COST * (track.id == UNTRACKED) for track in tracks])[:, np.newaxis]
        moved = np.linalg.norm(middles - last[:, np.newaxis], axis=2)
        reach = (config.max_speed * np.minimum(gap, _COASTS_S * 1.5) + 0.6) * size
        allowed = (moved <= reach) & (np.abs(growth) <= config.max_growth) & (cost < config.max_cost)
        # Whoever comes back must be seen well, and resemble himself: a new id is better than somebody else's.
        other = (np.fmin(usual, newest) > config.max_unlike) | (hidden > config.max_hidden)
        return np.where(allowed & ~(lost & other), cost, np.inf)


def _hidden(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest share (N,) of each box (N, 4) that another one covers."""
    low = np.maximum(boxes[:, np.newaxis, :2], boxes[:, :2])
    common = np.clip(np.minimum(boxes[:, np.newaxis, 2:], boxes[:, 2:]) - low, 0, None).prod(2)
    np.fill_diagonal(common, 0.0)
    share: NDArray[np.float64] = common.max(1, initial=0.0) / (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return share
