"""What does not move around a simulated rim: background, board, bracket and post, drawn once for each film."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_sim.style import HoopStyle, draw_hoop
from courtside_training.detector.composites import texture
from courtside_training.rim.views import BOARD, RIM_RADIUS, Take

SIDE_RIMS, DOWN_RIMS = 3.2, 0.3
"""Side of a crop, and distance of its middle below the middle of the rim, in rim widths."""
DRAWN = 144
"""Side of a crop while it is drawn, pixels."""
MARGIN = 48
"""Pixels drawn beyond each side, for a camera that shakes."""
WIDE = DRAWN + 2 * MARGIN
"""Side of the drawn scene, pixels."""
SHIFT = 4
"""Fractional bits of OpenCV's drawing coordinates."""
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """The scene of one film.

    Attributes:
        image: (240, 240, 3) uint8 RGB, everything behind rim, net and ball.
        board: (240, 240) uint8, how much of a ball behind the board is hidden, 0 to 255.
        style: the basket's colours, BGR.
        gain: (3,) light on rim, net and ball, RGB.
        scale: drawn pixels per metre at the rim.
        bracket: areas (corners (K, 3) metres, colour) of the plate that carries the rim, back to front.
    """

    image: Image
    board: Image
    style: HoopStyle
    gain: NDArray[np.float64]
    scale: float
    bracket: list[tuple[np.ndarray, tuple[float, ...]]]


def to_drawn(take: Take, pixels: np.ndarray) -> np.ndarray:
    """Pixels (..., 2) of the camera's image to pixels of the drawn crop, 0 to `DRAWN`."""
    side = SIDE_RIMS * take.rim[2]
    middle = take.rim[:2] + np.array([0.0, DOWN_RIMS * take.rim[2]])
    return ((pixels - middle) / side + 0.5) * DRAWN


def rgb(color: tuple[int, int, int], gain: NDArray[np.float64] | float = 1.0) -> tuple[float, ...]:
    """A BGR colour of the simulation as RGB under light of `gain`."""
    return tuple(np.clip(np.array(color[::-1]) * gain, 0, 255).tolist())


def draw_scene(take: Take, rng: np.random.Generator, photos: list[Path] | None = None) -> Scene:
    """Draw the scene of a take; parts of `photos` may become backgrounds."""
    outdoor = bool(rng.random() < 0.5)
    style = draw_hoop(outdoor, rng)
    warm = rng.normal(0, 0.07)
    gain = np.clip(rng.normal(0.95, 0.2), 0.5, 1.35) * np.array([1 + warm, 1 + rng.normal(0, 0.02), 1 - warm])
    image = _background(outdoor, rng, photos)
    depth = float(np.linalg.norm(take.lens.position))
    scale = take.lens.focal / depth / (SIDE_RIMS * take.rim[2]) * DRAWN
    pen = _Pen(take, image, scale)
    _post(pen, style, gain, rng)
    board = _board(pen, style, gain * rng.uniform(0.75, 1.1), rng)
    bracket = _bracket(style, gain, rng)
    for corners, color in bracket:
        pen.area(corners, color)
    return Scene(image, board, style, gain, scale, bracket)


class _Pen:
    """Draws shapes given in metres onto the scene."""

    def __init__(self, take: Take, image: Image, scale: float) -> None:
        self.take, self.image, self.scale = take, image, scale

    def at(self, points: list[tuple[float, float, float]] | np.ndarray) -> np.ndarray:
        pixels, _ = self.take.lens.project(np.asarray(points, float))
        drawn = to_drawn(self.take, pixels) + MARGIN
        return np.round(np.clip(drawn, -900, 1400) * (1 << SHIFT)).astype(np.int32)

    def area(self, points: list[tuple[float, float, float]] | np.ndarray, color: tuple[float, ...]) -> None:
        cv2.fillPoly(self.image, [self.at(points)], color, cv2.LINE_AA, SHIFT)

    def lines(self, points: list[tuple[float, float, float]] | np.ndarray, metres: float, color: tuple) -> None:
        wide = max(1, round(metres * self.scale))
        cv2.polylines(self.image, [self.at(points)], False, color, wide, cv2.LINE_AA, SHIFT)


def _background(outdoor: bool, rng: np.random.Generator, photos: list[Path] | None) -> Image:
    if photos and rng.random() < 0.3:
        found = _photo(photos[int(rng.integers(len(photos)))], rng)
        if found is not None:
            return found
    kind = rng.random()
    if outdoor:
        return _sky(rng) if kind < 0.45 else _leaves(rng) if kind < 0.85 else texture(WIDE, WIDE, rng)
    return _hall(rng) if kind < 0.55 else _crowd(rng) if kind < 0.75 else texture(WIDE, WIDE, rng)


def _photo(path: Path, rng: np.random.Generator) -> Image | None:
    image = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2)
    if image is None or min(image.shape[:2]) < 40:
        return None
    side = int(min(image.shape[:2]) * rng.uniform(0.3, 1.0))
    x, y = int(rng.integers(image.shape[1] - side + 1)), int(rng.integers(image.shape[0] - side + 1))
    part = cv2.resize(image[y : y + side, x : x + side], (WIDE, WIDE), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(part[:, :, ::-1])


def _clouds(cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    grain = rng.normal(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(grain, (WIDE, WIDE), interpolation=cv2.INTER_CUBIC)


def _sky(rng: np.random.Generator) -> Image:
    tops = np.array([(70, 105, 165), (120, 160, 215), (200, 210, 220), (60, 80, 120), (150, 155, 160), (235, 235, 240)])
    top = tops[int(rng.integers(len(tops)))] * rng.uniform(0.8, 1.1)
    low = top + rng.uniform(-10, 60) * np.array([1, 0.9, 0.6])
    down = np.linspace(0, 1, WIDE)[:, None, None]
    image = top * (1 - down) + low * down + np.zeros((WIDE, WIDE, 1))
    if rng.random() < 0.4:
        cloud = np.clip(_clouds(3, rng) + 0.6 * _clouds(8, rng) - rng.uniform(0, 1), 0, 1)[..., None]
        image = image * (1 - cloud * 0.7) + 245 * cloud * 0.7
    if rng.random() < 0.35:
        # Roofs and trees along the bottom of the image.
        line = WIDE * rng.uniform(0.5, 0.95) + 12 * _clouds(9, rng)[0]
        below = np.arange(WIDE)[:, None] > line
        image[below] = rng.uniform(20, 150, 3)
    return np.clip(image, 0, 255).astype(np.uint8)


def _leaves(rng: np.random.Generator) -> Image:
    fine = sum(_clouds(cells, rng) * weight for cells, weight in ((4, 0.5), (14, 0.6), (40, 0.8), (90, 0.7)))
    dark = rng.uniform(8, 50, 3)
    green = np.array([rng.uniform(60, 150), rng.uniform(75, 150), rng.uniform(35, 90)])
    share = 1 / (1 + np.exp(-1.6 * fine[..., None]))
    image = dark * (1 - share) + green * share
    for _ in range(int(rng.integers(0, 7))):
        x, wide = int(rng.integers(WIDE)), int(rng.integers(2, 12))
        cv2.line(image, (x, 0), (x + int(rng.normal(0, 12)), WIDE), rng.uniform(20, 110, 3).tolist(), wide)
    gaps = _clouds(12, rng) + _clouds(45, rng) > rng.uniform(1.0, 3.0)
    image[gaps] = rng.uniform(190, 255)
    return np.clip(image, 0, 255).astype(np.uint8)


def _hall(rng: np.random.Generator) -> Image:
    wall = rng.uniform(50, 225) * np.clip(rng.normal(1, 0.1, 3), 0.7, 1.3)
    image = (wall + 14 * _clouds(3, rng)[..., None]).astype(np.float32)
    if rng.random() < 0.4:  # bricks or panels
        step = int(rng.integers(5, 40))
        for at in range(0, WIDE, step):
            cv2.line(image, (0, at), (WIDE, at), (wall * 0.85).tolist(), 1)
        for at in range(0, WIDE, int(step * rng.uniform(1, 3))):
            cv2.line(image, (at, 0), (at, WIDE), (wall * 0.9).tolist(), 1)
    for _ in range(int(rng.integers(0, 9))):  # beams and pipes
        a, b = rng.uniform(-20, WIDE + 20, (2, 2)).astype(int).tolist()
        cv2.line(image, a, b, (wall * rng.uniform(0.4, 1.3)).tolist(), int(rng.integers(1, 9)), cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 6))):  # lamps and windows
        x, y = rng.integers(0, WIDE, 2).tolist()
        w, h = rng.integers(4, 60, 2).tolist()
        cv2.rectangle(image, (x, y), (x + w, y + h), rng.uniform(170, 255, 3).tolist(), -1)
    if rng.random() < 0.4:
        line = int(WIDE * rng.uniform(0.4, 0.95))
        image[line:] = rng.uniform(20, 220, 3)
    return np.clip(image, 0, 255).astype(np.uint8)


def _crowd(rng: np.random.Generator) -> Image:
    image = np.full((WIDE, WIDE, 3), rng.uniform(10, 120), np.float32) + 10 * _clouds(4, rng)[..., None]
    size = rng.uniform(3, 14)
    for y in np.arange(0, WIDE, size * 1.2):
        for x in np.arange(0, WIDE, size * 1.1):
            if rng.random() < 0.8:
                at = (int(x + rng.normal(0, 1)), int(y + rng.normal(0, 1)))
                cv2.circle(image, at, max(1, int(size * 0.55)), rng.uniform(10, 235, 3).tolist(), -1)
    return np.clip(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 3)), 0, 255).astype(np.uint8)


def _post(pen: _Pen, style: HoopStyle, gain: NDArray[np.float64], rng: np.random.Generator) -> None:
    color = rgb(style.post, gain * rng.uniform(0.7, 1.2))
    back = BOARD[0] + rng.uniform(0.5, 2.2)
    high = rng.uniform(-0.6, 0.6)
    reach = rng.uniform(0.05, 0.3)
    if style.mount != "wall" and rng.random() < 0.8:
        side = rng.choice([0.0, 0.0, 0.35])
        pen.lines([(back, side, -3.0), (back, side, high)], rng.uniform(0.08, 0.25), color)
    for height in (rng.uniform(-0.1, 0.1), rng.uniform(0.3, 0.9)):
        for y in (reach, -reach):
            pen.lines([(BOARD[0] + 0.05, y, height), (back, y * 0.6, high)], rng.uniform(0.03, 0.1), color)


def _board(pen: _Pen, style: HoopStyle, gain: NDArray[np.float64], rng: np.random.Generator) -> Image:
    """Draw the board, and return how much of what is behind it is hidden (240, 240)."""
    x, half, low = BOARD[0], rng.uniform(0.55, 0.92), rng.uniform(-0.18, -0.08)
    tall = rng.uniform(0.72, 1.1)
    shape = rng.choice(["straight", "fan", "arch"], p=(0.6, 0.25, 0.15))
    edge = _outline(str(shape), half, low, tall)
    points = [(x, y, z) for y, z in edge]
    hidden = np.zeros((WIDE, WIDE), np.uint8)
    corners = pen.at(points)
    cv2.fillPoly(hidden, [corners], int(255 * style.opacity), cv2.LINE_AA, SHIFT)
    if rng.random() < 0.04:
        return np.zeros_like(hidden)  # a rim on a bare wall or post
    thick = [(x, 0), (x + rng.uniform(0.02, 0.06), 0)]
    sides = [[(thick[i][0], *edge[j]) for i, j in ((0, k), (0, k - 1), (1, k - 1), (1, k))] for k in range(len(edge))]
    for side in sides:
        pen.area(side, rgb((100, 100, 100), gain * 0.9))
    front = np.array(rgb(style.board, gain))
    cover = hidden[..., None] / 255.0
    pen.image[:] = (pen.image * (1 - cover) + front * cover).astype(np.uint8)
    strokes = rgb(style.frame, gain)
    if rng.random() < 0.85:
        inset = [(x, y * rng.uniform(0.94, 1.0), z) for y, z in edge]
        pen.lines([*inset, inset[0]], style.frame_width, strokes)
    if style.square is not None:
        wide, foot, head = rng.uniform(0.24, 0.31), rng.uniform(-0.02, 0.06), rng.uniform(0.4, 0.52)
        box = [(x, -wide, foot), (x, wide, foot), (x, wide, head), (x, -wide, head), (x, -wide, foot)]
        pen.lines(box, rng.uniform(0.03, 0.06), rgb(style.square, gain))
    if style.sheet:
        pen.area([(x, -half, low), (x, half, low), (x, half, low + 0.08), (x, -half, low + 0.08)],
                 tuple(rng.uniform(10, 230, 3)))  # fmt: skip
    return hidden


def _outline(shape: str, half: float, low: float, tall: float) -> list[tuple[float, float]]:
    """Corners of a board as (across, height) in metres."""
    if shape == "straight":
        return [(-half, low), (half, low), (half, low + tall), (-half, low + tall)]
    if shape == "fan":
        turns = np.linspace(0, math.pi, 13)
        top = [(half * math.cos(t), low + tall * (0.45 + 0.55 * math.sin(t))) for t in turns]
        foot = [(-half * 0.62, low), (half * 0.62, low), (half * 0.9, low + 0.1 * tall)]
        return [*foot, *top, (-half * 0.9, low + 0.1 * tall)]
    turns = np.linspace(0.25, math.pi - 0.25, 11)
    top = [(half * math.cos(t) / math.cos(0.25), low + tall * (0.55 + 0.45 * math.sin(t))) for t in turns]
    return [(-half, low), (half, low), *top]


def _bracket(
    style: HoopStyle, gain: NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[np.ndarray, tuple[float, ...]]]:
    """The plate that carries the rim; on baskets in parks it is as wide as the rim."""
    wide = rng.uniform(0.15, 1.35)
    x, y = RIM_RADIUS * math.cos(wide), RIM_RADIUS * math.sin(wide)
    at_board = rng.uniform(0.06, 0.16)
    low = -rng.uniform(0.03, 0.16)
    shade = rng.uniform(0.55, 0.9)
    back = BOARD[0]
    arc = [(RIM_RADIUS * math.cos(t), RIM_RADIUS * math.sin(t), 0.0) for t in np.linspace(wide, -wide, 7)]
    side = rgb(style.rim, gain * shade)
    areas = [
        ([(x, y, 0), (back, at_board, 0), (back, at_board, low)], side),
        ([(x, -y, 0), (back, -at_board, 0), (back, -at_board, low)], side),
        ([(back, -at_board, 0), (back, at_board, 0), (back, at_board, low), (back, -at_board, low)],
         rgb(style.rim, gain * shade * 0.9)),
        ([(back, at_board, 0), *arc, (back, -at_board, 0)], rgb(style.rim, gain * rng.uniform(0.6, 1.05))),
    ]  # fmt: skip
    return [(np.array(corners), color) for corners, color in areas]
