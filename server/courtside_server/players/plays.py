"""The play-by-play: passes, rebounds, steals, turnovers and assists, from who had the ball and what was shot.

possession stretches ──┐
├──► PlayByPlay ──► how each possession ended, and plays
shots ─────────────────┘
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from courtside.plays import Play, PlayKind, PossessionEnd
from courtside_server.players.config import PossessionConfig
from courtside_server.players.possession import Stretch
from courtside_server.types import ShotResult

_SHOT_S = 0.8
"""A possession that ends so near to a release ended with that shot, real seconds."""
_REBOUND_S = 6.0
"""Longest time from a release to its rebound, real seconds."""
_ASSIST_S = 4.0
"""Longest time from the reception of a pass to the release that it assists, real seconds."""
_APART = 0.7
"""Player heights between two players, at least, for a pass. Nearer, two tracks may be one player: the box that leaps
and the box that lands."""
_FORGET_S = 12.0
"""Shots and passes older than this are forgotten, real seconds."""


@dataclass(slots=True)
class KnownShot:
    """A shot as it is known now.

    Attributes:
        event_id: of its events.
        release: media seconds.
        shooter: his track; None where it is not known.
        result: what the rim decided.
        retracted: it was none.
    """

    event_id: str
    release: float
    shooter: int | None
    result: ShotResult
    retracted: bool = False
    emitted: set[PlayKind] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Ended:
    """A possession that is over, and how it ended."""

    stretch: Stretch
    how: PossessionEnd


@dataclass(frozen=True, slots=True)
class TimedPlay:
    """A play and its time, media seconds."""

    media: float
    play: Play


class PlayByPlay:
    """Follows the possessions and shots of one scene.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        team: gives a player's team, "" where it is not known.
    """

    def __init__(
        self, config: PossessionConfig, time_scale: float, team: Callable[[int], str] = lambda track: ""
    ) -> None:
        self._config, self._scale, self._team = config, time_scale, team
        self._last: Stretch | None = None
        self._open: Stretch | None = None
        self._passes: list[tuple[Stretch, Stretch]] = []
        self._stretches: list[Stretch] = []
        self._shots: dict[str, KnownShot] = {}

    def shot(self, shot: KnownShot) -> list[TimedPlay]:
        """Take a shot, or what is newly known of it."""
        known = self._shots.get(shot.event_id)
        if known is not None:
            shot.emitted |= known.emitted
        self._shots[shot.event_id] = shot
        return list(self._after_shots())

    def started(self, stretch: Stretch) -> tuple[Ended | None, list[TimedPlay]]:
        """Take a possession that has begun: how the one before ended, and the plays that follow."""
        before, self._last, self._open = self._last, None, stretch
        self._stretches.append(stretch)
        plays: list[TimedPlay] = []
        ended = None
        if before is not None:
            how = self._end_of(before, stretch)
            ended = Ended(before, how)
            sure = min(before.confidence, stretch.confidence)
            if how is PossessionEnd.PASS:
                self._passes.append((before, stretch))
                play = Play(kind=PlayKind.PASS, player=before.track, other=stretch.track, confidence=sure)
                plays.append(TimedPlay(before.end, play))
            elif how is PossessionEnd.LOST:
                for kind, one, other in (
                    (PlayKind.TURNOVER, before, stretch), (PlayKind.STEAL, stretch, before)
                ):  # fmt: skip
                    play = Play(kind=kind, player=one.track, other=other.track, confidence=sure)
                    plays.append(TimedPlay(before.end if one is before else stretch.start, play))
        return ended, [*plays, *self._after_shots()]

    def ended(self, stretch: Stretch) -> None:
        """Take a possession that is over."""
        self._last, self._open = stretch, None

    def settle(self, media: float) -> Ended | None:
        """How the last possession ended, once nobody else took the ball for too long."""
        oldest = media - _FORGET_S / self._scale
        self._shots = {key: shot for key, shot in self._shots.items() if shot.release >= oldest}
        self._stretches = [one for one in self._stretches if one.end >= oldest]
        self._passes = [pair for pair in self._passes if pair[1].end >= oldest]
        last = self._last
        if last is None or (media - last.end) * self._scale <= self._config.max_pass:
            return None
        self._last = None
        return Ended(last, PossessionEnd.SHOT if self._shot_at(last) else PossessionEnd.UNKNOWN)

    def _end_of(self, before: Stretch, after: Stretch) -> PossessionEnd:
        if self._shot_at(before):
            return PossessionEnd.SHOT
        flown = (after.start - before.end) * self._scale
        if before.track == after.track or not self._config.min_flight <= flown <= self._config.max_pass:
            return PossessionEnd.UNKNOWN
        if _distance(before, after) < _APART:
            return PossessionEnd.UNKNOWN
        teams = self._team(before.track), self._team(after.track)
        return PossessionEnd.LOST if all(teams) and teams[0] != teams[1] else PossessionEnd.PASS

    def _shot_at(self, stretch: Stretch) -> bool:
        """Whether a possession ended with a shot: released near its end, by the player where the shooter is known."""
        return any(
            not shot.retracted and abs(shot.release - stretch.end) * self._scale <= _SHOT_S
            and shot.shooter in (None, stretch.track)
            for shot in self._shots.values()
        )  # fmt: skip

    def _after_shots(self) -> Iterator[TimedPlay]:
        """Rebounds and assists of the shots whose result is known."""
        for shot in self._shots.values():
            if shot.retracted:
                continue
            if shot.result is ShotResult.MISSED and PlayKind.REBOUND not in shot.emitted:
                yield from self._rebound(shot)
            if shot.result is ShotResult.MADE and PlayKind.ASSIST not in shot.emitted:
                yield from self._assist(shot)

    def _rebound(self, shot: KnownShot) -> Iterator[TimedPlay]:
        after = [
            one for one in self._stretches
            if 0.3 < (one.start - shot.release) * self._scale <= _REBOUND_S
        ]  # fmt: skip
        if not after:
            return
        shot.emitted.add(PlayKind.REBOUND)
        first = min(after, key=lambda one: one.start)
        teams = ("" if shot.shooter is None else self._team(shot.shooter)), self._team(first.track)
        yield TimedPlay(first.start, Play(
            kind=PlayKind.REBOUND, player=first.track, confidence=first.confidence, shot=shot.event_id,
            offensive=teams[0] == teams[1] if all(teams) else None,
        ))  # fmt: skip

    def _assist(self, shot: KnownShot) -> Iterator[TimedPlay]:
        for passer, receiver in reversed(self._passes):
            held = (shot.release - receiver.start) * self._scale
            if receiver.track == shot.shooter and 0 <= held <= _ASSIST_S:
                shot.emitted.add(PlayKind.ASSIST)
                yield TimedPlay(passer.end, Play(
                    kind=PlayKind.ASSIST, player=passer.track, other=receiver.track,
                    confidence=min(passer.confidence, receiver.confidence), shot=shot.event_id,
                ))  # fmt: skip
                return


def _distance(before: Stretch, after: Stretch) -> float:
    """How far apart two players were, in their heights, when the ball changed; as far as can be where it is unknown."""
    middles = [(one.place[:2] + one.place[2:]) / 2 for one in (before, after)]
    height = max(before.place[3] - before.place[1], after.place[3] - after.place[1], 1.0)
    apart = float(np.linalg.norm(middles[0] - middles[1])) / height
    return apart if np.isfinite(apart) else np.inf
