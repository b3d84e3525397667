"""Spectators around the court who move a little: they sway, and rise when a shot goes in."""

from __future__ import annotations

import numpy as np

from courtside.court.measures import Court

from .canvas import Canvas
from .lens import Lens
from .style import SKINS, Style
from .wardrobe import Wardrobe

SEATED, STANDING = 0.62, 1.15
"""Neck heights, metres."""


class Fans:
    """Up to twelve moving spectators; those who keep still are part of the scenery."""

    def __init__(self, court: Court, style: Style, wardrobe: Wardrobe, room: tuple, rng: np.random.Generator):
        """Seat them along the far side and behind the baseline of basket 0."""
        count = int(rng.integers(0, 13)) if style.crowd > 0.25 else int(rng.integers(0, 3))
        near, far = max(room[0], -court.length / 2), court.length / 2 + 1
        side = np.where(rng.random(count) < 0.8, 1.0, -1.0)
        y = side * (court.width / 2 + rng.uniform(1.6, 3.2, count))
        self._place = np.stack([rng.uniform(near, far, count), y, np.zeros(count)], -1)
        self._height = np.where(rng.random(count) < 0.75, SEATED, STANDING) + rng.normal(0, 0.04, count)
        self._phase, self._rate = rng.uniform(0, 6.3, count), rng.uniform(1.0, 7.0, count)
        self._sway = rng.uniform(0.02, 0.1, count)
        self._clothes = [wardrobe.lit(tuple(int(v) for v in rng.integers(30, 225, 3))) for _ in range(count)]
        self._skins = [wardrobe.lit(SKINS[int(rng.integers(len(SKINS)))]) for _ in range(count)]

    def add(self, canvas: Canvas, lens: Lens, time: float, cheer: float) -> None:
        """Add their shapes to `canvas`; `cheer` from 0 to 1 lifts them."""
        if not len(self._place):
            return
        wave = np.sin(self._phase + time * self._rate)
        waist, neck = self._place.copy(), self._place.copy()
        waist[:, 2] = 0.35 * self._height
        neck[:, 0] += wave * self._sway
        neck[:, 2] = self._height * (1 + 0.35 * cheer * np.abs(wave))
        head = neck + np.array([0.0, 0.0, 0.24])
        low, depth = lens.project(waist)
        high, _ = lens.project(neck)
        top, _ = lens.project(head)
        inside = (depth > 9) & (top[:, 0] > -20) & (top[:, 0] < lens.width + 20)
        for index in np.flatnonzero(inside).tolist():
            far = float(depth[index])
            scale = lens.focal / far
            canvas.limb(far, low[index], high[index], 0.4 * scale, self._clothes[index])
            canvas.disc(far - 0.01, top[index], 0.12 * scale, self._skins[index])
