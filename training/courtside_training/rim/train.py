"""Training the rim network on windows drawn anew from films in each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.flight.geometry import Column
from courtside_training.rim.films import Filmed, load_films
from courtside_training.rim.network import CELLS, SYSTEM, RimConfig, RimNetwork
from courtside_training.rim.pictures import GREY, Place
from courtside_training.rim.windows import Window, draw_window

REACH = 4
"""Pixels by which crops are moved at most, for augmentation."""

Batch = dict[str, Tensor]


def stack(windows: list[Window]) -> Batch:
    """Windows as a batch: crops (B, 24, 3, 64, 64), track (B, 48, 15), cell and place (B, 24), verdict (B, 24)."""
    ball = np.stack([window.ball for window in windows])
    place = np.stack([window.place for window in windows]).astype(np.int64)
    at = np.clip((ball * CELLS).astype(np.int64), 0, CELLS - 1)
    cell = np.where(place == Place.UNSEEN, CELLS * CELLS, at[..., 1] * CELLS + at[..., 0])
    return {
        # Colours stay innermost in memory: convolutions are a fourth faster so.
        "crops": torch.from_numpy(np.stack([window.crops for window in windows])).permute(0, 1, 4, 2, 3),
        "track": torch.from_numpy(np.stack([window.track for window in windows])),
        "cell": torch.from_numpy(cell),
        "place": torch.from_numpy(place),
        "verdict": torch.from_numpy(np.stack([window.verdict for window in windows])),
    }


def vary(window: Window, rng: np.random.Generator) -> Window:
    """The window seen otherwise: mirrored, moved by some pixels, under other light and colours."""
    crops, track, ball = window.crops, window.track, window.ball
    if rng.random() < 0.5:
        crops, track = crops[:, :, ::-1], track.copy()
        track[:, [Column.BALL_X, Column.RIM_X]] *= -1
        ball = np.where(ball < 0, ball, ball * (-1, 1) + (1, 0)).astype(np.float32)
    if rng.random() < 0.5:
        x, y = rng.integers(-REACH, REACH + 1, 2)
        crops = np.roll(crops, (y, x), (1, 2))
        ball = ball + np.array([x, y], np.float32) / crops.shape[1]
    # One table a colour: cheap on bytes.
    tone = np.arange(256)
    gain, lift, bend = rng.uniform(0.75, 1.25), rng.normal(0, 10), np.exp(rng.normal(0, 0.15))
    lit = np.stack([np.clip(tone * gain * rng.uniform(0.9, 1.1) + lift, 0, 255) for _ in range(3)], -1)
    table = (255 * (lit / 255) ** bend).astype(np.uint8)
    flat = np.ascontiguousarray(crops).reshape(-1, crops.shape[2], 3)
    painted = cv2.LUT(flat, table[None])
    # Where there is no picture the grey stays.
    painted[(flat == GREY).all(-1)] = GREY
    painted = painted.reshape(crops.shape)
    if rng.random() < 0.1:
        painted = painted[..., rng.permutation(3)]
    inside = ((ball >= 0) & (ball < 1)).all(1)
    place = np.where(inside, window.place, Place.UNSEEN).astype(np.uint8)
    return Window(painted, track, ball, place, window.verdict, window.end)


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross entropy of the verdicts at every tick, of the ball's cell, and of what it passes."""
    verdict, cells, place = module.look(batch["crops"], batch["track"])
    said = F.cross_entropy(verdict.flatten(0, 1), batch["verdict"].flatten(), label_smoothing=0.02)
    where = F.cross_entropy(cells, batch["cell"].flatten())
    passes = F.cross_entropy(place, batch["place"].flatten())
    return {"total": said + 0.15 * where + 0.3 * passes, "verdict": said, "ball": where, "place": passes}


def make_fit(
    files: list[Path], config: FitConfig, checkpoint: Path, samples: int = 4000, batch: int = 16,
    network: RimConfig | None = None,
) -> Fit:
    """A run over the films in `files`, `samples` windows an epoch.

    Raises:
        TrainingInputError: there is no film.
    """
    if not files:
        raise TrainingInputError("no films to train on: draw them with `courtside-train rim draw`")
    torch.manual_seed(config.seed)
    module = RimNetwork(network)
    module.eye.to(memory_format=torch.channels_last)
    films: list[Filmed] = [film for path in files for film in load_films(path)]
    steps = max(1, samples // batch)

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            chosen = rng.integers(len(films), size=batch)
            yield stack([vary(draw_window(films[int(index)], rng), rng) for index in chosen])

    return Fit(SYSTEM, module, config, steps, batches, losses, checkpoint, module.config.to_dict())
