"""The shooting motion (gather, dip, raise, release, follow-through) and the flight of the ball after it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from courtside.court.measures import Court

from .forms import Form
from .physics import GRAVITY, BallPath, BallWorld, Vector, release_angle, solve_release

FOLLOW = 0.55
"""Seconds of follow-through."""
FAKE_RETURN = 0.34
"""Seconds from the top of a pump fake back to the hold."""
LONG_SPREAD, SIDE_SPREAD, ARC_SPREAD = 0.135, 0.075, 0.05
"""Standard deviations of the human error: metres at the rim along and across the line of the shot, and radians."""
HOLD = np.array([0.30, 0.03, 0.60])
"""Centre of a held ball: metres ahead, metres to the shooting side, height as a share of the player's height."""


@dataclass(frozen=True)
class Pose:
    """One moment of the motion; with T moments every array has a leading T.

    Attributes:
        ball: (3,) as in `HOLD`.
        crouch: () knee bend, metres.
        lean: () torso lean, radians.
        shape: (3,) elbow flare, extra stance width of each foot and the shooting foot's lead, metres.
        raised: () from 0, ball low, to 1, ball at the set point.
    """

    ball: np.ndarray
    crouch: np.ndarray
    lean: np.ndarray
    shape: np.ndarray
    raised: np.ndarray


def smooth(share: float) -> float:
    """Smoothstep of `share` clamped to 0..1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def motion_length(form: Form) -> float:
    """Seconds from the start of the gather to the release."""
    return (form.gather + form.dip + form.raising + form.push) / form.tempo


def gather_length(form: Form) -> float:
    """Seconds the gather takes."""
    return form.gather / form.tempo


def take_off_time(form: Form) -> float:
    """Seconds from the start of the gather to the feet leaving the floor."""
    return motion_length(form) - form.hang * rise_time(form.leap)


def _keys(form: Form) -> np.ndarray:
    """The five key poses of the motion, (5, 9): ball, crouch, lean, shape, raised."""
    pocket_side = 0.3 * HOLD[1] + 0.7 * form.dip_side
    return np.array(
        [
            [*HOLD, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [HOLD[0], pocket_side, form.pocket_height, 0.42 * form.knee, 0.45 * form.lean,
             0.3 * form.flare, 0.8 * form.width, 0.8 * form.stagger, 0.0],
            [form.dip_ahead, form.dip_side, form.dip_height, form.knee, form.lean,
             0.5 * form.flare, form.width, form.stagger, 0.0],
            [form.set_ahead, form.set_side, form.set_height, 0.0, form.set_lean,
             form.flare, form.width, form.stagger, 1.0],
            [form.release_ahead, form.release_side, form.release_height, 0.0, form.set_lean,
             0.7 * form.flare, form.width, 0.7 * form.stagger, 1.0],
        ]
    )  # fmt: skip


def shot_pose(elapsed: float | np.ndarray, form: Form) -> Pose:
    """The pose `elapsed` seconds, () or (T,), after the gather began; from the release on it stays the same."""
    time = np.asarray(elapsed, float) * form.tempo
    lengths = np.array([form.gather, form.dip, form.raising, form.push])
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    part = np.clip(np.searchsorted(starts, time, side="right") - 1, 0, 3)
    share = np.clip((time - starts[part]) / lengths[part], 0.0, 1.0)
    eased = np.where(part == 3, share**form.snap, share * share * (3 - 2 * share))[..., None]
    keys = _keys(form)
    values = keys[part] + (keys[part + 1] - keys[part]) * eased
    values[..., 0] += np.where(part == 2, form.arc * np.sin(np.pi * eased[..., 0]), 0.0)
    return Pose(values[..., :3], values[..., 3], values[..., 4], values[..., 5:8], values[..., 8])


def _fake_top(form: Form) -> float:
    """Seconds to the highest point of a pump fake: four fifths of the raise."""
    return (form.gather + form.dip + 0.8 * form.raising) / form.tempo


def fake_length(form: Form) -> float:
    """Seconds that a pump fake takes, up and down."""
    return _fake_top(form) + FAKE_RETURN


def fake_pose(elapsed: float, form: Form) -> Pose:
    """The pose of a pump fake: the shot's motion up to four fifths of the raise, then back down; feet on the floor."""
    up = _fake_top(form)
    top = shot_pose(min(elapsed, up), form)
    if elapsed <= up:
        return top
    share = smooth((elapsed - up) / FAKE_RETURN)
    crouch = top.crouch + (0.12 - top.crouch) * share
    ball = top.ball + (HOLD - top.ball) * share
    return Pose(ball, crouch, top.lean, top.shape, top.raised * (1 - share))


def follow_wrists(form: Form, height: float, jump: float | np.ndarray) -> np.ndarray:
    """Wrist targets (..., 2, 3) of the follow-through in the body frame, left then right, metres.

    Args:
        form: The player's form.
        height: The player's height, metres.
        jump: (...) feet above the floor, metres.
    """
    side, lift = form.handed, np.asarray(jump, float)[..., None] * [0.0, 0.0, 1.0]
    strong = np.array([form.follow_ahead, -side * form.follow_side, form.follow_height * height]) + lift
    weak = np.array([form.follow_ahead - 0.08, side * (0.16 + form.guide_out), form.follow_guide * height]) + lift
    return np.stack((weak, strong) if side > 0 else (strong, weak), -2)


def jump_height(time: float, leap: float) -> float:
    """Height (m) of the feet `time` seconds after take-off for a jump that peaks at `leap` metres."""
    launch = math.sqrt(2 * GRAVITY * leap)
    return max(0.0, launch * time - 0.5 * GRAVITY * time * time) if time > 0 else 0.0


def rise_time(leap: float) -> float:
    """Seconds from take-off to the peak."""
    return math.sqrt(2 * leap / GRAVITY)


def perfect_velocity(court: Court, start: Vector, basket: int, arc: float = 0.0) -> Vector:
    """The release velocity (m/s) that sends the ball from `start` through the ring's centre."""
    rim = court.rim_centre(basket)
    flat = math.hypot(rim[0] - start[0], rim[1] - start[1])
    target = (float(rim[0]), float(rim[1]), court.rim_height)
    return solve_release(start, target, release_angle(flat, court.rim_height - start[2], arc))


def take_shot(
    world: BallWorld, start: Vector, basket: int, rng: np.random.Generator, skill: float = 1.0
) -> BallPath:
    """Add human error to the perfect release and simulate the flight: five seconds that include the result.

    Args:
        world: What the ball can hit.
        start: Ball centre at the release, metres.
        basket: The basket aimed at.
        rng: Draws the error.
        skill: Factor of the error; with 1 about 45 of 100 shots go in.
    """
    rim = world.court.rim_centre(basket)
    flat = math.hypot(rim[0] - start[0], rim[1] - start[1])
    for _ in range(12):
        vx, vy, vz = perfect_velocity(world.court, start, basket, abs(rng.normal(0.0, ARC_SPREAD)))
        reach = max(flat, 1.5)
        gain = 1.0 + skill * LONG_SPREAD * rng.standard_normal() / (2 * reach)
        turn = skill * SIDE_SPREAD * rng.standard_normal() / reach
        c, s = math.cos(turn), math.sin(turn)
        path = world.fly(start, ((vx * c - vy * s) * gain, (vx * s + vy * c) * gain, vz * gain), 5.0, basket)
        if path.result is not None and path.result < 3.2:
            return path
    return world.fly(start, perfect_velocity(world.court, start, basket), 5.0, basket)
