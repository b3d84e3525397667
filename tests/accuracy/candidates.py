"""Candidates: what trackers and the flight model make of simulated film, with the truth; the candidate model's data.

Scenes of simulated games (see `courtside_training.flight.scenes`) are seen by a simulated detector in great variety:
near and far, good and bad, with heads and lamps taken for balls, with traps that are no shots. What it detects goes
through the server's own tracker, flight windows and suppression. No pixel is drawn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import numpy as np
from accuracy.replay import CAMERA, Bench, started
from rich.progress import track as progress

from courtside_server.perception.config import TrackingConfig
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.settings import Settings
from courtside_server.shots import state
from courtside_server.shots.criteria import CandidateConfig, FlightWindowConfig, ShotCriteria
from courtside_server.shots.detector import Profile, ShotDetector, ShotModels
from courtside_server.shots.features import candidate_features
from courtside_server.shots.trajectory import Trajectory
from courtside_server.types import Detections, DetectorFrame, ObjectClass
from courtside_training.common.splits import SPLITS
from courtside_training.flight.detections import DetectorQuality, chance_to_see, detected, interpolated, nearest
from courtside_training.flight.filming import HEIGHT, WIDTH, View, handled, pan_error
from courtside_training.flight.scenes import RATE, Scene, load_scenes, scene_files
from courtside_training.flight.traps import draw_trap

THRESHOLD = 0.3
"""Windows from this shot probability on make candidates: lower than in the service, for more of the doubtful ones."""
SAME_S = 0.3
"""A candidate so near to a true release is that shot, seconds."""
NEAR_S = 0.7
"""A candidate so near to a true release, but not that near, is neither right nor wrong, seconds."""
_PIXELS = np.zeros((3, 32, 32), np.uint8)


@dataclass
class Film:
    """One drawn film.

    Attributes:
        frames: detector frames with what was detected.
        releases: seconds of the shots in it.
        times: (N,) seconds of the detector frames.
        balls: (N, 2) where the ball is, pixels with camera motion removed.
        unclear: seconds of what is neither a shot nor none.
    """

    frames: list[tuple[DetectorFrame, Detections]]
    releases: list[float]
    times: np.ndarray
    balls: np.ndarray
    unclear: list[float] = field(default_factory=list)

    def follows_ball(self, path: Trajectory, release: float) -> bool:
        """Whether a trajectory follows the true ball for most of the second after a release."""
        flown = path.after(release, 1.0, 1.0)
        if not flown.any():
            return False
        truth = np.stack([np.interp(path.media[flown], self.times, column) for column in self.balls.T], 1)
        near = np.hypot(*(path.positions[flown] - truth).T) < 2.0 * path.sizes[flown]
        return bool(near.mean() > 0.6)


def draw_film(scene: Scene, rng: np.random.Generator) -> Film:
    """Draw a film of a scene: 3 s to all of the game, with traps between the shots."""
    seconds = len(scene.ball) / RATE
    lasts = float(rng.choice([rng.uniform(2.0, 8.0), rng.uniform(8.0, 30.0)]))
    shots = scene.shots[:, 0]
    if len(shots) and rng.random() < 0.7:
        start = float(rng.choice(shots)) - rng.uniform(0.2, min(lasts, 6.0))
    else:
        start = rng.uniform(0, seconds - lasts)
    start = float(np.clip(start, 0, seconds - lasts))
    quality = DetectorQuality.draw(rng)
    rate = 15.0 if rng.random() < 0.6 else quality.rate
    even = np.arange(start + 0.01, min(start + lasts, seconds - 0.05), 1 / rate)
    times = even + rng.uniform(-0.005, 0.005, len(even))
    inside = [float(shot) for shot in shots if start + 0.02 < shot < start + lasts - 0.25]
    ball = interpolated(scene.ball, times)
    centre, size = ball[:, :2].copy(), np.maximum(2 * ball[:, 2], 1.5)
    held = nearest(scene.holder, times) >= 0
    in_sight = np.where(nearest(scene.ball[:, 3], times) > 0.5, 1.0, 0.15)
    view = View.draw(_player_box(scene, times, inside, rng), rng)
    for release in inside:
        near = (times > release - 2.5) & (times < release + 2.5)
        centre[near] = handled(centre[near], size[near], held[near], times[near], release, rng)
    unclear = []
    for begin in np.arange(start, start + lasts - 2.4, 2.6).tolist():
        window = (times >= begin) & (times < begin + 2.4)
        if rng.random() > 0.3 or any(begin - 2.0 < shot < begin + 3.0 for shot in inside):
            continue
        trap = draw_trap(scene, times[window], rng)
        if trap is None:
            continue
        centre[window], size[window], held[window] = trap.centre, trap.size, trap.held
        in_sight[window] = 1.0
        if not trap.whole and trap.end > times[window][-1] - 0.1:
            unclear.append(begin + 1.2)
    chance = np.where(view.shows(centre), chance_to_see(held, size, quality) * in_sight, 0.0)
    seen = detected(chance, quality.stay, rng)
    steady = (centre - (view.left, view.top))
    centre += rng.normal(0, 1, centre.shape) * np.maximum(quality.jitter * size, 0.3)[:, None]
    size = size * quality.size_bias * np.exp(rng.normal(0, quality.size_noise, len(size)))
    scores = np.clip(quality.score + rng.normal(0, 0.15, len(size)), 0.1, 1.0)
    scale = float(np.exp(rng.uniform(np.log(0.5), np.log(3))))
    pan = interpolated(scene.anchor, times)
    pan = (pan - pan[0]) * scale
    steady = steady * scale - pan
    # A hand-held camera moves in parts of a film, and each part is measured on its own.
    error = np.zeros_like(steady)
    for begin in np.arange(start, start + lasts, 3.0).tolist() if rng.random() < 0.5 else []:
        part = (times >= begin) & (times < begin + 3.0)
        if part.any():
            after = error[part][0] + pan_error(times[part], steady[part], size[part] * scale, rng)
            error[times >= begin] = after[-1]
            error[part] = after
    pan = pan - error
    steady = steady + error
    others = _Others.draw(scene, rng)
    frames = []
    for index, time in enumerate(times):
        boxes, kinds, marks = others.detect(scene, float(time), view, rng)
        if seen[index]:
            half = size[index] / 2
            boxes.append([*(centre[index] - half), *(centre[index] + half)])
            kinds.append(ObjectClass.BALL)
            marks.append(scores[index])
        found = Detections(
            (np.array(boxes, np.float32).reshape(-1, 4) - np.tile([view.left, view.top], 2)).astype(np.float32) * scale,
            np.array(marks, np.float32), np.array(kinds, np.int64),
        )
        frames.append((
            DetectorFrame(
                CAMERA, 0, index, float(time), float(time), float(time), _PIXELS, 0.05, (0, 0),
                max(int((view.right - view.left) * scale), 2), max(int((view.bottom - view.top) * scale), 2),
                (float(pan[index, 0]), float(pan[index, 1])), False,
            ), found,
        ))  # fmt: skip
    return Film(frames, inside, times, steady, unclear)


@dataclass
class _Others:
    """What a detector makes of everything but the ball, drawn for one film."""

    players: float
    player_noise: float
    heads: float
    head_score: float
    hands: float
    rims: float
    false_rims: list[tuple[float, float, float, float]]
    rim_score: float
    false_rim_score: float
    lamps: list[tuple[float, float, float, float, float]]

    @classmethod
    def draw(cls, scene: Scene, rng: np.random.Generator) -> _Others:
        def boxes(most: int, low: float, high: float) -> list[tuple[float, float, float, float]]:
            out = []
            for _ in range(int(rng.integers(0, most + 1))):
                wide = rng.uniform(low, high)
                x, y = rng.uniform((0, 0), (WIDTH, HEIGHT))
                out.append((x, y, x + wide, y + wide * rng.uniform(0.3, 1.0)))
            return out

        return cls(
            players=float(rng.choice([0.0, rng.uniform(0.2, 0.7), rng.uniform(0.7, 1.0)], p=[0.15, 0.25, 0.6])),
            player_noise=float(rng.choice([0.01, 0.04, 0.1])),
            heads=float(rng.choice([0.0, rng.uniform(0, 0.15), rng.uniform(0.1, 0.6)], p=[0.5, 0.3, 0.2])),
            head_score=float(rng.uniform(0.12, 0.6)),
            hands=float(rng.choice([0.0, rng.uniform(0, 0.15), rng.uniform(0.1, 0.5)], p=[0.6, 0.25, 0.15])),
            rims=float(rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.25, 0.75])),
            false_rims=boxes(2, 10, 60) if rng.random() < 0.35 else [],
            rim_score=float(rng.uniform(0.35, 0.9)), false_rim_score=float(rng.uniform(0.22, 0.42)),
            lamps=[(*box, float(rng.uniform(0.1, 0.9))) for box in boxes(3, 3, 25)],
        )  # fmt: skip

    def detect(
        self, scene: Scene, time: float, view: View, rng: np.random.Generator
    ) -> tuple[list[list[float]], list[int], list[float]]:
        index = int(np.clip(time * RATE, 0, len(scene.boxes) - 1))
        boxes: list[list[float]] = []
        kinds: list[int] = []
        marks: list[float] = []

        def add(box: object, kind: int, score: float) -> None:
            boxes.append([float(value) for value in np.asarray(box).tolist()])
            kinds.append(kind)
            marks.append(float(np.clip(score + rng.normal(0, 0.1), 0.1, 1.0)))

        shown = view.cut(scene.boxes[index])
        for row, box in enumerate(shown):
            tall = box[3] - box[1]
            if tall <= 3:
                continue
            if rng.random() < self.players:
                add(box + rng.normal(0, self.player_noise, 4) * tall, ObjectClass.PLAYER, 0.6)
            if rng.random() < self.heads:
                middle, half = scene.heads[index, row], tall * 0.06
                if view.shows(middle):
                    add([*(middle - half), *(middle + half)], ObjectClass.BALL, self.head_score)
            if rng.random() < self.hands:
                middle, half = scene.wrists[index, row, row % 2], tall * 0.05
                if view.shows(middle):
                    add([*(middle - half), *(middle + half)], ObjectClass.BALL, self.head_score)
        for box in scene.rims[index]:
            if box[2] > box[0] + 2 and view.shows((box[:2] + box[2:]) / 2) and rng.random() < self.rims:
                add(box + rng.normal(0, 0.05, 4) * (box[2] - box[0]), ObjectClass.RIM, self.rim_score)
        for fake in self.false_rims:
            if rng.random() < 0.5:
                add(fake, ObjectClass.RIM, self.false_rim_score)
        for *lamp, share in self.lamps:
            if rng.random() < share:
                add(lamp, ObjectClass.BALL, 0.35)
        return boxes, kinds, marks


def _player_box(scene: Scene, times: np.ndarray, shots: list[float], rng: np.random.Generator) -> np.ndarray | None:
    """Box (4,) of a player whom a close-up may show: a shooter or anyone."""
    if not scene.boxes.shape[1]:
        return None
    moment = shots[0] if shots else float(times[len(times) // 2])
    index = int(np.clip(moment * RATE, 0, len(scene.boxes) - 1))
    holder = int(scene.holder[max(index - 8, 0)])
    return scene.boxes[index, holder if holder >= 0 else int(rng.integers(scene.boxes.shape[1]))]


@dataclass
class _Seen:
    """What was measured of one ball of one candidate, at one time after another."""

    release: float
    balls: dict[int, list[tuple[np.ndarray, Trajectory]]] = field(default_factory=dict)


def collect(film: Film, bench: Bench, speed: float = 1.0) -> Iterator[tuple[np.ndarray, float]]:
    """The candidates of a film: features (23,) early and at the end, and 1 for a shot, 0 for none."""
    criteria = ShotCriteria(
        flight=FlightWindowConfig(threshold=THRESHOLD, min_support=0.0), candidate=CandidateConfig(min_probability=0.0)
    )
    seen: dict[int, _Seen] = {}

    def spy(candidate, path, rim, observations, time_scale):
        features = candidate_features(candidate, path, rim, observations, time_scale)
        found = seen.setdefault(candidate.key, _Seen(candidate.media))
        found.release = candidate.media
        found.balls.setdefault(path.track, []).append((features, path))
        return features

    models = ShotModels(bench.models.clip, bench.models.detector, bench.models.flight, None, _Anything())  # type: ignore[arg-type]
    detector = ShotDetector(
        Profile.FLIGHT, models, criteria, speed, lambda *_: None,
        lambda request: 0.5 if request is _ANSWER else bench.infer(request),
    )
    tracker = Tracker(TrackIds.fresh(), speed, TrackingConfig())
    with mock.patch.object(state, "candidate_features", spy):
        for frame, found in film.frames:
            detector.push(tracker.update(frame, found))
        detector.flush()
    for one in seen.values():
        nearest_release = min((abs(one.release - release) for release in film.releases), default=np.inf)
        unclear = any(abs(one.release - moment) < 1.3 for moment in film.unclear)
        for measured in one.balls.values():
            features, path = measured[-1]
            shot = nearest_release <= SAME_S and film.follows_ball(path, one.release)
            if not shot and (nearest_release <= NEAR_S or unclear):
                continue
            yield features, float(shot)
            if len(measured) > 1:
                yield measured[len(measured) // 2][0], float(shot)


_ANSWER = object()


class _Anything:
    """Stands in for the candidate model: everything may be a shot."""

    def request(self, features: np.ndarray) -> object:
        return _ANSWER


def main() -> None:
    """Draw films and write their candidates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", type=Path, help="folder of `courtside-train flight draw`")
    parser.add_argument("out", type=Path, help=".npz to write")
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--split", default="train", choices=sorted(SPLITS))
    parser.add_argument("--repository", type=Path, default=None, help="model repository; default: the starter models")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    files = scene_files(args.scenes, SPLITS[args.split])
    rng = np.random.default_rng([args.seed, 91])
    rows: list[np.ndarray] = []
    shots: list[float] = []
    groups: list[int] = []
    # The candidate model itself is not needed, and may be one that reads other features.
    inference = {"inference": {"repository": args.repository}} if args.repository else {}
    settings = Settings(perception={"candidate": ""}, **inference)
    loaded: list[tuple[int, Scene]] = []
    with started(settings) as bench:
        for number in progress(range(args.films), "films"):
            if number % 40 == 0:
                picked = rng.choice(len(files), min(4, len(files)), replace=False)
                loaded = [(int(index), scene) for index in picked for scene in load_scenes(files[int(index)])]
            game, scene = loaded[int(rng.integers(len(loaded)))]
            for features, shot in collect(draw_film(scene, rng), bench):
                rows.append(features)
                shots.append(shot)
                groups.append(game)
            if number % 50 == 49 or number == args.films - 1:
                np.savez(args.out, features=np.array(rows), shot=np.array(shots), game=np.array(groups))
    print(f"{len(rows)} candidates, {sum(shots):.0f} of them shots")


if __name__ == "__main__":
    main()
