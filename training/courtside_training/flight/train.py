"""Training the flight network on windows drawn anew in each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.flight.geometry import TICKS
from courtside_training.flight.network import SYSTEM, FlightConfig, FlightNetwork
from courtside_training.flight.scenes import Scene, load_scenes
from courtside_training.flight.tracks import Example, draw_example

BLUR = 0.8
"""Ticks: how sharply the release must be named."""
HELD = 24
"""Games held in memory at a time; an epoch takes others."""

Batch = dict[str, Tensor]


def stack(examples: list[Example]) -> Batch:
    """Examples as one batch: tracks (B, 48, 15), targets (B, 49), made (B,) with NaN, weight (B,), decided (B,)."""
    targets = np.zeros((len(examples), TICKS + 1), np.float32)
    ticks = np.arange(TICKS)
    for row, example in zip(targets, examples, strict=True):
        if np.isnan(example.release):
            row[-1] = 1.0
        else:
            row[:-1] = np.exp(-0.5 * ((ticks - example.release) / BLUR) ** 2)
            row[:-1] /= row[:-1].sum()
    return {
        "track": torch.from_numpy(np.stack([e.track for e in examples])),
        "target": torch.from_numpy(targets),
        "made": torch.tensor([e.made for e in examples], dtype=torch.float32),
        "weight": torch.tensor([e.weight for e in examples], dtype=torch.float32),
    }


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross entropy of the release's moment (or none), and of going in where there was a shot."""
    moment, make = module(batch["track"])
    weight = batch["weight"]
    when = -(batch["target"] * moment.log_softmax(1)).sum(1)
    when = (when * weight).sum() / weight.sum().clamp_min(1.0)
    told = ~torch.isnan(batch["made"])
    if told.any():
        made = F.binary_cross_entropy_with_logits(make[told], batch["made"][told])
    else:
        made = make.sum() * 0.0
    return {"total": when + 0.5 * made, "when": when, "made": made}


def make_fit(
    files: list[Path], config: FitConfig, checkpoint: Path, samples: int = 12_000, batch: int = 128,
    network: FlightConfig | None = None,
) -> Fit:
    """A run over the games in `files`, `samples` windows an epoch.

    Raises:
        TrainingInputError: there is no game.
    """
    if not files:
        raise TrainingInputError("no games to train on: draw them with `courtside-train flight draw`")
    torch.manual_seed(config.seed)
    module = FlightNetwork(network)
    steps = max(1, samples // batch)

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        chosen = rng.choice(len(files), min(HELD, len(files)), replace=False)
        scenes = [scene for index in chosen for scene in load_scenes(files[int(index)])]
        for _ in range(steps):
            yield stack(draw_many(scenes, batch, rng))

    return Fit(SYSTEM, module, config, steps, batches, losses, checkpoint, module.config.to_dict())


def draw_many(scenes: list[Scene], count: int, rng: np.random.Generator) -> list[Example]:
    """`count` windows of `scenes`."""
    return [draw_example(scenes[int(rng.integers(len(scenes)))], rng) for _ in range(count)]


def runner(network: nn.Module) -> Callable[[np.ndarray], tuple[np.ndarray, ...]]:
    """A served network as a function of arrays, 512 windows at a time."""

    def run(tracks: np.ndarray) -> tuple[np.ndarray, ...]:
        parts = []
        with torch.no_grad():
            for start in range(0, len(tracks), 512):
                parts.append([out.numpy() for out in network(torch.from_numpy(tracks[start : start + 512]))])
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    return run
