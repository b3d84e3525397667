"""Ball tracking: several balls at once, small, fast and often missed, among objects that only look like a ball.

A ball moves further than its own width between two frames, so boxes do not overlap and IoU matching fails. Balls are
matched by the distance to the position that a straight line through their last detections predicts, in ball sizes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from courtside_server.assignment import assign
from courtside_server.perception.config import BallTrackingConfig
from courtside_server.types import UNTRACKED

_KNOWN_SPEED = 3
"""Detections from which on a track's speed is known."""


@dataclass(frozen=True, slots=True)
class BallPrediction:
    """Where a tracked ball is expected.

    Attributes:
        x: of its centre, pixels with camera motion removed.
        y: likewise.
        radius: how far from there it may be found, its own size included, pixels.
        unseen: seconds since it was last seen, real time.
        priority: how much it matters: the mean of its scores, and up to 0.5 more the faster it is.
        moves: it is not at rest, as far as is known.
    """

    x: float
    y: float
    radius: float
    unseen: float
    priority: float
    moves: bool = True


class _Track:
    """The last detections of one ball."""

    def __init__(self, id: int, config: BallTrackingConfig) -> None:
        self.id, self._config = id, config
        self.times: deque[float] = deque(maxlen=config.history)
        self.positions: deque[tuple[float, float]] = deque(maxlen=config.history)
        self.sizes: deque[float] = deque(maxlen=config.history)
        self.scores: deque[float] = deque(maxlen=config.history)

    def add(self, time: float, position: NDArray[np.float64], size: float, score: float) -> None:
        self.times.append(time)
        self.scores.append(score)
        self.positions.append((float(position[0]), float(position[1])))
        self.sizes.append(size)

    @property
    def size(self) -> float:
        """Median size, pixels."""
        return median(self.sizes)

    def gate(self, gap: float, speed: float) -> float:
        """Distance from the predicted position that is allowed after ``gap`` seconds, pixels."""
        config = self._config
        growth = config.new_gate_growth if len(self.times) < 3 else config.gate_growth
        return (config.gate + growth * gap) * max(self.size, config.min_size) + config.gate_per_travel * speed * gap

    def predict(self, time: float) -> tuple[float, float, float]:
        """Predicted position x, y at ``time``, and the speed in pixels per second.

        A few points: plain numbers are several times faster than arrays.
        """
        config, last, (x, y) = self._config, self.times[-1], self.positions[-1]
        recent = [
            (t - last, p) for t, p in zip(self.times, self.positions, strict=True) if t - last > -config.velocity_window
        ][-config.velocity_points :]
        if len(recent) < 2:
            return x, y, 0.0
        middle = sum(t for t, _ in recent) / len(recent)
        spread = max(sum((t - middle) ** 2 for t, _ in recent), 1e-9)
        # Least squares; the mean position drops out, because the centred times add up to 0.
        speed_x = sum((t - middle) * (p[0] - x) for t, p in recent) / spread
        speed_y = sum((t - middle) * (p[1] - y) for t, p in recent) / spread
        ahead = min(time - last, config.max_extrapolation)
        return x + speed_x * ahead, y + speed_y * ahead, math.hypot(speed_x, speed_y)


class _StaticObjects:
    """Finds detections that look a little like a ball and stay in one place: heads in the stands, logos, lamps."""

    def __init__(self, config: BallTrackingConfig) -> None:
        self._config = config
        self._past: deque[tuple[float, NDArray[np.float64], NDArray[np.float32]]] = deque()

    def update(
        self, positions: NDArray[np.float64], sizes: NDArray[np.float64], scores: NDArray[np.float32], now: float,
        whole: bool = True,
    ) -> NDArray[np.bool_]:
        """Take one frame's detections (see `BallTracker.update`); return which of them (N,) are static."""
        config = self._config
        while self._past and now - self._past[0][0] > config.static_window:
            self._past.popleft()
        times_seen = np.zeros(len(positions))
        score_sum = np.zeros(len(positions))
        seen = [(before, scores_before) for _, before, scores_before in self._past if len(before)]
        if seen and len(positions):
            before = np.concatenate([found for found, _ in seen])
            distance = np.hypot(
                positions[:, :1] - before[np.newaxis, :, 0], positions[:, 1:] - before[np.newaxis, :, 1]
            )
            scores_before, end = np.concatenate([found for _, found in seen]), 0
            radius, rows = config.static_radius * sizes, np.arange(len(positions))
            for found, _ in seen:
                start, end = end, end + len(found)
                nearest = distance[:, start:end].argmin(1) + start
                there = distance[rows, nearest] <= radius
                times_seen += there
                score_sum += np.where(there, scores_before[nearest], 0.0)
        frames = len(self._past)
        watched = now - self._past[0][0] if self._past else 0.0
        if whole:  # Only these show whether something was in its place.
            self._past.append((now, positions, scores))
        if watched < config.static_min_time:
            return np.zeros(len(positions), bool)
        usual_score = score_sum / np.maximum(times_seen, 1)
        static: NDArray[np.bool_] = (times_seen >= config.static_share * frames) & (
            scores <= usual_score + config.static_score_margin
        )
        return static


class BallTracker:
    """Gives one camera's ball detections their track ids, frame by frame in order.

    Args:
        ids: source of new ids, shared by all cameras of a service.
        time_scale: real seconds per media second.
        config: the numbers that decide.
    """

    def __init__(
        self, ids: Iterator[int], time_scale: float = 1.0, config: BallTrackingConfig = BallTrackingConfig()
    ) -> None:
        self._ids, self._scale, self._config = ids, time_scale, config
        self.reset()

    def reset(self) -> None:
        """Forget every track."""
        self._live: list[_Track] = []
        self._static = _StaticObjects(self._config)

    def predictions(self, media: float) -> list[BallPrediction]:
        """Where the tracked balls are expected at a later time.

        Args:
            media: seconds.
        """
        now, found = media * self._scale, []
        for track in self._live:
            gap = now - track.times[-1]
            if 0 <= gap <= self._config.memory:
                x, y, speed = track.predict(now)
                size = max(track.size, self._config.min_size)
                priority = sum(track.scores) / len(track.scores) + min(speed / (self._config.fast * size), 1.0) / 2
                moves = len(track.times) < _KNOWN_SPEED or speed >= self._config.flying_speed * size
                found.append(BallPrediction(x, y, track.gate(gap, speed) + track.size / 2, gap, priority, moves))
        return found

    def update(
        self, positions: NDArray[np.float64], sizes: NDArray[np.float64], scores: NDArray[np.float32], media: float,
        whole: bool = True,
    ) -> NDArray[np.int64]:
        """Take one frame's detections.

        Args:
            positions: (N, 2) centres, pixels with camera motion removed.
            sizes: (N,) pixels.
            scores: (N,) 0 to 1.
            media: seconds; later than the frame before, at any spacing.
            whole: the whole frame was searched, not only where balls were expected.

        Returns:
            (N,) track ids, `UNTRACKED` where there is none.
        """
        now = media * self._scale
        self._live = [track for track in self._live if now - track.times[-1] <= self._config.memory]
        found = np.full(len(positions), UNTRACKED, np.int64)
        static = self._static.update(positions, sizes, scores, now, whole)
        if self._live and len(positions):
            for row, column in assign(self._costs(positions, sizes, scores, static, now)):
                self._live[row].add(now, positions[column], float(sizes[column]), float(scores[column]))
                found[column] = self._live[row].id
        for index in np.flatnonzero((found == UNTRACKED) & (scores >= self._config.start_score)):
            track = _Track(next(self._ids), self._config)
            track.add(now, positions[index], float(sizes[index]), float(scores[index]))
            self._live.append(track)
            found[index] = track.id
        return found

    def _costs(
        self, positions: NDArray[np.float64], sizes: NDArray[np.float64], scores: NDArray[np.float32],
        static: NDArray[np.bool_], now: float,
    ) -> NDArray[np.float64]:
        """Assignment costs (tracks, N) of joining each detection to each track; infinite where it is not allowed."""
        config = self._config
        predicted = np.array([track.predict(now) for track in self._live])
        size = np.array([track.size for track in self._live])[:, np.newaxis]
        gap = np.array([now - track.times[-1] for track in self._live])[:, np.newaxis]
        growth = np.array(
            [config.new_gate_growth if len(track.times) < 3 else config.gate_growth for track in self._live]
        )[:, np.newaxis]
        speed = predicted[:, 2:]
        gate = (config.gate + growth * gap) * np.maximum(size, config.min_size) + config.gate_per_travel * speed * gap
        distance = np.hypot(positions[:, 0] - predicted[:, :1], positions[:, 1] - predicted[:, 1:2])
        size_change = np.abs(np.log(np.maximum(sizes, 1.0) / np.maximum(size, 1.0)))
        cost = distance / gate + config.size_weight * size_change - config.score_weight * scores
        # A ball in flight does not come to rest on a spectator's head: it is more likely unseen for a moment.
        rests = static & (speed > config.flying_speed * size)
        allowed = (distance < gate) & (size_change < config.max_size_change) & ~rests
        return np.where(allowed, cost, np.inf)
