"""Rosters: which player of which team wears which number.

A CSV file has the columns team, number and name; a TOML file has a table for each team, with lines such as 7 = "Anna".
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from courtside_server.errors import SettingsError

COLUMNS = ("team", "number", "name")
"""Columns of a CSV file."""
NUMBER = re.compile(r"[0-9]{1,2}")
"""A jersey's number; "0" and "00" are two numbers, and there is no "07"."""
_MAX_BYTES = 1 << 20
_MAX_LENGTH = 80
"""Longest name of a team or a player, characters."""
_MAX_TEAMS = 64


@dataclass(frozen=True, slots=True)
class Roster:
    """The players of one or more teams.

    Attributes:
        teams: each team's players, name by number.
    """

    teams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def teams_with(self, number: str) -> list[str]:
        """The teams in which somebody wears a number."""
        return [team for team, players in self.teams.items() if number in players]


def read_roster(path: Path) -> Roster:
    """Read a roster file: TOML where its name ends in ``.toml``, or else CSV with the columns of `COLUMNS`.

    Raises:
        SettingsError: the file cannot be read, or something in it is wrong; the message names the line or the player.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SettingsError(f"the roster {path} is larger than 1 MB: give a CSV or TOML file of players")
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read the roster {path}: {error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"the roster {path} is not UTF-8 (line {line}): save it again as UTF-8") from None
    try:
        rows = _toml_rows(text) if path.suffix.lower() == ".toml" else _csv_rows(text)
        return _collected(rows)
    except _Mistake as error:
        raise SettingsError(f"the roster {path} cannot be used: {error}") from None


class _Mistake(Exception):
    """What is wrong in a roster, in words."""


def _csv_rows(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Place, team, number and name of each player."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    # Spreadsheets of many countries write semicolons.
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    header: list[str] | None = None
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = [cell.lower() for cell in cells]
                if sorted(header) != sorted(COLUMNS):
                    raise _Mistake(f"its first line must be {','.join(COLUMNS)}, but is {','.join(cells)[:80]!r}")
                continue
            if len(cells) != len(header):
                what = f"line {reader.line_num} has {len(cells)} values, not {len(header)}"
                raise _Mistake(f"{what}; put a name with a comma in quotes")
            values = dict(zip(header, cells, strict=True))
            yield f"line {reader.line_num}", values["team"], values["number"], values["name"]
    except csv.Error as error:
        raise _Mistake(f"line {reader.line_num} is no CSV: {error}") from None


def _toml_rows(text: str) -> Iterator[tuple[str, str, str, str]]:
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        if str(error).startswith("Cannot overwrite a value"):
            raise _Mistake(_twice(text, str(error))) from None
        raise _Mistake(f"it is no TOML: {error}") from None
    for team, players in tables.items():
        if not isinstance(players, Mapping):
            raise _Mistake(f"{team!r} is no table of players: write [{team}] and below it lines such as 7 = \"Anna\"")
        for number, name in players.items():
            if not isinstance(name, str):
                raise _Mistake(f"the name of number {number} of {team!r} is no text: write {number} = \"Anna\"")
            yield f"team {team!r}", team.strip(), number.strip(), name.strip()


def _twice(text: str, error: str) -> str:
    """Which number a TOML file has twice in a team, of the parser's error, which has the line alone."""
    lines, found = text.split("\n"), re.search(r"at line (\d+)", error)
    line = int(found[1]) if found else max(number for number, one in enumerate(lines, 1) if one.strip())
    return f"line {line}: {lines[line - 1].partition('=')[0].strip()[:40]} is there twice in one team"


def _collected(rows: Iterable[tuple[str, str, str, str]]) -> Roster:
    teams: dict[str, dict[str, str]] = {}
    for place, team, number, name in rows:
        if not NUMBER.fullmatch(number) or (len(number) == 2 and number[0] == "0" and number != "00"):
            better = f"write {number[1]}" if len(number) == 2 and number.isascii() and number.isdecimal() else (
                "use 0 to 99 or 00"
            )  # fmt: skip
            raise _Mistake(f"{place}: {number!r} is no jersey number; {better}")
        for what, value in (("team", team), ("name", name)):
            if not value or len(value) > _MAX_LENGTH or not value.isprintable():
                raise _Mistake(f"{place}: the {what} {value[:_MAX_LENGTH]!r} must have 1 to {_MAX_LENGTH} characters")
        players = teams.setdefault(team, {})
        if number in players:
            raise _Mistake(f"{place}: number {number} of {team!r} is there twice ({players[number]!r} and {name!r})")
        players[number] = name
    if not teams:
        raise _Mistake("it has no player")
    if len(teams) > _MAX_TEAMS:
        raise _Mistake(f"it has {len(teams)} teams; list those of the game")
    return Roster({team: dict(players) for team, players in teams.items()})


class Rosters:
    """The roster of each game and camera.

    Args:
        rosters: by ``games/{game}/cameras/{camera}``, ``games/{game}``, or ``default`` for all others.
    """

    def __init__(self, rosters: Mapping[str, Roster] | None = None) -> None:
        self._rosters = dict(rosters or {})

    def of(self, camera: str) -> Roster | None:
        """The roster of a camera: its own, or else its game's, or else the one for all; None without one."""
        game = camera.split("/cameras/")[0]
        return next((self._rosters[key] for key in (camera, game, "default") if key in self._rosters), None)


def read_rosters(paths: Mapping[str, Path]) -> Rosters:
    """Read the roster files of the settings.

    Raises:
        SettingsError: see :func:`read_roster`.
    """
    read = {path: read_roster(path) for path in set(paths.values())}
    return Rosters({key: read[path] for key, path in paths.items()})
