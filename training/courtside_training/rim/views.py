"""Views: a shot at the rim before a camera, and the track that a detector and a tracker would make of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from courtside_sim.lens import Lens, look_at
from courtside_training.flight.detections import SPAN, DetectorQuality, detected
from courtside_training.flight.geometry import RIM_COLUMNS, TIME_STEPS, Column
from courtside_training.flight.tracks import resample
from courtside_training.rim.bank import BEFORE_S, RATE, Bank

RIM_RADIUS = 0.229
"""Metres."""
BALL_RADIUS = 0.12
"""Metres."""
NET = 0.42
"""Length of the net, metres."""
BOARD = (0.36, 0.92, 1.1)
"""Backboard in metres: distance behind the middle of the rim, half its width, its height above the rim."""
SURE_S = 0.12
"""Seconds after the ball fell past the rim from which the result is visible."""
IMAGE_SIZE = (640, 360)
"""Width and height of the images that tracks are measured in, pixels."""


class Verdict(IntEnum):
    """The result of a shot as far as it is visible; OPEN: not yet."""

    OPEN = 0
    MADE = 1
    MISSED = 2


@dataclass(frozen=True)
class Take:
    """One shot before one camera. Moments are seconds of film, 0 at the result.

    Attributes:
        path: (408, 3) metres from the middle of the rim, at `RATE` in real time, NaN before the release.
        made: whether it went in.
        netted: whether the rim has a net.
        lens: of the camera, for images of size `IMAGE_SIZE`.
        warp: seconds of real time per second of film.
        rim: x, y, width, height of the rim in pixels, as the detector finds it.
        hides: whether the board hides a ball behind it.
        radius: of the ball, metres.
    """

    path: np.ndarray
    made: bool
    netted: bool
    lens: Lens
    warp: float
    rim: np.ndarray
    hides: bool = True
    radius: float = BALL_RADIUS

    def positions(self, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the ball at `moments` (N,): metres (N, 3), and whether each is known (N,)."""
        at = (moments * self.warp + BEFORE_S) * RATE
        known = (at >= 0) & (at <= len(self.path) - 2)
        low = np.clip(at, 0, len(self.path) - 2).astype(int)
        share = np.clip(at - low, 0, 1)[:, None]
        found = self.path[low] * (1 - share) + self.path[low + 1] * share
        known &= ~np.isnan(found[:, 0])
        return np.where(known[:, None], found, 0.0), known


def draw_lens(aim: float | None, rng: np.random.Generator) -> Lens:
    """Draw a camera in front of or beside the board, from under the net to the stands; never behind the board.

    Args:
        aim: direction in the plane of the rim along which the camera looks, radians; None: any.
        rng: draws it.
    """
    while True:
        far = float(np.exp(rng.uniform(math.log(1.6), math.log(16))))
        turn = rng.uniform(-1.75, 1.75)
        if aim is not None:
            # From either end of a line the view along it is the same.
            turn = math.remainder(aim + rng.normal(0, 0.2), math.pi)
        # Phones look up steeply. Heights are relative to the rim, which is 3.05 m above the floor.
        up = rng.uniform(-2.6, 0.3) if rng.random() < 0.75 else rng.uniform(0.3, 6.0)
        if rng.random() < 0.35:
            away, slope = rng.uniform(1.7, 7.0), math.radians(rng.uniform(15, 62))
            far, up = away * math.cos(slope), max(-away * math.sin(slope), -2.8)
        position = np.array([-far * math.cos(turn), far * math.sin(turn), up])
        if position[0] < BOARD[0] - 0.05:
            break
    distance = float(np.linalg.norm(position))
    wide = float(np.exp(rng.uniform(math.log(9), math.log(110))))
    focal = wide / (2 * RIM_RADIUS) * distance
    target = rng.normal(0, 0.4, 3)
    return Lens(position, look_at(position, target, float(rng.normal(0, 0.04))), focal, *IMAGE_SIZE)


def rim_box(lens: Lens, bracket: float = 0.0) -> np.ndarray:
    """The box (4,) around the rim and `bracket` metres of the bracket behind it, xyxy pixels."""
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    points = np.stack([RIM_RADIUS * np.cos(turns), RIM_RADIUS * np.sin(turns), np.zeros(24)], 1)
    if bracket:
        back = [(RIM_RADIUS + bracket, y, z) for y in (-0.1, 0.1) for z in (0.0, -0.08)]
        points = np.concatenate([points, back])
    pixels, _ = lens.project(points)
    return np.concatenate([pixels.min(0), pixels.max(0)])


def draw_take(bank: Bank, rng: np.random.Generator) -> Take:
    """Draw a shot of the bank before a camera. Close misses are often seen along the line of the miss."""
    index = int(rng.integers(len(bank)))
    path, made = bank.paths[index], bool(bank.made[index])
    aim = None
    if not made and rng.random() < 0.6:
        x, y = path[int(BEFORE_S * RATE), :2]
        aim = math.atan2(y, -x)
    lens = draw_lens(aim, rng)
    # Detectors often include the bracket in the rim's box.
    box = rim_box(lens, rng.uniform(0, 0.12) if rng.random() < 0.45 else 0.0)
    width = box[2] - box[0]
    middle = (box[:2] + box[2:]) / 2 + rng.normal(0, rng.uniform(0, 0.06), 2) * width
    sides = (box[2:] - box[:2]) * np.exp(np.clip(rng.normal(0, 0.06, 2), -0.12, 0.12))
    if rng.random() < 0.03:
        sides *= rng.uniform(0.6, 0.85)  # a part of the rim detected as the whole
    warp = float(np.exp(rng.normal(0, 0.1)))
    return Take(path, made, bool(bank.netted[index]), lens, warp, np.concatenate([middle, sides]),
                radius=float(bank.radius[index]))  # fmt: skip


def behind_board(lens: Lens, positions: np.ndarray) -> np.ndarray:
    """Whether the backboard is between camera and ball, for positions (N, 3)."""
    ahead = positions - lens.position
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (BOARD[0] - lens.position[0]) / ahead[:, 0]
        at = lens.position + share[:, None] * ahead
    inside = (np.abs(at[:, 1]) < BOARD[1]) & (at[:, 2] > -0.15) & (at[:, 2] < BOARD[2])
    return (share > 0) & (share < 1) & inside


def in_net(positions: np.ndarray) -> np.ndarray:
    """Whether balls at (N, 3) are inside the rim or the net."""
    height = positions[:, 2]
    return (np.hypot(positions[:, 0], positions[:, 1]) < RIM_RADIUS) & (height < 0.15) & (height > -NET)


def draw_quality(rng: np.random.Generator, rate: float) -> DetectorQuality:
    """Draw the quality of a detector that runs at `rate` detector frames per second."""
    return replace(DetectorQuality.draw(rng), rate=rate)


def draw_track(
    take: Take, end: float, frame_times: np.ndarray, quality: DetectorQuality, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The track of a take in the window that ends at `end`.

    Args:
        take: the shot before its camera.
        end: the last time step, seconds from the result.
        frame_times: (N,) of the detector frames, seconds from the result.
        quality: of the detector.
        rng: draws detections and mistakes.

    Returns:
        (48, 15), see `courtside_training.flight.geometry.Column`, and the times at which the ball itself was detected.
    """
    frame_times = frame_times[(frame_times > end - SPAN - 0.1) & (frame_times <= end + 1e-6)]
    positions, valid = take.positions(frame_times)
    pixels, depth = take.lens.project(positions)
    size = 2 * take.radius * take.lens.focal / np.maximum(depth, 0.3)
    middle, width = take.rim[:2], take.rim[2]
    chance = np.where(valid, quality.flying, 0.0)
    chance = np.where(in_net(positions), chance * rng.uniform(0.25, 1.0), chance)
    chance = np.where(behind_board(take.lens, positions) & valid & take.hides, chance * 0.05, chance)
    # Images are often cropped close to the basket, and hands catch the ball.
    edges = np.exp(rng.uniform(math.log(0.9), math.log(8), 4)) * width
    apart = pixels - middle
    chance = np.where((apart[:, 0] < -edges[0]) | (apart[:, 0] > edges[1]), 0, chance)
    chance = np.where((apart[:, 1] < -edges[2]) | (apart[:, 1] > edges[3]), 0, chance)
    # The tracker may lose the ball for good.
    lost = rng.uniform(0.05, 2.5) if rng.random() < 0.3 else 9.0
    chance = np.where(frame_times > lost, 0.0, chance)
    seen = real = detected(chance, quality.stay, rng)
    centre = pixels + rng.normal(0, 1, pixels.shape) * np.maximum(quality.jitter * size, 0.3)[:, None]
    size = size * quality.size_bias * np.exp(rng.normal(0, quality.size_noise, len(size)))
    if rng.random() < 0.15:
        centre, size, seen = _stuck(centre, size, seen, frame_times, middle, width, rng)
    if rng.random() < 0.2:
        centre, size, seen = _with_false_detections(centre, size, seen, middle, width, rng)
    track = np.zeros((TIME_STEPS, RIM_COLUMNS), np.float32)
    score = np.clip(quality.score + rng.normal(0, 0.15, len(size)), 0.1, 1)
    known, ball = resample(frame_times[seen] - (end - SPAN), np.column_stack([centre, size, score])[seen])
    track[known, Column.BALL_SEEN] = 1
    track[:, Column.BALL_X : Column.BALL_SCORE + 1] = ball
    track[:, Column.RIM_SEEN] = 1
    track[:, Column.RIM_X : Column.RIM_HEIGHT + 1] = take.rim
    return track, frame_times[real]


def _stuck(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray, frame_times: np.ndarray, middle: np.ndarray, width: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let the track stay at the net or the board after the ball has left."""
    begin = rng.uniform(-0.1, 0.6)
    there = frame_times > begin
    spot = middle + rng.uniform((-0.8, -0.8), (0.8, 1.0)) * width
    return (
        np.where(there[:, None], spot + rng.normal(0, 0.04 * width, centre.shape), centre),
        np.where(there, width * rng.uniform(0.3, 0.8), size), np.where(there, rng.random(len(seen)) < 0.7, seen),
    )  # fmt: skip


def _with_false_detections(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray, middle: np.ndarray, width: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """While the ball is not detected, sometimes detect a knot of the net or a bolt of the board in its place."""
    there = ~seen & (rng.random(len(seen)) < rng.uniform(0.1, 0.9))
    spot = middle + rng.uniform((-0.6, -0.3), (0.6, 0.8)) * width
    return (
        np.where(there[:, None], spot + rng.normal(0, 0.03 * width, centre.shape), centre),
        np.where(there, width * rng.uniform(0.2, 0.6), size), seen | there,
    )  # fmt: skip
