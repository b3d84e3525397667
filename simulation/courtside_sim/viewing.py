"""From a view of the game to the frame's truth: boxes, keypoints and who hides whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .body import HEAD_RADIUS, KEYPOINTS, Joint
from .game import Game
from .hoops import Hoop
from .lens import NEAR, Lens
from .recording import State
from .roster import Roster
from .truth import FrameTruth

FACE = (Joint.NOSE, Joint.LEFT_EYE, Joint.RIGHT_EYE)


@dataclass(frozen=True)
class Viewed:
    """One moment through one lens: state, (P, 24, 3) joints, their pixels and depths, and the ball's.

    People are the game's players followed by the referees, as in `roster`.
    """

    time: float
    lens: Lens
    state: State
    roster: Roster
    joints: np.ndarray
    pixels: np.ndarray
    depth: np.ndarray
    ball_pixel: np.ndarray
    ball_depth: float
    ball_radius: float


def _hidden(
    points: np.ndarray, depths: np.ndarray, owner: np.ndarray, view: Viewed
) -> np.ndarray:
    """Which points (N, 2) at `depths` (N,) are hidden by a player nearer than their `owner` (N,)."""
    px, scale = view.pixels, view.lens.focal / np.maximum(view.depth, NEAR)
    girth = view.roster.girths
    neck, hips = px[:, Joint.NECK], (px[:, Joint.LEFT_HIP] + px[:, Joint.RIGHT_HIP]) / 2
    knees = (px[:, Joint.LEFT_KNEE] + px[:, Joint.RIGHT_KNEE]) / 2
    size = scale[:, Joint.NECK] * girth
    head = px[:, Joint.HEAD]
    near = view.depth[:, Joint.NECK][None, :] < depths[:, None] - 0.25
    near &= owner[:, None] != np.arange(len(girth))[None, :]
    spread = np.abs(px[:, Joint.LEFT_SHOULDER] - px[:, Joint.RIGHT_SHOULDER]).max(-1) / 2
    half = np.maximum(spread + 0.04 * size, 0.15 * size)
    blocked = _near_segment(points, neck, hips, half) | _near_segment(points, hips, knees, 0.14 * size)
    radius = HEAD_RADIUS * view.roster.heights * scale[:, Joint.HEAD] * 1.1
    blocked |= ((points[:, None] - head[None]) ** 2).sum(-1) < radius[None] ** 2
    return (blocked & near).any(-1)


def _near_segment(points: np.ndarray, a: np.ndarray, b: np.ndarray, reach: np.ndarray) -> np.ndarray:
    line = (b - a)[None]
    offset = points[:, None] - a[None]
    share = np.clip((offset * line).sum(-1) / np.maximum((line * line).sum(-1), 1e-9), 0, 1)
    gap = offset - share[..., None] * line
    return (gap * gap).sum(-1) < (reach * reach)[None]


def frame_truth(view: Viewed, game: Game, hoops: list[Hoop]) -> FrameTruth:
    """The truth of one view of `game`."""
    width, height = view.lens.width, view.lens.height
    size = np.array([width, height])
    count = len(game.roster)
    scale = view.lens.focal / np.maximum(view.depth, NEAR)
    pad = (scale * view.roster.girths[:, None] * 0.06)[..., None]
    pad[:, Joint.HEAD, 0] = scale[:, Joint.HEAD] * HEAD_RADIUS * view.roster.heights * 1.05
    low, high = (view.pixels - pad).min(1), (view.pixels + pad).max(1)
    boxes = np.concatenate([np.clip(low, 0, size), np.clip(high, 0, size)], -1)
    in_view = (view.depth.min(-1) > NEAR) & ((boxes[:, 2:] - boxes[:, :2]) > 1.0).all(-1)
    boxes[~in_view] = 0.0
    referees, boxes, in_view = boxes[count:], boxes[:count], in_view[:count]

    keys, key_depth = view.pixels[:count, :KEYPOINTS], view.depth[:count, :KEYPOINTS]
    inside = ((keys >= 0) & (keys < size)).all(-1) & (key_depth > NEAR) & in_view[:, None]
    owner = np.repeat(np.arange(count), KEYPOINTS)
    hidden = _hidden(keys.reshape(-1, 2), key_depth.reshape(-1), owner, view).reshape(count, KEYPOINTS)
    away = view.depth[:count, Joint.NOSE] > view.depth[:count, Joint.HEAD] + 0.02
    hidden[np.ix_(away, FACE)] = True
    seen = np.where(inside, np.where(hidden, 1.0, 2.0), 0.0)
    keypoints = np.concatenate([keys, seen[..., None]], -1)

    centre = view.ball_pixel[None]
    inside_ball = bool(((centre >= 0) & (centre < size)).all() and view.ball_depth > NEAR)
    covered = bool(_hidden(centre, np.array([view.ball_depth + 0.1]), np.array([-1]), view)[0])
    ball = np.array([*view.ball_pixel, view.ball_radius, float(inside_ball and not covered)], np.float32)

    rims = np.zeros((len(hoops), 4), np.float32)
    for index, hoop in enumerate(hoops):
        ring, depth = view.lens.project(hoop.ring)
        if depth.min() > NEAR:
            box = np.concatenate([np.clip(ring.min(0) - 1, 0, size), np.clip(ring.max(0) + 1, 0, size)])
            if box[2] - box[0] > 1 and box[3] - box[1] > 1:
                rims[index] = box
    holder = int(view.state.holder)
    return FrameTruth(
        time=view.time,
        boxes=boxes.astype(np.float32),
        players=np.arange(count),
        teams=game.roster.teams.copy(),
        keypoints=keypoints.astype(np.float32),
        actions=view.state.actions[:count].copy(),
        ball=ball,
        rims=rims,
        ball_holder=None if holder < 0 else holder,
        in_view=in_view,
        ball_position=view.state.ball.copy(),
        positions=view.state.xy[:count].copy(),
        referees=referees.astype(np.float32),
    )
