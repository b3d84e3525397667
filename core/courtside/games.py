"""A game: its teams, its clock and score, and what people correct of the models' output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from courtside.enums import WireEnum
from courtside.errors import BadRequest
from courtside.records import wire
from courtside.shot_results import ShotResult, ShotType

MAX_PLAYERS = 30
"""Players of one roster."""
MAX_STEPS = 16
"""Corrections of one event that are kept apart; beyond it the two oldest become one."""
_NUMBER = re.compile(r"[0-9]{1,2}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MAX_NAME = 64


class Side(WireEnum):
    """Which of a game's two teams.

    Example:
        >>> print(Side.HOME, Side.HOME.other)
        home away
    """

    UNKNOWN = 0
    """Not known, or none of both."""
    HOME = 1
    AWAY = 2

    @property
    def other(self) -> Side:
        """The opponent; ``UNKNOWN`` of ``UNKNOWN``."""
        return {Side.HOME: Side.AWAY, Side.AWAY: Side.HOME}.get(self, Side.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RosterPlayer:
    """A player on a roster.

    Example:
        >>> print(RosterPlayer("00", "Anna").number)
        00
    """

    number: str
    """As it is worn: ``0`` and ``00`` are two numbers."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """One of the two teams.

    Example:
        >>> Team(name="Lakeside", short_name="LAK", colour="#c8102e").checked().short_name
        'LAK'
    """

    name: str = ""
    short_name: str = ""
    """Two to four letters, for a score bug."""
    colour: str = ""
    """``#rrggbb`` of the kit; empty where it is not known."""
    players: tuple[RosterPlayer, ...] = ()

    def name_of(self, number: str) -> str:
        """Who wears a number; empty where nobody of the roster does."""
        return next((player.name for player in self.players if player.number == number), "")

    def checked(self) -> Team:
        """The team itself.

        Raises:
            BadRequest: a name is too long or has characters that cannot be shown, a number is none or there twice, a
                colour is no colour.
        """
        for text, what in ((self.name, "name"), (self.short_name, "short_name")):
            check_name(text, what, empty=True)
        if len(self.short_name) > 4:
            raise BadRequest(f"short_name {self.short_name!r} has more than 4 letters", field="short_name")
        if self.colour and not _COLOUR.fullmatch(self.colour):
            raise BadRequest(f"colour {self.colour[:20]!r} is none like #c8102e", field="colour")
        if len(self.players) > MAX_PLAYERS:
            raise BadRequest(f"{len(self.players)} players; a roster has at most {MAX_PLAYERS}", field="players")
        seen: set[str] = set()
        for player in self.players:
            if not _NUMBER.fullmatch(player.number):
                raise BadRequest(f"jersey number {player.number[:20]!r} is none of 0 to 99, or 00", field="players")
            if player.number in seen:
                raise BadRequest(f"{self.name or 'a team'} has jersey number {player.number} twice", field="players")
            check_name(player.name, "players", empty=True)
            seen.add(player.number)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class GameFormat:
    """How long a game is.

    Example:
        >>> GameFormat().length(4), GameFormat().length(5)
        (720.0, 300.0)
    """

    periods: int = 4
    """Periods before overtime."""
    period_seconds: float = 720.0
    overtime_seconds: float = 300.0

    def length(self, period: int) -> float:
        """Seconds of a period, which counts from 1."""
        return self.period_seconds if period <= self.periods else self.overtime_seconds

    def second_half(self, period: int) -> bool:
        """Whether the teams have changed ends."""
        return period > self.periods // 2

    def checked(self) -> GameFormat:
        """The format itself.

        Raises:
            BadRequest: a number is out of range.
        """
        if not 1 <= self.periods <= 8:
            raise BadRequest(f"{self.periods} periods; a game has 1 to 8", field="format")
        for seconds in (self.period_seconds, self.overtime_seconds):
            if not 30 <= seconds <= 3600:
                raise BadRequest(f"a period of {seconds:g} s; it lasts 30 to 3600", field="format")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class GameClock:
    """A game's clock as it was set: it counts down from there while it runs.

    Example:
        >>> clock = GameClock(period=1, remaining=720.0, running=True, set_time=1000.0, set_by="Kim")
        >>> clock.remaining_at(1030.5), clock.remaining_at(9000.0)
        (689.5, 0.0)
    """

    period: int = 0
    """1 is the first; beyond the format's periods they are overtimes. 0: the game has not begun."""
    remaining: float = field(default=0.0, metadata=wire("remaining_seconds"))
    """Seconds left in the period at ``set_time``."""
    running: bool = False
    set_time: float = 0.0
    """When it was set, Unix seconds by the server's clock."""
    set_by: str = ""
    """Who or what set it."""

    def remaining_at(self, time: float) -> float:
        """Seconds left at a time, Unix seconds by the server's clock; at a time before it was set as at that one."""
        gone = max(time - self.set_time, 0.0) if self.running else 0.0
        return max(self.remaining - gone, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GameTime:
    """The game's time and score at an event.

    Example:
        >>> str(GameTime(period=4, remaining=65.2, home_score=88, away_score=90))
        'Q4 1:05.2 88:90'
    """

    period: int
    remaining: float = field(metadata=wire("remaining_seconds"))
    """Seconds left in the period."""
    home_score: int
    """After the event."""
    away_score: int

    def __str__(self) -> str:
        return f"Q{self.period} {clock_text(self.remaining)} {self.home_score}:{self.away_score}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GameState:
    """What is known of a game; the last revision of this event counts.

    Example:
        >>> state = GameState(home=Team(name="Lakeside"), home_score=2)
        >>> state.score(Side.HOME), state.score(Side.AWAY)
        (2, 0)
    """

    title: str = ""
    home: Team = field(default_factory=Team)
    away: Team = field(default_factory=Team)
    format: GameFormat = field(default_factory=GameFormat)
    clock: GameClock = field(default_factory=GameClock)
    home_score: int = 0
    """Points of confirmed made shots whose team is known, and the adjustment."""
    away_score: int = 0
    home_adjustment: int = 0
    """What people added by hand."""
    away_adjustment: int = 0
    unassigned_points: int = 0
    """Points of confirmed made shots whose team is not known; in neither score."""
    home_basket: int | None = None
    """The basket, 0 or 1, that the home team attacks in the first half; ``None`` where it is not known."""

    def score(self, side: Side) -> int:
        """Points of a team; those of no team are the unassigned ones."""
        return {Side.HOME: self.home_score, Side.AWAY: self.away_score}.get(side, self.unassigned_points)

    def team(self, side: Side) -> Team:
        """One of the teams; one without a name for ``UNKNOWN``."""
        return {Side.HOME: self.home, Side.AWAY: self.away}.get(side, Team())

    def attacking(self, basket: int, period: int) -> Side:
        """The team that attacks a basket, 0 or 1, in a period; ``UNKNOWN`` where that is not known."""
        if self.home_basket is None or not period:
            return Side.UNKNOWN
        return Side.HOME if (basket == self.home_basket) != self.format.second_half(period) else Side.AWAY


@dataclass(frozen=True, slots=True)
class GameSummary:
    """A game in a list.

    Example:
        >>> GameSummary("games/final", 12, None).game
        'games/final'
    """

    game: str
    """``games/{game}``."""
    high_water_mark: int
    """The highest sequence of its log."""
    state: GameState | None
    """``None`` where nobody created it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotFacts:
    """What a person says of a shot; ``None``: the models' word stands.

    Example:
        >>> facts = ShotFacts(result=ShotResult.MADE).updated(ShotFacts(team=Side.AWAY))
        >>> print(facts.result, facts.team)
        made away
    """

    happened: bool | None = None
    """False: there was no shot; true: there was one, whatever the models predict."""
    result: ShotResult | None = None
    type: ShotType | None = None
    points: int | None = None
    """1, 2 or 3."""
    court: tuple[float, float] | None = field(default=None, metadata=wire("court_x", "court_y"))
    """x, y of the shooter's feet, metres from the court's centre."""
    team: Side | None = None
    number: str | None = None
    """The shooter's jersey number; empty: not known."""

    def updated(self, later: ShotFacts) -> ShotFacts:
        """These facts with what a later word says."""
        values = {one.name: getattr(later, one.name) for one in fields(later)}
        return replace(self, **{name: value for name, value in values.items() if value is not None})

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are set."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) is not None)

    def checked(self) -> ShotFacts:
        """The facts themselves.

        Raises:
            BadRequest: nothing is set, or a value is out of range.
        """
        if not self.names:
            raise BadRequest("the correction is empty; set what is wrong", field="facts")
        if self.points is not None and self.points not in (1, 2, 3):
            raise BadRequest(f"a shot is worth 1, 2 or 3 points, not {self.points}", field="points")
        if self.court is not None and not all(abs(value) < 30 for value in self.court):  # NaN compares false
            raise BadRequest("the place is not on a court: metres from its centre", field="court")
        if self.number and not _NUMBER.fullmatch(self.number):
            raise BadRequest(f"jersey number {self.number[:20]!r} is none of 0 to 99, or 00", field="number")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionStep:
    """One correction by one person.

    Example:
        >>> step = CorrectionStep(by="Kim", time=1_700_000_000.0, facts=ShotFacts(result=ShotResult.MISSED))
        >>> print(f"{step.by}: {step.facts.result}")
        Kim: missed
    """

    by: str
    """The person."""
    time: float
    """Unix seconds by the server's clock."""
    facts: ShotFacts
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What people corrected of an event.

    Example:
        >>> step = CorrectionStep(by="Kim", time=0.0, facts=ShotFacts(result=ShotResult.MISSED))
        >>> correction = Correction(steps=(step,), by_model=ShotFacts(result=ShotResult.MADE))
        >>> print(correction.facts.result, "instead of", correction.by_model.result)
        missed instead of made
    """

    steps: tuple[CorrectionStep, ...]
    """Oldest first; a later one wins field by field."""
    by_model: ShotFacts = field(default_factory=ShotFacts)
    """The models' output for the corrected fields by now."""

    @property
    def facts(self) -> ShotFacts:
        """What all steps say together."""
        return combined(self.steps)

    def added(self, step: CorrectionStep) -> Correction:
        """With one more step."""
        steps = (*self.steps, step)
        if len(steps) > MAX_STEPS:
            first = replace(steps[1], facts=combined(steps[:2]))
            steps = (first, *steps[2:])
        return replace(self, steps=steps)

    def undone(self) -> Correction | None:
        """Without the last step; ``None`` where it was the only one."""
        return replace(self, steps=self.steps[:-1]) if len(self.steps) > 1 else None


def clock_text(remaining: float) -> str:
    """Seconds left in a period as people read them.

    Example:
        >>> clock_text(65.2), clock_text(719.97)
        ('1:05.2', '12:00.0')
    """
    minutes, seconds = divmod(round(remaining, 1), 60)
    return f"{minutes:.0f}:{seconds:04.1f}"


def combined(steps: Sequence[CorrectionStep]) -> ShotFacts:
    """What some steps say together, the later ones winning field by field.

    Example:
        >>> combined([]).names
        ()
    """
    facts = ShotFacts()
    for step in steps:
        facts = facts.updated(step.facts)
    return facts


def check_name(text: str, what: str, *, empty: bool = False) -> str:
    """Check a short text for people: at most 64 characters, all of which can be shown.

    Raises:
        BadRequest: it is empty, too long, or has control characters.

    Example:
        >>> check_name("Kim", "by")
        'Kim'
    """
    if not text and not empty:
        raise BadRequest(f"{what} is empty; name who does it", field=what)
    if len(text) > _MAX_NAME or not text.isprintable():
        raise BadRequest(f"{what} must be at most {_MAX_NAME} characters that can be shown", field=what)
    return text
