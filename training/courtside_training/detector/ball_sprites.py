"""Drawn balls of every kind: colours, panels, seams, light, worn and dark ones, and fingers that hold them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Sprite = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Colours (size, size, 3) RGB 0 to 255 and opacity (size, size) 0 to 1."""

_WIDE = 64
"""Side in pixels in which a ball is drawn before it is scaled."""
_SKINS = ((198, 132, 96), (222, 160, 120), (160, 100, 70), (112, 66, 46), (84, 50, 36), (232, 176, 140))


def _colour(low: tuple[float, float, float], high: tuple[float, float, float], rng: np.random.Generator) -> NDArray:
    """A random RGB colour between two HSV colours (hue 0 to 180, saturation and value 0 to 255)."""
    pixel = np.array([[rng.uniform(low, high)]]).astype(np.uint8)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32)


def _panel_colours(rng: np.random.Generator) -> list[NDArray]:
    """One to three colours of the panels of a ball."""
    kind = rng.random()
    if kind < 0.5:  # orange to brown leather
        return [_colour((4, 110, 110), (17, 235, 245), rng)]
    if kind < 0.62:  # faded
        return [_colour((6, 40, 120), (20, 110, 215), rng)]
    if kind < 0.7:  # dark rubber
        return [_colour((0, 20, 25), (20, 140, 90), rng)]
    if kind < 0.8:  # orange or brown with yellow or cream
        return [_colour((4, 120, 90), (14, 220, 200), rng), _colour((18, 30, 170), (28, 160, 245), rng)]
    if kind < 0.86:  # yellow and black
        return [_colour((22, 150, 150), (31, 250, 250), rng), _colour((0, 0, 15), (180, 60, 60), rng)]
    if kind < 0.93:  # red, white and blue
        return [
            _colour((172, 150, 120), (179, 240, 220), rng), _colour((0, 0, 180), (180, 25, 245), rng),
            _colour((105, 120, 80), (122, 230, 200), rng),
        ]
    return [_colour((0, 60, 80), (180, 240, 240), rng) for _ in range(2)]


def draw_sprite(size: int, rng: np.random.Generator) -> Sprite:
    """A ball of `size` pixels, lit from one side or from behind."""
    grid = (np.arange(_WIDE) + 0.5) / _WIDE * 2 - 1
    x, y = np.meshgrid(grid, grid)
    depth = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    turn = rng.uniform(0, np.pi)
    a, b = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    bend = rng.uniform(0.3, 0.7)
    curve = np.abs(a) - bend - 0.35 * b * b
    colours = _panel_colours(rng)
    panel = (np.floor((np.arctan2(b, a) / np.pi + 1) * 3).astype(int) + (curve > 0)) % len(colours)
    colour = np.array(colours, np.float32)[panel]
    if rng.random() < 0.8:
        wide = rng.uniform(0.03, 0.06)
        seam = (np.abs(a) < wide) | (np.abs(b - 0.2) < wide) | (np.abs(curve) < wide)
        colour[seam] = colour[seam] * rng.uniform(0.15, 0.5) if rng.random() < 0.8 else rng.uniform(150, 230)
    sun = rng.normal(0, 0.5, 2)
    light = rng.uniform(0.35, 0.7) + rng.uniform(0.2, 0.6) * np.clip(depth - sun[0] * x - (0.4 + sun[1]) * y, 0, 1.4)
    if rng.random() < 0.12:  # back light: a dark disc with a bright edge
        light = rng.uniform(0.1, 0.35) + rng.uniform(0.0, 0.8) * np.clip(-y - 0.35, 0, 1) * (1 - depth)
    colour = np.clip(colour * light[..., None], 0, 255)
    alpha = (x * x + y * y < 1).astype(np.float32)
    return (
        cv2.resize(colour, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32),
        cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA),
    )


def add_fingers(sprite: Sprite, rng: np.random.Generator) -> Sprite:
    """The ball with three to five fingers over its lower edge or its side."""
    colour, alpha = sprite
    size = len(alpha)
    if size < 8:
        return sprite
    skin = np.array(_SKINS[int(rng.integers(len(_SKINS)))], np.float32) * rng.uniform(0.6, 1.1)
    hand = np.zeros((size, size), np.float32)
    side, reach = rng.normal(np.pi / 2, 0.8), rng.uniform(0.3, 0.9)
    for spread in np.linspace(-0.5, 0.5, int(rng.integers(3, 6))) + rng.normal(0, 0.04):
        outer = np.array([np.cos(side + spread), np.sin(side + spread)])
        inner = outer * (1 - reach * rng.uniform(0.7, 1.0))
        ends = [tuple(((point * 0.5 + 0.5) * size).astype(int).tolist()) for point in (outer, inner)]
        cv2.line(hand, ends[0], ends[1], 1.0, max(1, round(size * 0.11)), cv2.LINE_AA)
    shade = skin * rng.uniform(0.85, 1.0)
    return (colour * (1 - hand[..., None]) + shade * hand[..., None]).astype(np.float32), np.maximum(alpha, hand)


def lit_like(sprite: Sprite, around: NDArray[np.uint8], rng: np.random.Generator) -> Sprite:
    """The ball, darker where the picture `around` (h, w, 3) it is dark; a few balls keep their own light."""
    if not around.size or rng.random() < 0.15:
        return sprite
    level = float(np.clip(np.percentile(around.max(-1), 75) / 150 * rng.uniform(0.8, 1.25), 0.15, 1.15))
    return np.clip(sprite[0] * level, 0, 255), sprite[1]
