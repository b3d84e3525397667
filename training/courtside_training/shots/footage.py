"""Film on disk: simulated games at the model's size on a fine time grid, with their truth.

A game is rendered once and read many times; windows start anywhere on the grid. A folder holds, for each seed, the
images (``frames-SEED.npy``, uint8 ``(T, 144, 256, 3)`` RGB, memory-mapped) and the truth (``truth-SEED.npz``). Equal
seeds and plans give equal files. Labelled real film is stored in the same form (`labelled`), without what only a
simulation knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.common.arrays import reading_arrays, write_array, write_arrays
from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import HEIGHT, WIDTH, ZONE_LABELS

GRID_S = 0.1
"""Seconds between two stored images."""
JITTER_S = 0.02
"""Seconds. Largest difference of an image's true time from its grid time: cameras do not run on our grid."""
POINTS = ("ball", "rim", "holder")
"""Points that the truth locates in each image: the ball, the rim nearest to it, the feet of the player with it."""
SPOTS = 16
"""Known points of the floor in each image; the first is under the player with the ball, if there is one."""
SMALLER = (512, 288)
"""Size at which training film is rendered: twice the model's, and a third cheaper than 640 x 360."""


@dataclass(frozen=True)
class FootagePlan:
    """How film is rendered.

    Attributes:
        duration: seconds of a game.
        vary: jitter the grid times, and run a quarter of the games at 0.85 to 1.2 times real speed. For training;
            held-out film is exact.
    """

    duration: float = 60.0
    vary: bool = True


@dataclass(frozen=True)
class Footage:
    """One rendered game, or one real film.

    Attributes:
        seed: the simulation's seed.
        kind: the camera's kind.
        frames: uint8 ``(T, 144, 256, 3)`` RGB, one every `GRID_S` seconds.
        points: float32 ``(T, 3, 3)``, for each of `POINTS`: x and y as shares of the image, and 1 if it is visible.
        ground: int64 ``(T,)`` zone index under the player with the ball, -1 without one.
        releases: float64 ``(S,)`` seconds on the film's clock.
        zones: int64 ``(S,)`` indices into ``ZONE_LABELS``.
        made: bool ``(S,)``, valid where `result_known`.
        floor: float32 ``(T, 16, 3)`` points of the floor: x and y as shares of the image, and 1 if known.
        spots: float32 ``(T, 16, 3)`` for each of them, metres ahead of and to the left of the nearer rim, and the zone
            index.
        hard_negatives: bool ``(T,)`` somebody fakes a shot or passes, which is easily mistaken for a shot.
        result_known: bool ``(S,)`` whether the result of a shot is known.
    """

    seed: int
    kind: str
    frames: NDArray[np.uint8]
    points: NDArray[np.float32]
    ground: NDArray[np.int64]
    releases: NDArray[np.float64]
    zones: NDArray[np.int64]
    made: NDArray[np.bool_]
    floor: NDArray[np.float32]
    spots: NDArray[np.float32]
    hard_negatives: NDArray[np.bool_]
    result_known: NDArray[np.bool_]

    @property
    def duration(self) -> float:
        """Seconds from the first to the last image."""
        return (len(self.frames) - 1) * GRID_S


def _points(truth: object, width: int, height: int) -> NDArray[np.float32]:
    """The `POINTS` of one `FrameTruth` as shares of the image: (3, 3) float32, see `Footage.points`."""
    found = np.zeros((3, 3), np.float32)
    ball = truth.ball  # type: ignore[attr-defined]
    if ball[3] > 0:
        found[0] = (ball[0] / width, ball[1] / height, 1.0)
    rims = truth.rims[(truth.rims[:, 2] > truth.rims[:, 0])]  # type: ignore[attr-defined]
    if len(rims):
        centres = (rims[:, :2] + rims[:, 2:]) / 2
        nearest = centres[np.argmin(np.abs(centres - ball[:2]).sum(1))]
        found[1] = (nearest[0] / width, nearest[1] / height, 1.0)
    holder = truth.ball_holder  # type: ignore[attr-defined]
    if holder is not None:
        box = truth.boxes[int(np.flatnonzero(truth.players == holder)[0])]  # type: ignore[attr-defined]
        if box[2] > box[0]:
            found[2] = ((box[0] + box[2]) / 2 / width, box[3] / height, 1.0)
    inside = ((found[:, :2] >= 0) & (found[:, :2] < 1)).all(1)
    return np.where(inside[:, None], found, 0.0).astype(np.float32)


def _ground(truth: object, court: object) -> int:
    """Zone index under the player with the ball, for the nearer basket; -1 without one."""
    from courtside.court.zones import ZONES, zone_at

    holder = truth.ball_holder  # type: ignore[attr-defined]
    if holder is None:
        return -1
    x, y = truth.positions[int(np.flatnonzero(truth.players == holder)[0])]  # type: ignore[attr-defined]
    return ZONES.index(zone_at(court, float(x), float(y), _basket(court, float(x))))  # type: ignore[arg-type]


def _basket(court: object, x: float) -> int:
    return 0 if court.half or x > 0 else 1  # type: ignore[attr-defined]


def _floor(
    truth: object, court: object, lens: object, holder: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points of the floor drawn over the image: `Footage.floor` (16, 3) and `Footage.spots` (16, 3)."""
    from courtside.court.zones import ZONES, zone_at

    floor, spots = np.zeros((SPOTS, 3), np.float32), np.zeros((SPOTS, 3), np.float32)
    found = []
    if truth.ball_holder is not None and holder[2] > 0:  # type: ignore[attr-defined]
        x, y = truth.positions[int(np.flatnonzero(truth.players == truth.ball_holder)[0])]  # type: ignore[attr-defined]
        found.append((holder[0], holder[1], float(x), float(y)))
    centres = rng.random((3 * SPOTS, 2))
    pixels = np.column_stack([centres * (lens.width, lens.height), np.ones(len(centres))])  # type: ignore[attr-defined]
    plane = lens.plane(np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))  # type: ignore[attr-defined]
    back = pixels @ np.linalg.inv(plane).T
    for (u, v), (x, y, w) in zip(centres, back, strict=True):
        if w <= 0:
            continue
        x, y = x / w, y / w
        low = -1.0 if court.half else -court.length / 2 - 1.0  # type: ignore[attr-defined]
        inside = low < x < court.length / 2 + 1.0 and abs(y) < court.width / 2 + 1.0  # type: ignore[attr-defined]
        if inside and len(found) < SPOTS:
            found.append((float(u), float(v), float(x), float(y)))
    for index, (u, v, x, y) in enumerate(found):
        floor[index] = (u, v, 1.0)
        basket = _basket(court, x)
        ahead, left = court.to_local(x, y, basket)  # type: ignore[attr-defined]
        spots[index] = (ahead, left, ZONES.index(zone_at(court, x, y, basket)))  # type: ignore[arg-type]
    return floor, spots


def render(seed: int, plan: FootagePlan) -> Footage:
    """Simulate and film one game; the seed determines the kind of camera."""
    from courtside.court.zones import ZONES
    from courtside_sim import Action, CameraConfig, GameConfig, SimulatedCamera, simulate

    rng = np.random.default_rng([seed, 77])
    speed = float(rng.uniform(0.85, 1.2)) if plan.vary and rng.random() < 0.25 else 1.0
    game = simulate(seed, GameConfig(duration=plan.duration))
    camera = SimulatedCamera(game, CameraConfig(None, *SMALLER) if plan.vary else CameraConfig())
    times = np.arange(0.0, plan.duration / speed, GRID_S)
    if plan.vary:
        times = np.maximum(times + rng.uniform(-JITTER_S, JITTER_S, len(times)), 0.0)
    frames = np.empty((len(times), HEIGHT, WIDTH, 3), np.uint8)
    points = np.empty((len(times), len(POINTS), 3), np.float32)
    ground = np.full(len(times), -1, np.int64)
    floor = np.zeros((len(times), SPOTS, 3), np.float32)
    spots = np.zeros((len(times), SPOTS, 3), np.float32)
    hard_negatives = np.zeros(len(times), np.bool_)
    for index, time in enumerate(times * speed):
        image = camera.render(float(time))
        small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        frames[index] = small[:, :, ::-1]
        truth = camera.truth(float(time))
        points[index] = _points(truth, camera.width, camera.height)
        ground[index] = _ground(truth, game.court)
        floor[index], spots[index] = _floor(truth, game.court, camera.lens(float(time)), points[index, 2], rng)
        hard_negatives[index] = bool(np.isin(truth.actions, (Action.PUMP_FAKE, Action.PASS)).any())
    shots = game.shots
    return Footage(
        seed,
        camera.kind,
        frames,
        points,
        ground,
        np.array([shot.release_time for shot in shots]) / speed,
        np.array([ZONES.index(shot.zone) for shot in shots], np.int64),
        np.array([shot.made for shot in shots], np.bool_),
        floor,
        spots,
        hard_negatives,
        np.ones(len(shots), np.bool_),
    )


def labelled(
    seed: int, frames: NDArray[np.uint8], releases: NDArray[np.float64], zones: NDArray[np.int64],
    made: NDArray[np.int64],
) -> Footage:
    """Real film in the same form; only its images and shots are known.

    Args:
        seed: number of the film.
        frames: uint8 (T, 144, 256, 3) RGB, one every `GRID_S` seconds.
        releases: (S,) seconds.
        zones: (S,) indices, -1 if unknown.
        made: (S,) 1, 0, or -1 if unknown.
    """
    count = len(frames)
    return Footage(
        seed, "film", frames, np.zeros((count, len(POINTS), 3), np.float32), np.full(count, -1, np.int64),
        np.asarray(releases, np.float64), np.asarray(zones, np.int64), np.asarray(made) > 0,
        np.zeros((count, SPOTS, 3), np.float32), np.zeros((count, SPOTS, 3), np.float32), np.zeros(count, np.bool_),
        np.asarray(made) >= 0,
    )


FIELDS = ("points", "ground", "releases", "zones", "made", "floor", "spots", "hard_negatives", "result_known")
"""Arrays of the truth file, beside the kind and the zone labels."""


def save(footage: Footage, folder: Path) -> None:
    """Write one game. The truth is written last; a game without it was interrupted and counts as missing.

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    write_array(folder / f"frames-{footage.seed}.npy", footage.frames)
    truth = {"kind": footage.kind, "zone_labels": ZONE_LABELS, **{name: getattr(footage, name) for name in FIELDS}}
    write_arrays(folder / f"truth-{footage.seed}.npz", truth)


def load(seed: int, folder: Path) -> Footage:
    """Open one game; its images stay on disk until they are read.

    Raises:
        TrainingInputError: the game is not in `folder`, its files are torn, or they are of an older form.
    """
    path = folder / f"truth-{seed}.npz"
    if not path.is_file():
        raise TrainingInputError(f"no film of seed {seed} in {folder}: render it with `courtside-train shots render`")
    with reading_arrays(path, "film of this form") as truth:
        values = {name: truth[name] for name in FIELDS}
        kind, labels = str(truth["kind"]), tuple(map(str, truth["zone_labels"]))
        frames = np.load(folder / f"frames-{seed}.npy", mmap_mode="r")
    if labels != ZONE_LABELS:
        raise TrainingInputError(f"{path} is of an older form (zones {labels}): delete {folder} and render again")
    return Footage(seed=seed, kind=kind, frames=frames, **values)


def _one(seed: int, folder: Path, plan: FootagePlan) -> int:
    cv2.setNumThreads(1)
    if not (folder / f"truth-{seed}.npz").is_file():
        save(render(seed, plan), folder)
    return seed


def ensure(seeds: Iterable[int], folder: Path, plan: FootagePlan, workers: int = 1) -> Iterable[int]:
    """Render the games that `folder` lacks; yields each seed, in order, when its files exist.

    Args:
        seeds: of the games.
        folder: of the film.
        plan: how they are rendered.
        workers: processes; each renders whole games.
    """
    work = partial(_one, folder=folder, plan=plan)
    if workers == 1:
        yield from map(work, seeds)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, seeds)
        finally:
            pool.shutdown(cancel_futures=True)


def stored(folder: Path, split: tuple[int, int]) -> list[int]:
    """Seeds of a split (first seed, one past the last) that `folder` holds, ascending."""
    seeds = [int(path.stem.split("-")[1]) for path in folder.glob("truth-*.npz")]
    return sorted(seed for seed in seeds if split[0] <= seed < split[1])
