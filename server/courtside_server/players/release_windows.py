"""Action windows round releases: they wait until their shot is decided, and are then joined with it.

A shot that is confirmed and whose shooter is known says a great deal about what he did round the release, often more
than his joints do. Both are evidence of the same: they are multiplied as odds, and neither overrules the other.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.plays import Action
from courtside_server.players.actions import ORDER, STEP_S, STEPS
from courtside_server.players.config import ActionConfig

_SHOOT = ORDER.index(Action.SHOOT)
_UNIFORM = np.full(len(ORDER), 1 / len(ORDER))
_LEAST = 1e-3
"""Smallest probability that is taken from a model: an answer of 0 would rule out what the others say."""
_MAX_SHOTS = 16
"""Shots that are kept; beyond it the oldest is forgotten, and its windows go on as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredWindow:
    """The answer to one action window of a player.

    Attributes:
        track: the player's track.
        middle: media seconds at the window's middle.
        probabilities: (10,) float64, in the order of `ORDER`.
    """

    track: int
    middle: float
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Shot:
    release: float
    shooter: int
    probability: float
    final: bool


class ReleaseWindows:
    """Holds back the windows of a shooter round his release, and adds what the shot says of them.

    Every window waits until a shot of it would have been seen (``least_wait``). Those of a shot wait until it is
    decided, until ``shot_wait`` after its release at most, and then go on as they are. Where the shooter has no window
    round the release, because his joints were not seen, the shot speaks alone.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
    """

    def __init__(self, config: ActionConfig, time_scale: float) -> None:
        self._config, self._scale = config, time_scale
        self._shots: dict[str, _Shot] = {}
        self._waiting: dict[int, deque[AnsweredWindow]] = {}
        self._passed: dict[int, float] = {}
        self._newest = -np.inf

    def shot(self, event_id: str, release: float, shooter: int | None, probability: float, final: bool) -> None:
        """Take what is newly known of a shot.

        Args:
            event_id: of its events.
            release: media seconds.
            shooter: his track; None where it is not known, or where the shot was none.
            probability: that it is a shot, 0 to 1.
            final: it will not change any more.
        """
        self._shots.pop(event_id, None)
        if shooter is not None:
            self._shots[event_id] = _Shot(release, shooter, probability, final)
        while len(self._shots) > _MAX_SHOTS:
            del self._shots[next(iter(self._shots))]

    @property
    def tracks(self) -> frozenset[int]:
        """The players who have windows that wait."""
        return frozenset(self._waiting)

    def push(self, window: AnsweredWindow) -> None:
        """Take the next answer to a player's window."""
        self._waiting.setdefault(window.track, deque()).append(window)

    def ready(self, media: float) -> list[AnsweredWindow]:
        """The windows that need not wait at a media time, oldest first for each player; inf: all of them."""
        self._newest = max(self._newest, media) if np.isfinite(media) else self._newest
        for shot in self._shots.values():
            if shot.final and self._is_complete(shot, media):
                self._fill(shot)
        out = []
        for track in list(self._waiting):
            windows = self._waiting[track]
            while windows and not self._waits(windows[0], media):
                window = windows.popleft()
                self._passed[track] = window.middle
                out.append(self._joined(window))
            if not windows:
                del self._waiting[track]
        self._forget(media)
        return out

    def _is_complete(self, shot: _Shot, media: float) -> bool:
        """Whether all windows round a release are answered."""
        return (media - shot.release) * self._scale >= self._config.shot_after + STEPS * STEP_S

    def _is_over(self, shot: _Shot, media: float) -> bool:
        late = (media - shot.release) * self._scale >= self._config.shot_wait
        return late or (shot.final and self._is_complete(shot, media))

    def _waits(self, window: AnsweredWindow, media: float) -> bool:
        if (media - window.middle) * self._scale < self._config.least_wait:
            return True
        return any(self._is_of(shot, window) and not self._is_over(shot, media) for shot in self._shots.values())

    def _is_of(self, shot: _Shot, window: AnsweredWindow) -> bool:
        since = (window.middle - shot.release) * self._scale
        return window.track == shot.shooter and -self._config.shot_before <= since <= self._config.shot_after

    def _fill(self, shot: _Shot) -> None:
        """Stand in for the windows round a release that are missing: of them the joints say nothing."""
        config, track, apart = self._config, shot.shooter, 0.6 * self._config.hop
        windows = self._waiting.get(track, deque())
        passed = self._passed.get(track, -np.inf)
        steps = np.arange(-config.shot_before + config.hop / 2, config.shot_after + 1e-6, config.hop)
        missing = [
            middle for middle in (shot.release + steps / self._scale).tolist()
            if middle <= self._newest and (middle - passed) * self._scale >= apart
            and all(abs(middle - one.middle) * self._scale >= apart for one in windows)
        ]  # fmt: skip
        if missing:
            filled = [*windows, *(AnsweredWindow(track, middle, _UNIFORM) for middle in missing)]
            self._waiting[track] = deque(sorted(filled, key=lambda one: one.middle))

    def _joined(self, window: AnsweredWindow) -> AnsweredWindow:
        shots = [shot for shot in self._shots.values() if shot.final and self._is_of(shot, window)]
        if not shots:
            return window
        by_shot = min(max(max(shot.probability for shot in shots) * self._config.shot_share, _LEAST), 1 - _LEAST)
        by_joints = min(max(float(window.probabilities[_SHOOT]), _LEAST), 1 - _LEAST)
        # The action model is taught with as many windows of each action: its prior is taken out of its odds.
        ratio = (by_joints / (1 - by_joints) * (len(ORDER) - 1)) ** self._config.joints_weight
        odds = by_shot / (1 - by_shot) * ratio
        joined = window.probabilities * ((1 - odds / (1 + odds)) / max(1 - window.probabilities[_SHOOT], _LEAST))
        joined[_SHOOT] = odds / (1 + odds)
        return AnsweredWindow(window.track, window.middle, joined / joined.sum())

    def _forget(self, media: float) -> None:
        """Drop shots and players of long ago."""
        gone = self._config.shot_wait + STEPS * STEP_S
        for event_id in [one for one, shot in self._shots.items() if (media - shot.release) * self._scale > gone]:
            del self._shots[event_id]
        # Longer than the shots, so that no window stands in a second time.
        kept = gone + self._config.shot_before
        for track in [one for one, middle in self._passed.items() if (media - middle) * self._scale > kept]:
            del self._passed[track]
