"""Scenes: the truth of simulated games as several cameras see it, without images; simulated once, kept as files."""

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
"""Moments kept per second."""
SECONDS = 60.0
"""Length of a game, seconds."""
KINDS = (("phone", 0.25), ("behind", 0.25), ("sideline", 0.25), ("corner", 0.15), ("broadcast", 0.1))
"""Kinds of cameras on a half court, and how often each is drawn."""
CAMERAS = 4
"""Cameras per game."""
_WRISTS = (Joint.LEFT_WRIST, Joint.RIGHT_WRIST)


@dataclass(frozen=True)
class Scene:
    """One camera's view of one game: N moments at `RATE`, P players, S shots, in pixels of an image 640 pixels wide.

    Attributes:
        ball: (N, 4) x, y, radius, visible.
        rims: (N, R, 4) xyxy; zero out of view.
        boxes: (N, P, 4) xyxy; zero out of view.
        heads: (N, P, 2) noses.
        wrists: (N, P, 2, 2) both wrists.
        holder: (N,) index of the player with the ball, -1 without one.
        anchor: (N, 2) a point fixed in the world; it moves as the camera pans.
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
    """Simulate the game of a seed as `CAMERAS` cameras see it."""
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
    """Write the scenes of a game to one file, see `write_arrays`."""
    arrays = {
        f"{index}.{field.name}": getattr(scene, field.name)
        for index, scene in enumerate(scenes)
        for field in fields(Scene)
    }
    write_arrays(path, arrays, compressed=True)


def load_scenes(path: Path) -> list[Scene]:
    """Read the scenes of a game.

    Raises:
        TrainingInputError: the file is torn or holds something else.
    """
    with reading_arrays(path, "scenes") as found:
        count = 1 + max(int(name.split(".")[0]) for name in found)
        return [Scene(**{f.name: found[f"{index}.{f.name}"] for f in fields(Scene)}) for index in range(count)]


def scene_files(folder: Path, split: tuple[int, int]) -> list[Path]:
    """Files of a folder whose games belong to a split (first seed, one past the last), in the order of their seeds.

    Raises:
        TrainingInputError: there are none.
    """
    low, high = split
    found = [path for path in sorted(folder.glob("game-*.npz")) if low <= int(path.stem[5:]) < high]
    if not found:
        raise TrainingInputError(
            f"no scenes of games {low} to {high - 1} in {folder}: draw them with `courtside-train flight draw`"
        )
    return found


def draw_split(folder: Path, seeds: range, seconds: float = SECONDS) -> Iterator[int]:
    """Simulate the games that the folder lacks; yields each seed when its file exists."""
    for seed in seeds:
        path = folder / f"game-{seed:06d}.npz"
        if not path.is_file():
            save_scenes(path, draw_game(seed, seconds))
        yield seed
