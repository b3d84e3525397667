"""Features: what was measured of a shot candidate and its ball's flight, the input of the candidate model.

Distances are in ball sizes, rim widths or body heights and times in real seconds, so that they hold for every camera.
What was not seen is NaN: it says nothing for or against a shot.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.arc import BALL_M, GRAVITY
from courtside_server.shots.shooter import nearest_players
from courtside_server.shots.trajectory import Trajectory, rim_offsets
from courtside_server.types import ObjectClass, Observations
from courtside_server.windows.nms import ShotCandidate

RISE_S = 1.2
"""A ball rises at most so long after its release, real seconds."""
FLIGHT_S = 2.2
"""Longest flight from the hand to the rim, real seconds."""
_HAND_S = 0.35
"""The ball is in the hands until the release and near them so long after it, real seconds."""
_LEAST = 3
"""Detections from which the flight is measured at all."""
_FIT_S = 0.9
"""Part of the flight to which a parabola is fitted, real seconds."""
_EDGE = 1.5
"""A ball nearer to the frame's edge than so many ball sizes may have left the picture."""


_MOST_SURE = 2.5
"""Log odds of a window (0.92) above which surer is no better: the windows are surer of simulated film than of real."""


class Feature(enum.IntEnum):
    """Columns of the candidate model's input, each with its unit. The order is part of the model's signature."""

    SCORE = 0
    """Highest probability of a window, as log odds of at most `_MOST_SURE`."""
    SUPPORT = 1
    """Share of the windows that could see the release and agree."""
    SHARE_SEEN = 2
    """Share of the detector frames of the rise in which the ball was detected while it was in the picture."""
    SEEN = 3
    """Seconds from the first to the last detection of the flight."""
    RISE = 4
    """How far the ball rose above its release, ball sizes."""
    ACROSS = 5
    """Largest distance across from the release, ball sizes."""
    SPEED = 6
    """Mean speed in the rise, ball sizes per second."""
    FIRST_SPEED_UP = 7
    """Upward speed in the first quarter second, ball sizes per second."""
    MISFIT = 8
    """Deviation from a parabola, ball sizes."""
    GRAVITY = 9
    """Acceleration downwards of the parabola by the ball's size, as a share of 9.81 m/s²."""
    LEFT_PICTURE = 10
    """1 where the ball was last seen at the edge of the picture, else 0."""
    RIM_SEEN = 11
    """1 where a rim is in view, else 0."""
    RIM_DISTANCE = 12
    """Least distance to a rim in view, rim widths."""
    RIM_APPROACH = 13
    """Least distance to that rim over the first distance."""
    OVER_RIM = 14
    """Largest height over that rim, rim widths."""
    PLAYERS_SEEN = 15
    """1 where players are in view round the release, else 0."""
    HAND_DISTANCE = 16
    """Least distance to a player round the release, body heights."""
    PLAYER_SIZE = 17
    """Height of that player over the ball's size, as a logarithm."""
    OVER_HEAD = 18
    """Height of the ball over the top of that player's box at the release, body heights."""
    CAUGHT_DISTANCE = 19
    """Least distance to a player late in the flight, body heights."""
    PAN = 20
    """Camera motion in the rise, frame widths per second."""
    RELEASE_SPREAD = 21
    """Half width of the windows' release times, seconds."""
    RIM_CONFIDENCE = 22
    """How well the rim is known, 0 to 1."""


def candidate_features(
    candidate: ShotCandidate, path: Trajectory, rim: NDArray[np.float64] | None, observations: Sequence[Observations],
    time_scale: float,
) -> NDArray[np.float32]:
    """What the candidate model reads: (23,) float32, see :class:`Feature`; NaN where it is not known.

    Args:
        candidate: the shot as the windows see it.
        path: the trajectory of its ball.
        rim: box and confidence (5,) of the rim that the ball came nearest to, camera motion removed; None without one.
        observations: from before the release to now, oldest first.
        time_scale: real seconds per media second.
    """
    out = np.full(len(Feature), np.nan, np.float32)
    release = candidate.media
    score = min(max(candidate.score, 1e-6), 1 - 1e-6)
    out[Feature.SCORE] = min(math.log(score / (1 - score)), _MOST_SURE)
    out[Feature.SUPPORT] = candidate.agreeing / max(candidate.covering, 1)
    out[Feature.RELEASE_SPREAD] = candidate.spread * time_scale
    out[[Feature.RIM_SEEN, Feature.PLAYERS_SEEN, Feature.LEFT_PICTURE]] = 0.0
    if not observations:
        return out
    rise = np.flatnonzero(path.after(release, RISE_S, time_scale))
    flight = np.flatnonzero(path.after(release, FLIGHT_S, time_scale))
    _add_seen(out, path, rise, flight, observations, release, time_scale)
    if len(rise) >= _LEAST:
        _add_motion(out, path, rise, release, time_scale)
    _add_rim(out, path, flight, rim)
    _add_players(out, path, observations, release, time_scale)
    return out


def _add_seen(
    out: NDArray[np.float32], path: Trajectory, rise: NDArray[np.int64], flight: NDArray[np.int64],
    observations: Sequence[Observations], release: float, scale: float,
) -> None:
    frames = [frame for frame in observations if 0 <= (frame.media - release) * scale <= RISE_S]
    if len(frames) > 1:
        first, last = np.array(frames[0].pan), np.array(frames[-1].pan)
        seconds = max((frames[-1].media - frames[0].media) * scale, 1e-3)
        out[Feature.PAN] = float(np.hypot(*(last - first))) / frames[-1].width / seconds
    if not len(flight):
        out[Feature.SHARE_SEEN] = 0.0 if frames else np.nan
        return
    out[Feature.SEEN] = float(np.ptp(path.media[flight])) * scale
    at = int(flight[-1])
    frame = min(observations, key=lambda frame: abs(frame.media - path.media[at]))
    x, y = path.positions[at] + frame.pan
    size = path.sizes[at]
    left = min(x, y, frame.width - x, frame.height - y) <= _EDGE * size
    out[Feature.LEFT_PICTURE] = float(left)
    if left:
        # What is out of the picture cannot be detected.
        frames = [frame for frame in frames if frame.media <= path.media[at]]
    if frames:
        out[Feature.SHARE_SEEN] = min(len(rise) / len(frames), 1.0)


def _add_motion(
    out: NDArray[np.float32], path: Trajectory, rise: NDArray[np.int64], release: float, scale: float
) -> None:
    times = (path.media[rise] - release) * scale
    positions, sizes = path.positions[rise], path.sizes[rise]
    size = max(float(np.median(sizes)), 1.0)
    out[Feature.RISE] = (positions[0, 1] - positions[:, 1].min()) / size
    out[Feature.ACROSS] = np.abs(positions[:, 0] - positions[0, 0]).max() / size
    seconds = max(float(np.ptp(times)), 1e-3)
    out[Feature.SPEED] = float(np.hypot(*np.diff(positions, axis=0).T).sum()) / seconds / size
    early = times <= times[0] + 0.25
    if early.sum() >= 2:
        out[Feature.FIRST_SPEED_UP] = -float(np.polyfit(times[early], positions[early, 1], 1)[0]) / size
    fitted = times <= _FIT_S
    if fitted.sum() >= 5:
        fall = np.polyfit(times[fitted], positions[fitted, 1], 2)
        aside = np.polyfit(times[fitted], positions[fitted, 0], 1)
        fits = np.stack([np.polyval(aside, times[fitted]), np.polyval(fall, times[fitted])], 1)
        misses = np.hypot(*(positions[fitted] - fits).T)
        out[Feature.MISFIT] = float(np.sqrt((misses**2).mean())) / size
        out[Feature.GRAVITY] = np.clip(2 * float(fall[0]) / (size / BALL_M) / GRAVITY, -3, 5)


def _add_rim(
    out: NDArray[np.float32], path: Trajectory, flight: NDArray[np.int64], rim: NDArray[np.float64] | None
) -> None:
    if rim is None or not len(flight):
        return
    out[Feature.RIM_SEEN] = 1.0
    out[Feature.RIM_CONFIDENCE] = rim[4]
    offsets = rim_offsets(path.positions[flight], rim)
    distance = np.hypot(*offsets.T)
    out[Feature.RIM_DISTANCE] = distance.min()
    out[Feature.RIM_APPROACH] = distance.min() / max(float(distance[0]), 0.1)
    out[Feature.OVER_RIM] = offsets[:, 1].max()


def _add_players(
    out: NDArray[np.float32], path: Trajectory, observations: Sequence[Observations], release: float, scale: float
) -> None:
    if not len(path):
        return
    since = np.array([(frame.media - release) * scale for frame in observations])
    boxes = [frame.steady(ObjectClass.PLAYER)[:, :4] for frame in observations]
    near = [row for row in np.flatnonzero(np.abs(since) <= _HAND_S).tolist() if len(boxes[row])]
    if near:
        out[Feature.PLAYERS_SEEN] = 1.0
        at = [int(np.abs(path.media - observations[row].media).argmin()) for row in near]
        nearest, distance = nearest_players([boxes[row] for row in near], path.positions[at])
        best = int(distance.argmin())
        box = boxes[near[best]][nearest[best]]
        tall = max(float(box[3] - box[1]), 1.0)
        out[Feature.HAND_DISTANCE] = distance[best]
        out[Feature.PLAYER_SIZE] = math.log(tall / max(float(path.sizes[at[best]]), 1.0))
        out[Feature.OVER_HEAD] = float(box[1] - path.positions[at[best], 1]) / tall
    late = [
        row for row in np.flatnonzero((since >= 0.4) & (since <= 1.6)).tolist()
        if len(boxes[row]) and len(path) and np.abs(path.media - observations[row].media).min() * scale < 0.02
    ]  # fmt: skip
    if late:
        at = [int(np.abs(path.media - observations[row].media).argmin()) for row in late]
        out[Feature.CAUGHT_DISTANCE] = nearest_players([boxes[row] for row in late], path.positions[at])[1].min()
