"""Playback speed: how fast a film runs, measured by the fall of a ball in free flight, and shots that it shows again.

A ball falls with 9.81 m/s² in real life, and its own size and the rim's give the scale. Film at half speed shows a
quarter of that.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.arc import BALL_M, GRAVITY
from courtside_server.shots.criteria import PlaybackConfig
from courtside_server.shots.trajectory import Trajectory

RIM_M = 0.45
"""Inner diameter of a rim, metres; its box is hardly wider."""
_MAX_DETECTIONS = 64
"""Of more detections only every second, third and so on is used."""
_ORIGINALS = 16
"""Shots at real speed that are kept to find replays of them; the oldest are forgotten."""


def measure_playback(
    path: Trajectory, release: float, rim: NDArray[np.float64] | None, time_scale: float, config: PlaybackConfig
) -> float | None:
    """The speed of a film relative to the declared one, or None where the ball's flight does not show it.

    The longest stretch of detections is taken that is a parabola with its highest point inside: so moves no ball in a
    hand. Of the two scales, ball and rim, the one counts by which the speed is nearer to 1.

    Args:
        path: the ball's trajectory.
        release: media time of the release, seconds.
        rim: (4,) xyxy of the rim in the trajectory's pixels; None where none was seen.
        time_scale: real seconds per media second, as declared.
        config: when a stretch counts.
    """
    real = (path.media - release) * time_scale
    chosen = np.flatnonzero((real >= 0) & (real <= config.max_time))
    chosen = chosen[:: -(-len(chosen) // _MAX_DETECTIONS) or 1]
    times, positions, sizes = real[chosen], path.positions[chosen], path.sizes[chosen]
    stretches = free_stretches(
        times, positions[:, 1], sizes, config.min_detections, config.max_gap, config.max_noise
    )
    for first, last in stretches:
        part = slice(first, last)
        speed = _fall_speed(times[part], positions[part], sizes[part], rim, config)
        if speed is not None:
            return speed
    return None


def _fall_speed(
    times: NDArray[np.float64], positions: NDArray[np.float64], sizes: NDArray[np.float64],
    rim: NDArray[np.float64] | None, config: PlaybackConfig,
) -> float | None:
    """The speed that a stretch of free flight shows; None where it is not measured well enough."""
    size = float(np.median(sizes))
    fall, covariance = np.polyfit(times - times[0], positions[:, 1], 2, cov="unscaled")
    noise = residual_noise(positions[:, 1] - np.polyval(fall, times - times[0]), 3)
    aside = residual_noise(positions[:, 0] - np.polyval(np.polyfit(times, positions[:, 0], 1), times), 2)
    if fall[0] <= 0:
        return None
    # Detections are never exact, however well the parabola fits.
    error = max(noise, config.least_noise * size) * float(np.sqrt(covariance[0, 0])) / float(fall[0])
    if max(noise, aside) > config.max_noise * size or error > config.max_error:
        return None
    return speed_of_fall(2 * float(fall[0]), size, rim)


def speed_of_fall(acceleration: float, size: float, rim: NDArray[np.float64] | None) -> float:
    """How many times faster than real life a ball falls: by its own size or the rim's, whichever is nearer to 1.

    Args:
        acceleration: pixels per second squared.
        size: of the ball, pixels.
        rim: (4,) xyxy, pixels; None where none was seen.
    """
    metres = [size / BALL_M] if rim is None else [size / BALL_M, max(float(rim[2] - rim[0]), 1.0) / RIM_M]
    speeds = [float(np.sqrt(acceleration / metre / GRAVITY)) for metre in metres]
    return min(speeds, key=lambda speed: abs(np.log(speed)))


def residual_noise(residuals: NDArray[np.float64], parameters: int) -> float:
    """One standard deviation of the residuals (N,) of a fit with so many parameters."""
    return float(np.sqrt((residuals**2).sum() / max(len(residuals) - parameters, 1)))


def free_stretches(
    times: NDArray[np.float64], heights: NDArray[np.float64], sizes: NDArray[np.float64], least: int, max_gap: float,
    max_noise: float,
) -> list[tuple[int, int]]:
    """Stretches (first, last + 1) that may be free flight: parabolas with their highest point inside, longest first.

    All parabolas are fitted at once, from running sums of powers.

    Args:
        times: (N,) seconds.
        heights: (N,) pixels, downwards.
        sizes: (N,) of the ball, pixels.
        least: detections of the shortest stretch.
        max_gap: longest time without a detection within a stretch, seconds.
        max_noise: largest deviation from the parabola, ball sizes.
    """
    count = len(times)
    if count < least:
        return []
    x, y = times - times.mean(), heights - heights.mean()
    powers = np.concatenate([np.zeros((1, 5)), np.cumsum(x[:, None] ** np.arange(5), axis=0)])
    moments = np.concatenate([np.zeros((1, 3)), np.cumsum(y[:, None] * x[:, None] ** np.arange(3), axis=0)])
    squares = np.concatenate([[0.0], np.cumsum(y**2)])
    first, last = np.triu_indices(count + 1, least)
    whole = np.concatenate([[0], np.cumsum(np.diff(times) > max_gap)])
    keep = whole[first] == whole[last - 1]
    first, last = first[keep], last[keep]
    if not len(first):
        return []
    sums, right = powers[last] - powers[first], moments[last] - moments[first]
    left = sums[:, np.add.outer(np.arange(3), np.arange(3))]
    solved = np.linalg.solve(left + 1e-12 * np.eye(3), right[..., None])[..., 0]
    rest = np.maximum(squares[last] - squares[first] - (solved * right).sum(1), 0.0)
    noise = np.sqrt(rest / np.maximum(last - first - 3, 1))
    falls = solved[:, 2] > 0
    top = -solved[:, 1] / np.where(falls, 2 * solved[:, 2], 1.0)
    inside = (top >= x[first + 1]) & (top <= x[last - 2])
    good = np.flatnonzero(falls & inside & (noise <= max_noise * float(sizes.max())))
    order = good[np.argsort(first[good] - last[good], kind="stable")]
    return [(int(first[row]), int(last[row])) for row in order]


class Replays:
    """Finds shots that a film shows again in slow motion; one for each camera.

    A shot in slow motion is one where the film showed a shot at real speed not long before, and was cut in between.
    Whatever was not measured is no evidence: a shot whose speed is unknown is no replay, and has none.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second, as declared.

    Attributes:
        time_scale: the same.
    """

    def __init__(self, config: PlaybackConfig, time_scale: float) -> None:
        self._config, self.time_scale = config, time_scale
        self._scene = 0
        self._originals: deque[tuple[int, float]] = deque(maxlen=_ORIGINALS)

    def start_scene(self) -> None:
        """The film was cut."""
        self._scene += 1

    def add(self, release: float, speed: float | None) -> None:
        """Take a confirmed shot: media time of its release, and its relative speed where it was measured."""
        if speed is not None and speed >= self._config.real_speed:
            self._originals.append((self._scene, release))

    def original(self, release: float, speed: float | None) -> float | None:
        """Media time of the shot that is shown again in one released at ``release``; None where it is no replay."""
        if speed is None or speed > self._config.slow:
            return None
        for scene, media in reversed(self._originals):
            if scene < self._scene and 0 < (release - media) * self.time_scale <= self._config.replay_within:
                return media
        return None
