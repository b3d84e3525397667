"""Ball trajectories: the detections of one ball over time, and where they lie relative to a rim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median  # for few values several times faster than NumPy's

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import TrajectoryConfig
from courtside_server.types import UNTRACKED, ObjectClass, Observations


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """One ball's detections, oldest first, in pixels with camera motion removed.

    Attributes:
        track: track id.
        media: (N,) seconds.
        positions: (N, 2) centres.
        sizes: (N,) pixels.
        scores: (N,) 0 to 1.
    """

    track: int
    media: NDArray[np.float64]
    positions: NDArray[np.float64]
    sizes: NDArray[np.float64]
    scores: NDArray[np.float64]

    @classmethod
    def empty(cls) -> Trajectory:
        """The trajectory of a ball that was never seen."""
        return cls(UNTRACKED, np.zeros(0), np.zeros((0, 2)), np.zeros(0), np.zeros(0))

    def __len__(self) -> int:
        """Number of detections."""
        return len(self.media)

    def boxes(self) -> NDArray[np.float64]:
        """(N, 4) squares of the ball, xyxy pixels."""
        half = self.sizes[:, np.newaxis] / 2
        return np.hstack([self.positions - half, self.positions + half])

    def extent(self) -> float:
        """Largest side of the box round all positions, in ball sizes."""
        return float(np.ptp(self.positions, axis=0).max() / median(self.sizes.tolist()))

    def after(self, release: float, seconds: float, time_scale: float) -> NDArray[np.bool_]:
        """Which detections (N,) lie at most ``seconds`` of real time after ``release`` (media seconds)."""
        elapsed = (self.media - release) * time_scale
        inside: NDArray[np.bool_] = (elapsed >= 0) & (elapsed <= seconds)
        return inside

    def seconds(self, selected: NDArray[np.bool_], time_scale: float) -> float:
        """Real seconds between the first and the last of the selected detections (N,)."""
        return float(np.ptp(self.media[selected])) * time_scale if selected.any() else 0.0


def ball_trajectories(observations: Sequence[Observations]) -> list[Trajectory]:
    """The trajectories of all tracked balls in some observations, by track id."""
    balls = [frame.steady(ObjectClass.BALL) for frame in observations]
    if not balls:
        return []
    rows = np.concatenate(balls)
    media = np.repeat([frame.media for frame in observations], [len(found) for found in balls])
    # Sorted by track, each track's rows are one slice; a stable sort keeps them in order of time.
    order = np.argsort(rows[:, 5], kind="stable")
    rows, media = rows[order], media[order]
    positions, sides = (rows[:, :2] + rows[:, 2:4]) / 2, rows[:, 2:4] - rows[:, :2]
    sizes = np.sqrt(np.maximum(sides[:, 0] * sides[:, 1], 1.0))
    bounds = [0, *(np.flatnonzero(np.diff(rows[:, 5])) + 1).tolist(), len(rows)]
    slices = [slice(first, last) for first, last in pairwise(bounds) if last > first]
    return [
        Trajectory(int(rows[own.start, 5]), media[own], positions[own], sizes[own], rows[own, 4])
        for own in slices
        if rows[own.start, 5] != UNTRACKED
    ]


def rejoin(
    trajectories: Mapping[int, Trajectory], track: int, time_scale: float, config: TrajectoryConfig, min_travel: float
) -> Trajectory:
    """One ball's trajectory across the breaks of its track.

    Args:
        trajectories: of all balls seen from before the release to now, by track.
        track: where it starts; the result is empty where that track was not seen.
        time_scale: real seconds per media second.
        config: which tracks can be joined.
        min_travel: extent in ball sizes from which a track moves; tracks at rest are not joined.
    """
    own = trajectories.get(track)
    if own is None:
        return Trajectory.empty()
    parts = [own]
    while True:
        last = parts[-1]
        end, position, size = float(last.media[-1]), last.positions[-1], median(last.sizes.tolist())
        best, least = None, np.inf
        for other in trajectories.values():
            gap = (float(other.media[0]) - end) * time_scale
            if other in parts or not 0 < gap <= config.rejoin_gap:
                continue
            if len(other) >= 3 and not other.extent() > min_travel:
                continue
            distance = float(np.hypot(*(other.positions[0] - position))) / size
            if distance < config.rejoin_distance + config.rejoin_speed * gap and distance < least:
                best, least = other, distance
        if best is None:
            break
        parts.append(best)
    return Trajectory(
        own.track, np.concatenate([p.media for p in parts]), np.concatenate([p.positions for p in parts]),
        np.concatenate([p.sizes for p in parts]), np.concatenate([p.scores for p in parts]),
    )  # fmt: skip


def are_two_balls(one: Trajectory, other: Trajectory, media: float, span: float, min_distance: float) -> bool:
    """Whether two trajectories belong to two balls: both seen at the same time, in different positions.

    Args:
        one: a trajectory.
        other: another one.
        media: the time, media seconds.
        span: largest distance from that time, media seconds.
        min_distance: smallest distance between the balls, ball sizes.
    """
    first, second = (path.positions[np.abs(path.media - media) <= span] for path in (one, other))
    if not len(first) or not len(second):
        return False
    distance = np.hypot(*(first[:, np.newaxis] - second[np.newaxis]).transpose(2, 0, 1))
    return bool(distance.min() > min_distance * median(np.concatenate([one.sizes, other.sizes]).tolist()))


def rim_offsets(positions: NDArray[np.float64], rim: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions (N, 2) as rim widths right of and above the middle of a rim's box (4,): (N, 2)."""
    width = max(float(rim[2] - rim[0]), 1.0)
    middle = np.array([(rim[0] + rim[2]) / 2, (rim[1] + rim[3]) / 2])
    offsets: NDArray[np.float64] = (positions - middle) * (1.0, -1.0) / width
    return offsets


def nearest_rim(
    observations: Sequence[Observations], positions: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Box and confidence (5,) of the rim, as last seen, that ``positions`` (N, 2) come nearest to in its own widths."""
    for frame in reversed(observations):
        boxes = frame.steady(ObjectClass.RIM)[:, :5]
        if len(boxes):
            centres, width = (boxes[:, :2] + boxes[:, 2:4]) / 2, np.maximum(boxes[:, 2] - boxes[:, 0], 1.0)
            distance = np.linalg.norm(positions[:, None] - centres[None], axis=2).min(0) / width
            best: NDArray[np.float64] = boxes[int(distance.argmin())]
            return best
    return None
