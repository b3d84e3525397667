"""Draws players, their shadows and the ball."""

from __future__ import annotations

import cv2
import numpy as np

from .body import HEAD_RADIUS, Joint
from .canvas import SHIFT, UNIT, Canvas
from .lens import NEAR, Lens
from .look import Color, Look, shade
from .roster import Roster

ARM, WRIST, THIGH, SHIN, FOOT, NECK = 0.098, 0.075, 0.165, 0.105, 0.095, 0.11
TORSO_PAD = 0.055

SHADOW_BARS = (
    (Joint.NECK, Joint.LEFT_HIP, 0.3),
    (Joint.NECK, Joint.RIGHT_HIP, 0.3),
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, 0.17),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, 0.17),
    (Joint.LEFT_KNEE, Joint.LEFT_ANKLE, 0.12),
    (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE, 0.12),
    (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, 0.1),
    (Joint.RIGHT_SHOULDER, Joint.RIGHT_ELBOW, 0.1),
    (Joint.LEFT_ELBOW, Joint.LEFT_WRIST, 0.09),
    (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST, 0.09),
)


class Wardrobe:
    """Every colour a player is drawn with, lit once."""

    def __init__(self, look: Look, roster: Roster):
        """Dress the players of `roster`."""
        gain = look.tint * look.light * (1 - look.haze)

        def lit(color: Color, factor: float = 1.0) -> Color:
            return tuple(int(v) for v in np.clip(np.array(color) * gain * factor + 255 * look.haze * 0.8, 0, 255))

        teams = roster.teams
        self.jersey = [(lit(look.kits[t]), lit(look.kits[t], 0.82)) for t in teams]
        self.shorts = [(lit(look.shorts[t], 0.95), lit(look.shorts[t], 0.75)) for t in teams]
        self.trim = [lit(look.trims[t]) for t in teams]
        self.skin = [(lit(c), lit(c, 0.8)) for c in look.skins]
        self.hair = [lit(c) for c in look.hairs]
        self.shoe = [(lit((225, 225, 225)), lit((170, 170, 170))) if t == 0 else (lit((50, 50, 60)),) * 2 for t in teams]
        self.ball = (lit(look.ball), lit(look.ball, 0.62), lit(shade(look.ball, 1.25)))
        self.numbers = [str(int(n)) for n in roster.numbers]
        self.lit = lit


def paint_shadow(picture: np.ndarray, lens: Lens, look: Look, joints: np.ndarray, scale: float) -> None:
    """Darken the floor where one player's (24, 3) joints stand in the light; `scale` is pixels a metre there."""
    floor = joints.copy()
    floor[:, :2] += joints[:, 2:3] * look.sun
    floor[:, 2] = 0.01
    pixels, depth = lens.project(floor)
    if depth.min() < NEAR * 4:
        return
    pad = 0.3 * scale
    low, high = pixels.min(0) - pad, pixels.max(0) + pad
    x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
    x1, y1 = min(int(high[0]) + 1, lens.width), min(int(high[1]) + 1, lens.height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    fixed = ((pixels - (x0, y0)) * UNIT).astype(np.int32)
    # A bar lying on the floor looks thinner than it is; half its width is a fair mean over viewing angles.
    for a, b, wide in SHADOW_BARS:
        size = max(1, round(wide * scale * 0.55))
        cv2.line(mask, fixed[a].tolist(), fixed[b].tolist(), 255, size, cv2.LINE_8, SHIFT)
    if not look.outdoor:
        feet = (pixels[Joint.LEFT_ANKLE] + pixels[Joint.RIGHT_ANKLE]) / 2 - (x0, y0)
        axes = (max(int(0.33 * scale * UNIT), 8), max(int(0.13 * scale * UNIT), 8))
        cv2.ellipse(mask, (feet * UNIT).astype(int).tolist(), axes, 0, 0, 360, 255, -1, cv2.LINE_8, SHIFT)
    patch = picture[y0:y1, x0:x1]
    cv2.copyTo(cv2.convertScaleAbs(patch, alpha=0.56 if look.outdoor else 0.72), mask, patch)


def paint_ball_shadow(picture: np.ndarray, lens: Lens, look: Look, ball: np.ndarray, radius: float) -> None:
    """Darken the floor under the ball, (3,) metres."""
    spot = np.array([ball[0] + ball[2] * look.sun[0], ball[1] + ball[2] * look.sun[1], 0.01])
    pixel, depth = lens.project(spot)
    if depth < NEAR * 4:
        return
    size = radius * lens.focal / depth
    flat = max(0.25, abs(lens.position[2]) / float(np.linalg.norm(lens.position - spot)))
    x0, y0 = max(int(pixel[0] - size - 1), 0), max(int(pixel[1] - size - 1), 0)
    x1, y1 = min(int(pixel[0] + size + 2), lens.width), min(int(pixel[1] + size + 2), lens.height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    centre = ((pixel - (x0, y0)) * UNIT).astype(int).tolist()
    cv2.ellipse(mask, centre, (int(size * UNIT), int(size * flat * UNIT)), 0, 0, 360, 255, -1, cv2.LINE_8, SHIFT)
    patch = picture[y0:y1, x0:x1]
    cv2.copyTo(cv2.convertScaleAbs(patch, alpha=0.6), mask, patch)


def add_player(
    canvas: Canvas, wardrobe: Wardrobe, index: int, px: np.ndarray, depth: np.ndarray, scale: float, roster: Roster
) -> None:
    """Collect one player's shapes.

    Args:
        canvas: Where to.
        wardrobe: Colours.
        index: Player.
        px: (24, 2) joints in pixels.
        depth: (24,) joints' depths in metres.
        scale: Pixels a metre at the player.
        roster: Bodies.
    """
    girth, height = float(roster.girths[index]) * scale, float(roster.heights[index]) * scale
    jersey, shorts, skin, shoe = (
        wardrobe.jersey[index],
        wardrobe.shorts[index],
        wardrobe.skin[index],
        wardrobe.shoe[index],
    )
    middle = float(depth[Joint.NECK] + depth[Joint.LEFT_HIP] + depth[Joint.RIGHT_HIP]) / 3
    for side in (0, 1):
        hip, knee, ankle, toe = (px[j + side] for j in (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE, Joint.LEFT_TOE))
        far = int(depth[Joint.LEFT_KNEE + side] > depth[Joint.LEFT_KNEE + 1 - side] + 0.02)
        leg = (depth[Joint.LEFT_HIP + side] + depth[Joint.LEFT_KNEE + side]) / 2 + 0.05
        shin = (depth[Joint.LEFT_KNEE + side] + depth[Joint.LEFT_ANKLE + side]) / 2 + 0.05
        canvas.limb(shin + 0.004, ankle, toe, FOOT * girth, shoe[far])
        canvas.limb(shin + 0.003, knee, ankle, SHIN * girth, skin[far])
        hem = hip + (knee - hip) * 0.78
        canvas.limb(leg + 0.002, hem, knee, SHIN * 1.15 * girth, skin[far])
        canvas.limb(leg, hip, hem, THIGH * girth, shorts[far])
        shoulder, elbow, wrist, hand = (
            px[j + side] for j in (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW, Joint.LEFT_WRIST, Joint.LEFT_HAND)
        )
        far = int(depth[Joint.LEFT_SHOULDER + side] > depth[Joint.LEFT_SHOULDER + 1 - side] + 0.05)
        upper = (depth[Joint.LEFT_SHOULDER + side] + depth[Joint.LEFT_ELBOW + side]) / 2
        fore = (depth[Joint.LEFT_ELBOW + side] + depth[Joint.LEFT_WRIST + side]) / 2
        canvas.limb(upper, shoulder, elbow, ARM * girth, skin[far])
        canvas.limb(fore, elbow, wrist, WRIST * girth, skin[far])
        canvas.limb(fore - 0.01, wrist, hand, WRIST * 1.1 * girth, skin[far])
    _add_torso(canvas, wardrobe, index, px, middle, girth, jersey[0], shorts[0])
    head, crown, neck, nose = (px[j] for j in (Joint.HEAD, Joint.CROWN, Joint.NECK, Joint.NOSE))
    radius = HEAD_RADIUS * height * 1.05
    top = float(depth[Joint.HEAD])
    canvas.limb(middle + 0.03, neck, head, NECK * girth, skin[1])
    facing = float(depth[Joint.HEAD] - depth[Joint.NOSE]) / 0.13
    hair = wardrobe.hair[index]
    if facing > -0.3:
        canvas.disc(top + 0.01, head + (crown - head) * 0.22, radius, hair)
        canvas.disc(top, head + (nose - head) * 0.22 - (crown - head) * 0.12, radius * 0.9, skin[0])
        if radius > 5 and facing > 0.2:
            brow = head + (nose - head) * 0.6 + (crown - head) * 0.12
            across = (px[Joint.LEFT_EYE] - px[Joint.RIGHT_EYE]) * 0.5
            canvas.disc(top - 0.03, brow + across, radius * 0.11, (30, 30, 34))
            canvas.disc(top - 0.03, brow - across, radius * 0.11, (30, 30, 34))
    else:
        canvas.disc(top + 0.01, head - (crown - head) * 0.15, radius * 0.93, skin[1])
        canvas.disc(top, head + (crown - head) * 0.12, radius, hair)


def _add_torso(
    canvas: Canvas,
    wardrobe: Wardrobe,
    index: int,
    px: np.ndarray,
    depth: float,
    girth: float,
    jersey: Color,
    shorts: Color,
) -> None:
    left, right = px[Joint.LEFT_SHOULDER], px[Joint.RIGHT_SHOULDER]
    hip_left, hip_right = px[Joint.LEFT_HIP], px[Joint.RIGHT_HIP]
    pad = TORSO_PAD * girth
    spread = right - left
    wide = float(np.hypot(*spread))
    sideways = spread / max(wide, 1e-6) if wide > 1 else np.array([1.0, 0.0])
    # A body seen from the side still has depth: keep the torso at least this wide.
    extra = max(0.0, (0.27 * girth - wide) / 2)
    base = hip_right - hip_left
    narrow = max(0.0, (0.25 * girth - float(np.hypot(*base))) / 2)
    top_left, top_right = left - sideways * extra, right + sideways * extra
    low_left, low_right = hip_left - sideways * narrow, hip_right + sideways * narrow
    drop = (low_left + low_right - top_left - top_right) / 2
    size = max(float(np.hypot(*drop)), 1e-6)
    canvas.limb(depth + 0.02, low_left, low_right, 2.6 * pad, shorts)
    waist = drop * 0.93
    hull = np.stack([top_left, top_right, low_right - drop + waist, low_left - drop + waist])
    canvas.polygon(depth, hull, jersey)
    canvas.limb(depth, top_left + drop * 0.05, top_right + drop * 0.05, 1.6 * pad, jersey)
    if size > 22 and wide > 0.55 * 0.39 * girth:
        text = wardrobe.numbers[index]
        scale = size / 62.0
        (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)
        centre = (top_left + top_right) / 2 + drop * 0.42
        origin = (int(centre[0] - w / 2), int(centre[1] + h / 2))
        thick = max(1, round(scale * 2.2))
        canvas.call(
            depth - 0.002,
            cv2.putText,
            text,
            origin,
            cv2.FONT_HERSHEY_DUPLEX,
            scale,
            wardrobe.trim[index],
            thick,
            cv2.LINE_AA,
        )


def add_ball(canvas: Canvas, wardrobe: Wardrobe, pixel: np.ndarray, depth: float, radius: float) -> None:
    """Collect the ball: `radius` pixels around `pixel`."""
    body, dark, bright = wardrobe.ball
    canvas.disc(depth, pixel, radius, dark)
    canvas.disc(depth, pixel - (radius * 0.10, radius * 0.16), radius * 0.84, body)
    if radius > 2.5:
        canvas.disc(depth, pixel - (radius * 0.3, radius * 0.38), radius * 0.3, bright)
    if radius > 4:
        seam = [pixel + np.array([[-radius, 0], [radius, 0]]) * 0.95, pixel + np.array([[0, -radius], [0, radius]]) * 0.95]
        canvas.stroke(depth, seam, radius / 8, (30, 40, 60))
