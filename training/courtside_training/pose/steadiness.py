"""Steadiness of keypoints over a shot: the residual after smoothing 64 frames from gather to release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from courtside_sim import open_simulation
from courtside_training.pose.crops import crop_matrix, cut, invert, transform
from courtside_training.pose.evaluate import Run, batched
from courtside_training.pose.measures import pck, torso
from courtside_training.pose.skeleton import JOINTS

FRAMES = 64
"""Frames per shot, as in the shot fingerprint."""
WINDOW, DEGREE = 9, 3
"""Length and degree of the Savitzky-Golay filter (1964). It keeps a shooting motion and removes jitter."""
BOX_JITTER = 0.01
"""Standard deviation of each edge of the box relative to its height, as in a tracker's boxes."""


@dataclass(frozen=True)
class Shot:
    """One shot.

    Attributes:
        crops: (64, 3, H, W) uint8 RGB crops of the shooter.
        truth: (64, 17, 3) keypoints in frame pixels.
        matrices: (64, 2, 3) maps from frame to crop.
    """

    crops: NDArray[np.uint8]
    truth: NDArray[np.float32]
    matrices: NDArray[np.float64]


def shots(seeds: Sequence[int], most: int = 2) -> Iterator[Shot]:
    """Up to `most` shots per game of `seeds`, at 640 x 360 pixels, in which the shooter stays inside the frame."""
    for seed in seeds:
        film = open_simulation(seed, duration=20.0)
        rng, taken = np.random.default_rng([seed, 63]), 0
        for shot in film.shots:
            if taken >= most:
                break
            times = np.linspace(shot.gather_time, shot.release_time, FRAMES)
            seen = [film.camera.truth(float(time)) for time in times]
            tall = min(one.boxes[shot.shooter, 3] - one.boxes[shot.shooter, 1] for one in seen)
            keypoints = np.stack([one.keypoints[shot.shooter] for one in seen])
            if tall < 48 or (keypoints[..., 2] == 0).any():
                continue
            taken += 1
            rows = []
            for time, one in zip(times, seen, strict=True):
                box = one.boxes[shot.shooter].astype(np.float64)
                box += rng.normal(0, BOX_JITTER, 4) * (box[3] - box[1])
                matrix = crop_matrix(box)
                crop = cut(film.camera.render(float(time)), matrix)
                rows.append((crop[..., ::-1].transpose(2, 0, 1), matrix))
            crops, matrices = (np.stack(part) for part in zip(*rows, strict=True))
            yield Shot(np.ascontiguousarray(crops), keypoints, matrices)


def residual(track: NDArray[np.floating]) -> NDArray[np.floating]:
    """The part of positions (T, ..., 2) that smoothing removes."""
    return track - savgol_filter(track, WINDOW, DEGREE, axis=0)


def steadiness(run: Run, found: Iterator[Shot]) -> dict[str, Any]:
    """Jitter by keypoint: root mean square of the residual over all frames and shots.

    Returns:
        `shots`; `pixels` (crop pixels), `torso` (share of the torso's length), `truth` (residual of the simulation's
        truth as a share of the torso, which is the lower limit) and `pck`, each by keypoint and as "all".
    """
    pixels, shares, own, positions, truths = [], [], [], [], []
    for shot in found:
        found_in_crops = batched(run, shot.crops)[..., :2].astype(np.float64)
        back = np.stack([_back(points, m) for points, m in zip(found_in_crops, shot.matrices, strict=True)])
        length = float(np.median(torso(shot.truth)))
        # Computed in frame pixels, so that the movement of the crop with the box does not count as jitter.
        left = residual(back)
        pixels.append(left * float(np.mean(shot.matrices[:, 0, 0])))
        shares.append(left / length)
        own.append(residual(shot.truth[..., :2].astype(np.float64)) / length)
        positions.append(back)
        truths.append(shot.truth)
    if not pixels:
        nothing = dict.fromkeys((*JOINTS, "all"), float("nan"))
        return {"shots": 0, **dict.fromkeys(("pixels", "torso", "truth", "pck"), nothing)}
    return {
        "shots": len(pixels), "pixels": _by_joint(pixels), "torso": _by_joint(shares), "truth": _by_joint(own),
        "pck": pck(np.concatenate(positions), np.concatenate(truths)),
    }  # fmt: skip


def _back(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return transform(points, invert(matrix))


def _by_joint(residuals: list[NDArray[np.floating]]) -> dict[str, float]:
    square = (np.concatenate(residuals) ** 2).sum(-1)
    by_joint = {name: float(np.sqrt(square[:, j].mean())) for j, name in enumerate(JOINTS)}
    return {**by_joint, "all": float(np.sqrt(square.mean()))}
