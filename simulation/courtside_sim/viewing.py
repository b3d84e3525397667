"""Ground truth of frames from views of the game: boxes, keypoints and occlusion, N moments at once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .balls import BallView
from .body import HEAD_RADIUS, KEYPOINTS, Joint
from .hoops import Hoop
from .lens import NEAR, Lens
from .recording import State
from .roster import Roster
from .truth import FrameTruth

FACE = (Joint.NOSE, Joint.LEFT_EYE, Joint.RIGHT_EYE)


@dataclass(frozen=True)
class Viewed:
    """N moments through one camera; P people are the game's players followed by the referees, as in `roster`.

    Attributes:
        time: (N,) seconds.
        lens: The camera at each moment; its rotation is (N, 3, 3).
        state: The game's states, with a leading N.
        roster: The people's bodies.
        joints: (N, P, 24, 3) metres.
        pixels: (N, P, 24, 2) the joints' pixels.
        depth: (N, P, 24) the joints' depths in metres.
        ball: The ball, or a warm-up's first.
        second: The second group's ball and its holder (N,) int64; None in a game of one ball.
    """

    time: np.ndarray
    lens: Lens
    state: State
    roster: Roster
    joints: np.ndarray
    pixels: np.ndarray
    depth: np.ndarray
    ball: BallView
    second: tuple[BallView, np.ndarray] | None = None


@dataclass(frozen=True)
class TruthTrack:
    """The ground truth of N frames; each array is the field of `FrameTruth` of that name with a leading N.

    `ball_holder` and `second_holder` are (N,) int64, -1 for nobody.
    """

    time: np.ndarray
    boxes: np.ndarray
    players: np.ndarray
    teams: np.ndarray
    keypoints: np.ndarray
    actions: np.ndarray
    ball: np.ndarray
    rims: np.ndarray
    ball_holder: np.ndarray
    in_view: np.ndarray
    ball_position: np.ndarray
    positions: np.ndarray
    referees: np.ndarray
    second_ball: np.ndarray
    second_holder: np.ndarray

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.time)

    def frame(self, index: int) -> FrameTruth:
        """The ground truth of one frame."""
        holder, second = int(self.ball_holder[index]), int(self.second_holder[index])
        return FrameTruth(
            time=float(self.time[index]),
            boxes=self.boxes[index],
            players=self.players.copy(),
            teams=self.teams.copy(),
            keypoints=self.keypoints[index],
            actions=self.actions[index],
            ball=self.ball[index],
            rims=self.rims[index],
            ball_holder=None if holder < 0 else holder,
            in_view=self.in_view[index],
            ball_position=self.ball_position[index],
            positions=self.positions[index],
            referees=self.referees[index],
            second_ball=self.second_ball[index],
            second_holder=None if second < 0 else second,
        )


def joined(parts: list[TruthTrack]) -> TruthTrack:
    """Concatenate tracks of one camera."""
    whole = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(TruthTrack)
        if field.name not in ("players", "teams")
    }
    return TruthTrack(**whole, players=parts[0].players, teams=parts[0].teams)


def _hidden(points: np.ndarray, depths: np.ndarray, owner: np.ndarray, view: Viewed) -> np.ndarray:
    """Which points (N, K, 2) at `depths` (N, K) are hidden by a nearer person other than their `owner` (K,)."""
    px, scale = view.pixels, view.lens.focal / np.maximum(view.depth, NEAR)
    neck, hips = px[:, :, Joint.NECK], (px[:, :, Joint.LEFT_HIP] + px[:, :, Joint.RIGHT_HIP]) / 2
    knees, head = (px[:, :, Joint.LEFT_KNEE] + px[:, :, Joint.RIGHT_KNEE]) / 2, px[:, :, Joint.HEAD]
    size = scale[:, :, Joint.NECK] * view.roster.girths
    spread = np.abs(px[:, :, Joint.LEFT_SHOULDER] - px[:, :, Joint.RIGHT_SHOULDER]).max(-1) / 2
    half = np.maximum(spread + 0.04 * size, 0.15 * size)
    radius = HEAD_RADIUS * view.roster.heights * scale[:, :, Joint.HEAD] * 1.1
    parts = np.stack([neck, hips, knees, head])
    margin = np.maximum(half, radius)[..., None]
    low, high = parts.min(0) - margin, parts.max(0) + margin
    near = view.depth[:, None, :, Joint.NECK] < depths[:, :, None] - 0.25
    near &= owner[:, None] != np.arange(px.shape[1])
    for axis in (0, 1):
        near &= points[:, :, None, axis] > low[:, None, :, axis]
        near &= points[:, :, None, axis] < high[:, None, :, axis]
    # Only the few pairs that are left need the exact shapes.
    n, k, p = np.nonzero(near)
    point = points[n, k]
    blocked = _near_segment(point, neck[n, p], hips[n, p], half[n, p])
    blocked |= _near_segment(point, hips[n, p], knees[n, p], 0.14 * size[n, p])
    blocked |= ((point - head[n, p]) ** 2).sum(-1) < radius[n, p] ** 2
    hidden = np.zeros(depths.shape, bool)
    hidden[n[blocked], k[blocked]] = True
    return hidden


def _near_segment(points: np.ndarray, a: np.ndarray, b: np.ndarray, reach: np.ndarray) -> np.ndarray:
    line, offset = b - a, points - a
    share = np.clip((offset * line).sum(-1) / np.maximum((line * line).sum(-1), 1e-9), 0, 1)
    gap = offset - share[:, None] * line
    return (gap * gap).sum(-1) < reach * reach


def _boxes(view: Viewed, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of all people (N, P, 4), zero out of view, and who is in view (N, P)."""
    scale = view.lens.focal / np.maximum(view.depth, NEAR)
    pad = (scale * view.roster.girths[:, None] * 0.06)[..., None]
    pad[:, :, Joint.HEAD, 0] = scale[:, :, Joint.HEAD] * HEAD_RADIUS * view.roster.heights * 1.05
    low, high = (view.pixels - pad).min(2), (view.pixels + pad).max(2)
    boxes = np.concatenate([np.clip(low, 0, size), np.clip(high, 0, size)], -1)
    in_view = (view.depth.min(-1) > NEAR) & ((boxes[..., 2:] - boxes[..., :2]) > 1.0).all(-1)
    boxes[~in_view] = 0.0
    return boxes, in_view


def _keypoints(view: Viewed, size: np.ndarray, in_view: np.ndarray) -> np.ndarray:
    """Keypoints (N, players, 17, 3) of the players, who are the first of the people."""
    moments, count = in_view.shape
    keys, depth = view.pixels[:, :count, :KEYPOINTS], view.depth[:, :count, :KEYPOINTS]
    inside = ((keys >= 0) & (keys < size)).all(-1) & (depth > NEAR) & in_view[..., None]
    flat = (moments, count * KEYPOINTS)
    hidden = _hidden(keys.reshape(*flat, 2), depth.reshape(flat), np.repeat(np.arange(count), KEYPOINTS), view)
    hidden = hidden.reshape(moments, count, KEYPOINTS)
    away = view.depth[:, :count, Joint.NOSE] > view.depth[:, :count, Joint.HEAD] + 0.02
    hidden[..., FACE] |= away[..., None]
    seen = np.where(inside, np.where(hidden, 1.0, 2.0), 0.0)
    return np.concatenate([keys, seen[..., None]], -1)


def _rims(view: Viewed, hoops: list[Hoop], size: np.ndarray) -> np.ndarray:
    rims = np.zeros((len(view.time), len(hoops), 4), np.float32)
    for index, hoop in enumerate(hoops):
        ring, depth = view.lens.project(np.broadcast_to(hoop.ring, (len(view.time), *hoop.ring.shape)))
        box = np.concatenate([np.clip(ring.min(1) - 1, 0, size), np.clip(ring.max(1) + 1, 0, size)], -1)
        seen = (depth.min(-1) > NEAR) & (box[:, 2] - box[:, 0] > 1) & (box[:, 3] - box[:, 1] > 1)
        rims[seen, index] = box[seen]
    return rims


def _ball(ball: BallView, view: Viewed, size: np.ndarray) -> np.ndarray:
    """Pixel, radius and visibility (1 or 0) of a ball: (N, 4) float32."""
    inside = ((ball.pixel >= 0) & (ball.pixel < size)).all(-1) & (ball.depth > NEAR)
    covered = _hidden(ball.pixel[:, None], ball.depth[:, None] + 0.1, np.array([-1]), view)[:, 0]
    return np.concatenate([ball.pixel, ball.radius[:, None], (inside & ~covered)[:, None]], -1, dtype=np.float32)


def track_truth(view: Viewed, teams: np.ndarray, hoops: list[Hoop]) -> TruthTrack:
    """The ground truth of N views of a game; `teams` (players,) are the players' teams."""
    size, count = np.array([view.lens.width, view.lens.height]), len(teams)
    boxes, in_view = _boxes(view, size)
    boxes, referees, in_view = boxes[:, :count], boxes[:, count:], in_view[:, :count]
    second_ball, second_holder = np.zeros((len(view.time), 4), np.float32), np.full(len(view.time), -1)
    if view.second is not None:
        second_ball, second_holder = _ball(view.second[0], view, size), view.second[1].astype(np.int64)
    return TruthTrack(
        time=view.time,
        boxes=boxes.astype(np.float32),
        players=np.arange(count),
        teams=teams.copy(),
        keypoints=_keypoints(view, size, in_view).astype(np.float32),
        actions=view.state.actions[:, :count].copy(),
        ball=_ball(view.ball, view, size),
        rims=_rims(view, hoops, size),
        ball_holder=np.asarray(view.state.holder, np.int64).copy(),
        in_view=in_view,
        ball_position=view.state.ball.copy(),
        positions=view.state.xy[:, :count].copy(),
        referees=referees.astype(np.float32),
        second_ball=second_ball,
        second_holder=second_holder,
    )
