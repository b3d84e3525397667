"""How steady keypoints are over a shot: what is left of 64 frames, gather to release, after smoothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from courtside_sim import open_simulation
from courtside_training.pose.crops import crop_matrix, cut, invert, place
from courtside_training.pose.evaluate import Run, batched
from courtside_training.pose.measures import pck, torso
from courtside_training.pose.skeleton import JOINTS

FRAMES = 64
"""Samples of a shot, as the shot fingerprint takes them."""
WINDOW, DEGREE = 9, 3
"""Of the Savitzky-Golay filter (1964): it passes a shooting motion and stops what changes from frame to frame."""
BOX_JITTER = 0.01
"""Standard deviation of each edge of the box over its height, as a tracker's boxes shake."""


@dataclass(frozen=True)
class Shot:
    """The shooter's crops (64, 3, H, W) uint8 of one shot, keypoints (64, 17, 3) and crop maps (64, 2, 3)."""

    crops: NDArray[np.uint8]
    truth: NDArray[np.float32]
    matrices: NDArray[np.float64]


def shots(seeds: Sequence[int], most: int = 2) -> Iterator[Shot]:
    """Up to `most` shots of each game of `seeds`, filmed at 640 x 360, in which the shooter stays in the picture."""
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
    """What smoothing takes away from places (T, ..., 2)."""
    return track - savgol_filter(track, WINDOW, DEGREE, axis=0)


def steadiness(run: Run, found: Iterator[Shot]) -> dict[str, Any]:
    """Jitter by keypoint: root mean square of the residual, over all frames and shots.

    Returns:
        `shots`; `pixels` (of the crop), `torso` (share of the torso's length), `truth` (the simulation's own
        residual, the floor of the figure, share of the torso) and `pck`, each by keypoint and as "all".
    """
    pixels, shares, own, places, truths = [], [], [], [], []
    for shot in found:
        answers = batched(run, shot.crops)
        back = np.stack([_back(a, m) for a, m in zip(answers[..., :2].astype(np.float64), shot.matrices, strict=True)])
        length = float(np.median(torso(shot.truth)))
        # In picture pixels first: a crop that moves with a shaking box must not count as the player's own shaking.
        left = residual(back)
        pixels.append(left * float(np.mean(shot.matrices[:, 0, 0])))
        shares.append(left / length)
        own.append(residual(shot.truth[..., :2].astype(np.float64)) / length)
        places.append(back)
        truths.append(shot.truth)
    if not pixels:
        nothing = dict.fromkeys((*JOINTS, "all"), float("nan"))
        return {"shots": 0, **dict.fromkeys(("pixels", "torso", "truth", "pck"), nothing)}
    return {
        "shots": len(pixels), "pixels": _by_joint(pixels), "torso": _by_joint(shares), "truth": _by_joint(own),
        "pck": pck(np.concatenate(places), np.concatenate(truths)),
    }  # fmt: skip


def _back(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return place(points, invert(matrix))


def _by_joint(residuals: list[NDArray[np.floating]]) -> dict[str, float]:
    square = (np.concatenate(residuals) ** 2).sum(-1)
    by_joint = {name: float(np.sqrt(square[:, j].mean())) for j, name in enumerate(JOINTS)}
    return {**by_joint, "all": float(np.sqrt(square.mean()))}
