"""The appearance of a court and its players: colours, light and surroundings, drawn from the seed."""

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
BALLS: tuple[Color, ...] = ((34, 98, 214), (40, 80, 170), (30, 110, 235), (40, 62, 120), (60, 130, 220))
WOODS: tuple[Color, ...] = ((110, 168, 212), (92, 148, 196), (124, 182, 222), (80, 130, 180), (140, 190, 220))
OUTDOOR_FLOORS: tuple[Color, ...] = ((96, 98, 100), (90, 110, 70), (130, 96, 60), (84, 90, 130), (74, 76, 80))


@dataclass(frozen=True)
class HoopStyle:
    """The appearance of the baskets; colours are BGR, 0 to 255.

    Attributes:
        board: Colour of the backboard.
        opacity: Opacity of the backboard, 0 to 1; glass is low.
        frame: Colour of the backboard's edge.
        frame_width: Width of that edge, metres.
        square: Colour of the target square; None for a board without one.
        rim: Colour of the ring.
        rim_width: Drawn width of the ring's tube, metres.
        net: Colour of the net; None for a ring without a net.
        net_width: Width of a strand, metres; a chain is thicker than cord.
        strands: Number of strands of the net.
        mount: 'stand' (padded, behind the baseline), 'pole' (bent pole) or 'wall' (arms from the wall).
        post: Colour of the stand, pole or arms.
        sheet: Whether a painted strip covers the board's lower edge.
    """

    board: Color
    opacity: float
    frame: Color
    frame_width: float
    square: Color | None
    rim: Color
    rim_width: float
    net: Color | None
    net_width: float
    strands: int
    mount: str
    post: Color
    sheet: bool


@dataclass(frozen=True)
class Style:
    """The appearance of one game; colours are BGR, 0 to 255.

    Attributes:
        outdoor: Whether it is a playground under the sky rather than a gym.
        floor, apron, paint, line: Colours of the court.
        wall, pad, seats: Colours of the surroundings.
        kits, shorts, trims: Two colours each, one per team.
        skins, hairs: One colour per person.
        ball: Colour of the ball.
        light: Brightness factor of everything.
        tint: (3,) float64 BGR factors: the colour of the light.
        noise: Standard deviation of the image noise, grey levels.
        sun: (2,) metres of shadow per metre of height.
        hoop: Style of the baskets.
        crowd: Share of the seats that are taken.
        haze: Contrast lost, 0 to about 0.2.
        softness: Standard deviation of the lens blur, pixels; 0 for none.
        detail: Share of the resolution that the camera keeps; 1 for all of it.
        vignette: Share of the light lost in the corners, 0 to 1.
        slope: (2,) change of brightness from the middle to the right and to the lower edge, by lamps or sun.
        cast: (3,) BGR factors of coloured light at one end of the slope.
        shutter: Exposure time of a frame, seconds.
        quality: JPEG quality of the camera's compression; 100 for none.
        stripes: Jersey pattern of each team: 0 plain, 1 stripes down the sides, 2 rings across.
        plank_seed: Draws the details of the scenery.
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
    hoop: HoopStyle
    crowd: float
    haze: float
    softness: float
    detail: float
    vignette: float
    slope: np.ndarray
    cast: np.ndarray
    shutter: float
    quality: int
    stripes: tuple[int, int]
    plank_seed: int


def hsv(hue: float, saturation: float, value: float) -> Color:
    """Convert hue, saturation and value, 0 to 1, to BGR, 0 to 255."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return int(b * 255), int(g * 255), int(r * 255)


def shade(color: Color, factor: float) -> Color:
    """Multiply a colour by `factor`, clamped to 0 to 255."""
    return tuple(int(min(max(c * factor, 0), 255)) for c in color)


RIMS: tuple[Color, ...] = (
    (30, 70, 225),
    (20, 90, 240),
    (36, 36, 200),
    (30, 50, 120),
    (34, 34, 36),
    (200, 200, 205),
    (60, 80, 130),
    (40, 120, 235),
)
BOARDS: tuple[Color, ...] = (
    (236, 236, 236),
    (222, 226, 230),
    (110, 160, 205),
    (60, 110, 215),
    (180, 150, 120),
    (120, 120, 124),
    (60, 60, 64),
    (190, 215, 225),
)
NETS: tuple[Color, ...] = ((238, 238, 238), (215, 220, 222), (170, 172, 172), (120, 120, 220), (215, 150, 110))


def draw_hoop(outdoor: bool, rng: np.random.Generator) -> HoopStyle:
    """Draw the style of the baskets of a gym, or of a playground when `outdoor`."""
    glass = rng.random() < (0.35 if outdoor else 0.7)
    board = (235, 235, 235) if glass else BOARDS[int(rng.choice(8, p=(0.34, 0.16, 0.12, 0.1, 0.08, 0.08, 0.06, 0.06)))]
    dark = sum(board) < 330
    ink = (245, 245, 245) if glass or dark else ((50, 50, 58), (36, 40, 190), (40, 90, 220), (170, 80, 40))[
        int(rng.integers(4))
    ]
    net_kind = rng.random()
    chain = outdoor and net_kind < 0.3
    bare = net_kind > (0.8 if outdoor else 0.95)
    net = (165, 168, 170) if chain else NETS[int(rng.choice(5, p=(0.5, 0.2, 0.12, 0.09, 0.09)))]
    mount = rng.choice(["stand", "pole", "wall"], p=(0.2, 0.65, 0.15) if outdoor else (0.55, 0.12, 0.33))
    posts = ((60, 60, 64), (120, 122, 124), (140, 70, 30), (40, 40, 150), (70, 120, 60), (210, 210, 210))
    return HoopStyle(
        board=shade(board, rng.uniform(0.85, 1.05)),
        opacity=float(rng.uniform(0.08, 0.4)) if glass else 1.0,
        frame=(245, 245, 245) if glass and rng.random() < 0.7 else shade(ink, rng.uniform(0.6, 1.2)),
        frame_width=float(rng.uniform(0.03, 0.09)),
        square=ink if rng.random() < 0.85 else None,
        rim=shade(RIMS[int(rng.choice(8, p=(0.3, 0.18, 0.14, 0.1, 0.08, 0.05, 0.05, 0.1)))], rng.uniform(0.75, 1.1)),
        rim_width=float(rng.uniform(0.022, 0.042)),
        net=None if bare else net,
        net_width=float(rng.uniform(0.018, 0.03) if chain else rng.uniform(0.006, 0.022)),
        strands=int(rng.integers(8, 13)),
        mount=str(mount),
        post=posts[int(rng.integers(len(posts)))],
        sheet=bool(rng.random() < 0.25),
    )


def draw_style(players: int, rng: np.random.Generator) -> Style:
    """Draw the style of a game with `players` people."""
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
    warm, green = rng.normal(0, 0.06), rng.normal(0, 0.02)
    steep = abs(rng.normal(0, 0.16)) if rng.random() < 0.7 else 0.0
    towards = rng.uniform(0, 2 * np.pi)
    crushed = rng.random() < 0.45
    return Style(
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
        ball=shade(BALLS[int(rng.choice(5, p=(0.5, 0.18, 0.16, 0.1, 0.06)))], rng.uniform(0.8, 1.1)),
        light=float(np.clip(rng.normal(1.0, 0.17), 0.62, 1.35)),
        tint=np.array([1 - warm, 1.0 + green, 1 + warm]),
        noise=float(rng.uniform(1.0, 6.0)),
        sun=np.array([np.cos(angle), np.sin(angle)]) * length,
        hoop=draw_hoop(outdoor, rng),
        crowd=float(rng.uniform(0.1, 0.9)),
        haze=float(rng.uniform(0.0, 0.14)),
        softness=float(rng.uniform(0.4, 0.9)) if rng.random() < 0.5 else 0.0,
        detail=float(rng.uniform(0.45, 0.85)) if rng.random() < 0.3 else 1.0,
        vignette=float(rng.uniform(0.05, 0.5)) if rng.random() < 0.5 else 0.0,
        slope=np.array([np.cos(towards), np.sin(towards)]) * steep,
        cast=1 + rng.normal(0, 0.05, 3),
        shutter=float(rng.uniform(1 / 250, 1 / 40)),
        quality=int(rng.integers(18, 90)) if crushed else 100,
        stripes=(int(rng.choice(3, p=(0.5, 0.3, 0.2))), int(rng.choice(3, p=(0.5, 0.3, 0.2)))),
        plank_seed=int(rng.integers(1 << 31)),
    )
