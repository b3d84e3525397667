"""What poses, possession and actions say of who released a ball: evidence for `shots.shooter_evidence`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from courtside.plays import Action
from courtside_server.players.actions import ORDER
from courtside_server.players.config import ReleaseConfig
from courtside_server.players.possession import POSE_AGE_S, Holder, ball_distance
from courtside_server.types import UNTRACKED, ObjectClass, Observations, PlayerEvidence
from courtside_server.types.players import Pose

_SHOOT = ORDER.index(Action.SHOOT)
_HOLDERS, _WINDOWS = 256, 512
"""Decided frames and action windows that are kept, at most; the oldest are dropped."""
_KEPT_S = 6.0
"""Real seconds of both that are kept: a shot is followed for 3.5 s."""
_STEP_S = 0.3
"""Evidence is read again after so many real seconds: as often as an action is."""
_SAME_FRAME_S = 0.04
"""A ball is seen with a player within so many media seconds."""
_FRAMES = 4
"""Newest frames before the release whose hands count: earlier the ball is on its way up."""
_FARTHEST = 0.3
"""A ball farther from the hands than this, in player heights, is as far as any: it is in nobody's hands."""


class PlayersAtRelease:
    """Keeps who had the ball and who shot, and gives what is known round a release.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        pose_at: gives a player's pose nearest to a media time.
    """

    def __init__(
        self, config: ReleaseConfig, time_scale: float, pose_at: Callable[[int, float], Pose | None]
    ) -> None:
        self._config, self._scale, self._pose_at = config, time_scale, pose_at
        self._holders: deque[Holder] = deque(maxlen=_HOLDERS)
        self._shoots: deque[tuple[float, int, float]] = deque(maxlen=_WINDOWS)

    def add_holder(self, holder: Holder) -> None:
        """Take the next decided frame of who has the ball."""
        self._holders.append(holder)
        while (holder.media - self._holders[0].media) * self._scale > _KEPT_S:
            self._holders.popleft()

    def add_action(self, track: int, media: float, probabilities: NDArray[np.floating]) -> None:
        """Take an action window's probabilities (10,); ``media`` is its middle, seconds."""
        self._shoots.append((media, track, float(probabilities[_SHOOT])))
        while (media - self._shoots[0][0]) * self._scale > _KEPT_S:
            self._shoots.popleft()

    def progress(self, release: float) -> int:
        """Grows while more becomes known of the players round a release at this media time."""
        if not self._holders:
            return 0
        config = self._config
        most = config.held_before + config.shoots_after + _STEP_S
        known = (self._holders[-1].media - release) * self._scale + config.held_before
        return int(min(max(known, 0.0), most) / _STEP_S)

    def at(
        self, media: NDArray[np.float64], balls: NDArray[np.float64], seen: Sequence[Observations], release: float
    ) -> dict[int, PlayerEvidence]:
        """The evidence by track, of the players seen shortly before the release.

        Args:
            media: (N,) seconds at which the ball was seen, ascending.
            balls: (N, 4) its boxes, xyxy pixels, camera motion removed.
            seen: observations round the release.
            release: media seconds.
        """
        config, scale = self._config, self._scale
        frames = [one for one in seen if release - config.hands_before / scale <= one.media <= release]
        distances: dict[int, list[float]] = {}
        for frame in frames:
            near = int(np.argmin(np.abs(media - frame.media))) if len(media) else -1
            ball = balls[near] if near >= 0 and abs(media[near] - frame.media) <= _SAME_FRAME_S else None
            for row in frame.steady(ObjectClass.PLAYER):
                if row[5] == UNTRACKED:
                    continue
                own = distances.setdefault(int(row[5]), [])
                if ball is not None:
                    keypoints = self._keypoints(int(row[5]), frame.media)
                    own.append(min(ball_distance(ball, row[:4], keypoints), _FARTHEST))
        held, shoots = self._held(release), self._shooting(release)
        return {
            track: PlayerEvidence(
                held.get(track, 0.0), shoots.get(track), float(np.mean(own[-_FRAMES:])) if own else None
            )
            for track, own in distances.items()
        }  # fmt: skip

    def _keypoints(self, track: int, media: float) -> NDArray[np.float32] | None:
        pose = self._pose_at(track, media)
        fresh = pose is not None and abs(pose.media - media) * self._scale <= POSE_AGE_S
        return pose.keypoints if pose is not None and fresh else None

    def _held(self, release: float) -> dict[int, float]:
        """By track, the share of the time before the release in which he had the ball."""
        first = release - self._config.held_before / self._scale
        frames = [one for one in self._holders if first <= one.media <= release]
        found: dict[int, float] = {}
        for one in frames:
            if one.track is not None:
                found[one.track] = found.get(one.track, 0.0) + one.probability / len(frames)
        return found

    def _shooting(self, release: float) -> dict[int, float]:
        """By track, the greatest probability of the action "shoot" round the release."""
        config, scale = self._config, self._scale
        first, last = release - config.shoots_before / scale, release + config.shoots_after / scale
        found: dict[int, float] = {}
        for media, track, probability in self._shoots:
            if first <= media <= last:
                found[track] = max(found.get(track, 0.0), probability)
        return found
