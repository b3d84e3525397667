"""Image defects of a real camera: uneven light, blur, grain, lost detail and compression."""

from __future__ import annotations

import cv2
import numpy as np

from .style import Style

NOISE_TILES = 8
"""Grain patterns prepared in advance and used in turn."""


class Effects:
    """Applies the effects of one style to frames of one size; the same time always gets the same grain."""

    def __init__(self, style: Style, width: int, height: int, compression: bool, rng: np.random.Generator):
        """Prepare the gain; `compression` switches the lossy compression on."""
        self._style, self._size = style, (width, height)
        self._quality = style.quality if compression else 100
        self._seed = int(rng.integers(1 << 31))
        self._noise: np.ndarray | None = None
        self._gain = self._light(width, height)

    def _light(self, width: int, height: int) -> np.ndarray | None:
        """Brightness of every pixel in 128ths: (H, W, 3) uint8, or None when the light is even."""
        style = self._style
        if not (style.vignette or style.slope.any()):
            return None
        x, y = np.linspace(-1, 1, width)[None], np.linspace(-1, 1, height)[:, None]
        slant = x * style.slope[0] + y * style.slope[1]
        gain = (1 + slant) * (1 - style.vignette * (x * x + y * y) / 2)
        share = (slant / max(np.abs(slant).max(), 1e-6) + 1)[..., None] / 2
        colored = gain[..., None] * (1 + (style.cast - 1) * share)
        return np.clip(colored * 128, 0, 255).astype(np.uint8)

    @staticmethod
    def pan_blur(image: np.ndarray, moved: np.ndarray) -> np.ndarray:
        """Blur a background that moves by `moved` (2,) pixels during the exposure."""
        across, along = (min(round(abs(float(v))), 41) for v in moved)
        if max(across, along) < 2:
            return image
        return cv2.blur(image, (max(across, 1), max(along, 1)))

    def apply(self, image: np.ndarray, time: float) -> np.ndarray:
        """Apply light, blur and grain to the picture of `time` seconds."""
        style = self._style
        if self._gain is not None:
            cv2.multiply(image, self._gain, dst=image, scale=1 / 128)
        if style.detail < 1:
            small = (round(self._size[0] * style.detail), round(self._size[1] * style.detail))
            image = cv2.resize(cv2.resize(image, small, interpolation=cv2.INTER_AREA), self._size)
        elif style.softness > 0:
            image = cv2.GaussianBlur(image, (3, 3), style.softness)
        self._grain(image, time)
        return image

    def compress(self, image: np.ndarray) -> np.ndarray:
        """Pass the picture through the JPEG compression of the style."""
        if self._quality >= 100:
            return image
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return cv2.imdecode(data, cv2.IMREAD_COLOR)

    def _grain(self, image: np.ndarray, time: float) -> None:
        if self._noise is None:
            rng = np.random.default_rng(self._seed)
            size = (2, NOISE_TILES, self._size[1], self._size[0], 1)
            grain = np.abs(rng.standard_normal(size, np.float32) * self._style.noise).clip(0, 60).astype(np.uint8)
            self._noise = np.repeat(grain, 3, axis=-1)
        milliseconds = round(time * 1000)
        cv2.add(image, self._noise[0, (milliseconds * 7 + 3) % NOISE_TILES], dst=image)
        cv2.subtract(image, self._noise[1, (milliseconds * 5 + 1) % NOISE_TILES], dst=image)
