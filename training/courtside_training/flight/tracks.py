"""Tracks: what a detector and a tracker would have made of a simulated ball (or of a head, or a lamp), as windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from courtside_training.flight.geometry import BRIDGE_S, COLUMNS, EDGE_S, TICK_S, TICKS, Column
from courtside_training.flight.scenes import RATE, Scene

SPAN = TICK_S * (TICKS - 1)
SPLIT_S = 0.35
"""A tracker gives up a ball it has not seen for so long."""
SHORTEST_S = 0.25
"""Seconds of flight without which nobody can tell a shot."""


@dataclass(frozen=True)
class Example:
    """One window.

    Attributes:
        track: (48, 15), see `Column`.
        release: tick of the release, a fraction; NaN for none.
        made: 1, 0, or NaN where there is nothing to tell.
        weight: 0 where even the truth is in doubt.
        decided: whether the window lasts until the rim has decided.
    """

    track: np.ndarray
    release: float
    made: float
    weight: float
    decided: bool


@dataclass(frozen=True)
class Sight:
    """How well a detector sees, drawn for each window."""

    rate: float
    flying: float
    held: float
    stay: float
    jitter: float
    size_bias: float
    size_noise: float
    score: float

    @staticmethod
    def draw(rng: np.random.Generator) -> Sight:
        """Detectors from nearly blind to nearly perfect, 12 to 30 looks a second."""
        return Sight(
            rate=float(rng.choice([30.0, 15.0, rng.uniform(12, 30)])),
            flying=float(1 - 0.35 * rng.random() ** 2),
            held=float(rng.uniform(0.1, 1.0)),
            stay=float(rng.uniform(0.0, 0.75)),
            jitter=float(rng.uniform(0.02, 0.2)),
            size_bias=float(np.exp(rng.normal(0, 0.16))),
            size_noise=float(rng.uniform(0.02, 0.14)),
            score=float(rng.uniform(0.2, 0.95)),
        )


def _at(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Rows of a 30 Hz array at `times`, in a straight line between the neighbours."""
    place = np.clip(times * RATE, 0, len(values) - 1.001)
    low = place.astype(int)
    share = (place - low).reshape(-1, *([1] * (values.ndim - 1)))
    return values[low] * (1 - share) + values[low + 1] * share


def _nearest(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    return values[np.clip(np.round(times * RATE).astype(int), 0, len(values) - 1)]


def _looks(sight: Sight, start: float, warp: float, rng: np.random.Generator) -> np.ndarray:
    """When the detector looks, in the window's own seconds."""
    count = int(SPAN * sight.rate) + 3
    return np.arange(count) / sight.rate - rng.random() / sight.rate + rng.normal(0, 0.002, count)


def sightings(chance: np.ndarray, stay: float, rng: np.random.Generator) -> np.ndarray:
    """Sightings with bursts: with chance `stay` a look fares as the one before it."""
    luck = rng.random(len(chance))
    keep = rng.random(len(chance)) < stay
    for index in range(1, len(luck)):
        if keep[index]:
            luck[index] = luck[index - 1]
    return luck < chance


def draw_example(scene: Scene, rng: np.random.Generator) -> Example:
    """One window of a scene: about half around a release, the others anywhere and on anything."""
    seconds = len(scene.ball) / RATE
    warp = float(np.exp(rng.normal(0, 0.08)))
    wanted = None
    if len(scene.shots) and rng.random() < 0.55:
        wanted = scene.shots[int(rng.integers(len(scene.shots)))]
        start = wanted[0] - warp * TICK_S * rng.uniform(-14, TICKS - 3)
    else:
        start = rng.uniform(-0.5, seconds - SPAN)
    sight = Sight.draw(rng)
    looks = _looks(sight, start, warp, rng)
    times = start + looks * warp
    inside = (times >= 0) & (times <= seconds - 0.05)
    looks, times = looks[inside], times[inside]
    pan = _at(scene.anchor, times)
    pan = pan - pan[len(pan) // 2] if len(pan) else pan
    mode = rng.random()
    follow = "ball" if wanted is not None or mode < 0.6 else "head" if mode < 0.85 else "still"
    centre, size, chance = _subject(scene, follow, times, sight, pan, rng)
    swapped = np.inf
    if follow == "ball":
        chance, centre, size, swapped = _confused(scene, wanted, times, chance, centre, size, rng)
    seen = sightings(chance, sight.stay, rng)
    noise = rng.normal(0, 1, centre.shape) * np.maximum(sight.jitter * size, 0.3)[:, None]
    centre = centre + noise
    size = size * sight.size_bias * np.exp(rng.normal(0, sight.size_noise, len(size)))
    seen = _fragment(looks, seen, wanted, start, warp, rng)
    return _window(scene, looks, times, pan, centre, size, seen, sight, start, warp, swapped, rng)


def _subject(
    scene: Scene, follow: str, times: np.ndarray, sight: Sight, pan: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the tracked thing is (N, 2), how large (N,), and how likely it is seen (N,)."""
    ball = _at(scene.ball, times)
    size = np.maximum(2 * ball[:, 2], 1.5)
    if follow == "head" and scene.boxes.shape[1]:
        player = int(rng.integers(scene.boxes.shape[1]))
        box = _at(scene.boxes, times)[:, player]
        sway = rng.normal(0, 1, 2) * 0.03 * (box[:, 3] - box[:, 1]).max(initial=1)
        centre = _at(scene.heads, times)[:, player] + sway
        size = np.maximum((box[:, 3] - box[:, 1]) * rng.uniform(0.08, 0.16), 1.5)
        return centre, size, np.where(box[:, 3] > box[:, 1], rng.uniform(0.3, 1.0), 0.0)
    if follow == "still":
        spot = rng.uniform((0, 0), (640, 360))
        drift = np.cumsum(rng.normal(0, rng.choice([0.0, 0.5]), (len(times), 2)), 0)
        return spot + pan + drift, np.full(len(times), rng.uniform(3, 30)), np.full(len(times), rng.uniform(0.2, 1.0))
    held = _nearest(scene.holder, times) >= 0
    visible = _nearest(scene.ball[:, 3], times) > 0.5
    chance = np.where(held, sight.held, sight.flying) * np.where(visible, 1.0, 0.15)
    # Small balls are missed more often.
    chance = chance * np.clip(size / 5, 0.5, 1)
    inside = (ball[:, 0] > 0) & (ball[:, 0] < 640) & (ball[:, 1] > 0) & (ball[:, 1] < 360)
    return ball[:, :2], size, np.where(inside, chance, 0.0)


def _confused(
    scene: Scene, wanted: np.ndarray | None, times: np.ndarray, chance: np.ndarray, centre: np.ndarray,
    size: np.ndarray, rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Trackers' mistakes: a track that sits on the shooter's head before the release, or stays on it after.

    The last value is when the track leaves the ball for good, seconds.
    """
    if wanted is None or rng.random() > 0.22:
        return chance, centre, size, np.inf
    shooter, release = int(wanted[5]), float(wanted[0])
    head = _at(scene.heads, times)[:, shooter]
    box = _at(scene.boxes, times)[:, shooter]
    large = np.maximum((box[:, 3] - box[:, 1]) * 0.12, 1.5)
    switch = release + rng.uniform(-0.3, 0.05)
    before = rng.random() < 0.6
    on_head = times < switch if before else times > switch
    steady = rng.uniform(0.4, 1.0)
    return (
        np.where(on_head, steady, chance), np.where(on_head[:, None], head, centre), np.where(on_head, large, size),
        np.inf if before else switch,
    )  # fmt: skip


def _fragment(
    looks: np.ndarray, seen: np.ndarray, wanted: np.ndarray | None, start: float, warp: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Keep one track of what the tracker would have broken up: that of the wanted flight, or any."""
    hits = np.flatnonzero(seen)
    if not len(hits):
        return seen
    breaks = set((np.flatnonzero(np.diff(looks[hits]) > SPLIT_S) + 1).tolist())
    if wanted is not None and rng.random() < 0.15:
        cut = (wanted[0] - start) / warp + rng.uniform(-0.05, 0.15)
        breaks.add(int(np.searchsorted(looks[hits], cut)))
    if rng.random() < 0.1:
        breaks.add(int(rng.integers(len(hits) + 1)))
    parts = [part for part in np.split(hits, sorted(breaks)) if len(part) >= 2]
    if not parts:
        return np.zeros_like(seen)
    if wanted is not None:
        release = (wanted[0] - start) / warp
        after = [int(((looks[part] > release) & (looks[part] < release + 1)).sum()) for part in parts]
        chosen = parts[int(np.argmax(after))]
    else:
        chosen = parts[int(rng.integers(len(parts)))]
    kept = np.zeros_like(seen)
    kept[chosen] = True
    return kept


def resample(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sightings at `times` (N,) with `values` (N, K), at the ticks: which ticks are known (48,), and (48, K)."""
    ticks = np.arange(TICKS) * TICK_S
    out = np.zeros((TICKS, values.shape[1]))
    if not len(times):
        return np.zeros(TICKS, bool), out
    after = np.searchsorted(times, ticks, side="left")
    low, high = np.clip(after - 1, 0, len(times) - 1), np.clip(after, 0, len(times) - 1)
    gap = times[high] - times[low]
    inside = (after > 0) & (after < len(times)) & (gap <= BRIDGE_S)
    near = np.minimum(np.abs(ticks - times[low]), np.abs(ticks - times[high])) <= EDGE_S
    for column in range(values.shape[1]):
        out[:, column] = np.interp(ticks, times, values[:, column])
    known = inside | near
    return known, np.where(known[:, None], out, 0.0)


def _window(
    scene: Scene, looks: np.ndarray, times: np.ndarray, pan: np.ndarray, centre: np.ndarray, size: np.ndarray,
    seen: np.ndarray, sight: Sight, start: float, warp: float, swapped: float, rng: np.random.Generator,
) -> Example:
    track = np.zeros((TICKS, COLUMNS), np.float32)
    score = np.clip(sight.score + rng.normal(0, 0.15, len(size)), 0.1, 1.0)
    steady = centre - pan
    known, ball = resample(looks[seen], np.column_stack([steady, size, score])[seen])
    track[known, Column.BALL_SEEN] = 1
    track[:, Column.BALL_X : Column.BALL_SCORE + 1] = ball
    if known.any():
        _put_rim(track, scene, times, pan, rng)
        _put_player(track, scene, looks, times, pan, rng)
    release, made, weight, decided = _truth(scene, looks[seen], start, warp, swapped)
    if rng.random() < 0.5:
        track[:, [Column.BALL_X, Column.RIM_X]] *= -1
        left = track[:, Column.PLAYER_LEFT].copy()
        track[:, Column.PLAYER_LEFT] = -track[:, Column.PLAYER_RIGHT]
        track[:, Column.PLAYER_RIGHT] = -left
    scale = np.exp(rng.uniform(np.log(0.5), np.log(3)))
    track[:, [c for c in Column if not c.name.endswith("SEEN") and c != Column.BALL_SCORE]] *= scale
    return Example(track, release, made, weight, decided)


def _put_rim(track: np.ndarray, scene: Scene, times: np.ndarray, pan: np.ndarray, rng: np.random.Generator) -> None:
    """The rim that the track comes nearest to, as a detector that knows it well or badly has it."""
    middle = len(times) // 2
    found = [box for box in _nearest(scene.rims, times[middle : middle + 1])[0] if box[2] > box[0] + 2]
    for _ in range(int(rng.choice([0, 0, 0, 1, 3]))):
        wide = rng.uniform(10, 50)
        x, y = rng.uniform((0, 0), (640, 300))
        found.append(np.array([x, y, x + wide, y + wide * rng.uniform(0.2, 0.7)]))
    # What a window knows beside the ball is often missing or wrong on real film: it may help, never decide.
    if not found or rng.random() < 0.3:
        return
    if rng.random() < 0.15:
        player = scene.boxes[int(np.clip(times[middle] * RATE, 0, len(scene.boxes) - 1))]
        player = player[player[:, 2] > player[:, 0] + 3]
        if len(player):
            box = player[int(rng.integers(len(player)))]
            wide, x = (box[2] - box[0]) * rng.uniform(0.4, 1.2), (box[0] + box[2]) / 2
            y = box[1] + (box[3] - box[1]) * rng.uniform(-0.3, 1.0)
            found = [np.array([x - wide / 2, y, x + wide / 2, y + wide * rng.uniform(0.2, 0.7)])]
    known = track[:, Column.BALL_SEEN] > 0
    path = track[known, Column.BALL_X : Column.BALL_Y + 1]
    boxes = np.array(found)
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    apart = np.linalg.norm(path[:, None] - centres[None], axis=2).min(0) / sizes[:, 0]
    best = int(apart.argmin())
    spread = rng.uniform(0, 0.12)
    centre = centres[best] + rng.normal(0, spread, 2) * sizes[best] * (1.0, 1.0)
    size = sizes[best] * np.exp(rng.normal(0, rng.choice([0.08, 0.3]), 2))
    track[:, Column.RIM_SEEN] = 1
    track[:, Column.RIM_X : Column.RIM_HEIGHT + 1] = [*centre, *size]


def nearest_player(boxes: np.ndarray, x: float, y: float) -> int:
    """Index of the box (P, 4) that a ball at (x, y) is nearest to; arms reach a third of a body above it; -1: none."""
    if not len(boxes):
        return -1
    tall = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    across = np.maximum(np.maximum(boxes[:, 0] - x, x - boxes[:, 2]), 0)
    down = np.maximum(np.maximum(boxes[:, 1] - 0.3 * tall - y, y - boxes[:, 3]), 0)
    off = np.abs((boxes[:, 0] + boxes[:, 2]) / 2 - x)
    return int(np.argmin((np.hypot(across, down) + 0.3 * off) / tall))


def _put_player(
    track: np.ndarray, scene: Scene, looks: np.ndarray, times: np.ndarray, pan: np.ndarray, rng: np.random.Generator
) -> None:
    """At every tick the player nearest to the ball, as a detector finds him."""
    if rng.random() < 0.25:
        return
    boxes = _at(scene.boxes, times)
    there = boxes[..., 2] > boxes[..., 0] + 3
    tall = np.maximum(boxes[..., 3] - boxes[..., 1], 1)
    boxes = boxes + rng.normal(0, rng.choice([0.01, 0.04, 0.12]), boxes.shape) * tall[..., None]
    boxes = boxes - np.concatenate([pan, pan], 1)[:, None]
    missed = rng.random(boxes.shape[1]) < rng.choice([0.05, 0.4])
    flicker = rng.random(there.shape) < rng.uniform(0, 0.25)
    there &= ~missed[None] & ~flicker
    for tick in np.flatnonzero(track[:, Column.BALL_SEEN] > 0):
        look = int(np.argmin(np.abs(looks - tick * TICK_S)))
        shown = boxes[look][there[look]]
        best = nearest_player(shown, track[tick, Column.BALL_X], track[tick, Column.BALL_Y])
        if best >= 0:
            track[tick, Column.PLAYER_SEEN] = 1
            track[tick, Column.PLAYER_LEFT : Column.PLAYER_BOTTOM + 1] = shown[best]


def _truth(
    scene: Scene, looks: np.ndarray, start: float, warp: float, swapped: float
) -> tuple[float, float, float, bool]:
    """Release tick, made, weight and whether the rim has decided, for a track seen at `looks`."""
    weight = 1.0
    best = (float("nan"), float("nan"), 1.0, False)
    for release_time, result_time, made, _, blocked, _ in scene.shots:
        release, result = (release_time - start) / warp, (result_time - start) / warp
        gone = (swapped - start) / warp
        flight = looks[(looks > release) & (looks < min(result + 0.5, gone))]
        lasting = float(flight.max() - release) if len(flight) else 0.0
        if not -0.1 <= release <= SPAN + 0.1 or not len(flight):
            continue
        if lasting < SHORTEST_S or len(flight) < 3 or release < 0 or release > SPAN or flight.min() - release > 0.3:
            weight = 0.0 if lasting > 0.08 else weight
            continue
        told = float(made) if not blocked else float("nan")
        best = (release / TICK_S, told, 1.0, bool(looks.max() > result + 0.1 * 1.0))
    return best if not np.isnan(best[0]) else (best[0], best[1], weight, False)
