"""Words, clocks and clean text, as several formats write them."""

from __future__ import annotations

import math

from courtside.court.measures import Court
from courtside.court.zones import NbaBasicZone, Zone, nba_zone_at
from courtside.exports.game import ExportedGame, ExportedShot
from courtside.games import Side
from courtside.shot_results import ShotType


def printable(text: str) -> str:
    r"""A text without characters that no format can carry: control characters and halves of surrogate pairs.

    Example:
        >>> printable("An\x00na\n")
        'Anna'
    """
    return "".join(character for character in text if character.isprintable())


def clock_parts(remaining: float) -> tuple[int, float]:
    """Whole minutes and the seconds, to the hundredth below, that a game's clock shows.

    Example:
        >>> clock_parts(702.999)
        (11, 42.99)
    """
    hundredths = math.floor(round(max(remaining, 0.0), 3) * 100 + 1e-6)
    minutes, rest = divmod(hundredths, 6000)
    return minutes, rest / 100


def team_code(game: ExportedGame, side: Side) -> str:
    """A team's short name, else the first three letters of its name in capitals; empty for no team."""
    state = game.state
    team = None if state is None else {Side.HOME: state.home, Side.AWAY: state.away}.get(side)
    if team is not None and team.short_name:
        return printable(team.short_name)
    letters = "".join(one for one in printable(game.team_name(side)) if one.isalnum())
    return letters[:3].upper()


def distance(shot: ExportedShot) -> float | None:
    """Metres from the rim's middle on the floor; ``None`` without a place."""
    return None if shot.local is None else math.hypot(shot.local[0], shot.local[1])


def zone_words(shot: ExportedShot, court: Court) -> str:
    """Where a shot was taken: the corner where it is one, else the zone; empty where neither is known."""
    if shot.shot.court is not None and shot.local is not None:
        basic = nba_zone_at(court, *shot.shot.court, shot.local[2]).basic
        if basic in (NbaBasicZone.LEFT_CORNER_THREE, NbaBasicZone.RIGHT_CORNER_THREE):
            return basic.value
    return "" if shot.shot.zone is Zone.UNSPECIFIED else shot.shot.zone.words


def result_words(shot: ExportedShot) -> str:
    """``made``, ``missed`` or ``unknown``."""
    return {True: "made", False: "missed", None: "unknown"}[shot.made]


def label(shot: ExportedShot) -> str:
    """The class of a shot in formats of labelled film: ``Made shot``, ``Missed shot`` or ``Shot``."""
    return {True: "Made shot", False: "Missed shot", None: "Shot"}[shot.made]


def sentence(game: ExportedGame, shot: ExportedShot) -> str:
    """A shot in one line: who, where, how, with which result."""
    who = printable(shot.player) or (f"No. {shot.number}" if shot.number else "")
    team = printable(game.team_name(shot.shot.team))
    far = distance(shot)
    parts = [
        " ".join(part for part in (team, who) if part),
        zone_words(shot, game.options.court), "" if shot.shot.type is ShotType.UNKNOWN else shot.shot.type.words,
        "" if far is None else f"{far:.1f} m", f"{result_words(shot)}, {shot.points}" if shot.made else label(shot),
    ]  # fmt: skip
    return ", ".join(part for part in parts if part)
