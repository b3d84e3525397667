"""Shot charts as SVG and PNG: the half court as its attackers see it, the basket at the top, both halves folded.

Drawn in metres: the origin is the middle of the baseline, to the right of who faces the basket, and away from the
baseline downwards. A disc is made, a cross missed, a ring not known, so no mark depends on colour.
"""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import Court, court_lines, make_court
from courtside.exports.game import ExportedGame, ExportedShot
from courtside.exports.text import printable, result_words, sentence
from courtside.games import Side

SCALE = 60.0
"""Pixels of the PNG to a metre: a pixel is 1.7 cm."""
MARGIN = 0.5
"""Metres round the court."""
HEAD = 1.1
"""Metres above the court, for the title."""
_RADIUS = 0.2
_MADE, _MISSED, _UNKNOWN = "#0b7a43", "#b3202c", "#6b7280"


def write_svg(game: ExportedGame) -> bytes:
    """The chart as SVG, at most one mark for each shot that has a place."""
    court = game.options.court
    width, height = _size(court)
    half = court.width / 2
    view = f"{-half - MARGIN:.3f} {-HEAD:.3f} {width:.3f} {height:.3f}"
    title = escape(_title(game))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" width="{width * SCALE:.0f}" '
        f'height="{height * SCALE:.0f}" role="img" aria-label="{title}">',
        f'<rect x="{-half - MARGIN:.3f}" y="{-HEAD:.3f}" width="{width:.3f}" height="{height:.3f}" fill="#ffffff"/>',
        f'<text x="0" y="-0.45" font-family="sans-serif" font-size="0.45" text-anchor="middle">{title}</text>',
        '<g fill="none" stroke="#8a6d3b" stroke-width="0.05">',
        *(f'<polyline points="{" ".join(f"{x:.3f},{y:.3f}" for x, y in line)}"/>' for line in _lines(court)),
        f'<circle cx="0" cy="{court.basket_inset:.3f}" r="{court.rim_radius:.3f}"/>', "</g>",
    ]  # fmt: skip
    for shot, x, y in _marks(game):
        inner = f"<title>{escape(sentence(game, shot))}</title>"
        name = f'data-event="{escape(printable(shot.event.event_id))}" data-result="{result_words(shot)}"'
        if shot.made is False:
            r = _RADIUS * 0.8
            drawn = (
                f'<path {name} d="M{x - r:.3f} {y - r:.3f}L{x + r:.3f} {y + r:.3f}M{x + r:.3f} {y - r:.3f}'
                f'L{x - r:.3f} {y + r:.3f}" stroke="{_MISSED}" stroke-width="0.09" fill="none">{inner}</path>'
            )
        else:
            paint = f'fill="{_MADE}"' if shot.made else f'fill="none" stroke="{_UNKNOWN}" stroke-width="0.07"'
            drawn = f'<circle {name} cx="{x:.3f}" cy="{y:.3f}" r="{_RADIUS}" {paint}>{inner}</circle>'
        parts.append(drawn)
    return "\n".join([*parts, "</svg>", ""]).encode()


def write_png(game: ExportedGame) -> bytes:
    """The same chart as PNG. The title is left to what shows it: pictures have no fonts for all names."""
    import cv2

    court = game.options.court
    width, height = _size(court)
    picture = np.full((round(height * SCALE), round(width * SCALE), 3), 255, np.uint8)
    corner = np.array([court.width / 2 + MARGIN, HEAD])
    shift = 4  # fractions of a pixel that OpenCV draws at

    def pixels(points: NDArray[np.float64]) -> NDArray[np.int32]:
        moved: NDArray[np.float64] = (points + corner) * SCALE - 0.5
        drawn: NDArray[np.int32] = np.round(moved * 2**shift).astype(np.int32)
        return drawn

    def number(metres: float) -> int:
        return int(metres * SCALE * 2**shift + 0.5)

    for line in _lines(court):
        cv2.polylines(picture, [pixels(line)], False, _bgr("#8a6d3b"), 3, cv2.LINE_AA, shift)
    rim = pixels(np.array([0.0, court.basket_inset]))
    cv2.circle(picture, (int(rim[0]), int(rim[1])), number(court.rim_radius), _bgr("#8a6d3b"), 3, cv2.LINE_AA, shift)
    for shot, x, y in _marks(game):
        at = pixels(np.array([x, y]))
        middle = int(at[0]), int(at[1])
        if shot.made is False:
            arm = number(_RADIUS * 0.8)
            for sign in (1, -1):
                start, end = ((middle[0] + way * arm, middle[1] + way * sign * arm) for way in (-1, 1))
                cv2.line(picture, start, end, _bgr(_MISSED), 5, cv2.LINE_AA, shift)
        elif shot.made:
            cv2.circle(picture, middle, number(_RADIUS), _bgr(_MADE), -1, cv2.LINE_AA, shift)
        else:
            cv2.circle(picture, middle, number(_RADIUS), _bgr(_UNKNOWN), 4, cv2.LINE_AA, shift)
    return bytes(cv2.imencode(".png", picture)[1])


def _size(court: Court) -> tuple[float, float]:
    return court.width + 2 * MARGIN, court.length / 2 + HEAD + MARGIN


def _lines(court: Court) -> list[NDArray[np.float64]]:
    """The half court's lines on the chart's axes."""
    found = []
    for line in court_lines(make_court(court.name, half=True)):
        ahead, left = court.to_local(line[:, 0], line[:, 1], 0)
        found.append(np.stack([-left, ahead + court.basket_inset], axis=-1))
    return found


def _marks(game: ExportedGame) -> list[tuple[ExportedShot, float, float]]:
    inset = game.options.court.basket_inset
    return [(shot, -shot.local[1], shot.local[0] + inset) for shot in game.final if shot.local is not None]


def _title(game: ExportedGame) -> str:
    state = game.state
    if state is None:
        return game.id
    home, away = (printable(game.team_name(side)) for side in (Side.HOME, Side.AWAY))
    return f"{home} {state.home_score} : {state.away_score} {away}"


def _bgr(colour: str) -> tuple[int, int, int]:
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)
