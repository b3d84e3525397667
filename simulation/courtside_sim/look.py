"""How a place and its players look: colours, light and surroundings, drawn once from the seed."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

Color = tuple[int, int, int]

SKINS: tuple[Color, ...] = (
    (96, 132, 198),
    (120, 160, 222),
    (70, 100, 160),
    (46, 66, 112),
    (36, 50, 84),
    (140, 176, 232),
)
HAIRS: tuple[Color, ...] = ((18, 18, 22), (26, 32, 46), (40, 62, 96), (14, 14, 16))
WOODS: tuple[Color, ...] = ((110, 168, 212), (92, 148, 196), (124, 182, 222), (80, 130, 180), (140, 190, 220))
OUTDOOR_FLOORS: tuple[Color, ...] = ((96, 98, 100), (90, 110, 70), (130, 96, 60), (84, 90, 130), (74, 76, 80))


@dataclass(frozen=True)
class Look:
    """One place's appearance; colours are BGR 0..255.

    Attributes:
        outdoor: Playground under the sky rather than a gym.
        floor, apron, paint, line: The court's colours.
        wall, pad, seats: Surroundings.
        kits, shorts, trims: Two entries each, one a team.
        skins, hairs: One entry a player.
        ball: The ball's colour.
        light: Brightness factor of everything.
        tint: (3,) float64 BGR factors, the light's colour.
        noise: Standard deviation of the picture noise in grey levels.
        sun: (2,) metres of shadow per metre of height.
        glass: Whether the backboard is see-through.
        rim: The ring's colour.
        crowd: Share of seats taken.
        haze: Contrast taken away, 0 to about 0.2.
        softness: Standard deviation of the lens blur in pixels, 0 for a sharp one.
        plank_seed: Draws the scenery's details.
    """

    outdoor: bool
    floor: Color
    apron: Color
    paint: Color
    line: Color
    wall: Color
    pad: Color
    seats: Color
    kits: tuple[Color, Color]
    shorts: tuple[Color, Color]
    trims: tuple[Color, Color]
    skins: tuple[Color, ...]
    hairs: tuple[Color, ...]
    ball: Color
    light: float
    tint: np.ndarray
    noise: float
    sun: np.ndarray
    glass: bool
    rim: Color
    crowd: float
    haze: float
    softness: float
    plank_seed: int


def hsv(hue: float, saturation: float, value: float) -> Color:
    """BGR 0..255 of a hue, saturation and value in 0..1."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return int(b * 255), int(g * 255), int(r * 255)


def shade(color: Color, factor: float) -> Color:
    """A colour made lighter or darker."""
    return tuple(int(min(max(c * factor, 0), 255)) for c in color)


def draw_look(players: int, rng: np.random.Generator) -> Look:
    """A random place for `players` players."""
    outdoor = bool(rng.random() < 0.3)
    hue = rng.random()
    light_kit = hsv(hue + rng.uniform(0.3, 0.7), rng.choice([0.0, 0.05, 0.5]), rng.uniform(0.85, 0.97))
    dark_kit = hsv(hue, rng.uniform(0.65, 0.95), rng.uniform(0.3, 0.7))
    first = int(rng.integers(2))
    kits = (light_kit, dark_kit) if first == 0 else (dark_kit, light_kit)
    trims = (dark_kit, light_kit) if first == 0 else (light_kit, dark_kit)
    if outdoor:
        floor = OUTDOOR_FLOORS[int(rng.integers(len(OUTDOOR_FLOORS)))]
        apron = shade(OUTDOOR_FLOORS[int(rng.integers(len(OUTDOOR_FLOORS)))], 0.85)
        paint = shade(floor, rng.uniform(0.7, 1.25)) if rng.random() < 0.5 else hsv(rng.random(), 0.5, 0.5)
    else:
        floor = WOODS[int(rng.integers(len(WOODS)))]
        apron = (
            shade(floor, rng.uniform(0.7, 0.95))
            if rng.random() < 0.4
            else hsv(rng.random(), 0.7, rng.uniform(0.25, 0.6))
        )
        paint = (
            shade(floor, rng.uniform(0.75, 0.95))
            if rng.random() < 0.4
            else hsv(hue, 0.7, rng.uniform(0.3, 0.65))
        )
    line = (235, 240, 240) if rng.random() < 0.75 or outdoor else (30, 30, 36)
    angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 1.1) if outdoor else 0.12
    warm = rng.uniform(-0.07, 0.07)
    return Look(
        outdoor=outdoor,
        floor=shade(floor, rng.uniform(0.9, 1.1)),
        apron=apron,
        paint=paint,
        line=line,
        wall=hsv(rng.uniform(0.02, 0.68), rng.uniform(0.03, 0.30), rng.uniform(0.5, 0.95)),
        pad=hsv(rng.random(), 0.7, rng.uniform(0.3, 0.6)),
        seats=hsv(rng.random(), rng.uniform(0.1, 0.7), rng.uniform(0.2, 0.5)),
        kits=kits,
        shorts=tuple(kit if rng.random() < 0.7 else shade(kit, 0.6) for kit in kits),
        trims=trims,
        skins=tuple(SKINS[i] for i in rng.integers(len(SKINS), size=players)),
        hairs=tuple(HAIRS[i] for i in rng.integers(len(HAIRS), size=players)),
        ball=shade((34, 98, 214), rng.uniform(0.8, 1.1)),
        light=float(rng.uniform(0.72, 1.12)),
        tint=np.array([1 - warm, 1.0, 1 + warm]),
        noise=float(rng.uniform(1.5, 5.0)),
        sun=np.array([np.cos(angle), np.sin(angle)]) * length,
        glass=bool(rng.random() < (0.35 if outdoor else 0.75)),
        rim=(30, 70, 225),
        crowd=float(rng.uniform(0.1, 0.9)),
        haze=float(rng.uniform(0.0, 0.12)),
        softness=float(rng.uniform(0.4, 0.75)) if rng.random() < 0.5 else 0.0,
        plank_seed=int(rng.integers(1 << 31)),
    )
