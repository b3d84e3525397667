"""Draws players and referees."""

from __future__ import annotations

from enum import IntEnum

import cv2
import numpy as np

from .body import HEAD_RADIUS, Joint
from .canvas import UNIT, Canvas
from .lens import Lens
from .motion_blur import paint_swept, sweep
from .roster import Roster
from .wardrobe import Skin, Wardrobe


class Spot(IntEnum):
    """Points drawn beyond the skeleton's joints."""

    LEFT_HEM = 24
    RIGHT_HEM = 25
    TOP_LEFT = 26
    TOP_RIGHT = 27
    LOW_LEFT = 28
    LOW_RIGHT = 29
    WAIST_LEFT = 30
    WAIST_RIGHT = 31
    HAIR = 32
    FACE = 33
    CHEST = 34


# Start, stop, width in metres, palette row, side of the body deciding near or far, depth nudge in metres.
# Nudges keep shoe, shin, thigh and shorts in that order where their depths tie.
LEG, ARM = 0, 2
LIMBS = tuple(
    limb
    for side in (0, 1)
    for limb in (
        (Joint.LEFT_ANKLE + side, Joint.LEFT_TOE + side, 0.095, Skin.SHOE, LEG + side, 0.058),
        (Joint.LEFT_KNEE + side, Joint.LEFT_ANKLE + side, 0.105, Skin.SKIN, LEG + side, 0.056),
        (Joint.LEFT_KNEE + side, Spot.LEFT_HEM + side, 0.12, Skin.SKIN, LEG + side, 0.054),
        (Joint.LEFT_HIP + side, Spot.LEFT_HEM + side, 0.17, Skin.SHORTS, LEG + side, 0.05),
        (Joint.LEFT_SHOULDER + side, Joint.LEFT_ELBOW + side, 0.098, Skin.SKIN, ARM + side, 0.0),
        (Joint.LEFT_ELBOW + side, Joint.LEFT_HAND + side, 0.08, Skin.SKIN, ARM + side, -0.01),
    )
)
_A, _B = np.array([limb[0] for limb in LIMBS]), np.array([limb[1] for limb in LIMBS])
_WIDTH = np.array([limb[2] for limb in LIMBS])
_SIDE = np.array([limb[4] for limb in LIMBS])
_NUDGE = np.array([limb[5] for limb in LIMBS])
_ROW = np.array([limb[3] for limb in LIMBS])
TORSO_PAD = 0.055
# Limbs that can blur, by their index in LIMBS, and the joint whose motion decides.
_QUICK = {0: 0, 1: 0, 5: 1, 6: 2, 7: 2, 11: 3}
_FAST = np.array([Joint.LEFT_ANKLE, Joint.LEFT_WRIST, Joint.RIGHT_ANKLE, Joint.RIGHT_WRIST])


def _spots(px: np.ndarray, girth: np.ndarray) -> np.ndarray:
    """The (P, 35, 2) pixels drawn: joints (P, 24, 2), then `Spot`s; `girth` (P,) is pixels per metre of thickness."""
    spots = np.empty((len(px), len(Joint) + len(Spot), 2))
    spots[:, : len(Joint)] = px
    for side in (0, 1):
        hip, knee = px[:, Joint.LEFT_HIP + side], px[:, Joint.LEFT_KNEE + side]
        spots[:, Spot.LEFT_HEM + side] = hip + (knee - hip) * 0.78
    left, right = px[:, Joint.LEFT_SHOULDER], px[:, Joint.RIGHT_SHOULDER]
    hip_left, hip_right = px[:, Joint.LEFT_HIP], px[:, Joint.RIGHT_HIP]
    spread, base = right - left, hip_right - hip_left
    wide, low = np.sqrt((spread * spread).sum(-1)), np.sqrt((base * base).sum(-1))
    sideways = np.where((wide > 1)[:, None], spread / np.maximum(wide, 1e-6)[:, None], [1.0, 0.0])
    # A body seen from the side still has depth: keep the torso at least this wide.
    extra = sideways * np.maximum(0.0, (0.27 * girth - wide) / 2)[:, None]
    narrow = sideways * np.maximum(0.0, (0.25 * girth - low) / 2)[:, None]
    top_left, top_right, low_left, low_right = (
        left - extra,
        right + extra,
        hip_left - narrow,
        hip_right + narrow,
    )
    drop = (low_left + low_right - top_left - top_right) / 2
    spots[:, Spot.TOP_LEFT], spots[:, Spot.TOP_RIGHT] = top_left, top_right
    spots[:, Spot.LOW_LEFT], spots[:, Spot.LOW_RIGHT] = low_left, low_right
    spots[:, Spot.WAIST_LEFT], spots[:, Spot.WAIST_RIGHT] = low_left - drop * 0.07, low_right - drop * 0.07
    spots[:, Spot.CHEST] = (top_left + top_right) / 2 + drop * 0.42
    head, crown, nose = px[:, Joint.HEAD], px[:, Joint.CROWN], px[:, Joint.NOSE]
    spots[:, Spot.HAIR] = head + (crown - head) * 0.22
    spots[:, Spot.FACE] = head + (nose - head) * 0.22 - (crown - head) * 0.12
    return spots


def add_players(
    canvas: Canvas,
    wardrobe: Wardrobe,
    who: list[int],
    px: np.ndarray,
    depth: np.ndarray,
    roster: Roster,
    lens: Lens,
    smear: np.ndarray,
) -> None:
    """Add the shapes of the people `who` to `canvas`.

    Args:
        canvas: Collects the shapes.
        wardrobe: Colours.
        who: Indices of the people to draw.
        px: (P, 24, 2) everyone's joints in pixels.
        depth: (P, 24) everyone's joint depths in metres.
        roster: Bodies.
        lens: The camera's view.
        smear: (P, 24, 2) pixels that everyone's joints move during the exposure.
    """
    scale = lens.focal / np.maximum(depth[:, Joint.NECK], 0.3)
    girth = scale * roster.girths
    spots = _spots(px, girth)
    fixed = (np.clip(spots, -9000, 9000) * UNIT).astype(np.int32)
    # Hems lie between hip and knee, so the knee's depth serves for them.
    near = np.concatenate([depth, depth[:, [Joint.LEFT_KNEE, Joint.RIGHT_KNEE]]], axis=1)
    limb_depth = (near[:, _A] + near[:, _B]) / 2 + _NUDGE
    far = np.zeros((len(px), 4), bool)
    for side in (0, 1):
        far[:, LEG + side] = depth[:, Joint.LEFT_KNEE + side] > depth[:, Joint.RIGHT_KNEE - side] + 0.02
        far[:, ARM + side] = (
            depth[:, Joint.LEFT_SHOULDER + side] > depth[:, Joint.RIGHT_SHOULDER - side] + 0.05
        )
    rows = (_ROW[None] + far[:, _SIDE]).tolist()
    widths = np.maximum(1, np.round(_WIDTH[None] * girth[:, None])).astype(int).tolist()
    limb_depth = limb_depth.tolist()
    points = fixed.tolist()
    middle = ((depth[:, Joint.NECK] + depth[:, Joint.LEFT_HIP] + depth[:, Joint.RIGHT_HIP]) / 3).tolist()
    torso = np.take(fixed, [Spot.TOP_LEFT, Spot.TOP_RIGHT, Spot.WAIST_RIGHT, Spot.WAIST_LEFT], axis=1)
    pads = np.maximum(1, np.round(TORSO_PAD * girth)).astype(int).tolist()
    facing = ((depth[:, Joint.HEAD] - depth[:, Joint.NOSE]) / 0.13).tolist()
    relative = smear - smear[:, Joint.LEFT_HIP][:, None]
    moved = (np.abs(relative[:, _FAST]).max(-1) > 2.2).tolist()
    for p in who:
        at, palette, body = points[p], wardrobe.palette[p], middle[p]
        shin, ghosts = wardrobe.shin[p], moved[p]
        for index, ((a, b, _, kind, *_), distance, row, width) in enumerate(
            zip(LIMBS, limb_depth[p], rows[p], widths[p], strict=True)
        ):
            if kind == Skin.SKIN and index % 6 in (1, 2):
                row += shin - Skin.SKIN
            quick = _QUICK.get(index)
            if quick is not None and ghosts[quick]:
                canvas.call(distance, paint_swept, *sweep(spots[p], relative[p], a, b, width), palette[row])
            else:
                canvas.bar(distance, at[a], at[b], width, palette[row])
        canvas.bar(body + 0.03, at[Joint.NECK], at[Joint.HEAD], 2 * pads[p], palette[Skin.SKIN + 1])
        canvas.bar(
            body + 0.02, at[Spot.LOW_LEFT], at[Spot.LOW_RIGHT], round(2.6 * pads[p]), palette[Skin.SHORTS]
        )
        canvas.fixed_polygon(body, torso[p], palette[Skin.JERSEY])
        canvas.bar(body, at[Spot.TOP_LEFT], at[Spot.TOP_RIGHT], round(1.6 * pads[p]), palette[Skin.JERSEY])
        if wardrobe.stripes[p]:
            _add_stripes(canvas, wardrobe, p, spots[p], body, pads[p])
        _add_number(canvas, wardrobe, p, spots[p], body, float(girth[p]))
        radius = HEAD_RADIUS * 1.05 * float(roster.heights[p] * scale[p])
        _add_head(canvas, wardrobe, p, spots[p], float(depth[p, Joint.HEAD]), radius, facing[p])


def _add_stripes(
    canvas: Canvas, wardrobe: Wardrobe, index: int, spots: np.ndarray, depth: float, pad: int
) -> None:
    """Add stripes down the sides (1), rings across (2) or a referee's vertical stripes (3)."""
    pattern, color = wardrobe.stripes[index], wardrobe.trim[index]
    left, right = spots[Spot.TOP_LEFT], spots[Spot.TOP_RIGHT]
    low_left, low_right = spots[Spot.WAIST_LEFT], spots[Spot.WAIST_RIGHT]
    if pattern == 2:
        lines = [
            np.stack([left + (low_left - left) * share, right + (low_right - right) * share])
            for share in (0.2, 0.75)
        ]
    else:
        shares = (0.06, 0.94) if pattern == 1 else (0.05, 0.28, 0.5, 0.72, 0.95)
        lines = [
            np.stack([left + (right - left) * share, low_left + (low_right - low_left) * share])
            for share in shares
        ]
    canvas.stroke(depth - 0.001, lines, max(1.0, (0.4 if pattern == 3 else 0.6) * pad), color)


def _add_head(
    canvas: Canvas,
    wardrobe: Wardrobe,
    index: int,
    spots: np.ndarray,
    depth: float,
    radius: float,
    facing: float,
) -> None:
    """Add hair and face; `facing` is 1 towards the camera, -1 away from it."""
    skin, hair = wardrobe.palette[index][Skin.SKIN], wardrobe.hair[index]
    head, crown = spots[Joint.HEAD], spots[Joint.CROWN]
    if facing <= -0.3:
        canvas.disc(depth + 0.01, head - (crown - head) * 0.15, radius * 0.93, skin)
        canvas.disc(depth, head + (crown - head) * 0.12, radius, hair)
        return
    canvas.disc(depth + 0.01, spots[Spot.HAIR], radius, hair)
    canvas.disc(depth, spots[Spot.FACE], radius * 0.9, skin)
    if radius > 5 and facing > 0.2:
        brow = head + (spots[Joint.NOSE] - head) * 0.6 + (crown - head) * 0.12
        across = (spots[Joint.LEFT_EYE] - spots[Joint.RIGHT_EYE]) * 0.5
        canvas.disc(depth - 0.03, brow + across, radius * 0.11, wardrobe.eye)
        canvas.disc(depth - 0.03, brow - across, radius * 0.11, wardrobe.eye)


def _add_number(
    canvas: Canvas, wardrobe: Wardrobe, index: int, spots: np.ndarray, depth: float, girth: float
) -> None:
    """Add the jersey's number when it is large enough and turned enough to be read."""
    size = float(np.hypot(*(spots[Spot.LOW_LEFT] - spots[Spot.TOP_LEFT])))
    wide = float(np.hypot(*(spots[Joint.LEFT_SHOULDER] - spots[Joint.RIGHT_SHOULDER])))
    if size <= 18 or wide <= 0.21 * girth:
        return
    text, scale = wardrobe.numbers[index], size / 62.0
    (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)
    origin = (int(spots[Spot.CHEST, 0] - w / 2), int(spots[Spot.CHEST, 1] + h / 2))
    font = (cv2.FONT_HERSHEY_DUPLEX, scale, wardrobe.trim[index], max(1, round(scale * 2.2)), cv2.LINE_AA)
    canvas.call(depth - 0.002, cv2.putText, text, origin, *font)
