"""Labels of real film: a CSV with one shot per row. It is read strictly, and every error names its line."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import ZONE_LABELS

COLUMNS = ("video", "release_time", "type", "made", "x", "y")
"""Required columns. An optional column ``zone`` takes precedence over x and y."""
TYPES: dict[str, str] = {
    "two": "two", "2": "two", "2pt": "two", "three": "three", "3": "three", "3pt": "three", "free_throw": "free_throw",
    "ft": "free_throw",
}
RESULTS: dict[str, int] = {
    "1": 1, "true": 1, "yes": 1, "made": 1, "make": 1, "0": 0, "false": 0, "no": 0, "missed": 0, "miss": 0, "": -1,
}
SAME_S = 0.1
"""Seconds. Two releases of one film closer than this are the same shot given twice."""
SLACK_M = 1.0
"""Metres. A position may lie this far on the wrong side of the three-point line."""


@dataclass(frozen=True)
class ShotRow:
    """One labelled shot.

    Attributes:
        line: in the CSV; the header is line 1.
        video: file name.
        release: seconds from the first image of the film.
        zone: index into ``ZONE_LABELS``, -1 if unknown.
        made: 1, 0, or -1 if unknown.
    """

    line: int
    video: str
    release: float
    zone: int
    made: int


def read_labels(path: Path, court: str = "nba") -> list[ShotRow]:
    """Read a CSV of shots.

    Columns: ``video`` a file name; ``release_time`` seconds; ``type`` two, three or free_throw; ``made`` 1, 0 or empty;
    ``x`` and ``y`` metres on the mirrored half court, x ahead of the rim's centre towards the half-way line, y to the
    attacker's left, both empty when unknown; optionally ``zone``, one of ``ZONE_LABELS``.

    Args:
        path: of the CSV.
        court: ``nba`` or ``fiba``; its lines divide the zones.

    Raises:
        TrainingInputError: the file or a column is missing, or a row has an unknown type, zone or result, a value that
            is no finite number, a position that contradicts the type, or a release that is given twice.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise TrainingInputError(f"no labels at {path}: name a CSV file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingInputError(f"cannot read {path}: {error}") from error
    reader = csv.reader(text.splitlines())
    header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
    for name in COLUMNS:
        if name not in header:
            raise TrainingInputError(f"{path}, line 1: no column {name!r}; needed are {', '.join(COLUMNS)}")
    rows: list[ShotRow] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line = reader.line_num
        if len(cells) != len(header):
            raise TrainingInputError(f"{path}, line {line}: {len(cells)} values under {len(header)} columns")
        values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        try:
            row = _row(line, values, court)
        except ValueError as error:
            raise TrainingInputError(f"{path}, line {line}: {error}") from error
        rows.append(row)
    if not rows:
        raise TrainingInputError(f"{path} holds no shot: add at least one row")
    _refuse_duplicates(path, rows)
    return rows


def _refuse_duplicates(path: Path, rows: list[ShotRow]) -> None:
    ordered = sorted(rows, key=lambda row: (row.video, row.release))
    for one, other in pairwise(ordered):
        if one.video == other.video and other.release - one.release < SAME_S:
            first, second = sorted((one.line, other.line))
            raise TrainingInputError(
                f"{path}, line {second}: the release of {other.video} at {other.release:g} s is in line {first} too; "
                "delete one of the two"
            )


def _number(values: dict[str, str], name: str) -> float:
    try:
        number = float(values[name])
    except ValueError as error:
        raise ValueError(f"{name} is {values[name]!r}, not a number") from error
    if not math.isfinite(number):
        raise ValueError(f"{name} is {values[name]!r}, not a finite number")
    return number


def _row(line: int, values: dict[str, str], court: str) -> ShotRow:
    if not values["video"] or Path(values["video"]).is_absolute() or ".." in Path(values["video"]).parts:
        raise ValueError(f"video is {values['video']!r}: give a file name inside the folder of films")
    release = _number(values, "release_time")
    if release < 0:
        raise ValueError(f"release_time is {release:g} s: a film begins at 0")
    kind = TYPES.get(values["type"].lower().replace("-", "_").replace(" ", "_"))
    if kind is None:
        raise ValueError(f"unknown type {values['type']!r}: use two, three or free_throw")
    made = RESULTS.get(values["made"].lower())
    if made is None:
        raise ValueError(f"made is {values['made']!r}: use 1, 0 or nothing")
    return ShotRow(line, values["video"], release, _zone(values, kind, court), made)


def _zone(values: dict[str, str], kind: str, court: str) -> int:
    named = values.get("zone", "").upper().replace(" ", "_").replace("-", "_")
    if named:
        if named not in ZONE_LABELS:
            raise ValueError(f"unknown zone {values['zone']!r}: use {', '.join(ZONE_LABELS)}")
        return ZONE_LABELS.index(named)
    if not values["x"] and not values["y"]:
        return -1
    return zone_of(_number(values, "x"), _number(values, "y"), kind, court)


def zone_of(ahead: float, left: float, kind: str, court: str) -> int:
    """Zone index of a position in metres; just across the three-point line, the type of the shot decides.

    Raises:
        ValueError: the position is off the court, or farther across the line than `SLACK_M`.
    """
    from courtside.court.measures import make_court
    from courtside.court.zones import ZONES, zone_at

    floor = make_court(court, half=True)
    if not (-floor.basket_inset - 1 <= ahead <= floor.length and abs(left) <= floor.width / 2 + 1):
        raise ValueError(f"position x {ahead:g}, y {left:g} m is off the court; metres from the rim are expected")
    wanted, distance = kind == "three", math.hypot(ahead, left)
    for step in range(round(SLACK_M / 0.05) + 1):
        scale = 1 + (0.05 if wanted else -0.05) * step / max(distance, 0.05)
        x, y = floor.from_local(ahead * scale, left * scale, 0)
        if floor.is_three(x, y, 0) == wanted:
            return ZONES.index(zone_at(floor, x, y, 0))
    raise ValueError(f"a shot of type {kind} from x {ahead:g}, y {left:g} m, {distance:.1f} m from the rim")
