"""The plan of a court: named points that a person can find in a picture, and the painted lines."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import COURTS, Court, court_lines

View = Literal["0", "1", "both"]
"""Which part of the court: the half of basket 0 (x > 0), that of basket 1, or all of it."""
VIEWS: tuple[View, ...] = get_args(View)
_STEP = 0.25
"""Metres between the points of a line, so that it can be cut at the picture's edge."""


def plan(name: str) -> dict[str, Any]:
    """A court for the page: sizes, named points and lines, all in metres; JSON-ready."""
    court = COURTS[name]
    return {
        "length": court.length,
        "width": court.width,
        "lane": [court.lane_length, court.lane_width],
        "rim": [court.length / 2 - court.basket_inset, court.rim_radius],
        "board": [court.length / 2 - court.board_inset, court.board_width],
        "points": _points(court),
        "lines": {view: [np.round(line, 3).tolist() for line in _lines(name, view)] for view in VIEWS},
    }


def lines(name: str, view: View) -> list[NDArray[np.float64]]:
    """The painted lines of a part of the court as (N, 2) metres; neighbouring points are at most `_STEP` apart."""
    return [_dense(line) for line in _lines(name, view)]


def _lines(name: str, view: View) -> list[NDArray[np.float64]]:
    drawn = court_lines(replace(COURTS[name], half=view != "both"))
    return [-line for line in drawn] if view == "1" else drawn


def _points(court: Court) -> list[dict[str, Any]]:
    """Crossings and ends of lines; left and right as seen by a player who faces the basket from half court."""
    end, side, lane = court.length / 2, court.width / 2, court.lane_width / 2
    rim, foul = end - court.basket_inset, end - court.lane_length
    three, straight = court.three_radius, court.three_straight
    pairs = [
        ("corner", "Corner of the court", end, side),
        ("three-base", "Three-point line meets baseline", end, straight),
        ("lane-base", "Lane meets baseline", end, lane),
        ("elbow", "Lane meets free-throw line", foul, lane),
        ("three-break", "Three-point line: straight meets arc", end - court.three_break, straight),
    ]
    singles = [
        ("foul-top", "Top of the free-throw circle", foul - court.circle_radius),
        ("three-top", "Top of the three-point arc", rim - three),
        ("charge-top", "Top of the no-charge arc", rim - court.restricted_radius),
    ]
    found: list[dict[str, Any]] = []

    def add(key: str, label: str, x: float, y: float, half: str) -> None:
        found.append({"id": key, "label": label, "x": round(x, 4), "y": round(y, 4), "half": half})

    for basket, sign in (("0", 1.0), ("1", -1.0)):
        for key, label, x, y in pairs:
            add(f"{basket}-{key}-left", f"{label}, left", sign * x, sign * y, basket)
            add(f"{basket}-{key}-right", f"{label}, right", sign * x, -sign * y, basket)
        for key, label, x in singles:
            add(f"{basket}-{key}", label, sign * x, 0.0, basket)
        add(f"{basket}-circle", "Centre circle, towards the basket", sign * court.circle_radius, 0.0, basket)
    # Left and right towards basket 0, whichever half is shown.
    for key, label, y in (("left", "basket 0's left", 1.0), ("right", "basket 0's right", -1.0)):
        add(f"mid-side-{key}", f"Centre line meets sideline, {label}", 0.0, y * side, "both")
        add(f"mid-circle-{key}", f"Centre line meets circle, {label}", 0.0, y * court.circle_radius, "both")
    add("mid", "Centre of the court", 0.0, 0.0, "both")
    return found


def _dense(line: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = [line[:1]]
    for start, stop in itertools.pairwise(line):
        count = max(1, math.ceil(float(np.linalg.norm(stop - start)) / _STEP))
        parts.append(start + (stop - start) * (np.arange(1, count + 1)[:, None] / count))
    return np.concatenate(parts)
