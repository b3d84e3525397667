"""A game as the formats read it: its shots as they ended up, with team, player, points, place and running score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import json_format

from courtside.court.measures import NBA, Court
from courtside.errors import InputError
from courtside.events import Event, Lifecycle, Shot, latest_shots
from courtside.games import GameState, RosterPlayer, Side
from courtside.shot_results import ShotResult, ShotType
from courtside.v1 import events_pb2

_SIDES = (Side.HOME, Side.AWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What a format cannot know from events.

    Example:
        >>> ExportOptions().court.name
        'nba'
    """

    court: Court = NBA
    """The court that ``Shot.court`` was measured on."""
    camera: str = ""
    """``games/{game}/cameras/{camera}``, or its last part: whose film the times of film formats belong to; empty: the
    camera of the first shot."""
    session: str | None = None
    """Session of that camera; ``None``: its newest one."""
    film: str = ""
    """Name or address of the film, for formats that name it; empty: the game's id."""
    frame_rate: float = 30.0
    """Frames per second of the film, for formats that count frames."""
    before: float = 4.0
    """Seconds of film before the release that belong to a shot: gather, dribble and pass of most shots."""
    after: float = 3.0
    """Seconds of film after the release that belong to it: a flight to the rim takes at most two."""

    def checked(self) -> ExportOptions:
        """The options themselves.

        Raises:
            InputError: a number is out of range.
        """
        for name, least, most in (("frame_rate", 1, 1000), ("before", 0, 60), ("after", 0, 60)):
            value = getattr(self, name)
            if not least <= value <= most:  # NaN compares false
                raise InputError(f"{name} {value:g} is not between {least} and {most}", field=name)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedShot:
    """One shot with all that formats need of it."""

    event: Event
    shot: Shot
    points: int
    """1, 2 or 3, as it counts in the score: a shot whose place is not known counts two."""
    number: str
    """The shooter's jersey number; empty where it is not known."""
    player: str
    """The shooter's name; empty where it is not known."""
    local: tuple[float, float, int] | None
    """Metres in front of the rim, metres to the shooter's left, the basket; ``None`` without a place."""
    home_score: int
    """Points of the home team's made shots up to this one."""
    away_score: int

    @property
    def made(self) -> bool | None:
        """Whether it went in; ``None``: not known."""
        return {ShotResult.MADE: True, ShotResult.MISSED: False}.get(self.shot.result)

    @property
    def confirmed(self) -> bool:
        """Whether it is final."""
        return self.event.lifecycle is Lifecycle.CONFIRMED

    @property
    def free_throw(self) -> bool:
        """Whether it is a free throw."""
        return self.points == 1 or self.shot.type is ShotType.FREE_THROW


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedGame:
    """A game to be written in some format."""

    name: str
    """``games/{game}``."""
    state: GameState | None
    """``None`` where nobody created the game."""
    shots: tuple[ExportedShot, ...]
    """By the game's clock where every shot has its time, else in the order of the log. Retracted ones are left out."""
    events: tuple[Event, ...]
    """The last revision of every event of all kinds that was not retracted, in the order of the log."""
    options: ExportOptions = field(default_factory=ExportOptions)

    @property
    def id(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def final(self) -> list[ExportedShot]:
        """The confirmed shots."""
        return [shot for shot in self.shots if shot.confirmed]

    @property
    def decided(self) -> list[ExportedShot]:
        """The confirmed shots whose result is known."""
        return [shot for shot in self.final if shot.made is not None]

    def team_name(self, side: Side, short: bool = False) -> str:
        """A team's name; empty for no team."""
        if side not in _SIDES:
            return ""
        team = (self.state or GameState()).home if side is Side.HOME else (self.state or GameState()).away
        return ((team.short_name or team.name) if short else team.name) or side.words

    def roster(self, side: Side) -> tuple[RosterPlayer, ...]:
        """A team's players."""
        if self.state is None or side not in _SIDES:
            return ()
        return (self.state.home if side is Side.HOME else self.state.away).players

    def in_film(self) -> list[tuple[float, ExportedShot]]:
        """The confirmed shots that one camera's film shows, with the release in seconds of that film, in its order.

        Raises:
            InputError: no shot is from that camera.
        """
        wanted = self.options.camera
        cameras = list(dict.fromkeys(camera for shot in self.final for camera in shot.event.cameras))
        if wanted and "/" not in wanted:
            wanted = f"{self.name}/cameras/{wanted}"
        if wanted and wanted not in cameras:
            known = ", ".join(camera.rpartition("/")[2] for camera in cameras) or "none has a confirmed shot"
            raise InputError(f"no shot is from camera {wanted[:100]!r}; there are: {known}", field="camera")
        wanted = wanted or (cameras[0] if cameras else "")
        seen = [found for shot in self.final if (found := _release(shot.event, wanted)) is not None]
        session = self.options.session if self.options.session is not None else seen[-1][1] if seen else ""
        releases = [(_release(shot.event, wanted), shot) for shot in self.final]
        own = [(release[0], shot) for release, shot in releases if release is not None and release[1] == session]
        return sorted(own, key=lambda pair: pair[0])


def _release(event: Event, camera: str) -> tuple[float, str] | None:
    """Release and session of a shot by one camera's film."""
    if event.shot is not None:
        for view in event.shot.views:
            if view.camera == camera and view.lifecycle is not Lifecycle.RETRACTED:
                return view.media_offset, view.session
    return (event.media_offset, event.session) if event.camera == camera else None


def exported_game(events: Iterable[Event], options: ExportOptions | None = None, game: str = "") -> ExportedGame:
    """Read the events of one game.

    Args:
        events: in the order of the log; every revision, or the last one of each event.
        options: what events do not say.
        game: ``games/{game}``; empty: the only one that the events are of.

    Raises:
        InputError: there are no events of the game, or they are of several games and none is named.
    """
    options = (options or ExportOptions()).checked()
    last: dict[str, Event] = {}
    games: dict[str, None] = {}
    for event in events:
        games[event.game] = None
        if game and event.game != game:
            continue
        known = last.get(event.event_id)
        if known is None or event.revision >= known.revision:
            last[event.event_id] = event
    if not game and len(games) > 1:
        names = ", ".join(name.rpartition("/")[2] for name in [*games][:8])
        raise InputError(f"these are events of {len(games)} games; name one of {names}", field="game")
    if not last:
        raise InputError(f"there are no events of {game or 'any game'}", field="game")
    standing = tuple(event for event in last.values() if event.lifecycle is not Lifecycle.RETRACTED)
    states = [event.game_state for event in standing if event.game_state is not None]
    state = states[-1] if states else None
    shots = latest_shots(standing)
    if all(event.game_time is not None for event in shots):
        shots = sorted(shots, key=_clock)
    name = game or next(iter(games))
    return ExportedGame(
        name=name, state=state, shots=tuple(_exported(shots, state, options.court)), events=standing, options=options
    )


def _clock(event: Event) -> tuple[int, float]:
    assert event.game_time is not None
    return event.game_time.period, -event.game_time.remaining


def _exported(events: Sequence[Event], state: GameState | None, court: Court) -> Iterable[ExportedShot]:
    score = dict.fromkeys(Side, 0)
    for event in events:
        shot = event.shot
        assert shot is not None
        free = shot.awarded_points is None and shot.type is ShotType.FREE_THROW
        points = 1 if free else shot.points or 2
        if shot.result is ShotResult.MADE and event.lifecycle is Lifecycle.CONFIRMED:
            score[shot.team] += points
        number, player = shooter_of(event, state)
        local = None
        if shot.court is not None:
            basket = court.nearer_basket(shot.court[0])
            local = (*court.to_local(*shot.court, basket), basket)
        yield ExportedShot(
            event=event, shot=shot, points=points, number=number, player=player, local=local,
            home_score=score[Side.HOME], away_score=score[Side.AWAY],
        )  # fmt: skip


def shooter_of(event: Event, state: GameState | None) -> tuple[str, str]:
    """Jersey number and name of who shot, empty where they are not known: the one place that knows where they stand.

    Example:
        >>> from courtside.events import CameraState, CameraStatus
        >>> shooter_of(Event(
        ...     game="games/g", camera="games/g/cameras/c", event_id="e", lifecycle=Lifecycle.CONFIRMED, event_time=0.0,
        ...     media_offset=0.0, payload=CameraStatus(CameraState.ONLINE, ""), sequence=1, revision=1,
        ...     append_time=0.0), None)
        ('', '')
    """
    shot = event.shot
    if shot is None:
        return "", ""
    jersey = shot.jersey
    number = jersey.number if jersey is not None else ""
    if event.correction is not None and event.correction.facts.number is not None:
        number = event.correction.facts.number
    name = shot.identity.name if shot.identity is not None else ""
    if number:
        read = jersey.name if jersey is not None and jersey.number == number else ""
        name = read or _on_roster(state, shot.team, number) or name
    return number, name


def _on_roster(state: GameState | None, side: Side, number: str) -> str:
    if state is None or side not in _SIDES:
        return ""
    return (state.home if side is Side.HOME else state.away).name_of(number)


def read_events(path: Path) -> list[Event]:
    """Read events as ``courtside analyze`` and ``courtside watch --format jsonl`` print them.

    Raises:
        InputError: the file cannot be read, or a line is no event; the message names the line.
    """
    found = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found.append(_event(line, path, number))
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is no text"
        raise InputError(f"cannot read {path}: {problem}; name a file of lines as courtside analyze prints") from None
    return found


def _event(line: str, path: Path, number: int) -> Event:
    try:
        event = Event.from_proto(json_format.Parse(line, events_pb2.Event(), ignore_unknown_fields=True))
        shot = event.shot
        times = [event.media_offset] if shot is None else [
            event.media_offset, shot.probability, shot.make_probability, *(shot.court or ()),
            *(view.media_offset for view in shot.views),
        ]  # fmt: skip
        if not all(map(math.isfinite, times)):
            raise InputError("a number in it is not finite")
        return event
    except (json_format.ParseError, InputError, RecursionError) as error:
        text = " ".join(str(error).split())[:160]
        raise InputError(f"{path}, line {number} is no event as courtside analyze prints them: {text}") from None
