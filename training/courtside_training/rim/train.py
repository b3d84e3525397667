"""Training of the rim network on windows drawn again from films in every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.flight.geometry import Column
from courtside_training.rim.crops import GREY, SIDE, BallPosition
from courtside_training.rim.films import Filmed, load_films
from courtside_training.rim.network import CELLS, MODEL, RimConfig, RimNetwork
from courtside_training.rim.windows import Glance, Window, draw_glance, draw_window

REACH = 4
"""Largest shift of crops in augmentation, pixels."""

Batch = dict[str, Tensor]


def stack(windows: list[Window], glances: list[Glance]) -> Batch:
    """Windows and glances as a batch.

    Returns:
        crops (B, 24, 3, 64, 64), track (B, 48, 15), verdict (B, 24), glances (G, 2, 3, 64, 64); cell and position
        (B * 24 + G,), of the crops and after them of the glances.
    """
    ball = np.concatenate([*(window.ball for window in windows), *(glance.ball[None] for glance in glances)])
    position = np.concatenate([*(window.position for window in windows), [glance.position for glance in glances]])
    position = position.astype(np.int64)
    at = np.clip((ball * CELLS).astype(np.int64), 0, CELLS - 1)
    cell = np.where(position == BallPosition.UNSEEN, CELLS * CELLS, at[..., 1] * CELLS + at[..., 0])
    seen = np.stack([glance.images for glance in glances]) if glances else np.zeros((0, 2, SIDE, SIDE, 3), np.uint8)
    return {
        # Colours stay innermost in memory, which makes convolutions a quarter faster.
        "crops": torch.from_numpy(np.stack([window.crops for window in windows])).permute(0, 1, 4, 2, 3),
        "track": torch.from_numpy(np.stack([window.track for window in windows])),
        "verdict": torch.from_numpy(np.stack([window.verdict for window in windows])),
        "glances": torch.from_numpy(seen).permute(0, 1, 4, 2, 3),
        "cell": torch.from_numpy(cell),
        "position": torch.from_numpy(position),
    }


def _augmented(
    crops: np.ndarray, ball: np.ndarray, position: np.ndarray, flip: bool, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crops (T, 64, 64, 3), balls (T, 2) and positions (T,): mirrored, shifted, in other light and colours."""
    if flip:
        crops = crops[:, :, ::-1]
        ball = np.where(ball < 0, ball, ball * (-1, 1) + (1, 0))
    if rng.random() < 0.5:
        x, y = rng.integers(-REACH, REACH + 1, 2)
        crops = np.roll(crops, (y, x), (1, 2))
        ball = ball + np.array([x, y]) / SIDE
    # One lookup table per colour: cheap on bytes.
    tone = np.arange(256)
    gain, lift, bend = rng.uniform(0.75, 1.25), rng.normal(0, 10), np.exp(rng.normal(0, 0.15))
    lit = np.stack([np.clip(tone * gain * rng.uniform(0.9, 1.1) + lift, 0, 255) for _ in range(3)], -1)
    table = (255 * (lit / 255) ** bend).astype(np.uint8)
    flat = np.ascontiguousarray(crops).reshape(-1, SIDE, 3)
    painted = cv2.LUT(flat, table[None])
    # Pixels outside the image stay grey.
    painted[(flat == GREY).all(-1)] = GREY
    painted = painted.reshape(crops.shape)
    if rng.random() < 0.1:
        painted = painted[..., rng.permutation(3)]
    inside = ((ball >= 0) & (ball < 1)).all(1)
    return painted, ball.astype(np.float32), np.where(inside, position, BallPosition.UNSEEN).astype(np.uint8)


def augment(window: Window, rng: np.random.Generator) -> Window:
    """An augmented copy of a window."""
    flip, track = bool(rng.random() < 0.5), window.track
    if flip:
        track = track.copy()
        track[:, [Column.BALL_X, Column.RIM_X]] *= -1
    crops, ball, position = _augmented(window.crops, window.ball, window.position, flip, rng)
    return Window(crops, track, ball, position, window.verdict, window.end)


def augment_glance(glance: Glance, rng: np.random.Generator) -> Glance:
    """An augmented copy of a glance."""
    position = np.array([glance.position, 0])
    ball = np.stack([glance.ball, glance.ball])
    images, ball, position = _augmented(glance.images, ball, position, bool(rng.random() < 0.5), rng)
    return Glance(images, ball[0], int(position[0]))


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross entropy of the verdict at every time step, of the ball's cell, and of the ball's position."""
    verdicts, cells, positions = module.all_outputs(batch["crops"], batch["track"], batch["glances"])
    verdict = F.cross_entropy(verdicts.flatten(0, 1), batch["verdict"].flatten(), label_smoothing=0.02)
    ball = F.cross_entropy(cells, batch["cell"])
    position = F.cross_entropy(positions, batch["position"])
    return {"total": verdict + 0.2 * ball + 0.6 * position, "verdict": verdict, "ball": ball, "position": position}


def make_fit(
    files: list[Path], glances: list[Path], config: FitConfig, checkpoint: Path, samples: int = 2000,
    batch: tuple[int, int] = (10, 160), network: RimConfig | None = None,
) -> Fit:
    """A training run.

    Args:
        files: films.
        glances: films of decisive moments only, on which the crop encoder is trained as well.
        config: how to train.
        checkpoint: file to write.
        samples: windows per epoch.
        batch: windows and glances per step. The ball is in line with the rim on few crops of a window, so training on
            windows alone takes ten times as long.
        network: sizes of the network; None: the served ones.

    Raises:
        TrainingInputError: there are no films.
    """
    if not files:
        raise TrainingInputError("no films to train on: draw them with `courtside-train rim draw`")
    torch.manual_seed(config.seed)
    module = RimNetwork(network)
    module.encoder.to(memory_format=torch.channels_last)
    films: list[Filmed] = [film for path in files for film in load_films(path)]
    short = films + [film for path in glances for film in load_films(path)]
    steps = max(1, samples // batch[0])

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            chosen = [films[int(index)] for index in rng.integers(len(films), size=batch[0])]
            glanced = [short[int(index)] for index in rng.integers(len(short), size=batch[1])]
            yield stack(
                [augment(draw_window(filmed, rng), rng) for filmed in chosen],
                [augment_glance(draw_glance(filmed, rng), rng) for filmed in glanced],
            )

    return Fit(MODEL, module, config, steps, batches, losses, checkpoint, asdict(module.config))
