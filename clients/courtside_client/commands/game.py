"""``courtside game``: create a game in a gateway, run its clock, correct its shots."""

from __future__ import annotations

import asyncio
import re
import time
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from courtside.games import GameState, RosterPlayer, ShotFacts, Side, Team, clock_text
from courtside.shot_results import ShotResult, ShotType
from courtside_client.client import Client, connect
from courtside_client.errors import BadOption, InputError

_T = TypeVar("_T")
_GATEWAY = click.option("--gateway", default="127.0.0.1:50051", show_default=True, metavar="HOST:PORT")
_BY = click.option("--by", default="", metavar="NAME", help="Who does it (your login name).")
_SIDES = {"home": Side.HOME, "away": Side.AWAY, "unknown": Side.UNKNOWN}
_RESULTS = {"made": ShotResult.MADE, "missed": ShotResult.MISSED, "unknown": ShotResult.UNKNOWN}
_TYPES = {kind.words.replace(" ", "-"): kind for kind in ShotType}
_TEAM_KEYS = {"name", "short_name", "colour", "players"}


@click.group()
def game() -> None:
    """A game's teams, clock and score, and corrections of its shots.

    The score follows the confirmed made shots of each team. A correction stands against every model, and can be
    taken back.
    """


@game.command("set")
@click.argument("game_id", metavar="GAME")
@click.option("--title", help="For pages and exports.")
@click.option("--home", metavar="NAME", help="Name of the home team.")
@click.option("--away", metavar="NAME", help="Name of the away team.")
@click.option("--teams", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="TOML file with [home] and [away]: name, short_name, colour, players = {\"7\" = \"Anna\"}.")
@click.option("--home-basket", type=click.IntRange(0, 1), help="Basket that the home team attacks in the first half.")
@_GATEWAY
def set_(
    game_id: str, title: str | None, home: str | None, away: str | None, teams: Path | None, home_basket: int | None,
    gateway: str,
) -> None:  # fmt: skip
    """Create GAME, or change what is given of it."""
    found = _teams(teams) if teams is not None else {}
    for side, name in (("home", home), ("away", away)):
        if name is not None:
            found[side] = replace(found.get(side, Team()), name=name)

    async def work(client: Client) -> GameState:
        return await client.games.set(
            game_id, title=title, home=found.get("home"), away=found.get("away"), home_basket=home_basket
        )

    click.echo(_line(_run(gateway, work)))


@game.command()
@click.argument("game_id", metavar="GAME")
@_GATEWAY
def show(game_id: str, gateway: str) -> None:
    """Print the score and the clock of GAME."""
    click.echo(_line(_run(gateway, lambda client: client.games.get(game_id))))


@game.command("list")
@_GATEWAY
def list_(gateway: str) -> None:
    """List the games that have events."""
    for one in _run(gateway, lambda client: client.games.list()):
        state = "" if one.state is None else f"  {one.state.title or 'no title'}  {_line(one.state)}"
        click.echo(f"{one.game.partition('/')[2]:<24} {one.high_water_mark:7d} events{state}")


@game.command()
@click.argument("game_id", metavar="GAME")
@click.option("--period", type=click.IntRange(1), help="The period that is on; overtimes go on counting.")
@click.option("--left", metavar="M:SS", help="Time left in it.")
@click.option("--start/--stop", "running", default=None, help="Let it run, or stop it.")
@_BY
@_GATEWAY
def clock(
    game_id: str, period: int | None, left: str | None, running: bool | None, by: str, gateway: str
) -> None:
    """Set, start or stop the clock of GAME."""
    remaining = None if left is None else _seconds(left)

    async def work(client: Client) -> GameState:
        return await client.games.set_clock(game_id, period=period or 0, remaining=remaining, running=running, by=by)

    click.echo(_line(_run(gateway, work)))


@game.command()
@click.argument("game_id", metavar="GAME")
@click.argument("side", type=click.Choice(["home", "away"]))
@click.argument("points", type=int)
@_BY
@_GATEWAY
def score(game_id: str, side: str, points: int, by: str, gateway: str) -> None:
    """Add POINTS to a score by hand: free throws that no camera saw. Put -- before a negative number."""

    async def work(client: Client) -> GameState:
        return await client.games.adjust_score(game_id, _SIDES[side], points, by)

    click.echo(_line(_run(gateway, work)))


@game.command()
@click.argument("game_id", metavar="GAME")
@click.argument("event_id", metavar="EVENT")
@click.option("--result", type=click.Choice(list(_RESULTS)))
@click.option("--type", "kind", type=click.Choice(list(_TYPES)))
@click.option("--points", type=click.IntRange(1, 3))
@click.option("--team", type=click.Choice(list(_SIDES)))
@click.option("--number", metavar="N", help="The shooter's jersey number.")
@click.option("--place", metavar="X,Y", help="Metres from the centre of the court.")
@click.option("--no-shot", is_flag=True, help="It was no shot.")
@click.option("--is-shot", is_flag=True, help="It was one, whatever the models predict.")
@click.option("--comment", default="")
@_BY
@_GATEWAY
def correct(
    game_id: str, event_id: str, result: str | None, kind: str | None, points: int | None, team: str | None,
    number: str | None, place: str | None, no_shot: bool, is_shot: bool, comment: str, by: str, gateway: str,
) -> None:  # fmt: skip
    """Correct a shot of GAME: what is given stands against every model."""
    if no_shot and is_shot:
        raise BadOption("--no-shot and --is-shot exclude each other")
    facts = ShotFacts(
        happened=False if no_shot else True if is_shot else None, result=None if result is None else _RESULTS[result],
        type=None if kind is None else _TYPES[kind], points=points, number=number,
        team=None if team is None else _SIDES[team], court=None if place is None else _place(place),
    )  # fmt: skip
    if not facts.names:
        raise BadOption("give what is wrong: --result, --type, --points, --team, --number, --place, --no-shot ...")
    made = _run(gateway, lambda client: client.games.correct_shot(game_id, event_id, facts, comment=comment, by=by))
    click.echo(f"{event_id} has revision {made.revision} now")


@game.command()
@click.argument("game_id", metavar="GAME")
@click.argument("event_id", metavar="EVENT")
@_BY
@_GATEWAY
def undo(game_id: str, event_id: str, by: str, gateway: str) -> None:
    """Take the last correction of a shot back."""
    made = _run(gateway, lambda client: client.games.undo_correction(game_id, event_id, by))
    click.echo(f"{event_id} has revision {made.revision} now")


def _run(gateway: str, work: Callable[[Client], Awaitable[_T]]) -> _T:
    async def connected() -> _T:
        async with connect(gateway) as client:
            return await work(client)

    return asyncio.run(connected())


def _line(state: GameState) -> str:
    home, away = (team.name or side for team, side in ((state.home, "home"), (state.away, "away")))
    clock = state.clock
    when = ""
    if clock.period:
        left = clock_text(clock.remaining_at(time.time()))
        when = f"  period {clock.period}, {left} left, {'runs' if clock.running else 'stopped'}"
    rest = f"  {state.unassigned_points} points of no team" if state.unassigned_points else ""
    return f"{home} {state.home_score} : {state.away_score} {away}{when}{rest}"


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,2}(?:\.\d+)?)", text)
    if found is None:
        raise BadOption(f"{text!r} is no time like 7:30")
    return int(found[1] or 0) * 60 + float(found[2])


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise BadOption(f"{text!r} is no place like 8.2,-3") from None
    return x, y


def _teams(path: Path) -> dict[str, Team]:
    """The teams of a TOML file.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is no TOML file of teams: {error}") from None
    found = {}
    for side, values in content.items():
        if side not in ("home", "away") or not isinstance(values, dict) or not _TEAM_KEYS.issuperset(values):
            raise InputError(f"{path}: write [home] and [away] with {', '.join(sorted(_TEAM_KEYS))}, nothing else")
        players = values.pop("players", {})
        texts = [*values.values(), *(players.values() if isinstance(players, dict) else (0,))]
        if not all(isinstance(text, str) for text in texts):
            raise InputError(f'{path}: [{side}] needs texts, and players = {{"7" = "Anna"}}')
        roster = tuple(RosterPlayer(number, name) for number, name in players.items())
        found[side] = Team(**values, players=roster).checked()
    return found
