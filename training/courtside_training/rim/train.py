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
from courtside_training.rim.pictures import GREY, SIDE, Place
from courtside_training.rim.windows import Glance, Window, draw_glance, draw_window

REACH = 4
"""Pixels by which crops are moved at most, for augmentation."""

Batch = dict[str, Tensor]


def stack(windows: list[Window], glances: list[Glance]) -> Batch:
    """Windows and glances as a batch.

    Returns:
        crops (B, 24, 3, 64, 64), track (B, 48, 15), verdict (B, 24), glances (G, 2, 3, 64, 64), and of all crops,
        the glances' last, cell and place (B * 24 + G,).
    """
    ball = np.concatenate([*(window.ball for window in windows), *(glance.ball[None] for glance in glances)])
    place = np.concatenate([*(window.place for window in windows), [glance.place for glance in glances]])
    place = place.astype(np.int64)
    at = np.clip((ball * CELLS).astype(np.int64), 0, CELLS - 1)
    cell = np.where(place == Place.UNSEEN, CELLS * CELLS, at[..., 1] * CELLS + at[..., 0])
    seen = np.stack([glance.pictures for glance in glances]) if glances else np.zeros((0, 2, SIDE, SIDE, 3), np.uint8)
    return {
        # Colours stay innermost in memory: convolutions are a fourth faster so.
        "crops": torch.from_numpy(np.stack([window.crops for window in windows])).permute(0, 1, 4, 2, 3),
        "track": torch.from_numpy(np.stack([window.track for window in windows])),
        "verdict": torch.from_numpy(np.stack([window.verdict for window in windows])),
        "glances": torch.from_numpy(seen).permute(0, 1, 4, 2, 3),
        "cell": torch.from_numpy(cell),
        "place": torch.from_numpy(place),
    }


def _varied(
    crops: np.ndarray, ball: np.ndarray, place: np.ndarray, flip: bool, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crops (T, 64, 64, 3), balls (T, 2) and places (T,) mirrored, moved by some pixels, in other light and colours."""
    if flip:
        crops = crops[:, :, ::-1]
        ball = np.where(ball < 0, ball, ball * (-1, 1) + (1, 0))
    if rng.random() < 0.5:
        x, y = rng.integers(-REACH, REACH + 1, 2)
        crops = np.roll(crops, (y, x), (1, 2))
        ball = ball + np.array([x, y]) / SIDE
    # One table a colour: cheap on bytes.
    tone = np.arange(256)
    gain, lift, bend = rng.uniform(0.75, 1.25), rng.normal(0, 10), np.exp(rng.normal(0, 0.15))
    lit = np.stack([np.clip(tone * gain * rng.uniform(0.9, 1.1) + lift, 0, 255) for _ in range(3)], -1)
    table = (255 * (lit / 255) ** bend).astype(np.uint8)
    flat = np.ascontiguousarray(crops).reshape(-1, SIDE, 3)
    painted = cv2.LUT(flat, table[None])
    # Where there is no picture the grey stays.
    painted[(flat == GREY).all(-1)] = GREY
    painted = painted.reshape(crops.shape)
    if rng.random() < 0.1:
        painted = painted[..., rng.permutation(3)]
    inside = ((ball >= 0) & (ball < 1)).all(1)
    return painted, ball.astype(np.float32), np.where(inside, place, Place.UNSEEN).astype(np.uint8)


def vary(window: Window, rng: np.random.Generator) -> Window:
    """The window seen otherwise."""
    flip, track = bool(rng.random() < 0.5), window.track
    if flip:
        track = track.copy()
        track[:, [Column.BALL_X, Column.RIM_X]] *= -1
    crops, ball, place = _varied(window.crops, window.ball, window.place, flip, rng)
    return Window(crops, track, ball, place, window.verdict, window.end)


def vary_glance(glance: Glance, rng: np.random.Generator) -> Glance:
    """The glance seen otherwise."""
    place = np.array([glance.place, 0])
    ball = np.stack([glance.ball, glance.ball])
    pictures, ball, place = _varied(glance.pictures, ball, place, bool(rng.random() < 0.5), rng)
    return Glance(pictures, ball[0], int(place[0]))


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross entropy of the verdicts at every tick, of the ball's cell, and of what it passes."""
    verdict, cells, place = module.look(batch["crops"], batch["track"], batch["glances"])
    said = F.cross_entropy(verdict.flatten(0, 1), batch["verdict"].flatten(), label_smoothing=0.02)
    where = F.cross_entropy(cells, batch["cell"])
    passes = F.cross_entropy(place, batch["place"])
    return {"total": said + 0.2 * where + 0.6 * passes, "verdict": said, "ball": where, "place": passes}


def make_fit(
    files: list[Path], glances: list[Path], config: FitConfig, checkpoint: Path, samples: int = 2000,
    batch: tuple[int, int] = (10, 160), network: RimConfig | None = None,
) -> Fit:
    """A run over the films in `files`, `samples` windows an epoch.

    Args:
        files: films.
        glances: films of decisive looks only, from which the eye learns besides.
        config: of the run.
        checkpoint: file to write.
        samples: windows an epoch.
        batch: windows and glances a step. On few crops of a window the ball is in line with the ring, so that
            learning from windows alone takes ten times as long.
        network: its size.

    Raises:
        TrainingInputError: there is no film.
    """
    if not files:
        raise TrainingInputError("no films to train on: draw them with `courtside-train rim draw`")
    torch.manual_seed(config.seed)
    module = RimNetwork(network)
    module.eye.to(memory_format=torch.channels_last)
    films: list[Filmed] = [film for path in files for film in load_films(path)]
    short = films + [film for path in glances for film in load_films(path)]
    steps = max(1, samples // batch[0])

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            chosen = [films[int(index)] for index in rng.integers(len(films), size=batch[0])]
            looked = [short[int(index)] for index in rng.integers(len(short), size=batch[1])]
            yield stack(
                [vary(draw_window(filmed, rng), rng) for filmed in chosen],
                [vary_glance(draw_glance(filmed, rng), rng) for filmed in looked],
            )

    return Fit(SYSTEM, module, config, steps, batches, losses, checkpoint, module.config.to_dict())
