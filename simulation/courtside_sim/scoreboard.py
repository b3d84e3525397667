"""The score strip of a broadcast: both teams' colours, the score and the clock."""

from __future__ import annotations

import cv2
import numpy as np

from .style import Style, shade
from .truth import ShotTruth

FONT = cv2.FONT_HERSHEY_DUPLEX
NAMES = ("HAW", "BUL", "RIV", "OAK", "STR", "LYN", "NOR", "SUN", "KIN", "PAX", "VAL", "ORC")


class Scoreboard:
    """Paints the strip into frames of one size; it is redrawn only when the score or the clock changes."""

    def __init__(
        self, style: Style, shots: tuple[ShotTruth, ...], width: int, height: int, rng: np.random.Generator
    ):
        """Draw the position, the names, the score and the clock at the start of the film."""
        self._style, self._shots = style, shots
        self._high = max(10, round(height * rng.uniform(0.05, 0.075)))
        self._wide = min(width - 4, round(self._high * rng.uniform(9.0, 13.0)))
        self._names = [NAMES[i] for i in rng.choice(len(NAMES), 2, replace=False)]
        self._first = rng.integers(0, 90, 2)
        self._clock = float(rng.uniform(60, 719))
        low = rng.random() < 0.7
        self._y = round(height * (rng.uniform(0.86, 0.93) if low else rng.uniform(0.02, 0.05)))
        self._y = min(self._y, height - self._high)
        spare = width - self._wide
        self._x = round(spare * rng.choice([0.5, 0.06, 0.94]))
        self._alpha = float(rng.uniform(0.8, 1.0))
        self._base = shade((40, 36, 34), rng.uniform(0.5, 5.0))
        self._key: tuple[int, ...] | None = None
        self._strip: np.ndarray | None = None

    def paint(self, image: np.ndarray, time: float) -> None:
        """Blend the strip of `time` seconds into `image`."""
        scores = [int(n) for n in self._first]
        for shot in self._shots:
            if shot.made and shot.result_time <= time:
                scores[shot.team] += 3 if shot.three else 2
        key = (*scores, int(self._clock - time))
        if key != self._key:
            self._key, self._strip = key, self._draw(*key)
        patch = image[self._y : self._y + self._high, self._x : self._x + self._wide]
        cv2.addWeighted(self._strip, self._alpha, patch, 1 - self._alpha, 0, dst=patch)

    def _draw(self, first: int, second: int, clock: int) -> np.ndarray:
        high, wide = self._high, self._wide
        strip = np.empty((high, wide, 3), np.uint8)
        strip[:] = self._base
        clock = max(clock, 0)
        cell = wide // 3
        texts = (f"{self._names[0]} {first}", f"{self._names[1]} {second}", f"{clock // 60}:{clock % 60:02d}")
        for index, text in enumerate(texts):
            x = index * cell
            if index < 2:
                cv2.rectangle(strip, (x, 0), (x + cell - 2, high), self._style.kits[index], -1)
            ground = self._style.kits[index] if index < 2 else self._base
            ink = (20, 20, 20) if sum(ground) > 380 else (245, 245, 245)
            scale = high / 32
            (w, h), _ = cv2.getTextSize(text, FONT, scale, 1)
            if w > cell - 4:
                scale *= (cell - 4) / w
                (w, h), _ = cv2.getTextSize(text, FONT, scale, 1)
            cv2.putText(strip, text, (x + (cell - w) // 2, (high + h) // 2), FONT, scale, ink, 1, cv2.LINE_AA)
        return strip
