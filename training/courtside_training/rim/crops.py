"""What a camera shows around the rim while a shot comes down, as small crops."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_sim.style import SKINS
from courtside_training.rim.basket import Basket
from courtside_training.rim.scenery import DRAWN, MARGIN, draw_scene, rgb, to_drawn
from courtside_training.rim.views import NET, RIM_RADIUS, Take, behind_board

SIDE = 64
"""Width and height of a crop in pixels."""
CROPS = 24
"""Crops of a window, one every `courtside_training.flight.geometry.TIME_STEP_S`."""
GREY = 114
"""Value of pixels outside the image."""
FILMED = (-0.8, 1.2)
"""First and last moment that is drawn, seconds from the result."""


class BallPosition(IntEnum):
    """Where the ball on a crop is, seen from the camera: in front of, inside or behind rim and net."""

    UNSEEN = 0
    FRONT = 1
    INSIDE = 2
    BEHIND = 3


@dataclass(frozen=True)
class Film:
    """One take as drawn.

    Attributes:
        moments: (T,) seconds from the result.
        crops: (T, 64, 64, 3) uint8 RGB.
        ball: (T, 2) float32 x and y in the crop, 0 to 1 inside it.
        position: (T,) uint8, see `BallPosition`.
    """

    moments: NDArray[np.float32]
    crops: NDArray[np.uint8]
    ball: NDArray[np.float32]
    position: NDArray[np.uint8]


def regular_times(rate: float, rng: np.random.Generator) -> np.ndarray:
    """Moments of a whole film at `rate` frames per second."""
    return np.arange(FILMED[0] + rng.random() / rate, FILMED[1], 1 / rate)


def decisive_times(rng: np.random.Generator) -> np.ndarray:
    """A few moments around the result, and two without the ball."""
    return np.concatenate([[FILMED[0]], np.arange(-0.22 + rng.uniform(0, 0.07), 0.36, 0.07), [FILMED[1]]])


def draw_film(take: Take, moments: np.ndarray, rng: np.random.Generator, photos: list[Path] | None = None) -> Film:
    """Draw a take.

    Args:
        take: the shot before its camera.
        moments: (T,) to draw, seconds from the result.
        rng: draws everything that a take leaves open.
        photos: files of which parts may become backgrounds.
    """
    scene = draw_scene(take, rng, photos)
    basket = Basket(take, scene, rng)
    camera = _Camera(take, rng)
    shifts = _shake(moments, rng)
    hands = _Hands(rng) if rng.random() < 0.35 else None
    positions, known = take.positions(moments)
    ball = (to_drawn(take, take.lens.project(positions)[0]) + shifts) / DRAWN
    crops, seen = [], np.zeros(len(moments))
    for index, (moment, shift) in enumerate(zip(moments, shifts, strict=True)):
        window = np.array([[1, 0, shift[0] - MARGIN], [0, 1, shift[1] - MARGIN]])
        image = cv2.warpAffine(scene.image, window, (DRAWN, DRAWN), borderMode=cv2.BORDER_REFLECT)
        board = cv2.warpAffine(scene.board, window, (DRAWN, DRAWN))
        seen[index] = basket.paint(image, float(moment), shift, board)
        if hands:
            hands.paint(image, float(moment))
        crops.append(camera.take(image))
    hidden = behind_board(take.lens, positions) if scene.board.max() > 128 else np.zeros(len(positions), bool)
    position = _ball_positions(take, positions)
    low, high = camera.shown
    inside = ((ball > low) & (ball < high)).all(1)
    position[~known | hidden | ~inside | (seen < 0.35)] = BallPosition.UNSEEN
    return Film(moments.astype(np.float32), np.stack(crops), ball.astype(np.float32), position)


def _ball_positions(take: Take, positions: np.ndarray) -> NDArray[np.uint8]:
    camera = take.lens.position
    nearer = np.linalg.norm(positions - camera, axis=1) < np.linalg.norm(camera)
    off = np.hypot(positions[:, 0], positions[:, 1])
    inside = (off < RIM_RADIUS) & (positions[:, 2] < 0.1) & (positions[:, 2] > -NET - 0.1)
    outside = np.where(nearer, BallPosition.FRONT, BallPosition.BEHIND)
    return np.where(inside, BallPosition.INSIDE, outside).astype(np.uint8)


def _shake(moments: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Movement of the rim in its crop (T, 2), in drawn pixels: trembling hands, turning cameras, imprecise boxes."""
    rim = DRAWN / 3.2
    shifts = np.zeros((len(moments), 2))
    if rng.random() < 0.6:
        for _ in range(2):
            reach, speed = rng.uniform(0, 0.035, 2) * rim, rng.uniform(3, 16, 2)
            shifts += reach * np.sin(moments[:, None] * speed + rng.uniform(0, 6.3, 2))
    if rng.random() < 0.3:
        shifts += (moments[:, None] - rng.uniform(-0.5, 1)) * rng.normal(0, 0.2, 2) * rim
    if rng.random() < 0.2:
        shifts += rng.normal(0, 0.15, 2) * rim
    if rng.random() < 0.3:
        shifts += rng.normal(0, rng.uniform(0.003, 0.03), shifts.shape) * rim
    return np.clip(shifts, -MARGIN, MARGIN)


class _Hands:
    """Arms of rebounders that reach up in front of the basket for a moment."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.arms = []
        for _ in range(int(rng.integers(1, 5))):
            top = rng.uniform((0.0, 0.45), (1.0, 1.0)) * DRAWN
            foot = np.array([top[0] + rng.normal(0, 25), DRAWN + 30])
            if rng.random() < 0.2:  # from above or from the side: hanging on the rim, or near the camera
                top[1] = rng.uniform(0.1, 0.7) * DRAWN
                foot = np.array([rng.choice([-40.0, DRAWN + 40.0]), rng.uniform(-40, DRAWN)])
            color = rgb(SKINS[int(rng.integers(len(SKINS)))], rng.uniform(0.6, 1.1))
            if rng.random() < 0.25:
                color = tuple(rng.uniform(10, 240, 3))
            middle = rng.uniform(-0.6, 1.4)
            self.arms.append((top, foot, color, int(rng.uniform(5, 17)), middle, rng.uniform(0.2, 0.8)))
        self.sway = rng.normal(0, 15)

    def paint(self, image: NDArray[np.uint8], moment: float) -> None:
        for top, foot, color, wide, middle, half in self.arms:
            share = 1 - ((moment - middle) / half) ** 2
            if share > 0:
                end = foot + (top - foot) * share + (self.sway * (moment - middle), 0)
                cv2.line(image, foot.astype(int).tolist(), end.astype(int).tolist(), color, wide, cv2.LINE_AA)
                cv2.circle(image, end.astype(int).tolist(), int(wide * 0.75), color, -1, cv2.LINE_AA)


class _Camera:
    """Sharpness, size, noise and compression of one film; where its images end."""

    def __init__(self, take: Take, rng: np.random.Generator) -> None:
        self._rng = rng
        native = 3.2 * take.rim[2] * rng.uniform(1.0, 2.5)
        self.native = int(np.clip(native, 32, DRAWN))
        self.blur = float(rng.uniform(0.3, 1.6)) if rng.random() < 0.5 else 0.0
        self.noise = float(rng.uniform(0, 9)) if rng.random() < 0.7 else 0.0
        self.quality = int(rng.integers(22, 95)) if rng.random() < 0.75 else 100
        self.ghost = float(rng.uniform(0.1, 0.35)) if rng.random() < 0.2 else 0.0
        self.contrast = rng.uniform(0.7, 1.25)
        across = np.linspace(-1, 1, DRAWN)
        slope = rng.normal(0, 0.12, 2)
        light = self.contrast * (1 + slope[0] * across[None, :] + slope[1] * across[:, None])
        self.light = cv2.resize(light.astype(np.float32), (self.native, self.native))[..., None]
        self.lift = np.float32(128 - 128 * self.contrast + rng.normal(0, 12))
        # Noise is drawn once and shifted from crop to crop, which is cheap and looks random.
        grain = (self.native + 32, self.native + 32, 1)
        self.grain = rng.normal(0, self.noise, grain).astype(np.float32) if self.noise else None
        self.last: NDArray[np.uint8] | None = None
        self.shown = np.zeros(2), np.ones(2)
        if rng.random() < 0.4:
            sides = np.where(rng.random(4) < 0.5, rng.uniform(0, 0.33, 4), 0.0)
            self.shown = sides[:2], 1 - sides[2:]

    def take(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn a drawn image (144, 144, 3) into a crop (64, 64, 3)."""
        if self.blur:
            image = cv2.GaussianBlur(image, (0, 0), self.blur)
        small = cv2.resize(image, (self.native, self.native), interpolation=cv2.INTER_AREA)
        lit = small * self.light + self.lift
        if self.grain is not None:
            x, y = self._rng.integers(0, 33, 2)
            lit += self.grain[y : y + self.native, x : x + self.native]
        small = np.clip(lit, 0, 255).astype(np.uint8)
        if self.quality < 100:
            small = cv2.imdecode(cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, self.quality))[1], 1)
        if self.ghost and self.last is not None:
            # A codec at a low bit rate leaves a trace of the frame before.
            small = cv2.addWeighted(small, 1 - self.ghost, self.last, self.ghost, 0)
        self.last = small
        way = cv2.INTER_AREA if self.native > SIDE else cv2.INTER_LINEAR
        crop = cv2.resize(small, (SIDE, SIDE), interpolation=way)
        (left, top), (right, low) = (np.round(side * SIDE).astype(int) for side in self.shown)
        shown = np.full_like(crop, GREY)
        shown[top:low, left:right] = crop[top:low, left:right]
        return shown
