"""What the network learns from: drawn numbers on drawn and on real shirts, and real numbers.

On a real shirt a number is painted out, and another one is drawn at its place in its colours or in others. So kits,
light, folds and blur are real, while every number from 0 to 99 is equally frequent; real labels are those of three
teams only.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.torso import TORSO_SIDE
from courtside_training.jersey.broadcast import Torsos
from courtside_training.jersey.digits import draw_number, worn

Pixels = NDArray[np.uint8]
DIGITS = 10
GRID = TORSO_SIDE // 4
"""Cells of the map of digits, in each direction."""
MIX = (0.30, 0.42, 0.28)
"""Shares of the samples: drawn shirts, real shirts with another number, real shirts as they are."""
WITHOUT = 0.2
"""Share of shirts without a number, of those that are drawn or painted."""
SMALLEST = 16
"""Side of the smallest torso that is drawn, pixels of the film; smaller ones are not read."""


@dataclass(frozen=True)
class Samples:
    """N crops: pixels (N, 64, 64, 3) uint8 RGB, digits, and a map of these (N, 16, 16) int8: see `digit_map`."""

    pixels: Pixels
    digits: list[str]
    maps: NDArray[np.int8]


NOTHING, OPEN = 10, -1
"""In a map: no digit has its middle here; next to the middle of one, where any answer will do."""


def digit_map(digits: str, places: NDArray[np.float64]) -> NDArray[np.int8]:
    """Which digit has its middle in each cell (16, 16): the digit, `NOTHING` or `OPEN`.

    Args:
        digits: of the number.
        places: (D, 2) x, y of their middles, pixels of the crop.
    """
    found = np.full((GRID, GRID), NOTHING, np.int8)
    cells = np.floor((places + 0.5) / 4).astype(int).reshape(-1, 2)
    for x, y in cells:
        found[max(y - 1, 0) : max(y + 2, 0), max(x - 1, 0) : max(x + 2, 0)] = OPEN
    for digit, (x, y) in zip(digits, cells, strict=True):
        if 0 <= x < GRID and 0 <= y < GRID:
            found[y, x] = int(digit)
    return found


def draw_samples(count: int, real: Torsos | None, seed: int) -> Samples:
    """Draw samples.

    Args:
        count: how many.
        real: torsos of training films; None: drawn shirts only.
        seed: of the draws.
    """
    rng = np.random.default_rng([seed, 77])
    pixels, maps = np.empty((count, TORSO_SIDE, TORSO_SIDE, 3), np.uint8), np.empty((count, GRID, GRID), np.int8)
    numbers: list[str] = []
    numbered = _inside(real) if real is not None else np.zeros(0, np.int64)
    bare = np.flatnonzero([not digits for digits in real.digits]) if real is not None else numbered
    for index in range(count):
        kind = int(rng.choice(3, p=MIX)) if len(numbered) and len(bare) else 0
        digits = "" if rng.random() < WITHOUT else _number(rng)
        if kind == 0 or real is None:
            crop, digits, places = _on_drawn_shirt(digits, rng)
        elif kind == 1:
            crop, digits, places = _on_real_shirt(real, numbered, bare, digits, rng)
        else:
            row = int(rng.choice(numbered if rng.random() < 0.72 else bare))
            digits = real.digits[row]
            crop, places = _shifted(real.pixels[row], _middles(digits, real.places[row]), rng)
        numbers.append(digits)
        pixels[index], maps[index] = _toned(crop, rng), digit_map(digits, places[: len(digits)])
    return Samples(pixels, numbers, maps)


def _inside(real: Torsos) -> NDArray[np.int64]:
    """The torsos whose number lies in the crop."""
    boxes = real.places
    return np.flatnonzero((boxes[:, :2] > -3).all(1) & (boxes[:, 2:] < TORSO_SIDE + 3).all(1))


def _middles(digits: str, box: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the digits of a number in a box have their middles."""
    if not digits:
        return np.zeros((0, 2))
    shares = {"1": 0.7}  # a 1 is narrower than the other digits
    wide = np.array([shares.get(digit, 1.0) for digit in digits])
    across = (np.cumsum(wide) - wide / 2) / wide.sum()
    return np.stack([box[0] + across * (box[2] - box[0]), np.full(len(digits), (box[1] + box[3]) / 2)], 1).astype(float)


def _number(rng: np.random.Generator) -> str:
    if rng.random() < 0.4:
        return str(rng.integers(10)) if rng.random() < 0.93 else "00"
    return f"{rng.integers(10, 100)}"


def _colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """RGB: often white, black or grey, or else any."""
    if rng.random() < 0.4:
        return np.full(3, rng.choice([20, 240, 128])) + rng.normal(0, 15, 3)
    return rng.uniform(0, 255, 3)


def _contrasting(rng: np.random.Generator, shirt: NDArray[np.float64]) -> NDArray[np.float64]:
    for _ in range(8):
        colour = _colour(rng)
        if np.abs(colour - shirt) @ (0.3, 0.59, 0.11) > 60:
            return colour
    return np.full(3, 255.0) if shirt.mean() < 128 else np.zeros(3)


def _paint(
    crop: NDArray[np.float32], digits: str, middle: tuple[float, float], high: float, fill: NDArray[np.float64],
    rim: NDArray[np.float64], rng: np.random.Generator,
) -> NDArray[np.float64]:  # fmt: skip
    inside, outer, places = worn(*draw_number(digits, rng), middle, high, rng)
    light = cv2.GaussianBlur(crop.mean(2), (0, 0), 4)
    light = np.clip(light / max(float(np.median(light)), 8.0), 0.6, 1.4)[..., None]
    crop += outer[..., None] * (rim * light - crop)
    crop += inside[..., None] * (fill * light - crop)
    return places


def _on_drawn_shirt(digits: str, rng: np.random.Generator) -> tuple[Pixels, str, NDArray[np.float64]]:
    size = TORSO_SIDE
    crop = np.empty((size, size, 3), np.float32)
    noise = cv2.resize(rng.normal(0, 1, (5, 5, 3)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    crop[:] = _colour(rng) + 35 * noise
    shirt = _colour(rng)
    half, x, y = rng.uniform(19, 35), size / 2 + rng.normal(0, 3), size * 0.47 + rng.normal(0, 4)
    lean = rng.normal(0, 4)
    body = np.array([[x - half, -4], [x + half, -4], [x + half * 1.1 + lean, size], [x - half * 1.1 + lean, size]])
    folds = cv2.resize(rng.normal(0, 1, (6, 4)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    cloth = np.zeros((size, size), np.uint8)
    cv2.fillConvexPoly(cloth, body.round().astype(np.int32), 255, cv2.LINE_AA)
    crop += cloth[..., None] / np.float32(255) * (shirt + rng.uniform(3, 14) * folds[..., None] - crop)
    fill = _contrasting(rng, shirt)
    rim = shirt if rng.random() < 0.4 else _contrasting(rng, fill)
    high = rng.uniform(20, 42)
    if rng.random() < 0.6:  # letters: a name above, or the team's
        text = "".join(chr(int(rng.integers(65, 91))) for _ in range(int(rng.integers(3, 9))))
        above = int(y - high / 2 - rng.uniform(1, 6))
        scale = rng.uniform(0.35, 0.7)
        wide = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)[0][0]
        letters = np.zeros((size, size), np.uint8)
        cv2.putText(letters, text, (int(x - wide / 2), above), cv2.FONT_HERSHEY_DUPLEX, scale, 255, 1, cv2.LINE_AA)
        crop += letters[..., None] / np.float32(255) * (fill - crop)
    places = np.zeros((0, 2))
    if digits:
        places = _paint(crop, digits, (x + rng.normal(0, 3), y + rng.normal(0, 3)), high, fill, rim, rng)
    edge = int(size * rng.uniform(0.9, 1.2))
    crop[edge:] = _colour(rng)
    hidden = _cover(crop, (x, y), high, rng) if rng.random() < 0.2 else False
    return _filmed(crop, rng), "" if hidden else digits, places


def _cover(crop: NDArray[np.float32], middle: tuple[float, float], high: float, rng: np.random.Generator) -> bool:
    """Put an arm over a torso; True where that hides so much of the number that it cannot be read."""
    skin = np.array([rng.uniform(60, 230)] * 3) * (1.0, 0.78, 0.62)
    begin, end = rng.uniform(0, TORSO_SIDE, 2), rng.uniform(0, TORSO_SIDE, 2)
    thick = int(rng.integers(7, 15))
    arm = np.zeros((TORSO_SIDE, TORSO_SIDE), np.uint8)
    cv2.line(arm, tuple(begin.astype(int).tolist()), tuple(end.astype(int).tolist()), 255, thick, cv2.LINE_AA)
    mask = arm.astype(np.float32) / 255
    crop += mask[..., None] * (skin - crop)
    x, y = middle
    top, left = max(int(y - high / 2), 0), max(int(x - high * 0.45), 0)
    over = mask[top : int(y + high / 2), left : int(x + high * 0.45)]
    return bool(over.size and over.mean() > 0.12)


def _filmed(crop: NDArray[np.float32], rng: np.random.Generator) -> Pixels:
    """As a camera far away would see it."""
    size = TORSO_SIDE
    side = int(np.exp(rng.uniform(np.log(SMALLEST), np.log(90))))
    if rng.random() < 0.2:  # blurred by motion
        length = int(rng.integers(2, 6))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0, 1)
        crop = cv2.filter2D(crop, -1, kernel / max(kernel.sum(), 1e-6))
    if rng.random() < 0.5:
        crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.3, 1.0))
    if side < size:
        small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
        small = small + rng.normal(0, rng.uniform(0, 7), small.shape)
        return cv2.resize(_compressed(small, rng), (size, size), interpolation=cv2.INTER_LINEAR)
    return _compressed(crop + rng.normal(0, rng.uniform(0, 7), crop.shape), rng)


def _compressed(picture: NDArray[np.floating], rng: np.random.Generator) -> Pixels:
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        return pixels
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])[1]
    return cv2.imdecode(coded, cv2.IMREAD_COLOR)


def _on_real_shirt(
    real: Torsos, numbered: NDArray[np.int64], bare: NDArray[np.int64], digits: str, rng: np.random.Generator
) -> tuple[Pixels, str, NDArray[np.float64]]:
    """A real torso whose number was painted out and replaced."""
    if rng.random() < 0.2:
        row = int(rng.choice(bare))
        crop = real.pixels[row].astype(np.float32)
        middle, high = (32 + rng.normal(0, 5), 30 + rng.normal(0, 5)), rng.uniform(20, 38)
        shirt = np.median(crop[24:40, 24:40].reshape(-1, 3), axis=0).astype(np.float64)
        fill = _contrasting(rng, shirt)
    else:
        row = int(rng.choice(numbered))
        box = real.places[row]
        x0, y0 = np.floor(np.clip(box[:2] - 2, 0, TORSO_SIDE - 3)).astype(int)
        x1, y1 = np.ceil(np.clip(box[2:] + 2, 3, TORSO_SIDE)).astype(int)
        mask = np.zeros((TORSO_SIDE, TORSO_SIDE), np.uint8)
        mask[y0:y1, x0:x1] = 255
        part = real.pixels[row][y0:y1, x0:x1].reshape(-1, 3).astype(np.float64)
        crop = cv2.inpaint(real.pixels[row], mask, 3, cv2.INPAINT_TELEA).astype(np.float32)
        middle, high = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2), float(box[3] - box[1])
        middle = (middle[0] + rng.normal(0, 1.5), middle[1] + rng.normal(0, 1.5))
        high = min(max(high * rng.uniform(0.8, 1.1), 17), 48)
        shirt = np.median(crop[y0:y1, x0:x1].reshape(-1, 3), axis=0).astype(np.float64)
        far = np.abs(part - shirt).sum(1)
        fill = part[far >= np.quantile(far, 0.85)].mean(0) if rng.random() < 0.6 else _contrasting(rng, shirt)
        if np.abs(fill - shirt) @ (0.3, 0.59, 0.11) < 30:
            fill = _contrasting(rng, shirt)
    if not digits:
        crop, places = _shifted(crop.astype(np.uint8), np.zeros((0, 2)), rng)
        return crop, "", places
    places = _paint(crop, digits, middle, high, fill, shirt if rng.random() < 0.5 else _contrasting(rng, fill), rng)
    hidden = _cover(crop, middle, high, rng) if rng.random() < 0.1 else False
    # The shirt was filmed; the number was not yet.
    crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.3:
        small = int(rng.integers(SMALLEST + 6, 54))
        crop = cv2.resize(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA), (TORSO_SIDE, TORSO_SIDE))
    crop, places = _shifted(_compressed(crop, rng), places, rng)
    return crop, "" if hidden else digits, places


def _shifted(
    crop: Pixels, places: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Pixels, NDArray[np.float64]]:
    """As if the torso's square lay a little elsewhere; the digits' middles move with it."""
    scale, turn = rng.uniform(0.9, 1.15), rng.normal(0, 0.05)
    matrix = cv2.getRotationMatrix2D((TORSO_SIDE / 2, TORSO_SIDE / 2), float(np.degrees(turn)), scale)
    matrix[:, 2] += rng.normal(0, 2.0, 2)
    moved = cv2.warpAffine(crop, matrix, (TORSO_SIDE, TORSO_SIDE), borderMode=cv2.BORDER_REPLICATE)
    return moved, places @ matrix[:, :2].T + matrix[:, 2]


def _toned(crop: Pixels, rng: np.random.Generator) -> Pixels:
    """Other light and other colours: one table per channel, and channels exchanged."""
    tone = np.arange(256) / 255
    curves = [np.clip(tone ** rng.uniform(0.8, 1.25) * rng.uniform(0.8, 1.1) * 255 + rng.normal(0, 8), 0, 255)
              for _ in range(3)]  # fmt: skip
    order = rng.permutation(3) if rng.random() < 0.4 else np.arange(3)
    toned = np.stack([curves[channel][crop[..., order[channel]]] for channel in range(3)], -1)
    return (255 - toned if rng.random() < 0.15 else toned).astype(np.uint8)
