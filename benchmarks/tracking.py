"""Player tracking on held-out simulated games: the service's tracker beside others, on the same detections.

    python benchmarks/tracking.py --games 6 --seconds 30

Two kinds of detections: those of the service's own detector on rendered, coded games, with what the players look like,
and the simulation's true boxes with noise: 4 % missed, 80 % of those mostly hidden by somebody nearer missed, edges off
by 8 % of the width and 3 % of the height. "late" leaves out two of five detector frames, as a busy gateway does.

HOTA, DetA, AssA (Luiten et al., IJCV 2021), IDF1, MOTA and identity switches are computed by the trackers library.
"At shots" counts the switches per minute from one second before a release to two after it: there players bend, jump and
hide each other. The library is not part of the development environment, because it needs opencv-python, which needs a
screen's libGL:

    python -m pip install --no-deps trackers supervision pydeprecate defusedxml tqdm

ByteTrack and OC-SORT were the service's trackers before; what else is installed is measured too (pyxtrackers).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from courtside_server.assignment import assign
from courtside_server.perception.appearance import APPEARANCE_SIZE, appearances
from courtside_server.perception.config import DetectionConfig, PlayerTrackingConfig
from courtside_server.perception.players import PlayerTracker
from courtside_server.types import UNTRACKED, ObjectClass
from courtside_sim import SimulatedFilm, open_simulation

FIRST_HELD_OUT_SEED = 20_000
MIN_SCORE, START_SCORE = DetectionConfig().player, PlayerTrackingConfig().start_score
RATE = 15.0
"""Detector frames per second."""
SMALLEST = (4.0, 8.0)
"""Width and height in pixels from which a player counts as in view."""
AT_SHOT = (-1.0, 2.0)
"""Seconds from the release between which a shot's switches are counted."""
SAME = 0.5
"""IoU from which a detection is a player."""
LATE = 0.4
"""Share of detector frames left out in the scenes called late."""


@dataclass(frozen=True)
class DetectedFrame:
    """Detections of one frame and what was really there: boxes (N, 4) and (M, 4) xyxy, scores (N,), players (M,).

    Attributes:
        seen: (N, `APPEARANCE_SIZE`) what the detected players look like; NaN where there are no pixels.
        pan: (2,) of the camera, pixels.
        at_shot: whether a shot is released about then.
    """

    media: float
    boxes: np.ndarray
    scores: np.ndarray
    true_boxes: np.ndarray
    players: np.ndarray
    seen: np.ndarray
    pan: np.ndarray
    at_shot: bool


class Tracks(Protocol):
    """What a tracker under test does."""

    def update(self, boxes: np.ndarray, scores: np.ndarray, media: float) -> np.ndarray:
        """Ids (N,) of the detections, `UNTRACKED` where there is none."""


class Service(PlayerTracker):
    """The service's tracker; without appearance, motion alone decides."""

    def __init__(self, appearance: bool = True) -> None:
        super().__init__(itertools.count(1))
        self.appearance = appearance


class TrackersLibrary:
    """A tracker of the trackers library behind the service's interface."""

    def __init__(self, name: str, **options: float) -> None:
        import trackers

        self._tracker = getattr(trackers, name)(lost_track_buffer=45, frame_rate=RATE, **options)

    def update(self, boxes: np.ndarray, scores: np.ndarray, media: float) -> np.ndarray:
        """See `Tracks`."""
        import supervision as sv

        rows = np.arange(len(boxes))
        shown = sv.Detections(xyxy=boxes.reshape(-1, 4), confidence=scores, class_id=rows * 0, data={"row": rows})
        tracked = self._tracker.update(shown, timestamp=media)
        found = np.full(len(boxes), UNTRACKED, np.int64)
        if tracked.tracker_id is not None and len(tracked):
            found[tracked.data["row"]] = tracked.tracker_id
        return found


class PyxTrackers:
    """OC-SORT of pyxtrackers, which skips frames without detections, behind the service's interface."""

    def __init__(self) -> None:
        from pyxtrackers import OCSort

        self._tracker = OCSort(START_SCORE, max_age=22, min_hits=0, iou_threshold=0.15, use_byte=True)
        self._seen: dict[int, int] = {}

    def update(self, boxes: np.ndarray, scores: np.ndarray, media: float) -> np.ndarray:
        """See `Tracks`."""
        nobody = np.array([[0.0, 0.0, 1.0, 1.0, 0.0]])
        given = np.concatenate([np.column_stack([boxes, scores]).astype(float), nobody])
        found = np.full(len(boxes), UNTRACKED, np.int64)
        for row in self._tracker.update(given):
            here = np.flatnonzero((given[:-1, :4] == row[:4]).all(1))
            local = int(row[4])
            self._seen[local] = self._seen.get(local, 0) + 1
            if len(here) and self._seen[local] >= 2:
                found[here[0]] = local
        return found


def candidates() -> dict[str, Callable[[], Tracks]]:
    """Every tracker that is installed, the service's first."""
    made: dict[str, Callable[[], Tracks]] = {
        "the service's": Service,
        "the service's, motion alone": lambda: Service(appearance=False),
        "trackers OC-SORT (before)": lambda: TrackersLibrary(
            "OCSORTTracker", minimum_consecutive_frames=2, minimum_iou_threshold=0.15, high_conf_det_threshold=0.3
        ),
        "trackers ByteTrack": lambda: TrackersLibrary(
            "ByteTrackTracker", minimum_consecutive_frames=2, track_activation_threshold=START_SCORE,
            high_conf_det_threshold=START_SCORE,
        ),
    }
    if find_spec("pyxtrackers"):
        made["pyxtrackers OC-SORT, weak ones too"] = PyxTrackers
    return made


def truth_in_view(boxes: np.ndarray, players: np.ndarray, in_view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and ids of the players that can be seen."""
    size = boxes[:, 2:] - boxes[:, :2]
    seen = in_view & (size >= SMALLEST).all(1)
    return boxes[seen].astype(float), players[seen]


def noisy_scene(seed: int, seconds: float) -> list[DetectedFrame]:
    """A game's true boxes as a detector might give them."""
    film = open_simulation(f"sim://{seed}", duration=seconds)
    times = np.arange(0, seconds, 1 / RATE)
    truth, rng = film.camera.truth_track(times), np.random.default_rng(seed)
    return [
        noisy_frame(
            float(at), *truth_in_view(truth.boxes[i], truth.players, truth.in_view[i]), at_shot(film, float(at)), rng
        )
        for i, at in enumerate(times)
    ]


def at_shot(film: SimulatedFilm, media: float) -> bool:
    """Whether a shot of a game is released about then."""
    return any(AT_SHOT[0] <= media - shot.release_time <= AT_SHOT[1] for shot in film.shots)


def noisy_frame(
    media: float, boxes: np.ndarray, players: np.ndarray, shot: bool, rng: np.random.Generator
) -> DetectedFrame:
    """One frame of true boxes with misses, noise and a few weak scores."""
    nearer = boxes[np.newaxis, :, 3] > boxes[:, np.newaxis, 3]
    corner = np.minimum(boxes[:, np.newaxis, 2:], boxes[np.newaxis, :, 2:])
    common = np.clip(corner - np.maximum(boxes[:, np.newaxis, :2], boxes[np.newaxis, :, :2]), 0, None).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    hidden = ((common > 0.6 * area[:, np.newaxis]) & nearer).any(1)
    keep = ~(hidden & (rng.random(len(boxes)) < 0.8)) & (rng.random(len(boxes)) > 0.04)
    shown = boxes[keep]
    size = np.tile(shown[:, 2:] - shown[:, :2], 2)
    shown = shown + rng.normal(size=shown.shape) * size * np.array([0.08, 0.03, 0.08, 0.03])
    weak = rng.random(len(shown)) < 0.12
    scores = np.where(weak, rng.uniform(0.2, 0.4, len(shown)), rng.uniform(0.5, 0.95, len(shown)))
    seen = np.full((len(shown), APPEARANCE_SIZE), np.nan)
    return DetectedFrame(
        media, shown.astype(np.float32), scores.astype(np.float32), boxes, players, seen, np.zeros(2), shot
    )


def detected_scenes(seeds: Iterable[int], seconds: float) -> list[list[DetectedFrame]]:
    """Games rendered, coded as H.264 and seen by the service's detector."""
    from accuracy.games import write_game
    from accuracy.replay import detect, film_frames, started

    from courtside_server.settings import Settings

    scenes = []
    with started(Settings()) as bench, tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            path = Path(folder) / "game.mp4"
            write_game(path, seed, seconds)
            film = open_simulation(f"sim://{seed}", duration=seconds)
            # Frames of which the detector saw parts alone have no players.
            found = [
                (frame, detections.of(ObjectClass.PLAYER, MIN_SCORE))
                for frame, detections in detect(film_frames(path), bench, RATE) if frame.whole
            ]  # fmt: skip
            truth = film.camera.truth_track(np.array([frame.media for frame, _ in found]))
            scenes.append([
                DetectedFrame(
                    frame.media, players.boxes, players.scores,
                    *truth_in_view(truth.boxes[i], truth.players, truth.in_view[i]),
                    appearances(frame, players.boxes), np.array(frame.pan), at_shot(film, frame.media),
                )
                for i, (frame, players) in enumerate(found)
            ])  # fmt: skip
    return scenes


def late(scenes: list[list[DetectedFrame]]) -> list[list[DetectedFrame]]:
    """The scenes with detector frames left out."""
    rng = np.random.default_rng(0)
    return [[frame for frame in scene if rng.random() >= LATE] for scene in scenes]


def evaluate(scenes: list[list[DetectedFrame]], make: Callable[[], Tracks]) -> list[str]:
    """The figures of a tracker over scenes, as cells."""
    from trackers import eval as metrics

    hota, clear, identity = [], [], []
    spent = frames = minutes = at_shots = 0.0
    for scene in scenes:
        tracker, ids = make(), {}
        true, given, overlap = [], [], []
        for frame in scene:
            begin = time.perf_counter()
            if isinstance(tracker, Service):
                steady = frame.boxes - np.tile(frame.pan, 2).astype(np.float32)
                found = tracker.update(steady, frame.scores, frame.media, frame.seen if tracker.appearance else None)
            else:
                found = tracker.update(frame.boxes, frame.scores, frame.media)
            spent += time.perf_counter() - begin
            frames += 1
            kept = found != UNTRACKED
            true.append(np.array([ids.setdefault(("true", int(player)), len(ids)) for player in frame.players], int))
            given.append(np.array([ids.setdefault(("found", int(one)), len(ids)) for one in found[kept]], int))
            overlap.append(metrics.box_iou(frame.true_boxes, frame.boxes[kept].astype(float)))
        true, given = numbered(true), numbered(given)
        switched = switches(true, given, overlap)
        at_shots += sum(count for frame, count in zip(scene, switched, strict=True) if frame.at_shot)
        minutes += sum(b.media - a.media for a, b in itertools.pairwise(scene) if b.at_shot) / 60
        hota.append(metrics.compute_hota_metrics(true, given, overlap))
        clear.append(metrics.compute_clear_metrics(true, given, overlap))
        identity.append(metrics.compute_identity_metrics(true, given, overlap))
    all_hota, all_clear = metrics.aggregate_hota_metrics(hota), metrics.aggregate_clear_metrics(clear)
    figures = [all_hota["HOTA"], all_hota["DetA"], all_hota["AssA"],
               metrics.aggregate_identity_metrics(identity)["IDF1"], all_clear["MOTA"]]  # fmt: skip
    return [*(f"{figure:.3f}" for figure in figures), str(int(all_clear["IDSW"])),
            f"{at_shots / max(minutes, 1e-9):.1f}", f"{spent / frames * 1e3:.2f}"]  # fmt: skip


def switches(true: list[np.ndarray], given: list[np.ndarray], overlap: list[np.ndarray]) -> list[int]:
    """How many players come to another id in each frame; a player keeps his id where the boxes allow it."""
    ids: dict[int, int] = {}
    counts = []
    for players, tracks, ious in zip(true, given, overlap, strict=True):
        counts.append(0)
        kept = np.array([[ids.get(int(player)) == track for track in tracks] for player in players]).reshape(ious.shape)
        for row, column in assign(np.where(ious >= SAME, -ious - 10.0 * kept, np.inf)):
            player, track = int(players[row]), int(tracks[column])
            counts[-1] += ids.get(player, track) != track
            ids[player] = track
    return counts


def numbered(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Ids counted from 0 without holes, as the metrics want them."""
    order = {one: index for index, one in enumerate(sorted({int(one) for frame in frames for one in frame}))}
    return [np.array([order[int(one)] for one in frame], int) for frame in frames]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=FIRST_HELD_OUT_SEED, help="seed of the first of them")
    parser.add_argument("--games", type=int, default=6, help="games seen by the detector")
    parser.add_argument("--noisy", type=int, default=12, help="games of true boxes with noise")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    if not find_spec("trackers"):
        raise SystemExit("install the trackers library first; the top of this file says how")
    seeds = range(options.first, options.first + options.games)
    console = Console(stderr=True)
    scenes = {"detector": detected_scenes(track(seeds, "games", console=console), options.seconds)}
    noisy = range(FIRST_HELD_OUT_SEED + 500, FIRST_HELD_OUT_SEED + 500 + options.noisy)
    scenes["noise"] = [noisy_scene(seed, options.seconds) for seed in noisy]
    scenes |= {f"{name}, late": late(kind) for name, kind in list(scenes.items())}
    table = Table("detections", "tracker", "HOTA", "DetA", "AssA", "IDF1", "MOTA", "switches", "at shots",
                  "ms per frame",
                  title=f"{options.games} + {options.noisy} games of {options.seconds:.0f} s")  # fmt: skip
    for kind, frames in scenes.items():
        for name, make in candidates().items():
            table.add_row(kind, name, *evaluate(frames, make))
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
