"""Training of the flight network on windows drawn again in every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.flight.geometry import TIME_STEPS
from courtside_training.flight.network import MODEL, FlightConfig, FlightNetwork
from courtside_training.flight.scenes import Scene, load_scenes
from courtside_training.flight.tracks import Example, draw_example

BLUR = 0.8
"""Time steps: standard deviation of the target around the release."""
HELD = 24
"""Games in memory at a time; every epoch draws others."""

Batch = dict[str, Tensor]


def stack(examples: list[Example]) -> Batch:
    """Examples as one batch: track (B, 48, 19), target (B, 49), made (B,) with NaN where unknown, weight (B,)."""
    targets = np.zeros((len(examples), TIME_STEPS + 1), np.float32)
    steps = np.arange(TIME_STEPS)
    for row, example in zip(targets, examples, strict=True):
        if np.isnan(example.release):
            row[-1] = 1.0
        else:
            row[:-1] = np.exp(-0.5 * ((steps - example.release) / BLUR) ** 2)
            row[:-1] /= row[:-1].sum()
    return {
        "track": torch.from_numpy(np.stack([e.track for e in examples])),
        "target": torch.from_numpy(targets),
        "made": torch.tensor([e.made for e in examples], dtype=torch.float32),
        "weight": torch.tensor([e.weight for e in examples], dtype=torch.float32),
    }


def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Cross entropy of the release's time step (or of no shot), and of the make where the result is known."""
    moment, make = module(batch["track"])
    weight = batch["weight"]
    when = -(batch["target"] * moment.log_softmax(1)).sum(1)
    when = (when * weight).sum() / weight.sum().clamp_min(1.0)
    known = ~torch.isnan(batch["made"])
    if known.any():
        made = F.binary_cross_entropy_with_logits(make[known], batch["made"][known])
    else:
        made = make.sum() * 0.0
    return {"total": when + 0.5 * made, "when": when, "made": made}


def make_fit(
    files: list[Path], config: FitConfig, checkpoint: Path, samples: int = 12_000, batch: int = 128,
    network: FlightConfig | None = None, init: FlightNetwork | None = None,
) -> Fit:
    """A training run.

    Args:
        files: scenes of the training games.
        config: how to train.
        checkpoint: file to write.
        samples: windows per epoch.
        batch: windows per step.
        network: sizes of the network; None: the served ones.
        init: network to start from; None: random weights.

    Raises:
        TrainingInputError: there are no games.
    """
    if not files:
        raise TrainingInputError("no games to train on: draw them with `courtside-train flight draw`")
    torch.manual_seed(config.seed)
    module = FlightNetwork(network) if init is None else init
    steps = max(1, samples // batch)

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        chosen = rng.choice(len(files), min(HELD, len(files)), replace=False)
        scenes = [scene for index in chosen for scene in load_scenes(files[int(index)])]
        for _ in range(steps):
            yield stack(draw_many(scenes, batch, rng))

    return Fit(MODEL, module, config, steps, batches, losses, checkpoint, asdict(module.config))


def draw_many(scenes: list[Scene], count: int, rng: np.random.Generator) -> list[Example]:
    """Draw `count` windows of `scenes`."""
    return [draw_example(scenes[int(rng.integers(len(scenes)))], rng) for _ in range(count)]
