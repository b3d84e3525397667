"""Trains the placing network on moments of rendered film in which somebody has, or has just released, the ball."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from courtside_training.shots.augment import Chances, augment
from courtside_training.shots.footage import GRID_S, Footage
from courtside_training.shots.geometry import ZONE_LABELS
from courtside_training.shots.labels import mirror_zone
from courtside_training.shots.losses import point_loss
from courtside_training.shots.placing import PICTURES, PlacingNetwork
from courtside_training.shots.prefetch import prefetch
from courtside_training.shots.windows import STEP

CHANCES = Chances(crop=0.6, bars=0.1, blur=0.1, noise=0.1, compress=0.1, hold=0.05)


@dataclass(frozen=True)
class PlaceConfig:
    """Steps in all, moments a step, peak rate, seed, and the averaged network's share kept a step."""

    steps: int = 1200
    batch: int = 32
    rate: float = 2e-3
    seed: int = 0
    average: float = 0.99


@dataclass(frozen=True)
class Moment:
    """Game (place in the list), grid index of the middle picture, zone, and the grid index of the feet's truth."""

    game: int
    index: int
    zone: int
    feet: int


class Moments:
    """Draws moments: every second one a release, the others somebody with the ball in a zone drawn evenly."""

    def __init__(self, games: Sequence[Footage]) -> None:
        self.games = games
        self.releases = []
        for g, game in enumerate(games):
            for time_, zone in zip(game.releases, game.zones, strict=True):
                held = np.flatnonzero(game.points[: int(time_ / GRID_S) + 1, 2, 2] > 0)
                if time_ <= game.duration and len(held):
                    self.releases.append((g, float(time_), int(zone), int(held[-1])))
        held_zones = [[(g, i) for g, game in enumerate(games) for i in np.flatnonzero(game.ground == z)]
                      for z in range(len(ZONE_LABELS))]
        self.held = [np.array(pairs, np.int64).reshape(-1, 2) for pairs in held_zones if pairs]

    def draw(self, rng: np.random.Generator) -> Moment:
        """One moment."""
        if self.releases and (rng.random() < 0.5 or not self.held):
            game, release, zone, feet = self.releases[int(rng.integers(len(self.releases)))]
            index = round((release + rng.uniform(-0.17, 0.17)) / GRID_S)
            return Moment(game, min(index, len(self.games[game].frames) - 1), zone, feet)
        pairs = self.held[int(rng.integers(len(self.held)))]
        game, index = (int(value) for value in pairs[int(rng.integers(len(pairs)))])
        return Moment(game, index, int(self.games[game].ground[index]), index)

    def example(
        self, moment: Moment, rng: np.random.Generator | None
    ) -> tuple[NDArray[np.uint8], int, NDArray[np.float32]]:
        """Pictures (3, 3, 144, 256), zone, and feet and rim (2, 3) of one moment; augmented when `rng` is given."""
        game = self.games[moment.game]
        index = np.clip(moment.index + np.arange(-1, 2) * STEP, 0, len(game.frames) - 1)
        clip, points, zone = np.stack([game.frames[i] for i in index]), game.points[index].copy(), moment.zone
        points[1, 2] = game.points[moment.feet, 2]
        if rng is not None:
            clip, points, mirrored = augment(clip, points, rng, CHANCES)
            zone = mirror_zone(zone) if mirrored else zone
        return np.ascontiguousarray(clip.transpose(0, 3, 1, 2)), zone, points[1, [2, 1]]

    def batches(self, config: PlaceConfig) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """`config.steps` batches of pictures, zones and points, by the seed alone."""
        for step in range(config.steps):
            rng = np.random.default_rng([config.seed, step, 13])
            rows = [self.example(self.draw(rng), rng) for _ in range(config.batch)]
            yield (
                torch.from_numpy(np.stack([row[0] for row in rows])),
                torch.tensor([row[1] for row in rows]),
                torch.from_numpy(np.stack([row[2] for row in rows])),
            )


def fit_placer(
    games: Sequence[Footage],
    config: PlaceConfig,
    network: PlacingNetwork | None = None,
    report: Callable[[int, float, float], None] | None = None,
) -> tuple[PlacingNetwork, dict[str, float]]:
    """Train; returns the averaged network and what it took.

    Args:
        games: training film.
        config: how.
        network: to start from, or None for a new one.
        report: called after each step with the step and running means of loss and accuracy.
    """
    torch.manual_seed(config.seed)
    network = (network or PlacingNetwork()).to(memory_format=torch.channels_last)
    average = PlacingNetwork(network.config)
    average.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.rate, weight_decay=1e-2)
    begin, loss_mean, right_mean = time.monotonic(), 2.0, 1 / len(ZONE_LABELS)
    network.train()
    for step, (pictures, zones, points) in enumerate(prefetch(Moments(games).batches(config))):
        for group in optimizer.param_groups:
            decay = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / config.steps))
            group["lr"] = config.rate * min(1.0, (step + 1) / 50) * decay
        logits, maps = network(pictures)
        zone_loss = F.cross_entropy(logits, zones, label_smoothing=0.05)
        loss = zone_loss + 0.3 * point_loss(maps, points)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        keep = min(config.average, (step + 1) / (step + 10))
        with torch.no_grad():
            ours = network.state_dict()
            for name, value in average.state_dict().items():
                if value.dtype.is_floating_point:
                    value.lerp_(ours[name], 1 - keep)
                else:
                    value.copy_(ours[name])
        right = float((logits.argmax(1) == zones).float().mean())
        loss_mean, right_mean = loss_mean * 0.97 + float(loss.detach()) * 0.03, right_mean * 0.97 + right * 0.03
        if report:
            report(step + 1, loss_mean, right_mean)
    summary = {"steps": config.steps, "moments": config.steps * config.batch, "seconds": time.monotonic() - begin}
    return average.eval(), {**summary, "pictures": PICTURES}
