"""Scenes: simulated games as several cameras' truth over time, without pictures; drawn once, kept as files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from courtside_sim import CameraConfig, GameConfig, SimulatedCamera, simulate
from courtside_sim.body import Joint
from courtside_training.common.arrays import reading_arrays, write_arrays
from courtside_training.errors import TrainingInputError

RATE = 30.0
"""Moments a second that are kept."""
SECONDS = 60.0
KINDS = (("phone", 0.25), ("behind", 0.25), ("sideline", 0.25), ("corner", 0.15), ("broadcast", 0.1))
CAMERAS = 4
"""Cameras a game."""
_WRISTS = (Joint.LEFT_WRIST, Joint.RIGHT_WRIST)


@dataclass(frozen=True)
class Scene:
    """One camera's view of one game; N moments at `RATE`, P players, S shots, pixels of a 640-pixel-wide picture.

    Attributes:
        ball: (N, 4) x, y, radius, visible.
        rims: (N, R, 4) xyxy; zero out of view.
        boxes: (N, P, 4) xyxy; zero out of view.
        heads: (N, P, 2) where each nose is.
        wrists: (N, P, 2, 2) both wrists.
        holder: (N,) index of the player with the ball, -1 for nobody.
        anchor: (N, 2) where a point fixed in the world is: what a pan moves by.
        shots: (S, 6) release, result time, made, basket, blocked (1 or 0), shooter.
    """

    ball: np.ndarray
    rims: np.ndarray
    boxes: np.ndarray
    heads: np.ndarray
    wrists: np.ndarray
    holder: np.ndarray
    anchor: np.ndarray
    shots: np.ndarray


def draw_game(seed: int, seconds: float = SECONDS) -> list[Scene]:
    """The game of a seed through `CAMERAS` cameras."""
    rng = np.random.default_rng([seed, 71])
    half = bool(rng.random() < 0.8)
    game = simulate(seed, GameConfig(duration=seconds, half=half))
    names, shares = zip(*KINDS, strict=True)
    times = np.arange(0, seconds, 1 / RATE)
    scenes = []
    for view in range(CAMERAS):
        kind = str(rng.choice(names, p=shares)) if half else str(rng.choice(["broadcast", "sideline"]))
        camera = SimulatedCamera(game, CameraConfig(kind=kind), seed=seed * CAMERAS + view)
        scenes.append(_scene(camera, times))
    return scenes


def _scene(camera: SimulatedCamera, times: np.ndarray) -> Scene:
    truth = camera.truth_track(times)
    fixed = camera.game.court.rim_centre(0)
    anchor = np.stack([camera.lens(float(time)).project(fixed)[0] for time in times])
    shots = [
        [s.release_time, s.result_time, s.made, s.basket, s.blocked_by >= 0, s.shooter] for s in camera.game.shots
    ]
    return Scene(
        truth.ball, truth.rims, truth.boxes, truth.keypoints[:, :, Joint.NOSE, :2], truth.keypoints[:, :, _WRISTS, :2],
        truth.ball_holder, anchor.astype(np.float32), np.array(shots, np.float32).reshape(-1, 6),
    )  # fmt: skip


def save_scenes(path: Path, scenes: list[Scene]) -> None:
    """Keep a game's scenes as one file, written whole or not at all.

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    arrays = {
        f"{index}.{field.name}": getattr(scene, field.name)
        for index, scene in enumerate(scenes)
        for field in fields(Scene)
    }
    write_arrays(path, arrays, compressed=True)


def load_scenes(path: Path) -> list[Scene]:
    """Read a game's scenes.

    Raises:
        TrainingInputError: torn, or of something else.
    """
    with reading_arrays(path, "scenes") as found:
        count = 1 + max(int(name.split(".")[0]) for name in found)
        return [Scene(**{f.name: found[f"{index}.{f.name}"] for f in fields(Scene)}) for index in range(count)]


def scene_files(folder: Path, split: tuple[int, int]) -> list[Path]:
    """Files of a folder whose game belongs to a split, by seed.

    Raises:
        TrainingInputError: there is none.
    """
    low, high = split
    found = [path for path in sorted(folder.glob("game-*.npz")) if low <= int(path.stem[5:]) < high]
    if not found:
        raise TrainingInputError(f"no scenes of games {low} to {high - 1} in {folder}: draw them with `flight draw`")
    return found


def draw_split(folder: Path, seeds: range, seconds: float = SECONDS) -> Iterator[int]:
    """Draw the games that are not in the folder yet; gives each seed when it is there."""
    for seed in seeds:
        path = folder / f"game-{seed:06d}.npz"
        if not path.is_file():
            save_scenes(path, draw_game(seed, seconds))
        yield seed
