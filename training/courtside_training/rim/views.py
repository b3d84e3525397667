"""Views: a shot at the rim as a camera takes it, and the track a detector and a tracker would make of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from courtside_sim.lens import Lens, look_at
from courtside_training.flight.geometry import COLUMNS, TICK_S, TICKS, Column
from courtside_training.flight.tracks import Sight, resample, sightings
from courtside_training.rim.bank import BEFORE_S, RATE, Bank

SPAN = TICK_S * (TICKS - 1)
RIM_RADIUS, BALL_RADIUS, NET = 0.229, 0.12, 0.42
BOARD = (0.36, 0.92, 1.1)
"""Backboard: metres behind the ring's middle, half its width, height above the ring."""
SURE_S = 0.12
"""Seconds after the ball fell past the ring from which the result can be told."""
PICTURE = (640, 360)
"""Width and height of the pictures that tracks are measured in, pixels."""


class Verdict(IntEnum):
    """What can be said of a shot so far."""

    OPEN = 0
    MADE = 1
    MISSED = 2


@dataclass(frozen=True)
class Take:
    """One shot before one camera; moments are seconds of film, 0 when the rim decided.

    Attributes:
        path: (408, 3) metres from the ring's middle at `RATE` of the shot's own time, NaN before the release.
        made: whether it went in.
        netted: whether the ring has a net.
        lens: the camera, of pictures of `PICTURE`.
        warp: seconds of the shot in a second of film.
        rim: x, y, width, height of the ring in pixels as a detector believes it.
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

    def places(self, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the ball is at `moments` (N,): metres (N, 3), and whether it is known (N,)."""
        at = (moments * self.warp + BEFORE_S) * RATE
        known = (at >= 0) & (at <= len(self.path) - 2)
        low = np.clip(at, 0, len(self.path) - 2).astype(int)
        share = np.clip(at - low, 0, 1)[:, None]
        found = self.path[low] * (1 - share) + self.path[low + 1] * share
        known &= ~np.isnan(found[:, 0])
        return np.where(known[:, None], found, 0.0), known


def draw_lens(aim: float | None, rng: np.random.Generator) -> Lens:
    """A camera anywhere in front of or beside the board, from under the net to the stands; never behind the board.

    Args:
        aim: a direction in the plane of the ring to look along, radians; None: any.
        rng: draws it.
    """
    while True:
        far = float(np.exp(rng.uniform(math.log(1.6), math.log(16))))
        turn = rng.uniform(-1.75, 1.75)
        if aim is not None:
            # Looking along a line both its ends are the same view.
            turn = math.remainder(aim + rng.normal(0, 0.2), math.pi)
        # Steeply from below is how phones see it; relative to the ring, 3.05 m up.
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
    return Lens(position, look_at(position, target, float(rng.normal(0, 0.04))), focal, *PICTURE)


def ring_box(lens: Lens, bracket: float = 0.0) -> np.ndarray:
    """The box (4,) of the ring and `bracket` metres of what carries it, xyxy pixels."""
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    points = np.stack([RIM_RADIUS * np.cos(turns), RIM_RADIUS * np.sin(turns), np.zeros(24)], 1)
    if bracket:
        back = [(RIM_RADIUS + bracket, y, z) for y in (-0.1, 0.1) for z in (0.0, -0.08)]
        points = np.concatenate([points, back])
    pixels, _ = lens.project(points)
    return np.concatenate([pixels.min(0), pixels.max(0)])


def draw_take(bank: Bank, rng: np.random.Generator) -> Take:
    """A shot of the bank before a camera; balls that miss by little are often seen along the line of the miss."""
    index = int(rng.integers(len(bank)))
    path, made = bank.paths[index], bool(bank.made[index])
    aim = None
    if not made and rng.random() < 0.6:
        x, y = path[int(BEFORE_S * RATE), :2]
        aim = math.atan2(y, -x)
    lens = draw_lens(aim, rng)
    # Detectors often take the bracket for a part of the ring.
    box = ring_box(lens, rng.uniform(0, 0.12) if rng.random() < 0.45 else 0.0)
    width = box[2] - box[0]
    middle = (box[:2] + box[2:]) / 2 + rng.normal(0, rng.uniform(0, 0.06), 2) * width
    sides = (box[2:] - box[:2]) * np.exp(np.clip(rng.normal(0, 0.06, 2), -0.12, 0.12))
    if rng.random() < 0.03:
        sides *= rng.uniform(0.6, 0.85)  # a part of the ring taken for the whole
    warp = float(np.exp(rng.normal(0, 0.1)))
    return Take(path, made, bool(bank.netted[index]), lens, warp, np.concatenate([middle, sides]),
                radius=float(bank.radius[index]))  # fmt: skip


def behind_board(lens: Lens, places: np.ndarray) -> np.ndarray:
    """Whether the backboard stands between camera and ball, for places (N, 3)."""
    ahead = places - lens.position
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (BOARD[0] - lens.position[0]) / ahead[:, 0]
        at = lens.position + share[:, None] * ahead
    inside = (np.abs(at[:, 1]) < BOARD[1]) & (at[:, 2] > -0.15) & (at[:, 2] < BOARD[2])
    return (share > 0) & (share < 1) & inside


def in_net(places: np.ndarray) -> np.ndarray:
    """Whether balls at (N, 3) are in the ring or the net."""
    return (np.hypot(places[:, 0], places[:, 1]) < RIM_RADIUS) & (places[:, 2] < 0.15) & (places[:, 2] > -NET)


def draw_sight(rng: np.random.Generator, rate: float) -> Sight:
    """How well a detector sees that looks `rate` times a second."""
    return replace(Sight.draw(rng), rate=rate)


def draw_track(
    take: Take, end: float, looks: np.ndarray, sight: Sight, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The window of a take whose last tick is at `end`, seen at moments `looks` (N,).

    Returns:
        (48, 15), see `courtside_training.flight.geometry.Column`, and the moments at which it really was the ball.
    """
    looks = looks[(looks > end - SPAN - 0.1) & (looks <= end + 1e-6)]
    places, valid = take.places(looks)
    pixels, depth = take.lens.project(places)
    size = 2 * take.radius * take.lens.focal / np.maximum(depth, 0.3)
    middle, width = take.rim[:2], take.rim[2]
    chance = np.where(valid, sight.flying, 0.0)
    chance = np.where(in_net(places), chance * rng.uniform(0.25, 1.0), chance)
    chance = np.where(behind_board(take.lens, places) & valid & take.hides, chance * 0.05, chance)
    # Pictures are often cut close round the basket, and hands take the ball out of the air.
    edges = np.exp(rng.uniform(math.log(0.9), math.log(8), 4)) * width
    apart = pixels - middle
    chance = np.where((apart[:, 0] < -edges[0]) | (apart[:, 0] > edges[1]), 0, chance)
    chance = np.where((apart[:, 1] < -edges[2]) | (apart[:, 1] > edges[3]), 0, chance)
    # The tracker may lose it for good, late or soon after the ring.
    lost = rng.uniform(0.05, 2.5) if rng.random() < 0.3 else 9.0
    chance = np.where(looks > lost, 0.0, chance)
    seen = real = sightings(chance, sight.stay, rng)
    centre = pixels + rng.normal(0, 1, pixels.shape) * np.maximum(sight.jitter * size, 0.3)[:, None]
    size = size * sight.size_bias * np.exp(rng.normal(0, sight.size_noise, len(size)))
    if rng.random() < 0.15:
        centre, size, seen = _stuck(centre, size, seen, looks, middle, width, rng)
    if rng.random() < 0.2:
        centre, size, seen = _haunted(centre, size, seen, middle, width, rng)
    track = np.zeros((TICKS, COLUMNS), np.float32)
    score = np.clip(sight.score + rng.normal(0, 0.15, len(size)), 0.1, 1)
    known, ball = resample(looks[seen] - (end - SPAN), np.column_stack([centre, size, score])[seen])
    track[known, Column.BALL_SEEN] = 1
    track[:, Column.BALL_X : Column.BALL_SCORE + 1] = ball
    track[:, Column.RIM_SEEN] = 1
    track[:, Column.RIM_X : Column.RIM_HEIGHT + 1] = take.rim
    return track, looks[real]


def _stuck(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray, looks: np.ndarray, middle: np.ndarray, width: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A track that stays at the net or the board after the ball has gone."""
    begin = rng.uniform(-0.1, 0.6)
    there = looks > begin
    spot = middle + rng.uniform((-0.8, -0.8), (0.8, 1.0)) * width
    return (
        np.where(there[:, None], spot + rng.normal(0, 0.04 * width, centre.shape), centre),
        np.where(there, width * rng.uniform(0.3, 0.8), size), np.where(there, rng.random(len(seen)) < 0.7, seen),
    )  # fmt: skip


def _haunted(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray, middle: np.ndarray, width: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A knot of the net or a bolt of the board that is taken for the ball now and then while the ball is not seen."""
    there = ~seen & (rng.random(len(seen)) < rng.uniform(0.1, 0.9))
    spot = middle + rng.uniform((-0.6, -0.3), (0.6, 0.8)) * width
    return (
        np.where(there[:, None], spot + rng.normal(0, 0.03 * width, centre.shape), centre),
        np.where(there, width * rng.uniform(0.2, 0.6), size), seen | there,
    )  # fmt: skip
