"""The shooting motion (gather, dip, raise, release, follow-through) and the flight it sends the ball on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .court import Court
from .physics import BallPath, BallWorld, Vector, release_angle, solve_release

GATHER, DIP, RAISE, PUSH = 0.26, 0.20, 0.24, 0.14
FOLLOW = 0.55
FAKE_RETURN = 0.34
LONG_SPREAD, SIDE_SPREAD, ARC_SPREAD = 0.135, 0.075, 0.05

# Ball centre in the body frame: metres ahead, metres to the shooting side, height as a share of the player's.
HOLD = np.array([0.30, 0.03, 0.60])
POCKET = np.array([0.30, 0.08, 0.52])
LOW = np.array([0.33, 0.10, 0.45])
SET = np.array([0.21, 0.10, 1.02])
RELEASE = np.array([0.30, 0.10, 1.20])


@dataclass(frozen=True)
class Pose:
    """One moment of the motion: ball in the body frame (see above), knee bend (m), torso lean (rad)."""

    ball: np.ndarray
    crouch: float
    lean: float


def smooth(share: float) -> float:
    """Smoothstep of `share` clamped to 0..1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def motion_length(tempo: float) -> float:
    """Seconds from the start of the gather to the release."""
    return (GATHER + DIP + RAISE + PUSH) / tempo


def shot_pose(elapsed: float, tempo: float) -> Pose:
    """The motion `elapsed` seconds after the gather began, up to the release."""
    s = elapsed * tempo
    if s < GATHER:
        share = smooth(s / GATHER)
        return Pose(HOLD + (POCKET - HOLD) * share, 0.10 * share, 0.10 * share)
    s -= GATHER
    if s < DIP:
        share = smooth(s / DIP)
        return Pose(POCKET + (LOW - POCKET) * share, 0.10 + 0.14 * share, 0.10 + 0.12 * share)
    s -= DIP
    if s < RAISE:
        share = smooth(s / RAISE)
        ball = LOW + (SET - LOW) * share
        ball[0] += 0.10 * math.sin(math.pi * share)
        return Pose(ball, 0.24 * (1 - share), 0.22 * (1 - share) + 0.02)
    share = min((s - RAISE) / PUSH, 1.0) ** 1.6
    return Pose(SET + (RELEASE - SET) * share, 0.0, 0.02)


def fake_length(tempo: float) -> float:
    """Seconds a pump fake takes, there and back."""
    return (GATHER + DIP + 0.8 * RAISE) / tempo + FAKE_RETURN


def fake_pose(elapsed: float, tempo: float) -> Pose:
    """A pump fake: the shot's motion up to four fifths of the raise, then back down, feet on the floor."""
    up = (GATHER + DIP + 0.8 * RAISE) / tempo
    if elapsed <= up:
        return shot_pose(elapsed, tempo)
    top = shot_pose(up, tempo)
    share = smooth((elapsed - up) / FAKE_RETURN)
    crouch = top.crouch + (0.12 - top.crouch) * share
    return Pose(top.ball + (HOLD - top.ball) * share, crouch, top.lean)


def jump_height(time: float, leap: float) -> float:
    """Height (m) of the feet `time` seconds after take-off for a jump that peaks at `leap` metres."""
    launch = math.sqrt(2 * 9.81 * leap)
    return max(0.0, launch * time - 0.5 * 9.81 * time * time) if time > 0 else 0.0


def rise_time(leap: float) -> float:
    """Seconds from take-off to the peak."""
    return math.sqrt(2 * leap / 9.81)


def perfect_velocity(court: Court, start: Vector, basket: int, arc: float = 0.0) -> Vector:
    """The release velocity (m/s) that sends the ball from `start` through the ring's centre."""
    rim = court.rim_centre(basket)
    flat = math.hypot(rim[0] - start[0], rim[1] - start[1])
    target = (float(rim[0]), float(rim[1]), court.rim_height)
    return solve_release(start, target, release_angle(flat, court.rim_height - start[2], arc))


def take_shot(
    world: BallWorld, start: Vector, basket: int, rng: np.random.Generator, skill: float = 1.0
) -> BallPath:
    """Perturb the perfect release as a human would and let the ball decide: five seconds with a result.

    Args:
        world: What the ball can hit.
        start: Ball centre at the release, metres.
        basket: Target.
        rng: Source of the human error.
        skill: Spread factor of that error: 1 makes about 45 in 100.
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
