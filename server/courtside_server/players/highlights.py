"""Highlights: which stretches of film show what one player did, from a game's events.

events of the player ──► plays with a rank ──► ranges of time round them, the best first ──► merged, at most N minutes
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from courtside.events import Event
from courtside.plays import PlayKind
from courtside.skills import TimeRange
from courtside.statistics import PlayerTrack, latest, tracks_of
from courtside_server.players.skills_config import SkillsConfig

_SAME_S = 1.0
"""Ranges that are less apart become one: such a cut would only be seen as a jump."""
_SHOT, _PLAY, _PASS, _BALL = range(4)
"""Ranks of plays: what says most of a player comes first."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """The film of one player.

    Attributes:
        ranges: in order, without overlaps.
        plays: what they show: shots, rebounds, assists, steals, turnovers, passes and possessions.
    """

    ranges: tuple[TimeRange, ...]
    plays: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return sum(one.seconds for one in self.ranges)


@dataclass(frozen=True, slots=True)
class _Moment:
    rank: int
    start: float
    end: float


def highlight_of(events: Iterable[Event], tracks: Collection[PlayerTrack], config: SkillsConfig) -> Highlight:
    """Assemble the highlight of a player.

    Shots come first, then rebounds, assists, steals and turnovers, passes, possessions, until it is as long as it may
    be. Possessions that belong to a play that is shown already do not count again.

    Args:
        events: of one game, in the order of the log.
        tracks: the player's, of one session of one camera: other sessions have clocks of their own.
        config: lengths.
    """
    moments = sorted(_moments(events, frozenset(tracks)), key=lambda one: (one.rank, one.start))
    chosen: list[TimeRange] = []
    plays = 0
    for moment in moments:
        wanted = TimeRange(max(0.0, moment.start - config.before_s), moment.end + config.after_s)
        if moment.rank == _BALL and any(one.start <= moment.start and moment.end <= one.end for one in chosen):
            continue
        joined = _merged([*chosen, wanted])
        if sum(one.seconds for one in joined) > config.max_highlight_s:
            continue
        chosen, plays = joined, plays + 1
    return Highlight(tuple(chosen), plays)


def _moments(events: Iterable[Event], tracks: frozenset[PlayerTrack]) -> Iterable[_Moment]:
    cameras = {track.camera for track in tracks}
    for event in latest(events):
        if not tracks.intersection(tracks_of(event)):
            continue
        start = end = event.media_offset
        if event.shot is not None:
            rank = _SHOT
            for view in event.shot.views:  # by the clock of the player's camera
                if view.camera in cameras:
                    start = end = view.media_offset
        elif event.possession is not None:
            rank, end = _BALL, event.possession.end
        else:
            rank = _PASS if event.play is not None and event.play.kind is PlayKind.PASS else _PLAY
        if math.isfinite(start) and math.isfinite(end) and 0 <= start <= end:
            yield _Moment(rank, start, end)


def _merged(ranges: Iterable[TimeRange]) -> list[TimeRange]:
    found: list[TimeRange] = []
    for one in sorted(ranges, key=lambda one: one.start):
        if found and one.start - found[-1].end < _SAME_S:
            found[-1] = TimeRange(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found
