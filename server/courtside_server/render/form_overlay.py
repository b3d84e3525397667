"""Overlay of two forms: both bodies on one another from gather to release, with arrows that correct the shot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import BONES
from courtside_server.players.comparison import Comparison
from courtside_server.render.brush import GREY, INK, Brush, Colour, Picture
from courtside_server.render.encoder import FilmWriter, VideoFormat

SHOT: Colour = (40, 110, 235)
"""Orange: the shot."""
REFERENCE: Colour = (150, 140, 60)
"""Teal: what it is compared with."""
ARROW: Colour = (60, 60, 200)
"""Red: where a joint should go."""
SHORTEST_ARROW = 0.08
"""Torso lengths from which on a correction is drawn."""
_SIZE = (720, 720)
_RATE, _HOLD = 20, 20
"""Frames per second, and frames for which the release is held."""
_LIMBS = [bone for bone in BONES if min(bone) >= 5]
_CORRECTED = (6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)


def write_overlay(found: Comparison, path: Path, shot: str, reference: str) -> None:
    """Write the overlay as a film of four seconds: the motion at about a third of its speed, then the release.

    Args:
        found: the comparison.
        path: the film to write.
        shot: what the shot is called.
        reference: what the reference is called.

    Raises:
        FilmUnwritable: no such folder, no permission, or the disk is full.
    """
    steps = len(found.difference)
    with FilmWriter(path, VideoFormat(*_SIZE, Fraction(_RATE), Fraction(1, _RATE))) as film:
        for number in range(steps + _HOLD):
            film.write(draw_step(found, min(number, steps - 1), shot, reference), number)


def draw_step(found: Comparison, step: int, shot: str, reference: str) -> Picture:
    """The picture of one step: (720, 720, 3) BGR."""
    width, height = _SIZE
    picture = np.full((height, width, 3), 250, np.uint8)
    brush = Brush(height // 2)
    joints = np.concatenate([found.shot.joints, found.baseline.joints]).reshape(-1, 2)
    low, high = np.nanmin(joints, 0), np.nanmax(joints, 0)
    scale = 0.78 * height / max(float((high - low).max()), 1e-6)
    middle = (low + high) / 2

    def pixels(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((points - middle) * [scale, -scale] + [width / 2, height / 2 + 30], np.float64)

    one, other = pixels(found.shot.joints[step]), pixels(found.baseline.joints[step])
    for body, colour, wide in ((other, REFERENCE, 7.0), (one, SHOT, 5.0)):
        lines = [body[list(bone)] for bone in _LIMBS if np.isfinite(body[list(bone)]).all()]
        if lines:
            brush.strokes(picture, lines, colour, 0.85, wide)
        if np.isfinite(body[0]).all():
            brush.disc(picture, (float(body[0, 0]), float(body[0, 1])), 0.16 * scale, colour, 0.6)
    for joint in _CORRECTED:
        if np.linalg.norm(found.difference[step, joint]) > SHORTEST_ARROW:  # NaN is not
            _arrow(picture, brush, one[joint], other[joint])
    brush.words(picture, shot, (24, 30), SHOT, 1.3, bold=True)
    brush.words(picture, f"against {reference}", (24, 58), REFERENCE, 1.1, bold=True)
    if found.warning:
        for row, text in enumerate(_wrapped(found.warning, 78)):
            brush.words(picture, text, (24, 84 + 22 * row), ARROW, 0.9)
    _progress(picture, brush, step / (len(found.difference) - 1))
    return picture


def _arrow(picture: Picture, brush: Brush, start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    across = np.array([-along[1], along[0]])
    head = [end, end - 10 * along + 5 * across, end - 10 * along - 5 * across]
    brush.strokes(picture, [np.stack([start, end])], ARROW, 0.95, 2.5)
    brush.fill(picture, np.stack(head), ARROW)


def _progress(picture: Picture, brush: Brush, share: float) -> None:
    y, left, right = _SIZE[1] - 34.0, 90.0, _SIZE[0] - 90.0
    brush.strokes(picture, [np.array([[left, y], [right, y]])], GREY, 0.8, 3.0)
    brush.disc(picture, (left + share * (right - left), y), 7.0, INK)
    brush.words(picture, "gather", (left - 12, y), INK, 0.9, align="right")
    brush.words(picture, "release", (right + 12, y), INK, 0.9)


def _wrapped(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
