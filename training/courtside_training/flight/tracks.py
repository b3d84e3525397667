"""Windows of simulated tracks: what the server would hand to the flight network, and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from courtside_training.flight.detections import (
    SPAN,
    DetectorQuality,
    chance_to_see,
    detected,
    frame_times,
    interpolated,
    nearest,
    one_track,
    tracked_object,
    with_body_mistake,
)
from courtside_training.flight.filming import View, filmed, handled, pan_error, with_hold
from courtside_training.flight.geometry import BRIDGE_S, COLUMNS, EDGE_S, TIME_STEP_S, TIME_STEPS, Column
from courtside_training.flight.scenes import RATE, Scene
from courtside_training.flight.traps import Trap, draw_trap

_TRAPS = 0.22
"""Share of the windows without a shot that show a trap."""
SHORTEST_S = 0.18
"""Seconds of flight that a track must show; in less, a shot cannot be recognised."""
_LEFT_S = 0.4
"""Seconds after the release within which a ball that leaves the picture is seen for a shorter time."""
_SHORTEST_LEFT_S = 0.04
"""`SHORTEST_S` of such a ball."""


@dataclass(frozen=True)
class Example:
    """One window.

    Attributes:
        track: (48, 19), see `Column`.
        release: time step of the release, a fraction; NaN without one.
        made: 1, 0, or NaN where the result is unknown.
        weight: 0 where even the truth is uncertain.
        decided: whether the window lasts until the ball has reached the rim.
    """

    track: np.ndarray
    release: float
    made: float
    weight: float
    decided: bool


@dataclass(frozen=True)
class _Clock:
    """A window's place in its game: `start` is the game time of its first time step, `speed` the film's speed."""

    start: float
    speed: float

    def to_window(self, time: float) -> float:
        """Game time to seconds from the first time step."""
        return (time - self.start) / self.speed


def draw_example(scene: Scene, rng: np.random.Generator) -> Example:
    """Draw one window of a scene: about half are around a release, the others anywhere and on any object."""
    seconds = len(scene.ball) / RATE
    speed = float(np.exp(rng.normal(0, 0.08)))
    shot = None
    if len(scene.shots) and rng.random() < 0.65:
        shot = scene.shots[int(rng.integers(len(scene.shots)))]
        start = shot[0] - speed * TIME_STEP_S * rng.uniform(-14, TIME_STEPS - 3)
    else:
        start = rng.uniform(-0.5, seconds - SPAN)
    clock = _Clock(start, speed)
    quality = DetectorQuality.draw(rng)
    frames = frame_times(quality, rng)
    times = start + frames * speed
    inside = (times >= 0) & (times <= seconds - 0.05)
    inside &= filmed(frames, None if shot is None else clock.to_window(shot[0]), rng)
    frames, times = frames[inside], times[inside]
    if shot is not None:
        times = with_hold(scene, times, float(shot[0]), rng)
    trap = draw_trap(scene, times, rng) if shot is None and rng.random() < _TRAPS else None
    view = View.draw(_player_box(scene, times, shot, trap, rng), rng)
    pan = interpolated(scene.anchor, times)
    pan = pan - pan[len(pan) // 2] if len(pan) else pan
    mode = rng.random()
    kind = "ball" if shot is not None or trap is not None or mode < 0.6 else "body" if mode < 0.87 else "still"
    left_ball = np.inf
    if trap is not None:
        centre, size = trap.centre, trap.size
        chance = np.where(view.shows(centre), chance_to_see(trap.held, size, quality), 0.0)
    else:
        centre, size, chance = tracked_object(scene, kind, times, quality, pan, view, rng)
        if kind == "ball":
            held = nearest(scene.holder, times) >= 0
            centre = handled(centre, size, held, times, None if shot is None else float(shot[0]), rng)
            chance, centre, size, left_ball = with_body_mistake(scene, shot, times, chance, centre, size, rng)
    seen = detected(chance, quality.stay, rng)
    error = pan_error(frames, centre - pan, size, rng)
    noise = rng.normal(0, 1, centre.shape) * np.maximum(quality.jitter * size, 0.3)[:, None]
    centre = centre + noise
    size = size * quality.size_bias * np.exp(rng.normal(0, quality.size_noise, len(size)))
    seen = one_track(frames, seen, None if shot is None else clock.to_window(shot[0]), rng)
    score = np.clip(quality.score + rng.normal(0, 0.15, len(size)), 0.1, 1.0)
    known, ball = resample(frames[seen], np.column_stack([centre - pan + error, size, score])[seen])
    track = np.zeros((TIME_STEPS, COLUMNS), np.float32)
    track[known, Column.BALL_SEEN] = 1
    track[:, Column.BALL_X : Column.BALL_SCORE + 1] = ball
    if known.any():
        _write_rim(track, scene, times, error, view, rng)
        _write_player(track, scene, frames, times, pan - error, view, rng)
    _write_frame(track, frames, pan - error, view)
    if kind != "ball":
        # Whoever shoots meanwhile, a head or a lamp does not fly.
        release, made, weight, decided = float("nan"), float("nan"), 1.0, False
    elif trap is None:
        gone = frames[~view.shows(centre)]
        release, made, weight, decided = _truth(scene, frames[seen], gone, clock, left_ball)
    else:
        # Before it comes down in somebody's hands, a toss or a pass may be a shot for all that can be seen.
        caught = bool(seen.any()) and float(times[seen].max()) > trap.end + 0.1
        release, made, weight, decided = float("nan"), float("nan"), float(caught or trap.whole), False
    return Example(_mirrored_and_scaled(track, rng), release, made, weight, decided)


def resample(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring detections to the time steps of a window.

    Args:
        times: (N,) of the detections, ascending, seconds from the first time step.
        values: (N, K) of the detections.

    Returns:
        Which time steps are known (48,), and their values (48, K), 0 where unknown.
    """
    steps = np.arange(TIME_STEPS) * TIME_STEP_S
    out = np.zeros((TIME_STEPS, values.shape[1]))
    if not len(times):
        return np.zeros(TIME_STEPS, bool), out
    after = np.searchsorted(times, steps, side="left")
    low, high = np.clip(after - 1, 0, len(times) - 1), np.clip(after, 0, len(times) - 1)
    gap = times[high] - times[low]
    inside = (after > 0) & (after < len(times)) & (gap <= BRIDGE_S)
    near = np.minimum(np.abs(steps - times[low]), np.abs(steps - times[high])) <= EDGE_S
    for column in range(values.shape[1]):
        out[:, column] = np.interp(steps, times, values[:, column])
    known = inside | near
    return known, np.where(known[:, None], out, 0.0)


def nearest_player(boxes: np.ndarray, x: float, y: float) -> int:
    """Index of the box (P, 4) nearest to a ball at (x, y), or -1; arms reach a third of a body above a box."""
    if not len(boxes):
        return -1
    tall = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    across = np.maximum(np.maximum(boxes[:, 0] - x, x - boxes[:, 2]), 0)
    down = np.maximum(np.maximum(boxes[:, 1] - 0.3 * tall - y, y - boxes[:, 3]), 0)
    off = np.abs((boxes[:, 0] + boxes[:, 2]) / 2 - x)
    return int(np.argmin((np.hypot(across, down) + 0.3 * off) / tall))


def _player_box(
    scene: Scene, times: np.ndarray, shot: np.ndarray | None, trap: Trap | None, rng: np.random.Generator
) -> np.ndarray | None:
    """Box (4,) of the player whom a close-up shows: the one with the ball, or any; None without one."""
    if not len(times) or not scene.boxes.shape[1]:
        return None
    index = int(np.clip((times[len(times) // 2] if shot is None else shot[0]) * RATE, 0, len(scene.boxes) - 1))
    if shot is not None:
        return scene.boxes[index, int(shot[5])]
    player = trap.player if trap is not None else int(scene.holder[index])
    return scene.boxes[index, player if player >= 0 else int(rng.integers(scene.boxes.shape[1]))]


def _write_rim(
    track: np.ndarray, scene: Scene, times: np.ndarray, error: np.ndarray, view: View, rng: np.random.Generator
) -> None:
    """Write the rim that the track comes nearest to, as a good or a bad detector finds it."""
    middle = len(times) // 2
    rims = nearest(scene.rims, times[middle : middle + 1])[0]
    found = [box for box in rims if box[2] > box[0] + 2 and view.shows((box[:2] + box[2:]) / 2)]
    confidence = [_confidence(True, rng) for _ in found]
    for _ in range(int(rng.choice([0, 0, 0, 1, 3]))):
        wide = rng.uniform(10, 50)
        x, y = rng.uniform((0, 0), (640, 300))
        found.append(np.array([x, y, x + wide, y + wide * rng.uniform(0.2, 0.7)]))
        confidence.append(_confidence(False, rng))
    # On real film, rim and player are often missing or wrong. The network may use them but must not depend on them.
    if not found or rng.random() < 0.35:
        return
    if rng.random() < 0.15:
        player = scene.boxes[int(np.clip(times[middle] * RATE, 0, len(scene.boxes) - 1))]
        player = player[player[:, 2] > player[:, 0] + 3]
        if len(player):
            box = player[int(rng.integers(len(player)))]
            wide, x = (box[2] - box[0]) * rng.uniform(0.4, 1.2), (box[0] + box[2]) / 2
            y = box[1] + (box[3] - box[1]) * rng.uniform(-0.3, 1.0)
            found = [np.array([x - wide / 2, y, x + wide / 2, y + wide * rng.uniform(0.2, 0.7)])]
            confidence = [_confidence(False, rng)]
    known = track[:, Column.BALL_SEEN] > 0
    path = track[known, Column.BALL_X : Column.BALL_Y + 1]
    boxes = np.array(found)
    centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2 + error[middle], boxes[:, 2:] - boxes[:, :2]
    apart = np.linalg.norm(path[:, None] - centres[None], axis=2).min(0) / sizes[:, 0]
    best = int(apart.argmin())
    spread = rng.uniform(0, 0.12)
    centre = centres[best] + rng.normal(0, spread, 2) * sizes[best] * (1.0, 1.0)
    size = sizes[best] * np.exp(rng.normal(0, rng.choice([0.08, 0.3]), 2))
    track[:, Column.RIM_SEEN] = confidence[best]
    track[:, Column.RIM_X : Column.RIM_HEIGHT + 1] = [*centre, *size]


def _confidence(real: bool, rng: np.random.Generator) -> float:
    """How well a rim is known: a real one mostly well, an imagined one mostly badly, and each like the other at times.

    A tracker knows a rim well once a sure detector has seen it for a second.
    """
    if rng.random() < (0.75 if real else 0.15):
        return float(rng.uniform(0.5, 1.0) if rng.random() < 0.4 else 1.0)
    return float(np.exp(rng.uniform(np.log(0.04), np.log(0.6))))


def _write_player(
    track: np.ndarray, scene: Scene, frames: np.ndarray, times: np.ndarray, pan: np.ndarray, view: View,
    rng: np.random.Generator,
) -> None:
    """Write at every time step the player nearest to the ball, as a detector finds them."""
    if rng.random() < 0.3:
        return
    boxes = view.cut(interpolated(scene.boxes, times))
    there = boxes[..., 2] > boxes[..., 0] + 3
    tall = np.maximum(boxes[..., 3] - boxes[..., 1], 1)
    boxes = boxes + rng.normal(0, rng.choice([0.01, 0.04, 0.12]), boxes.shape) * tall[..., None]
    boxes = boxes - np.concatenate([pan, pan], 1)[:, None]
    missed = rng.random(boxes.shape[1]) < rng.choice([0.05, 0.4])
    flicker = rng.random(there.shape) < rng.uniform(0, 0.25)
    there &= ~missed[None] & ~flicker
    for step in np.flatnonzero(track[:, Column.BALL_SEEN] > 0):
        frame = int(np.argmin(np.abs(frames - step * TIME_STEP_S)))
        shown = boxes[frame][there[frame]]
        best = nearest_player(shown, track[step, Column.BALL_X], track[step, Column.BALL_Y])
        if best >= 0:
            track[step, Column.PLAYER_SEEN] = 1
            track[step, Column.PLAYER_LEFT : Column.PLAYER_BOTTOM + 1] = shown[best]


def _write_frame(track: np.ndarray, frames: np.ndarray, pan: np.ndarray, view: View) -> None:
    """Write where the edges of the picture lie, as the camera turns."""
    if not len(frames):
        return
    rows = np.abs(frames[None] - (np.arange(TIME_STEPS) * TIME_STEP_S)[:, None]).argmin(1)
    edges = np.array([view.left, view.top, view.right, view.bottom])
    track[:, Column.FRAME_LEFT : Column.FRAME_BOTTOM + 1] = edges - np.tile(pan[rows], 2)


def _mirrored_and_scaled(track: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror half of the windows, and scale each to an image of another size."""
    if rng.random() < 0.5:
        track[:, [Column.BALL_X, Column.RIM_X]] *= -1
        left = track[:, Column.PLAYER_LEFT].copy()
        track[:, Column.PLAYER_LEFT] = -track[:, Column.PLAYER_RIGHT]
        track[:, Column.PLAYER_RIGHT] = -left
        edge = track[:, Column.FRAME_LEFT].copy()
        track[:, Column.FRAME_LEFT] = -track[:, Column.FRAME_RIGHT]
        track[:, Column.FRAME_RIGHT] = -edge
    scale = np.exp(rng.uniform(np.log(0.5), np.log(3)))
    track[:, [c for c in Column if not c.name.endswith("SEEN") and c != Column.BALL_SCORE]] *= scale
    return track


def _truth(
    scene: Scene, frames: np.ndarray, gone: np.ndarray, clock: _Clock, left_ball: float
) -> tuple[float, float, float, bool]:
    """Release, made, weight and decided of `Example`.

    Args:
        scene: the game before one camera.
        frames: times of the track's detections.
        gone: times of the detector frames in which the ball is out of the picture.
        clock: the window's place in its game.
        left_ball: when the track ceases to follow the ball.
    """
    weight = 1.0
    best = (float("nan"), float("nan"), 1.0, False)
    for release_time, result_time, made, _, blocked, _ in scene.shots:
        release, result, lost = (clock.to_window(time) for time in (release_time, result_time, left_ball))
        flight = frames[(frames > release) & (frames < min(result + 0.5, lost))]
        lasting = float(flight.max() - release) if len(flight) else 0.0
        if not -0.1 <= release <= SPAN + 0.1 or not len(flight):
            continue
        # A ball that leaves the picture is not seen for longer; that it left is what shows the shot.
        left = gone[(gone > release) & (gone < release + _LEFT_S)]
        shortest, least = (_SHORTEST_LEFT_S, 1) if len(left) else (SHORTEST_S, 3)
        unclear = lasting < shortest or len(flight) < least
        if unclear or release < 0 or release > SPAN or flight.min() - release > 0.3:
            weight = 0.0 if lasting > 0.02 else weight
            continue
        result_known = float(made) if not blocked else float("nan")
        best = (release / TIME_STEP_S, result_known, 1.0, bool(frames.max() > result + 0.1 * 1.0))
    return best if not np.isnan(best[0]) else (best[0], best[1], weight, False)
