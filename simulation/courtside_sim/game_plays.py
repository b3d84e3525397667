"""Lists the plays of single players in a finished game: shots, rebounds, passes, contests, screens, drives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np

from courtside.court.zones import Zone

from .game import Game
from .truth import Action, ShotTruth

CONTEST_REACH = 0.45
"""A defender up within this many seconds of the release contests the shot."""
ASSIST_WITHIN = 4.0
"""A pass is an assist when the receiver scores within this many seconds of the catch."""
DRIVE_SECONDS, DRIVE_METRES = 1.5, 3.0
"""Shortest duration and distance of a drive."""
FREE_THROW_REACH = 1.6
"""Metres around the middle of the free-throw line from which a shot counts as a free throw."""
DEFENDING = (Action.CONTEST, Action.BLOCK)
"""Actions of a defender up against a shot."""
SCREENING = (Action.PICK,)
"""Actions of a screener."""


class PlayKind(IntEnum):
    """The kind of a play."""

    FREE_THROW = 0
    TWO = 1
    THREE = 2
    OFFENSIVE_REBOUND = 3
    DEFENSIVE_REBOUND = 4
    PASS = 5
    ASSIST = 6
    CONTEST = 7
    SCREEN = 8
    DRIVE = 9


SHOTS = (PlayKind.FREE_THROW, PlayKind.TWO, PlayKind.THREE)
"""The kinds that are shots."""


@dataclass(frozen=True)
class GamePlay:
    """One player's play in one game.

    Attributes:
        kind: The kind of play.
        player: The player's id in that game.
        time: Seconds from the game's start: the release of a shot or pass, the catch of a rebound.
        success: For a shot, whether it went in; for a contest, whether the opponent's shot missed; otherwise True.
        contested: Whether a defender was up against the shot.
        zone: The zone of the shot taken or contested; UNSPECIFIED for other plays.
    """

    kind: PlayKind
    player: int
    time: float
    success: bool
    contested: bool
    zone: Zone


def find_plays(game: Game) -> list[GamePlay]:
    """Every play of every player of `game`, in no particular order.

    There are no fouls in a simulated game, so shots from near the free-throw line are counted as free throws.
    """
    return [*_shots(game), *_rebounds(game), *_passes(game), *_runs(game)]


def _shots(game: Game) -> Iterator[GamePlay]:
    """The shots, and the contests against them."""
    states, rate = game.recording.states, game.recording.step_rate
    for shot in game.shots:
        low = max(int((shot.release_time - CONTEST_REACH) * rate), 0)
        high = int((shot.release_time + CONTEST_REACH) * rate) + 1
        up = np.isin(states.actions[low:high], DEFENDING).any(0)
        up &= game.roster.teams != shot.team
        contested = bool(up.any())
        yield GamePlay(_shot_kind(game, shot), shot.shooter, shot.release_time, shot.made, contested, shot.zone)
        for player in np.flatnonzero(up).tolist():
            yield GamePlay(PlayKind.CONTEST, player, shot.release_time, not shot.made, True, shot.zone)


def _shot_kind(game: Game, shot: ShotTruth) -> PlayKind:
    if shot.three:
        return PlayKind.THREE
    ahead, left = game.court.to_local(shot.x, shot.y, shot.basket)
    line = game.court.lane_length - game.court.basket_inset
    return PlayKind.FREE_THROW if math.hypot(ahead - line, left) < FREE_THROW_REACH else PlayKind.TWO


def _holds(game: Game) -> list[tuple[int, float, float]]:
    """Who had the ball from when to when: (player, start, end) in seconds, in order."""
    holder, rate = game.recording.states.holder, game.recording.step_rate
    edges = np.flatnonzero(np.diff(holder)) + 1
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [len(holder)]])
    return [
        (int(holder[a]), a / rate, b / rate) for a, b in zip(starts, ends, strict=True) if holder[a] >= 0
    ]


def _rebounds(game: Game) -> Iterator[GamePlay]:
    holds = _holds(game)
    for shot in game.shots:
        if shot.made:
            continue
        after = next(((p, start) for p, start, _ in holds if start >= shot.result_time - 0.3), None)
        if after is not None:
            own = int(game.roster.teams[after[0]]) == shot.team
            kind = PlayKind.OFFENSIVE_REBOUND if own else PlayKind.DEFENSIVE_REBOUND
            yield GamePlay(kind, after[0], after[1], True, False, Zone.UNSPECIFIED)


def _passes(game: Game) -> Iterator[GamePlay]:
    holds = _holds(game)
    for (passer, _, end), (receiver, start, until) in pairwise(holds):
        if passer == receiver or any(end - 0.1 <= s.release_time <= start for s in game.shots):
            continue
        if game.roster.teams[passer] != game.roster.teams[receiver]:
            continue
        scored = any(
            s.made and s.shooter == receiver and start <= s.release_time <= min(until + 0.1, start + ASSIST_WITHIN)
            for s in game.shots
        )
        kind = PlayKind.ASSIST if scored else PlayKind.PASS
        yield GamePlay(kind, passer, end, True, False, Zone.UNSPECIFIED)


def _runs(game: Game) -> Iterator[GamePlay]:
    """Screens and drives: periods of one continuous action."""
    states, rate = game.recording.states, game.recording.step_rate
    for player in range(len(game.roster)):
        for wanted, kind in ((SCREENING, PlayKind.SCREEN), ((Action.DRIBBLE,), PlayKind.DRIVE)):
            doing = np.isin(states.actions[:, player], wanted).astype(np.int8)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], doing, [0]])))
            for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                way = float(np.hypot(*(states.xy[end - 1, player] - states.xy[start, player])))
                if kind is PlayKind.DRIVE and (end - start < DRIVE_SECONDS * rate or way < DRIVE_METRES):
                    continue
                yield GamePlay(kind, player, (start + end) / 2 / rate, True, False, Zone.UNSPECIFIED)
