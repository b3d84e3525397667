"""What a player did in a game, counted from its events: shots by zone, points, passes, rebounds, time on the ball."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from courtside.court.zones import Zone
from courtside.events import Event, Lifecycle, Shot
from courtside.plays import PlayKind
from courtside.records import wire
from courtside.shot_results import ShotResult, ShotType


class PlayerTrack(NamedTuple):
    """A tracked player: track ids are unique in one session of one camera only.

    Example:
        >>> PlayerTrack("games/final/cameras/left", "", 7).track
        7
    """

    camera: str
    session: str
    track: int


@dataclass(frozen=True, slots=True)
class ZoneShots:
    """Field goals from one zone.

    Example:
        >>> shots = ZoneShots(Zone.MIDDLE_THREE_POINTER, attempts=4, made=2, unknown=1)
        >>> print(f"{shots.zone}: {shots.made} of {shots.attempts}")
        middle three-pointer: 2 of 4
    """

    zone: Zone
    attempts: int = 0
    made: int = 0
    unknown: int = field(default=0, metadata=wire("unknown_result"))
    """Attempts of which nobody knows whether they went in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerStatistics:
    """What a player did, as far as the events show it.

    Example:
        >>> found = PlayerStatistics(player=7, attempts=5, made=3, points=7, defensive_rebounds=2, unknown_rebounds=1)
        >>> print(f"player {found.player}: {found.points} points, {found.rebounds} rebounds")
        player 7: 7 points, 3 rebounds
    """

    camera: str = ""
    """The camera whose track it is."""
    session: str = ""
    """The session of that camera; track ids begin anew in the next one."""
    player: int = field(default=0, metadata=wire("track_id"))
    """The tracked player; 0 where several tracks are counted together."""
    name: str = ""
    """The enrolled shooter whom most of the player's shots were recognised as; empty where it is nobody."""
    attempts: int = 0
    """Field goals: shots that are no free throws."""
    made: int = 0
    unknown: int = field(default=0, metadata=wire("unknown_result"))
    """Field goals of which nobody knows whether they went in."""
    free_throws: int = 0
    free_throws_made: int = 0
    points: int = 0
    """Of made shots; one whose zone is not known counts as two."""
    zones: tuple[ZoneShots, ...] = ()
    """Field goals by zone, in the order of the zones; zones without any are left out."""
    passes: int = 0
    assists: int = 0
    offensive_rebounds: int = 0
    defensive_rebounds: int = 0
    unknown_rebounds: int = 0
    """Rebounds of which the teams are not known."""
    steals: int = 0
    turnovers: int = 0
    possessions: int = 0
    ball_seconds: float = 0.0
    """Time on the ball, seconds of film."""

    @property
    def rebounds(self) -> int:
        """All rebounds."""
        return self.offensive_rebounds + self.defensive_rebounds + self.unknown_rebounds


def player_statistics(events: Iterable[Event]) -> list[PlayerStatistics]:
    """Count what every tracked player of a game did.

    Only the last revision of each event counts, and none that was retracted. Each camera tracks its own players, so
    a shot that two cameras see counts for one player of each. A player who was lost and found again is two tracks.

    Args:
        events: of one game, in the order of the log, with or without earlier revisions.

    Returns:
        One for each player who did something, by camera, session and track.

    Example:
        >>> player_statistics([])
        []
    """
    by_track: dict[PlayerTrack, list[Event]] = {}
    for event in latest(events):
        for track in tracks_of(event):
            by_track.setdefault(track, []).append(event)
    return [statistics_of(by_track[track], [track]) for track in sorted(by_track)]


def statistics_of(events: Iterable[Event], tracks: Collection[PlayerTrack]) -> PlayerStatistics:
    """Count what one player did, who may be several tracks.

    A shot that several cameras see counts once. Of plays and possessions, which each camera reports by itself, those of
    the camera count in which the player has most of them.

    Args:
        events: as those of :func:`player_statistics`.
        tracks: the player's.
    """
    own = frozenset(tracks)
    found = [event for event in latest(events) if own.intersection(tracks_of(event))]
    shots = [event.shot for event in found if event.shot is not None]
    others = [event for event in found if event.shot is None]
    counts = Counter(event.camera for event in others)
    camera = max(counts, key=lambda name: counts[name], default="")
    others = [event for event in others if event.camera == camera]
    one = next(iter(own)) if len(own) == 1 else None
    cameras = {track.camera for track in own}
    names = Counter(shot.identity.name for shot in shots if shot.identity is not None and shot.identity.name)
    result = PlayerStatistics(
        camera=cameras.pop() if len(cameras) == 1 else "", session=one.session if one else "",
        player=one.track if one else 0, name=names.most_common(1)[0][0] if names else "",
    )  # fmt: skip
    return _with_plays(_with_shots(result, shots), others, {(track.session, track.track) for track in own})


def tracks_of(event: Event) -> tuple[PlayerTrack, ...]:
    """The tracks of the player for whom an event counts: of a shot one for each camera that sees the shooter."""
    payload = event.payload
    if isinstance(payload, Shot):
        seen = [
            PlayerTrack(view.camera, view.session, view.shooter) for view in payload.views
            if view.shooter is not None and view.lifecycle is not Lifecycle.RETRACTED
        ]  # fmt: skip
        if payload.shooter is not None and all(track.camera != event.camera for track in seen):
            seen.append(PlayerTrack(event.camera, event.session, payload.shooter))
        return tuple(dict.fromkeys(seen))
    one = event.possession or event.play
    return () if one is None else (PlayerTrack(event.camera, event.session, one.player),)


def tracks_named(events: Iterable[Event], name: str) -> list[PlayerTrack]:
    """The tracks of an enrolled shooter: those whose recognised shots are mostly his. Case makes no difference."""
    names: dict[PlayerTrack, Counter[str]] = {}
    for event in latest(events):
        if event.shot is not None and event.shot.identity is not None and event.shot.identity.name:
            for track in tracks_of(event):
                names.setdefault(track, Counter())[event.shot.identity.name.casefold()] += 1
    return sorted(track for track, count in names.items() if count.most_common(1)[0][0] == name.casefold())


def latest(events: Iterable[Event]) -> list[Event]:
    """The last revision of every event that was not retracted, in the order of their first revisions."""
    last = {event.event_id: event for event in events}
    return [event for event in last.values() if event.lifecycle is not Lifecycle.RETRACTED]


def _with_shots(found: PlayerStatistics, shots: Iterable[Shot]) -> PlayerStatistics:
    zones: dict[Zone, ZoneShots] = {}
    throws = throws_made = points = 0
    for shot in shots:
        made, unknown = shot.result is ShotResult.MADE, shot.result is ShotResult.UNKNOWN
        if shot.type is ShotType.FREE_THROW:
            throws, throws_made, points = throws + 1, throws_made + made, points + made
            continue
        zone = zones.get(shot.zone, ZoneShots(shot.zone))
        zones[shot.zone] = ZoneShots(shot.zone, zone.attempts + 1, zone.made + made, zone.unknown + unknown)
        points += (shot.points or 2) if made else 0
    by_zone = tuple(zones[zone] for zone in sorted(zones))
    return replace(
        found, attempts=sum(zone.attempts for zone in by_zone), made=sum(zone.made for zone in by_zone),
        unknown=sum(zone.unknown for zone in by_zone), free_throws=throws, free_throws_made=throws_made,
        points=points, zones=by_zone,
    )  # fmt: skip


def _with_plays(found: PlayerStatistics, events: Iterable[Event], own: set[tuple[str, int]]) -> PlayerStatistics:
    plays: Counter[PlayKind] = Counter()
    sides: Counter[bool | None] = Counter()
    possessions, seconds = 0, 0.0
    for event in events:
        play, possession = event.play, event.possession
        if play is not None and (event.session, play.player) in own:
            plays[play.kind] += 1
            if play.kind is PlayKind.REBOUND:
                sides[play.offensive] += 1
        elif possession is not None and (event.session, possession.player) in own:
            possessions += 1
            length = possession.end - event.media_offset
            seconds += length if math.isfinite(length) and length > 0 else 0.0
    return replace(
        found, passes=plays[PlayKind.PASS], assists=plays[PlayKind.ASSIST], offensive_rebounds=sides[True],
        defensive_rebounds=sides[False], unknown_rebounds=sides[None], steals=plays[PlayKind.STEAL],
        turnovers=plays[PlayKind.TURNOVER], possessions=possessions, ball_seconds=seconds,
    )  # fmt: skip
