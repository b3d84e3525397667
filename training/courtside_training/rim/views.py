"""Views: a shot at the rim as cameras, detectors and trackers show it, as windows the network reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from courtside_sim.lens import Lens, look_at
from courtside_training.flight.geometry import COLUMNS, TICK_S, TICKS, Column
from courtside_training.flight.tracks import Sight, resample
from courtside_training.rim.bank import BEFORE_S, RATE, Bank

SPAN = TICK_S * (TICKS - 1)
RIM_RADIUS, BALL_RADIUS, NET = 0.229, 0.12, 0.42
BOARD = (0.36, 0.92, 1.1)
"""Backboard: metres behind the ring's middle, half its width, height above the ring."""
SURE_S = 0.12
"""Seconds after the ball fell past the ring from which the result can be told."""


class Verdict(IntEnum):
    """What can be said of a shot so far."""

    OPEN = 0
    MADE = 1
    MISSED = 2


@dataclass(frozen=True)
class Seen:
    """One window (48, 15), see `courtside_training.flight.geometry.Column`, and its verdict."""

    track: np.ndarray
    verdict: Verdict


def _lens(rng: np.random.Generator) -> Lens:
    """A camera anywhere in front of or beside the board, from under the net to the stands; seldom behind it."""
    far = float(np.exp(rng.uniform(math.log(1.6), math.log(16))))
    turn = rng.uniform(-1.75, 1.75) if rng.random() < 0.9 else rng.uniform(-math.pi, math.pi)
    # Steeply from below is how phones see it; relative to the ring, 3.05 m up.
    up = rng.uniform(-2.6, 1.0) if rng.random() < 0.75 else rng.uniform(0.5, 6.0)
    position = np.array([-far * math.cos(turn), far * math.sin(turn), up])
    distance = float(np.linalg.norm(position))
    wide = float(np.exp(rng.uniform(math.log(9), math.log(110))))
    focal = wide / (2 * RIM_RADIUS) * distance
    aim = rng.normal(0, 0.4, 3)
    return Lens(position, look_at(position, aim, float(rng.normal(0, 0.04))), focal, 640, 360)


def _ring(lens: Lens) -> np.ndarray:
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    points = np.stack([RIM_RADIUS * np.cos(turns), RIM_RADIUS * np.sin(turns), np.zeros(24)], 1)
    pixels, _ = lens.project(points)
    return np.concatenate([pixels.min(0), pixels.max(0)])


def _hidden(lens: Lens, places: np.ndarray) -> np.ndarray:
    """Whether the backboard stands between camera and ball, for places (N, 3)."""
    ahead = places - lens.position
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (BOARD[0] - lens.position[0]) / ahead[:, 0]
        at = lens.position + share[:, None] * ahead
    inside = (np.abs(at[:, 1]) < BOARD[1]) & (at[:, 2] > -0.15) & (at[:, 2] < BOARD[2])
    return (share > 0) & (share < 1) & inside


def draw_view(bank: Bank, rng: np.random.Generator) -> Seen:
    """One window of one shot of the bank, ending anywhere from before the ring to well after it."""
    index = int(rng.integers(len(bank)))
    path, made = bank.paths[index], bool(bank.made[index])
    warp = float(np.exp(rng.normal(0, 0.1)))
    end = float(rng.uniform(-0.5, 2.0))  # seconds after the rim decided
    sight = Sight.draw(rng)
    looks = np.arange(int(SPAN * sight.rate) + 3) / sight.rate - rng.random() / sight.rate
    times = end - (SPAN - looks) * warp
    places = path[np.clip(np.round((times + BEFORE_S) * RATE).astype(int), 0, len(path) - 1)]
    valid = (times > -BEFORE_S) & (times < (len(path) - 2) / RATE - BEFORE_S) & ~np.isnan(places[:, 0])
    lens = _lens(rng)
    places = np.where(valid[:, None], places, 0.0)
    if rng.random() < 0.5:
        places = places * (1, -1, 1)
    pixels, depth = lens.project(places)
    size = 2 * BALL_RADIUS * lens.focal / np.maximum(depth, 0.3)
    box = _ring(lens)
    width = box[2] - box[0]
    chance = np.where(valid, sight.flying, 0.0)
    in_net = (np.hypot(places[:, 0], places[:, 1]) < RIM_RADIUS) & (places[:, 2] < 0.15) & (places[:, 2] > -NET)
    chance = np.where(in_net, chance * rng.uniform(0.25, 1.0), chance)
    chance = np.where(_hidden(lens, places) & valid, chance * 0.05, chance)
    # Pictures are often cut close round the basket, and hands take the ball out of the air.
    edges = np.exp(rng.uniform(math.log(0.9), math.log(8), 4)) * width
    middle = (box[:2] + box[2:]) / 2
    apart = pixels - middle
    chance = np.where((apart[:, 0] < -edges[0]) | (apart[:, 0] > edges[1]), 0, chance)
    chance = np.where((apart[:, 1] < -edges[2]) | (apart[:, 1] > edges[3]), 0, chance)
    # The tracker may lose it for good, late or soon after the ring.
    lost = rng.uniform(0.05, 2.5) if rng.random() < 0.3 else 9.0
    chance = np.where(times > lost, 0.0, chance)
    seen = _bursts(chance, sight.stay, rng)
    centre = pixels + rng.normal(0, 1, pixels.shape) * np.maximum(sight.jitter * size, 0.3)[:, None]
    size = size * sight.size_bias * np.exp(rng.normal(0, sight.size_noise, len(size)))
    if rng.random() < 0.15:
        centre, size, seen = _stuck(centre, size, seen, times, middle, width, rng)
    track = np.zeros((TICKS, COLUMNS), np.float32)
    score = np.clip(sight.score + rng.normal(0, 0.15, len(size)), 0.1, 1)
    known, ball = resample(looks[seen], np.column_stack([centre, size, score])[seen])
    track[known, Column.BALL_SEEN] = 1
    track[:, Column.BALL_X : Column.BALL_SCORE + 1] = ball
    shifted = middle + rng.normal(0, rng.uniform(0, 0.06), 2) * width
    sides = (box[2:] - box[:2]) * np.exp(rng.normal(0, 0.08, 2))
    track[:, Column.RIM_SEEN] = 1
    track[:, Column.RIM_X : Column.RIM_HEIGHT + 1] = [*shifted, *sides]
    verdict = Verdict.OPEN
    after = times[seen]
    # With nothing seen near the end of its way the result cannot be known: neither to us.
    if end > SURE_S and len(after) and (after > -0.35).any():
        verdict = Verdict.MADE if made else Verdict.MISSED
    return Seen(track, verdict)


def _bursts(chance: np.ndarray, stay: float, rng: np.random.Generator) -> np.ndarray:
    luck = rng.random(len(chance))
    keep = rng.random(len(chance)) < stay
    for index in range(1, len(luck)):
        if keep[index]:
            luck[index] = luck[index - 1]
    return luck < chance


def _stuck(
    centre: np.ndarray, size: np.ndarray, seen: np.ndarray, times: np.ndarray, middle: np.ndarray, width: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A track that stays at the net or the board after the ball has gone."""
    begin = rng.uniform(-0.1, 0.6)
    there = times > begin
    spot = middle + rng.uniform((-0.8, -0.8), (0.8, 1.0)) * width
    return (
        np.where(there[:, None], spot + rng.normal(0, 0.04 * width, centre.shape), centre),
        np.where(there, width * rng.uniform(0.3, 0.8), size), np.where(there, rng.random(len(seen)) < 0.7, seen),
    )  # fmt: skip
