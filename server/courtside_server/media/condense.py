"""Which stretches of a game are worth seeing, by its events: a game without dead time, and reels of some shots."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from courtside.court.zones import ZONES, Zone
from courtside.events import Event, Lifecycle, Shot
from courtside.plays import Play, PlayKind, Possession, PossessionEnd
from courtside.shot_results import ShotResult
from courtside.skills import TimeRange
from courtside_server.errors import BadRequest
from courtside_server.media.config import CondenseConfig
from courtside_server.media.vtt import Chapter

_PLAYS = (PlayKind.REBOUND, PlayKind.STEAL, PlayKind.TURNOVER)
"""Plays that are worth seeing by themselves; a pass or an assist is part of what follows it."""
_ENDS = (PossessionEnd.SHOT, PossessionEnd.LOST)


@dataclass(frozen=True, slots=True)
class Highlight:
    """A moment that a film shows.

    Attributes:
        time: media seconds.
        title: one line; empty: it gets no chapter.
        event_id: its event.
    """

    time: float
    title: str
    event_id: str


@dataclass(frozen=True, slots=True)
class CondensedPlan:
    """Which stretches a film keeps.

    Attributes:
        ranges: by the film's media clock, in order, without overlaps.
        highlights: what they show, in order.
    """

    ranges: tuple[TimeRange, ...]
    highlights: tuple[Highlight, ...]

    @property
    def seconds(self) -> float:
        """How long they are together."""
        return sum(one.seconds for one in self.ranges)

    def chapters(self, ranges: Sequence[tuple[float, float, float]]) -> list[Chapter]:
        """The chapters of the film that was made.

        Args:
            ranges: what was really kept: media seconds of the beginning and end, and where it begins in the film.
        """
        found: list[tuple[float, float, Highlight]] = []
        for start, end, at in ranges:
            shown = [one for one in self.highlights if start <= one.time < end and one.title]
            for number, one in enumerate(shown):
                begin = start if number == 0 else (shown[number - 1].time + one.time) / 2
                stop = end if one is shown[-1] else (one.time + shown[number + 1].time) / 2
                found.append((at + begin - start, at + stop - start, one))
        return [Chapter(begin, stop, one.title, one.event_id) for begin, stop, one in found]


@dataclass(frozen=True, slots=True)
class ReelFilter:
    """Which shots a reel shows; what is empty chooses nothing.

    Attributes:
        tracks: of the players.
        shooter: an enrolled shooter.
        zones: where shots were taken.
        made_only: only what went in.
    """

    tracks: Collection[int] = ()
    shooter: str = ""
    zones: Collection[Zone] = ()
    made_only: bool = False

    def takes(self, shot: Shot, shooter: int | None) -> bool:
        """Whether a shot fits.

        Args:
            shot: the shot.
            shooter: the shooter's track, by the camera of the film.
        """
        return (
            (not self.tracks or shooter in self.tracks)
            and (not self.shooter or (shot.identity is not None and shot.identity.name == self.shooter))
            and (not self.zones or shot.zone in self.zones)
            and (not self.made_only or shot.result is ShotResult.MADE)
        )


def condense(
    events: Iterable[Event], config: CondenseConfig, *, camera: str = "", session: str | None = None,
    media_segment: int | None = None, reel: ReelFilter | None = None,
) -> CondensedPlan:  # fmt: skip
    """Plan a film without dead time, or a reel.

    A shot that was retracted is kept too where it was not improbable, without a chapter: some dead time costs less than
    a lost basket. A reel shows other shots only.

    Args:
        events: of one game, in the order of the log.
        config: margins.
        camera: of the film: times by its clock; empty: every event is of that camera.
        session: of its client; None: any.
        media_segment: of its film; None: any.
        reel: only these shots.
    """
    wanted: list[TimeRange] = []
    highlights: list[Highlight] = []
    for event in {event.event_id: event for event in events}.values():
        found = _moment(event, camera, session, media_segment)
        if found is None:
            continue
        time, shooter = found
        payload = event.payload
        if isinstance(payload, Shot):
            gone = event.lifecycle is Lifecycle.RETRACTED
            if payload.replay_of or (reel is not None and (gone or not reel.takes(payload, shooter))):
                continue
            if gone and payload.probability < config.min_probability:
                continue
            wanted.append(TimeRange(max(0.0, time - config.before_shot_s), time + config.after_shot_s))
            highlights.append(Highlight(time, "" if gone else shot_title(time, payload), event.event_id))
        elif reel is not None or event.lifecycle is Lifecycle.RETRACTED:
            continue
        elif isinstance(payload, Play) and payload.kind in _PLAYS:
            wanted.append(TimeRange(max(0.0, time - config.before_play_s), time + config.after_play_s))
            highlights.append(Highlight(time, "", event.event_id))
        elif isinstance(payload, Possession) and payload.ended in _ENDS:
            wanted.append(TimeRange(max(time, payload.end - config.max_possession_s), payload.end))
    highlights.sort(key=lambda one: one.time)
    return CondensedPlan(tuple(joined(wanted, config.join_s)), tuple(highlights))


def joined(ranges: Iterable[TimeRange], gap: float) -> list[TimeRange]:
    """Ranges in order; those that overlap or are less than ``gap`` seconds apart become one.

    Example:
        >>> joined([TimeRange(4, 6), TimeRange(0, 3), TimeRange(9, 10)], 1.5)
        [TimeRange(start=0, end=6), TimeRange(start=9, end=10)]
    """
    found: list[TimeRange] = []
    for one in sorted(ranges, key=lambda one: (one.start, one.end)):
        if found and one.start - found[-1].end < gap:
            found[-1] = TimeRange(found[-1].start, max(found[-1].end, one.end))
        elif one.end > one.start:
            found.append(one)
    return found


def zone_named(text: str) -> Zone:
    """A zone by its words: ``left wing three-pointer``, also with hyphens or underscores.

    Raises:
        BadRequest: none of the seven.
    """
    wanted = "".join(part for part in text.lower() if part.isalnum())
    for zone in ZONES:
        if "".join(part for part in zone.words if part.isalnum()) == wanted:
            return zone
    names = ", ".join(zone.words.replace(" ", "-") for zone in ZONES)
    raise BadRequest(f"zone {text[:60]!r} is none of {names}", field="zone")


def shot_title(time: float, shot: Shot) -> str:
    """A shot as one line.

    Args:
        time: media seconds.
        shot: the shot.
    """
    who = shot.identity.name if shot.identity is not None and shot.identity.name else ""
    kind = str(shot.type) if shot.type else "shot"
    where = str(shot.zone) if shot.zone.points else ""
    result = "" if shot.result is ShotResult.UNKNOWN else str(shot.result)
    minutes, seconds = divmod(int(time), 60)
    return f"{minutes}:{seconds:02d} " + " ".join(part for part in (who, result, kind, where) if part)


def _moment(
    event: Event, camera: str, session: str | None, media_segment: int | None
) -> tuple[float, int | None] | None:
    """Media seconds of an event by the camera's clock and the shooter's track; None where it does not show it."""
    if event.shot is not None:
        for view in event.shot.views:
            fits = session is None or view.session == session
            fits = fits and (media_segment is None or view.media_segment == media_segment)
            if view.camera == camera and fits:
                return view.media_offset, view.shooter
    if camera and event.camera != camera:
        return None
    if (session is not None and event.session != session) or (
        media_segment is not None and event.media_segment != media_segment
    ):
        return None
    return event.media_offset, event.shot.shooter if event.shot is not None else None
