"""Heatmaps of a comparison: by how much each joint is elsewhere at each step from gather to release."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import JOINTS
from courtside_server.players.comparison import Comparison
from courtside_server.render.brush import GREY, INK, Brush, Picture

SCALE = 0.5
"""Torso lengths of the strongest colours, unless differences are larger."""
_WIDTH, _HEIGHT = 1280, 720
_LEFT, _TOP, _RIGHT, _BOTTOM = 190, 92, 1130, 660
_UNKNOWN = (205, 205, 205)


def draw_heatmap(found: Comparison, axis: Literal["horizontal", "vertical"], shot: str, reference: str) -> Picture:
    """One heatmap: rows are joints, columns steps; red is to the right or up, blue to the left or down, grey unknown.

    Args:
        found: the comparison.
        axis: which of its differences.
        shot: what the shot is called.
        reference: what the reference is called.
    """
    values = found.difference[..., 0 if axis == "horizontal" else 1].T
    known = np.abs(values[np.isfinite(values)])
    limit = max(SCALE, float(np.quantile(known, 0.98))) if known.size else SCALE
    picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    brush = Brush(_HEIGHT // 2)
    size = (_RIGHT - _LEFT, _BOTTOM - _TOP)
    colours = np.where(np.isfinite(values)[..., None], _diverging(np.nan_to_num(values) / limit), _UNKNOWN)
    block = cv2.resize(colours.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    picture[_TOP:_BOTTOM, _LEFT:_RIGHT] = block
    direction = "right (red) or left (blue) of" if axis == "horizontal" else "above (red) or below (blue)"
    brush.words(picture, f"{axis.capitalize()} deviation: {shot} from {reference}", (_LEFT, 28), INK, 1.3, bold=True)
    note = found.warning or f"How far each joint is {direction} the reference; both left shoulders are in one place."
    brush.words(picture, note, (_LEFT, 58), (60, 60, 190) if found.warning else (90, 90, 90), 0.95)
    row = (_BOTTOM - _TOP) / len(JOINTS)
    for index, joint in enumerate(JOINTS):
        at = (_LEFT - 10.0, _TOP + (index + 0.5) * row)
        brush.words(picture, joint.replace("_", " "), at, INK, 0.95, align="right")
    for share, text in ((0.0, "gather"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "release")):
        at = (_LEFT + share * size[0], _BOTTOM + 20.0)
        brush.words(picture, text, at, INK, 0.95, align="middle")
    _colour_bar(picture, brush, limit, found.torso_cm)
    return picture


def _colour_bar(picture: Picture, brush: Brush, limit: float, torso_cm: float | None) -> None:
    left, right = _RIGHT + 22, _RIGHT + 44
    shades = _diverging(np.linspace(1, -1, _BOTTOM - _TOP))[:, None]
    picture[_TOP:_BOTTOM, left:right] = np.broadcast_to(shades, (_BOTTOM - _TOP, right - left, 3)).astype(np.uint8)
    for share in (1.0, 0.5, 0.0, -0.5, -1.0):
        value, y = share * limit, _TOP + (1 - share) / 2 * (_BOTTOM - _TOP)
        y = min(max(y, _TOP + 8), _BOTTOM - 8)
        text = f"{value:+.2f}" if torso_cm is None else f"{value:+.2f} ({value * torso_cm:+.0f} cm)"
        brush.words(picture, text, (right + 6, y), INK, 0.8)
    brush.words(picture, "torso lengths", (left - 20, _TOP - 16), GREY, 0.85)


def _diverging(share: NDArray[np.floating]) -> NDArray[np.float64]:
    """Colours (..., 3) BGR of shares from -1 (blue) by 0 (white) to 1 (red)."""
    part = np.clip(np.asarray(share, np.float64), -1.0, 1.0)[..., None]
    red, blue = np.array([38.0, 24.0, 178.0]), np.array([172.0, 102.0, 33.0])
    return np.asarray(255.0 + np.abs(part) * (np.where(part > 0, red, blue) - 255.0), np.float64)
