"""The shooter: which player released a ball, and where his feet were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import ShooterConfig
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import UNTRACKED, ObjectClass, Observations

ARM = 0.3
"""Share of a body's height by which arms reach above its box. The flight model was trained with this value."""


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
    left, top, right, bottom = np.moveaxis(padded, -1, 0)
    x, y = positions[..., :1], positions[..., 1:]
    height = np.maximum(bottom - top, 1.0)
    across = np.maximum(np.maximum(left - x, x - right), 0)
    down = np.maximum(np.maximum(top - ARM * height - y, y - bottom), 0)
    off_middle = np.abs((left + right) / 2 - x)
    distance = (np.hypot(across, down) + 0.3 * off_middle) / height
    distance[np.isnan(distance)] = np.inf
    best = distance.argmin(-1)
    least: NDArray[np.float64] = distance.min(-1)
    return np.where(np.isinf(least), -1, best), least


def find_shooter(
    path: Trajectory, observations: Sequence[Observations], release: float, time_scale: float, config: ShooterConfig
) -> int | None:
    """Track of the player nearest to the ball round the release in most frames; None where nobody was near.

    A ball in hands is often hidden, so a trajectory may start with the flight. It then counts from its first position.

    Args:
        path: the ball's trajectory.
        observations: round the release.
        release: media seconds.
        time_scale: real seconds per media second.
        config: the numbers that decide.
    """
    first, last = release - config.before / time_scale, release + config.after / time_scale
    votes: Counter[int] = Counter()
    for frame in observations:
        if not first <= frame.media <= last:
            continue
        players = frame.steady(ObjectClass.PLAYER)
        players = players[players[:, 5] != UNTRACKED]
        row, distance = _nearest_at(path, frame.media, players[:, :4])
        unseen = max(0.0, float(path.media[0]) - frame.media) * time_scale
        if row >= 0 and distance <= config.max_distance + config.leaving_speed * unseen:
            votes[int(players[row, 5])] += 1
    return votes.most_common(1)[0][0] if votes else None


def find_feet(
    observations: Sequence[Observations], shooter: int, release: float, time_scale: float, config: ShooterConfig
) -> tuple[float, float] | None:
    """Pixel between the shooter's feet when they were last on the floor, camera motion removed; None if never seen.

    A jump lifts the box, and errors lower it: a percentile of the boxes shortly before the release counts.
    """
    near = [
        frame for frame in observations if release - config.feet_window / time_scale <= frame.media <= release
    ]
    # People in frames seen in part are extrapolated: their errors would pass for a jump.
    feet = [
        (frame.media, (left + right) / 2, bottom)
        for frame in [frame for frame in near if frame.whole] or near
        for left, _, right, bottom, _, track in frame.steady(ObjectClass.PLAYER).tolist()
        if track == shooter
    ]
    if not feet:
        return None
    media, x, y = np.array(feet).T
    # He may have run to where he shot from.
    late = media >= min(release - config.feet_window / 2 / time_scale, float(media[-1]))
    return float(np.median(x[late])), float(np.percentile(y, config.feet_percentile))


def _nearest_at(path: Trajectory, media: float, boxes: NDArray[np.float64]) -> tuple[int, float]:
    at = int(np.argmin(np.abs(path.media - media)))
    return nearest_player(boxes, float(path.positions[at, 0]), float(path.positions[at, 1]))
