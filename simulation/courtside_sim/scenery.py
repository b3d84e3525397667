"""Paints the static background: floor with court lines, walls, seats and crowd, sky and trees."""

from __future__ import annotations

import cv2
import numpy as np

from courtside.court.measures import Court, court_lines

from .lens import Lens
from .style import Style, shade

FLOOR_SCALE = 40.0
"""Pixels per metre of the floor's texture."""
WALL_SCALE = 40.0
"""Pixels per metre of the walls' textures."""
MARGIN = 4.0
"""Metres of floor around the court."""


def _speckle(
    shape: tuple[int, int], amount: float, rng: np.random.Generator, stretch: tuple[int, int]
) -> np.ndarray:
    small = rng.normal(1.0, amount, (max(shape[0] // stretch[0], 2), max(shape[1] // stretch[1], 2))).astype(
        np.float32
    )
    return cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)[..., None]


def floor_texture(court: Court, style: Style) -> tuple[np.ndarray, np.ndarray]:
    """The floor from above, uint8 BGR at `FLOOR_SCALE` pixels per metre, and its origin (3,) in metres."""
    rng = np.random.default_rng(style.plank_seed)
    left = (-2.5 if court.half else -court.length / 2) - MARGIN
    right, half = court.length / 2 + MARGIN, court.width / 2 + MARGIN
    size = (round(2 * half * FLOOR_SCALE), round((right - left) * FLOOR_SCALE))
    origin = np.array([left, -half, 0.0])

    def px(points: np.ndarray) -> np.ndarray:
        return np.round((points - origin[:2]) * FLOOR_SCALE * 16).astype(np.int32)

    image = np.empty((*size, 3), np.uint8)
    image[:] = style.apron
    near = 0.0 if court.half else -court.length / 2
    inside = np.array([[near, -court.width / 2], [court.length / 2, court.width / 2]])
    a, b = px(inside) // 16
    cv2.rectangle(image, a.tolist(), b.tolist(), style.floor, -1)
    lane = court.lane_width / 2
    for basket in range(court.baskets):
        sign = 1 if basket == 0 else -1
        corners = np.array(
            [[court.length / 2 * sign, -lane], [(court.length / 2 - court.lane_length) * sign, lane]]
        )
        a, b = px(corners) // 16
        cv2.rectangle(image, a.tolist(), b.tolist(), style.paint, -1)
    grain = (0.035, (4, 48)) if not style.outdoor else (0.05, (2, 2))
    speckled = image * _speckle(size, grain[0], rng, grain[1])
    if not style.outdoor:
        speckled *= _speckle(size, 0.02, rng, (1, 120))
    image = np.clip(speckled, 0, 255).astype(np.uint8)
    thick = max(1, round(court.line_width * FLOOR_SCALE))
    for line in court_lines(court):
        cv2.polylines(image, [px(line)], False, style.line, thick, cv2.LINE_AA, 4)
    return image, origin


def _people(image: np.ndarray, x: int, y: int, size: int, rng: np.random.Generator) -> None:
    clothes = tuple(int(v) for v in rng.integers(30, 220, 3))
    skin = tuple(int(v * rng.uniform(0.5, 1.1)) for v in (110, 150, 205))
    cv2.ellipse(
        image, (x, y + size), (int(size * 0.55), int(size * 0.8)), 0, 0, 360, clothes, -1, cv2.LINE_AA
    )
    cv2.circle(image, (x, y), int(size * 0.34), skin, -1, cv2.LINE_AA)
    cv2.ellipse(
        image, (x, y - size // 10), (int(size * 0.34), int(size * 0.3)), 0, 180, 360, (22, 24, 30), -1
    )


def wall_texture(length: float, height: float, style: Style, rng: np.random.Generator) -> np.ndarray:
    """A gym wall from inside, uint8 BGR at `WALL_SCALE` pixels per metre; the first row is the wall's top."""
    w, h = round(length * WALL_SCALE), round(height * WALL_SCALE)
    image = np.empty((h, w, 3), np.uint8)
    ramp = np.linspace(0.55, 1.0, h)[:, None, None]
    image[:] = np.clip(np.array(style.wall) * ramp, 0, 255)
    brick = round(0.4 * WALL_SCALE)
    for y in range(0, h, brick):
        cv2.line(image, (0, y), (w, y), shade(style.wall, 0.7), 1)
    cv2.rectangle(image, (0, h - round(1.9 * WALL_SCALE)), (w, h), style.pad, -1)
    for x in range(0, w, round(1.2 * WALL_SCALE)):
        cv2.line(image, (x, h - round(1.9 * WALL_SCALE)), (x, h), shade(style.pad, 0.75), 2)
    for x in range(round(2 * WALL_SCALE), w, round(5 * WALL_SCALE)):
        if rng.random() < 0.5:
            top = round(1.0 * WALL_SCALE)
            cv2.rectangle(
                image,
                (x, top),
                (x + round(2.4 * WALL_SCALE), top + round(1.6 * WALL_SCALE)),
                (225, 215, 200),
                -1,
            )
        else:
            banner = tuple(int(v) for v in rng.integers(20, 230, 3))
            top = round(1.2 * WALL_SCALE)
            cv2.rectangle(
                image, (x, top), (x + round(1.4 * WALL_SCALE), top + round(2.2 * WALL_SCALE)), banner, -1
            )
    return image


def stand_texture(length: float, depth: float, style: Style, rng: np.random.Generator) -> np.ndarray:
    """Rows of seats with spectators, seen from the front; the first row is the highest row of seats."""
    w, h = round(length * WALL_SCALE), round(depth * WALL_SCALE)
    image = np.empty((h, w, 3), np.uint8)
    row = round(0.85 * WALL_SCALE)
    for index, y in enumerate(range(0, h, row)):
        image[y : y + row] = shade(style.seats, 0.75 if index % 2 else 0.95)
        cv2.line(image, (0, y + row - 2), (w, y + row - 2), shade(style.seats, 0.5), 2)
        for x in range(round(0.3 * WALL_SCALE), w, round(0.55 * WALL_SCALE)):
            if rng.random() < style.crowd:
                _people(image, x + int(rng.integers(-4, 5)), y + row // 3, round(0.62 * WALL_SCALE), rng)
    return image


def outdoor_texture(length: float, height: float, rng: np.random.Generator) -> np.ndarray:
    """Sky, houses, trees and a fence around a playground."""
    w, h = round(length * WALL_SCALE), round(height * WALL_SCALE)
    image = np.empty((h, w, 3), np.uint8)
    ramp = np.linspace(0.0, 1.0, h)[:, None, None]
    image[:] = np.array((228, 176, 120)) * (1 - ramp) + np.array((235, 222, 205)) * ramp
    x = 0
    while x < w:
        wide, tall = round(rng.uniform(4, 9) * WALL_SCALE), round(rng.uniform(0.25, 0.7) * h)
        grey = tuple(int(v) for v in (np.array([1.0, 1.02, 1.06]) * rng.uniform(95, 190)))
        if rng.random() < 0.6:
            cv2.rectangle(image, (x, h - tall), (x + wide, h), grey, -1)
            for wy in range(h - tall + 14, h, 44):
                for wx in range(x + 12, x + wide - 20, 40):
                    cv2.rectangle(image, (wx, wy), (wx + 18, wy + 24), shade(grey, 0.55), -1)
        x += wide + round(rng.uniform(0, 3) * WALL_SCALE)
    for _ in range(int(length * 1.2)):
        x, r = int(rng.integers(w)), int(rng.uniform(0.6, 1.5) * WALL_SCALE)
        green = (int(rng.integers(30, 70)), int(rng.integers(80, 130)), int(rng.integers(40, 90)))
        cv2.circle(image, (x, h - round(rng.uniform(1.0, 3.2) * WALL_SCALE)), r, green, -1, cv2.LINE_AA)
    cv2.rectangle(image, (0, h - round(1.2 * WALL_SCALE)), (w, h), (52, 92, 66), -1)
    top = h - round(3.4 * WALL_SCALE)
    wire = (150, 152, 150)
    for x in range(-h, w, 13):
        cv2.line(image, (x, h), (x + h - top, top), wire, 1, cv2.LINE_AA)
        cv2.line(image, (x + h - top, h), (x, top), wire, 1, cv2.LINE_AA)
    for x in range(0, w, round(3 * WALL_SCALE)):
        cv2.line(image, (x, h), (x, top), (110, 112, 112), 4)
    cv2.line(image, (0, top), (w, top), (110, 112, 112), 4)
    return image


def _lay(
    image: np.ndarray,
    lens: Lens,
    texture: np.ndarray,
    scale: float,
    origin: np.ndarray,
    across: np.ndarray,
    along: np.ndarray,
) -> None:
    """Draw a textured rectangle of the world (origin + x/scale * across + y/scale * along) into `image`."""
    forward = lens.plane(origin, across / scale, along / scale)
    backward = np.linalg.inv(forward)
    x0, y0, x1, y1 = _extent(backward, texture, lens)
    if x1 <= x0 or y1 <= y0:
        return
    backward = backward @ np.array([[1.0, 0.0, x0], [0.0, 1.0, y0], [0.0, 0.0, 1.0]])
    inside = _covered(backward, texture, np.arange(x1 - x0), np.arange(y1 - y0))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (x1 - x0, y1 - y0)
    warped = cv2.warpPerspective(texture, backward, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    cv2.copyTo(warped, inside.astype(np.uint8), image[y0:y1, x0:x1])


def _covered(backward: np.ndarray, texture: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Which pixels at columns `u` and rows `v` show the texture: (len(v), len(u)) bool."""
    u, v = u.astype(np.float32), v.astype(np.float32)[:, None]
    x, y, w = (row[0] * u + (row[1] * v + row[2]) for row in backward.astype(np.float32))
    # The last row of the homography is the depth, so a pixel is in front of the camera where w is positive.
    # Two texels of overlap close the seams where walls meet.
    inside = (w > 0) & (x >= -2.5 * w) & (y >= -2.5 * w)
    return inside & (x < (texture.shape[1] + 1.5) * w) & (y < (texture.shape[0] + 1.5) * w)


def _extent(backward: np.ndarray, texture: np.ndarray, lens: Lens) -> tuple[int, int, int, int]:
    """The rectangle x0, y0, x1, y1 around all pixels that show the texture, found on a coarse grid."""
    step = 8
    columns, rows = np.arange(0, lens.width + step, step), np.arange(0, lens.height + step, step)
    coarse = _covered(backward, texture, columns, rows)
    if not coarse.any():
        return 0, 0, 0, 0
    across, along = np.flatnonzero(coarse.any(0)), np.flatnonzero(coarse.any(1))
    return (
        max(int(across[0] - 1) * step, 0),
        max(int(along[0] - 1) * step, 0),
        min(int(across[-1] + 2) * step, lens.width),
        min(int(along[-1] + 2) * step, lens.height),
    )


def paint_scenery(
    court: Court, style: Style, lens: Lens, room: tuple[float, float, float, float]
) -> np.ndarray:
    """The empty court and its surroundings through `lens`: (height, width, 3) uint8 BGR.

    Args:
        court: The court's geometry.
        style: Colours and light.
        lens: The camera's view.
        room: x0, y0, x1, y1 of the hall's walls, metres; the camera stands inside.
    """
    rng = np.random.default_rng(style.plank_seed + 1)
    factor = 2.0
    big = lens.scaled(factor)
    image = np.empty((big.height, big.width, 3), np.uint8)
    image[:] = (228, 176, 120) if style.outdoor else shade(style.wall, 0.35)
    x0, y0, x1, y1 = room
    tall = 11.0 if style.outdoor else 8.5
    east, north, up = np.eye(3)
    ground = np.empty((64, 64, 3), np.uint8)
    ground[:] = (70, 110, 84) if style.outdoor else shade(style.apron, 0.9)
    _lay(image, big, ground, 64 / max(x1 - x0, y1 - y0), np.array([x0, y0, 0.0]), east, north)
    walls = (
        (np.array([x1, y1, tall]), -north, y1 - y0),
        (np.array([x0, y1, tall]), east, x1 - x0),
        (np.array([x0, y0, tall]), north, y1 - y0),
        (np.array([x1, y0, tall]), -east, x1 - x0),
    )
    for corner, across, length in walls:
        texture = (
            outdoor_texture(length, tall, rng) if style.outdoor else wall_texture(length, tall, style, rng)
        )
        if np.dot(np.cross(across, up), lens.position - corner) < 0:
            texture = texture[:, ::-1]
        _lay(image, big, np.ascontiguousarray(texture), WALL_SCALE, corner, across, -up)
    texture, origin = floor_texture(court, style)
    _lay(image, big, texture, FLOOR_SCALE, origin, east, north)
    if not style.outdoor and style.crowd > 0.25:
        # The stand is opposite the camera; on the camera's side it would hide the court.
        side, edge = (-1.0, y0) if lens.position[1] > 0 else (1.0, y1)
        slope = np.array([0.0, -0.8 * side, -0.6])
        deep = min(5.5, (abs(edge) - court.width / 2 - 2.2) / 0.8)
        if deep > 1.2:
            seats = stand_texture(x1 - x0 - 4, deep, style, rng)
            _lay(image, big, seats, WALL_SCALE, np.array([x0 + 2, edge, deep * 0.6 + 0.3]), east, slope)
    image = cv2.resize(image, (lens.width, lens.height), interpolation=cv2.INTER_AREA)
    lit = image * (style.tint * style.light * (1 - style.haze)) + 255 * style.haze * 0.8
    return np.clip(lit, 0, 255).astype(np.uint8)
