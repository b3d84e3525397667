"""The shooter: which player released a ball, and where his feet were."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.court.court_place import Feet
from courtside_server.shots.criteria import ShooterConfig
from courtside_server.shots.shooter_evidence import combine
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import UNTRACKED, ObjectClass, Observations, PlayerEvidence

ARM = 0.3
"""Share of a body's height by which arms reach above its box. The flight model was trained with this value."""

_LAUNCH_S, _MAX_BACK_S = 0.2, 0.25
"""Real seconds of a flight that show how the ball left, and for which it is carried back at most."""
_SIZE_S = 0.3
"""Real seconds of a flight in which the ball is as far from the camera as the shooter."""
_EDGE = 2.0
"""Pixels from the picture's lower edge within which a body is cut off."""
_BEFORE = 0.02
"""Share of a body's height by which the feet of somebody who stands in front are lower in the picture."""


def nearest_player(boxes: NDArray[np.float64], x: float, y: float) -> tuple[int, float]:
    """Row of the box (P, 4) that is nearest to a ball at (x, y), and the distance in body heights.

    Arms reach above the box. Where the ball lies in several boxes, the one with the nearest middle wins. The row is -1
    where there is no box.
    """
    rows, distances = nearest_players([boxes], np.array([[x, y]]))
    return int(rows[0]), float(distances[0])


def nearest_players(
    boxes: Sequence[NDArray[np.float64]], positions: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """:func:`nearest_player` of T moments at once: rows (T,) and distances (T,).

    Args:
        boxes: T arrays of boxes (P, 4); P may differ.
        positions: (T, 2) of the ball.
    """
    return nearest_in_padded(pad_boxes(boxes), positions)


def pad_boxes(boxes: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """T arrays of boxes (P, 4) as one array (T, most P, 4); NaN where there is no box."""
    padded = np.full((len(boxes), max((len(found) for found in boxes), default=0), 4), np.nan)
    for index, found in enumerate(boxes):
        padded[index, : len(found)] = found
    return padded


def nearest_in_padded(
    padded: NDArray[np.float64], positions: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """:func:`nearest_players` for boxes from :func:`pad_boxes`: rows (..., T) and distances (..., T).

    Args:
        padded: (T, P, 4).
        positions: (..., T, 2) of one ball or of several.
    """
    if not padded.shape[1]:
        return np.full(positions.shape[:-1], -1, np.int64), np.full(positions.shape[:-1], np.inf)
    distance = _distances(padded, positions)
    best = distance.argmin(-1)
    least: NDArray[np.float64] = distance.min(-1)
    return np.where(np.isinf(least), -1, best), least


def _distances(padded: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., T, P) body heights between balls (..., T, 2) and boxes (T, P, 4); infinite where there is no box."""
    left, top, right, bottom = np.moveaxis(padded, -1, 0)
    x, y = positions[..., :1], positions[..., 1:]
    height = np.maximum(bottom - top, 1.0)
    across = np.maximum(np.maximum(left - x, x - right), 0)
    down = np.maximum(np.maximum(top - ARM * height - y, y - bottom), 0)
    off_middle = np.abs((left + right) / 2 - x)
    distance: NDArray[np.float64] = (np.hypot(across, down) + 0.3 * off_middle) / height
    distance[np.isnan(distance)] = np.inf
    return distance


def find_shooters(
    path: Trajectory, observations: Sequence[Observations], release: float, time_scale: float, config: ShooterConfig,
    evidence: Mapping[int, PlayerEvidence] | None = None,
) -> list[tuple[int, float]]:  # fmt: skip
    """Tracks of those who may have released a ball, with their probabilities, likeliest first; empty without any.

    In each frame round the release the nearest player is the likeliest one, if the ball is as large as a ball in his
    hands. A defender who jumps at the shooter comes as near to the ball as he does, so that one frame more or less may
    decide between them. A ball in hands is often hidden, so a trajectory may start with the flight. It is then carried
    back to the release. What is known of the players beside their boxes counts with its weight.

    Args:
        path: the ball's trajectory.
        observations: round the release.
        release: media seconds.
        time_scale: real seconds per media second.
        config: the numbers that decide.
        evidence: what is known of the players beside their boxes, by track.
    """
    first, last = release - config.before / time_scale, release + config.after / time_scale
    shares: dict[int, float] = {}
    ball = _launch_size(path, release, time_scale)
    for frame in observations:
        if not first <= frame.media <= last:
            continue
        players = frame.steady(ObjectClass.PLAYER)
        players = players[players[:, 5] != UNTRACKED]
        position = _position(path, frame.media, last, time_scale)
        distances = _distances(players[np.newaxis, :, :4], position[np.newaxis])[0]
        unseen = max(0.0, float(path.media[0]) - frame.media) * time_scale
        reached = distances <= config.max_distance + config.leaving_speed * unseen
        weights = np.where(reached, np.exp(-distances / config.distance_error), 0.0)
        weights /= weights.sum() or 1.0
        # Of the whole frame's weight: somebody of another size gets little, also where nobody else is near.
        weights = weights * _size_fits(ball, players[:, 3] - players[:, 1], config)
        for track, weight in zip(players[reached, 5].tolist(), weights[reached].tolist(), strict=True):
            shares[int(track)] = shares.get(int(track), 0.0) + weight
    total = sum(shares.values())
    shares = {track: share / total for track, share in shares.items()}
    return sorted(combine(shares, evidence or {}, config).items(), key=lambda one: -one[1])


def _launch_size(path: Trajectory, release: float, time_scale: float) -> float:
    """Side of the ball's box as it leaves the hand, pixels."""
    early = path.media <= max(release, float(path.media[0])) + _SIZE_S / time_scale
    return float(np.median(path.sizes[early]))


def _size_fits(ball: float, heights: NDArray[np.float64], config: ShooterConfig) -> NDArray[np.float64]:
    """How well a ball's size fits to those who are so many pixels tall (P,): 1 where it is as far away as they are.

    A box may be cut off or hold half a person, so that no size excludes anybody.
    """
    off = np.log(ball / np.maximum(heights, 1.0) / config.ball_size) / config.ball_size_error
    return np.asarray(np.exp(-np.minimum(off**2, config.most_size_error**2) / 2))


def _position(path: Trajectory, media: float, release: float, time_scale: float) -> NDArray[np.float64]:
    """Where a ball was at ``media``: (2,) pixels; before it was first seen, where it left the hand."""
    start = float(path.media[0])
    if media >= start or release >= start:
        at = int(np.argmin(np.abs(path.media - media)))
        return np.asarray(path.positions[at])
    launch = (path.media - start) * time_scale <= _LAUNCH_S
    elapsed = path.media[launch] - start
    if len(elapsed) < 2:
        return np.asarray(path.positions[0])
    off = elapsed - elapsed.mean()
    velocity = off @ path.positions[launch] / (off @ off)
    return np.asarray(path.positions[0] + velocity * max(release - start, -_MAX_BACK_S / time_scale))


def find_feet(
    observations: Sequence[Observations], player: int, release: float, time_scale: float, config: ShooterConfig
) -> Feet | None:
    """A player's feet when they were last on the floor, camera motion removed; None if never seen or below the picture.

    A jump lifts the box, and errors lower it: a percentile of the boxes shortly before the release counts. How exact
    that is follows from the size of the box, its motion, and whether somebody stands in front of the feet.
    """
    near = [
        frame for frame in observations if release - config.feet_window / time_scale <= frame.media <= release
    ]
    # People in frames seen in part are extrapolated: their errors would pass for a jump.
    rows = []
    for frame in [frame for frame in near if frame.whole] or near:
        players = frame.steady(ObjectClass.PLAYER)
        for left, top, right, bottom in players[players[:, 5] == player, :4].tolist():
            x, tall = (left + right) / 2, bottom - top
            cut = bottom + frame.pan[1] >= frame.height - _EDGE
            rows.append((frame.media, x, bottom, tall, _is_hidden(players, x, bottom, tall), cut))
    if not rows:
        return None
    media, across, down, tall, hidden, cut = np.array(rows, np.float64).T
    if np.median(cut) > 0.5:
        return None
    # He may have run to where he shot from.
    late = media >= min(release - config.feet_window / 2 / time_scale, float(media[-1]))
    height = float(np.median(tall))
    error, moved = config.feet_error * height, config.feet_motion
    covered = config.feet_hidden * height * float(hidden.mean())
    return Feet(
        float(np.median(across[late])),
        float(np.percentile(down, config.feet_percentile)),
        float(np.hypot(error, moved * across.std())),
        float(math.hypot(error, moved * float(down.std()), covered)),
    )


def _is_hidden(players: NDArray[np.float64], x: float, y: float, height: float) -> bool:
    """Whether somebody of players (N, 6) stands before feet at (x, y)."""
    left, top, right, bottom = players[:, :4].T
    before = (left < x) & (x < right) & (top < y) & (bottom > y + _BEFORE * height)
    return bool(before.any())
