"""Shots as joint tracks without rendering: fast training data for models of keypoints over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arms import holding_hands
from .body import KEYPOINTS, skeleton
from .forms import Form, distort
from .movement import foot_swing, stride_length
from .physics import GRAVITY
from .recording import BodyState
from .shooting import HOLD, follow_wrists, motion_length, shot_pose, take_off_time

SHOT_TYPES = ("catch and shoot", "step back", "side step")
"""The types of shot, in the order of their numbers."""
CATCH_AND_SHOOT, STEP_BACK, SIDE_STEP = range(3)
BEFORE, AFTER = 0.9, 0.65
"""Seconds before the gather and after the release."""
VARIATION = 0.08
"""A player's spread from one shot to the next, as a share of the spread between players.

A professional's release height varies by about 2 cm and the timing of the parts by about 5 percent.
"""


@dataclass(frozen=True)
class ShotSequence:
    """One player's body around one shot.

    Attributes:
        joints: (T, 17, 3) metres, in COCO's order; the player faces +x at the gather and stands near the origin.
        times: (T,) seconds.
        gather: Index of the first frame at or after the start of the gather.
        release: Index of the first frame at or after the release.
        gather_time, release_time: Seconds.
        shot_type: Index into `SHOT_TYPES`.
        handed: +1 for a right-handed shooter, -1 for a left-handed one.
    """

    joints: np.ndarray
    times: np.ndarray
    gather: int
    release: int
    gather_time: float
    release_time: float
    shot_type: int
    handed: float


@dataclass(frozen=True)
class BodyHeights:
    """The part of a roster that `skeleton` needs: `heights` (N,) in metres."""

    heights: np.ndarray


def _smooth(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0.0, 1.0)
    return share * share * (3 - 2 * share)


def typed(form: Form, shot_type: int) -> Form:
    """Adapt a form to a type of shot: a step-back leans away and jumps less, a side-step stands wider."""
    if shot_type == STEP_BACK:
        return replace(form, leap=form.leap * 0.88, set_lean=form.set_lean - 0.05, stagger=form.stagger * 0.5)
    if shot_type == SIDE_STEP:
        return replace(form, leap=form.leap * 0.94, width=form.width + 0.03, dip=form.dip * 0.92)
    return form


def _path(shot_type: int, time: np.ndarray, planted: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Feet (T, 2) and heading (T,) for times from the gather on; both are at rest after `planted` seconds."""
    ahead, left = np.zeros_like(time), np.zeros_like(time)
    if shot_type == CATCH_AND_SHOOT:
        # A short step or hop into the catch, turning from the passer to the basket.
        start = rng.uniform(-0.6, -0.3)
        ahead = rng.uniform(0.1, 0.5) * (_smooth((time - start) / (0.3 * planted - start)) - 1)
        turn = rng.uniform(-0.7, 0.7)
        return np.stack([ahead, left], -1), turn * (1 - _smooth((time - start) / (-start)))
    start, drive = rng.uniform(-0.28, -0.10), rng.uniform(0.8, 2.8)
    step = _smooth((time - start) / (planted - start)) - 1
    ahead = drive * np.minimum(time - start, 0.0) * (1 - 0.5 * _smooth((time - start + 0.25) / 0.25))
    if shot_type == STEP_BACK:
        ahead = ahead - rng.uniform(0.7, 1.3) * step
        left = left + rng.uniform(-0.2, 0.2) * step
    else:
        ahead = ahead - rng.uniform(-0.1, 0.3) * step
        left = left + rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 1.25) * step
    turn = rng.uniform(-0.35, 0.35)
    return np.stack([ahead, left], -1), turn * (1 - _smooth((time - start) / (-start)))


def _hands_before(
    shot_type: int, form: Form, height: float, time: np.ndarray, held: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Wrist targets (T, 2, 3) before the gather, from reaching for the pass or dribbling to `held` (2, 3)."""
    side = form.handed
    idle = np.array([[0.12, 0.145 * height, 0.5 * height], [0.12, -0.145 * height, 0.5 * height]])
    if shot_type == CATCH_AND_SHOOT:
        catch = rng.uniform(-0.35, -0.06)
        point = np.array([rng.uniform(0.38, 0.52), rng.uniform(-0.15, 0.15), rng.uniform(0.6, 0.75) * height])
        reach = np.array([[-0.1, 0.13, -0.05], [-0.1, -0.13, -0.05]]) + point
        out = _smooth((time - catch + 0.4) / 0.32)[:, None, None]
        back = _smooth((time - catch) / max(-catch, 0.06))[:, None, None]
        return (idle + (reach - idle) * out) * (1 - back) + held * back
    bounce = (time / 0.62 + rng.uniform(0, 1)) % 1.0
    drop = 1 - np.abs(2 * bounce - 1)
    strong = np.stack(
        [np.full_like(time, 0.24), np.full_like(time, -side * 0.27), (0.52 - 0.09 * drop * drop) * height], -1
    )
    weak = np.broadcast_to([0.22, side * 0.30, 0.56 * height], strong.shape)
    dribble = np.stack((weak, strong) if side > 0 else (strong, weak), 1)
    back = _smooth((time + 0.22) / 0.2)[:, None, None]
    return dribble * (1 - back) + held * back


def _fields(
    form: Form, height: float, shot_type: int, time: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The `BodyState` fields of one shot without the player axis, for times (T,) relative to the gather's start."""
    length, take_off = motion_length(form), take_off_time(form)
    planted = 0.75 * (form.gather + form.dip) / form.tempo
    xy, heading = _path(shot_type, time, planted, rng)
    step = time[1] - time[0]
    velocity = np.gradient(xy, step, axis=0)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    phase = rng.uniform(0, 2 * math.pi) + np.cumsum(2 * math.pi * speed / stride_length(speed)) * step
    amplitude = foot_swing(speed)
    since = time - take_off
    launch = math.sqrt(2 * GRAVITY * form.leap)
    jump = np.where(since > 0, np.maximum(0.0, launch * since - 0.5 * GRAVITY * since * since), 0.0)
    landing = since - 2 * launch / GRAVITY
    pose = shot_pose(np.clip(time, 0.0, length), form)
    bent = rng.uniform(0.03, 0.12) * (1 - _smooth((time + 0.25) / 0.4))
    ball = np.stack([pose.ball[:, 0], -form.handed * pose.ball[:, 1], pose.ball[:, 2] * height + jump], -1)
    hands = holding_hands(ball, form, pose.raised)
    hold = np.array([HOLD[0], -form.handed * HOLD[1], HOLD[2] * height])
    before = _hands_before(shot_type, form, height, time, holding_hands(hold, form, 0.0), rng)
    after = follow_wrists(form, height, jump)
    late = np.exp(-14.0 * np.maximum(time - length, 0.0))[:, None, None]
    hands = np.where((time < 0)[:, None, None], before, after + (hands - after) * late)
    absorbed = 0.11 * np.sin(math.pi * np.clip(landing / 0.5, 0.0, 1.0))
    return {
        "xy": xy,
        "velocity": velocity,
        "heading": heading,
        "jump": jump,
        "crouch": pose.crouch + bent + absorbed,
        "lean": pose.lean + 0.045 * np.clip(velocity[:, 0], -2.0, 4.0),
        "phase": phase,
        "amplitude": amplitude,
        "shape": pose.shape * [1.0, 1.0, form.handed],
        "hands": hands,
    }


def shot_sequences(
    forms: Sequence[Form],
    shot_types: Sequence[int],
    rng: np.random.Generator,
    fps: float = 30.0,
    heights: np.ndarray | None = None,
    variation: float = VARIATION,
) -> list[ShotSequence]:
    """Simulate many shots at once; a player's form varies a little from shot to shot.

    Args:
        forms: One per shot.
        shot_types: One per shot, an index into `SHOT_TYPES`.
        rng: Draws everything that differs between two shots of one player.
        fps: Frames per second.
        heights: (N,) metres; drawn when None.
        variation: See `VARIATION`.

    Raises:
        ValueError: The lengths differ or a type is unknown.
    """
    if len(forms) != len(shot_types):
        raise ValueError(f"{len(forms)} forms but {len(shot_types)} shot types")
    if any(not 0 <= kind < len(SHOT_TYPES) for kind in shot_types):
        raise ValueError(f"shot types must be 0 to {len(SHOT_TYPES) - 1}")
    if not forms:
        return []
    heights = rng.uniform(1.76, 2.1, len(forms)) if heights is None else np.asarray(heights, float)
    actual = [distort(typed(form, kind), rng, variation) for form, kind in zip(forms, shot_types, strict=True)]
    lengths = np.array([motion_length(form) for form in actual])
    frames = math.ceil((BEFORE + lengths.max() + AFTER) * fps) + 1
    times = np.arange(frames) / fps
    gathers = BEFORE + rng.uniform(0, 1 / fps, len(forms))
    drawn = [
        _fields(form, float(height), kind, times - gather, rng)
        for form, height, kind, gather in zip(actual, heights, shot_types, gathers, strict=True)
    ]
    bodies = BodyState(**{name: np.stack([fields[name] for fields in drawn], 1) for name in drawn[0]})
    joints = skeleton(bodies, BodyHeights(heights))[:, :, :KEYPOINTS].astype(np.float32)
    found = []
    for index, (gather, length) in enumerate(zip(gathers, lengths, strict=True)):
        release = gather + length
        last = min(math.ceil((release + AFTER) * fps) + 1, frames)
        found.append(
            ShotSequence(
                joints=joints[:last, index],
                times=times[:last],
                gather=math.ceil(gather * fps - 1e-9),
                release=math.ceil(release * fps - 1e-9),
                gather_time=float(gather),
                release_time=float(release),
                shot_type=int(shot_types[index]),
                handed=actual[index].handed,
            )
        )
    return found


def shot_sequence(
    form: Form, shot_type: int, rng: np.random.Generator, fps: float = 30.0, height: float | None = None
) -> ShotSequence:
    """Simulate one shot; for many shots `shot_sequences` is several times faster per shot."""
    return shot_sequences([form], [shot_type], rng, fps, None if height is None else np.array([height]))[0]
