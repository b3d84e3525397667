"""Pose tracks: each player's poses over time, smoothed by the One-Euro filter.

One-Euro filter: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
Systems", CHI 2012. A joint at rest is smoothed strongly, a fast one hardly, so that it does not lag.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import HIPS, JOINTS, SHOULDERS
from courtside_server.players.config import PoseConfig
from courtside_server.types.players import Pose, PoseTrack

_SPEED_CUTOFF = 1.0
"""Cut-off frequency of the speed that the filter adapts to, Hz; the paper's value."""
_MAX_TRACKS = 64
"""Players that are kept at most; the one seen longest ago is forgotten first."""
_MAX_POSES = 1200
"""Poses that are kept of one player at most: 75 s of film at the detector's rate."""
_TORSO = (*SHOULDERS, *HIPS)
"""Shoulders and hips."""


class OneEuroFilter:
    """Smooths the joints of one player.

    Args:
        config: the numbers that decide.
    """

    def __init__(self, config: PoseConfig) -> None:
        self._config = config
        self._value = np.full((len(JOINTS), 3), np.nan)
        self._speed = np.zeros((len(JOINTS), 3))
        self._time = np.full(len(JOINTS), -np.inf)

    def __call__(self, keypoints: NDArray[np.float32], time: float, height: float) -> NDArray[np.float32]:
        """Smooth the next pose.

        Args:
            keypoints: (17, 4) x, y, depth, visibility; NaN where a joint was not found.
            time: real seconds, later than the pose before.
            height: of the player, pixels: speeds are measured in it.
        """
        config = self._config
        found: NDArray[np.bool_] = np.isfinite(keypoints[:, :3].sum(axis=1))
        gap: NDArray[np.float64] = time - self._time
        fresh: NDArray[np.bool_] = np.logical_and(found, gap > config.max_gap)
        step = np.where(np.isfinite(gap) & (gap > 0), gap, 1.0)[:, None]
        new = keypoints[:, :3].astype(np.float64)
        with np.errstate(invalid="ignore"):
            speed = np.where(fresh[:, None], 0.0, (new - self._value) / step)
            speed = self._speed + _share(_SPEED_CUTOFF, step) * (np.nan_to_num(speed) - self._speed)
            cutoff = config.min_cutoff + config.speed_coefficient * np.abs(speed) / max(height, 1.0)
            smooth = self._value + _share(cutoff, step) * (new - self._value)
        smooth = np.where(fresh[:, None] | ~np.isfinite(smooth), new, smooth)
        self._value = np.where(found[:, None], smooth, self._value)
        self._speed = np.where(found[:, None], np.where(fresh[:, None], 0.0, speed), self._speed)
        self._time = np.where(found, time, self._time)
        out = keypoints.copy()
        out[found, :3] = smooth[found]
        return out


def _share(cutoff: NDArray[np.float64] | float, step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of a new value in a low-pass filter."""
    rate = 2 * np.pi * cutoff * step
    return np.asarray(rate / (rate + 1))


@dataclass(slots=True)
class _Player:
    smooth: OneEuroFilter
    poses: deque[Pose] = field(default_factory=lambda: deque(maxlen=_MAX_POSES))


class PoseTracks:
    """Keeps the newest poses of every player of one scene.

    Args:
        camera: resource name.
        config: the numbers that decide.
        time_scale: real seconds per media second.
        memory: real seconds of poses that are kept; those of the config by default.
    """

    def __init__(self, camera: str, config: PoseConfig, time_scale: float, memory: float | None = None) -> None:
        self._camera, self._config, self._scale = camera, config, time_scale
        self._memory = config.memory if memory is None else memory
        self._players: dict[int, _Player] = {}

    def add(self, pose: Pose) -> Pose | None:
        """Add the next pose of a player; returns it smoothed.

        Returns:
            None where it is nobody's: no person is seen, it belongs to a neighbour in the same crop, or it is older
            than the player's newest.
        """
        if pose.person < self._config.min_person or not self._is_own(pose):
            return None
        player = self._players.pop(pose.track, None) or _Player(OneEuroFilter(self._config))
        self._players[pose.track] = player  # the newest last
        while len(self._players) > _MAX_TRACKS:
            del self._players[next(iter(self._players))]
        if player.poses and pose.media <= player.poses[-1].media:
            return None
        height = float(pose.box[3] - pose.box[1])
        smooth = Pose(
            pose.track, pose.media, player.smooth(pose.keypoints, pose.media * self._scale, height), pose.person,
            pose.box,
        )  # fmt: skip
        player.poses.append(smooth)
        while (pose.media - player.poses[0].media) * self._scale > self._memory:
            player.poses.popleft()
        return smooth

    def _is_own(self, pose: Pose) -> bool:
        torso = pose.keypoints[_TORSO, :2]
        if not np.isfinite(torso).all():
            return False
        x, y = torso.mean(axis=0)
        left, top, right, bottom = pose.box
        reach = self._config.max_offset * (right - left)
        return bool(abs(x - (left + right) / 2) <= reach + 0.1 * (bottom - top) and top <= y <= bottom)

    def nearest(self, track: int, media: float) -> Pose | None:
        """The pose of a player nearest to a media time; None without one."""
        player = self._players.get(track)
        if player is None or not player.poses:
            return None
        poses = player.poses
        # The wanted one is among the newest: from the end, until they come further away again.
        best = poses[-1]
        for pose in reversed(poses):
            if abs(pose.media - media) > abs(best.media - media):
                break
            best = pose
        return best

    def track(self, track: int, first: float = -np.inf, last: float = np.inf) -> PoseTrack | None:
        """A player's poses with ``first <= media <= last``; None where there is none."""
        player = self._players.get(track)
        poses = [pose for pose in player.poses if first <= pose.media <= last] if player is not None else []
        if not poses:
            return None
        return PoseTrack(
            self._camera, track, np.array([pose.media for pose in poses]),
            np.stack([pose.keypoints for pose in poses]),
            np.array([pose.box[3] - pose.box[1] for pose in poses], np.float32),
        )  # fmt: skip
