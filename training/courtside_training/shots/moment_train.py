"""Training runs of the zone network and the result network, on single moments of film instead of windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.shots.augment import Chances, augment, recolour
from courtside_training.shots.footage import GRID_S, Footage
from courtside_training.shots.geometry import HEIGHT, MIRRORED_ZONE, SAMPLES, WIDTH, ZONE_LABELS
from courtside_training.shots.labels import mirror_zone
from courtside_training.shots.losses import point_loss
from courtside_training.shots.prefetch import prefetch
from courtside_training.shots.restore import settle_norms
from courtside_training.shots.result import AFTER, SIDE, ResultConfig, ResultNetwork
from courtside_training.shots.train import PARTS, data_summary
from courtside_training.shots.windows import STEP
from courtside_training.shots.zone_head import FLOOR_SCALE, ZoneNetwork, ZoneNetworkConfig

CHANCES = Chances(crop=0.6, bars=0.1, blur=0.1, noise=0.1, compress=0.1, hold=0.05)
EPOCH = 50
"""Steps per epoch; a checkpoint is written after each epoch."""


@dataclass(frozen=True)
class MomentConfig:
    """How to train.

    Attributes:
        steps: in all.
        batch: moments per step.
        rate: peak learning rate.
        seed: of draws and first weights.
        average: share of the old weights that the averaged network keeps in each step.
    """

    steps: int = 1200
    batch: int = 32
    rate: float = 2e-3
    seed: int = 0
    average: float = 0.99


@dataclass(frozen=True)
class Moment:
    """One moment.

    Attributes:
        game: index of the game.
        index: grid index of the middle image.
        zone: index into ``ZONE_LABELS``.
        feet: grid index at which the feet are known, -1 if they are not.
    """

    game: int
    index: int
    zone: int
    feet: int


class Moments:
    """Draws moments: half of them releases, half of them a player with the ball, each from evenly drawn zones."""

    def __init__(self, games: Sequence[Footage]) -> None:
        self.games = games
        released: dict[int, list[tuple[int, float, int, int]]] = {}
        for g, game in enumerate(games):
            for time_, zone in zip(game.releases, game.zones, strict=True):
                held = np.flatnonzero(game.points[: int(time_ / GRID_S) + 1, 2, 2] > 0)
                # Long after a player lost the ball, the feet are no longer where the shot was taken.
                feet = int(held[-1]) if len(held) and time_ / GRID_S - held[-1] <= 10 else -1
                if 0 <= time_ <= game.duration and zone >= 0:
                    released.setdefault(int(zone), []).append((g, float(time_), int(zone), feet))
        self.releases = [released[zone] for zone in sorted(released)]
        held_zones = [[(g, i) for g, game in enumerate(games) for i in np.flatnonzero(game.ground == z)]
                      for z in range(len(ZONE_LABELS))]
        self.held = [np.array(pairs, np.int64).reshape(-1, 2) for pairs in held_zones if pairs]
        if not self.releases and not self.held:
            raise TrainingInputError("no shot with a known zone in the film: nothing to train the zone network on")

    def draw(self, rng: np.random.Generator) -> Moment:
        """Draw one moment."""
        if self.releases and (rng.random() < 0.5 or not self.held):
            group = self.releases[int(rng.integers(len(self.releases)))]
            game, release, zone, feet = group[int(rng.integers(len(group)))]
            index = round((release + rng.uniform(-0.17, 0.17)) / GRID_S)
            return Moment(game, min(max(index, 0), len(self.games[game].frames) - 1), zone, feet)
        pairs = self.held[int(rng.integers(len(self.held)))]
        game, index = (int(value) for value in pairs[int(rng.integers(len(pairs)))])
        return Moment(game, index, int(self.games[game].ground[index]), index)

    def example(self, moment: Moment, rng: np.random.Generator | None) -> dict[str, NDArray[np.generic]]:
        """One moment as arrays; augmented if `rng` is given.

        Returns:
            ``images`` uint8 (3, 3, 144, 256), ``zone``, ``points`` (2, 3) feet and rim, ``floor`` (16, 3) points in
            the image, and ``spots`` (16, 3) their positions on the court.
        """
        game = self.games[moment.game]
        index = np.clip(moment.index + np.arange(-1, 2) * STEP, 0, len(game.frames) - 1)
        clip = np.stack([game.frames[i] for i in index])
        points = np.concatenate([game.points[index], game.floor[index]], 1)
        # At another index than `feet`, the first point of the floor is not under the shooter.
        spots, zone = game.spots[moment.index].copy(), moment.zone
        points[1, 2] = game.points[moment.feet, 2] if moment.feet >= 0 else 0.0
        if rng is not None:
            clip, points, mirrored = augment(clip, points, rng, CHANCES)
            if mirrored:
                zone = mirror_zone(zone)
                spots[:, 1] *= -1
                spots[:, 2] = np.array(MIRRORED_ZONE)[spots[:, 2].astype(int)]
        return {
            "images": np.ascontiguousarray(clip.transpose(0, 3, 1, 2)), "zone": np.int64(zone),
            "points": points[1, [2, 1]], "floor": points[1, 3:], "spots": spots,
        }


class Results:
    """Draws releases with a known result, at a random position in a window, cropped at the rim."""

    def __init__(self, games: Sequence[Footage]) -> None:
        self.games = games
        self.releases = [
            (g, float(time_), bool(made))
            for g, game in enumerate(games)
            for time_, made, result_known in zip(game.releases, game.made, game.result_known, strict=True)
            if result_known and 0 <= time_ <= game.duration and self._rims(game, float(time_)).any()
        ]
        if not self.releases:
            raise TrainingInputError("no shot whose result and rim are known: nothing to train the result network on")

    @staticmethod
    def _rims(game: Footage, release: float) -> NDArray[np.bool_]:
        begin = round(release / GRID_S)
        return game.points[begin : begin + AFTER[1] * STEP, 1, 2] > 0

    def example(self, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        """Draw one release.

        Returns:
            ``squares`` uint8 (8, 3, 48, 48), ``exist`` (8,), ``made``, and ``ball`` (8, 1, 3): x and y as shares of
            the crop, and 1 if the ball is in it.
        """
        g, release, made = self.releases[int(rng.integers(len(self.releases)))]
        game = self.games[g]
        left = SAMPLES - 1 - int(rng.integers(2, 13))
        steps = np.minimum(np.arange(AFTER[0], AFTER[1] + 1), left)
        begin = release / GRID_S + rng.uniform(-0.5, 0.5) * STEP
        index = np.clip(np.round(begin + steps * STEP).astype(int), 0, len(game.frames) - 1)
        rims = game.points[index, 1]
        seen = rims[:, 2] > 0
        centres = np.where(seen[:, None], rims[:, :2], rims[seen][:, :2].mean(0) if seen.any() else 0.5)
        zoom = rng.uniform(0.8, 1.3) * np.array([1.0, rng.uniform(0.85, 1.15)])
        mirrored = bool(rng.random() < 0.5)
        away = rng.normal(0, 2.0, 2) + rng.normal(0, 0.7, (len(index), 2))
        middles = centres * (WIDTH, HEIGHT) + away
        squares = np.stack([
            crop_around(game.frames[i], middle, zoom, mirrored) for i, middle in zip(index, middles, strict=True)
        ])
        ball = game.points[index, 0].astype(np.float32)
        scale = zoom * (-1.0 if mirrored else 1.0, 1.0)
        ball[:, :2] = ((ball[:, :2] * (WIDTH, HEIGHT) - middles) * scale + SIDE / 2) / SIDE
        ball[:, 2] *= ((ball[:, :2] > 0) & (ball[:, :2] < 1)).all(1)
        if rng.random() < 0.8:
            squares = recolour(squares, rng)
        if rng.random() < 0.3:
            squares = np.clip(squares + rng.normal(0, rng.uniform(1, 6), squares.shape), 0, 255).astype(np.uint8)
        exist = (np.arange(AFTER[0], AFTER[1] + 1) <= left).astype(np.float32)
        return {
            "squares": np.ascontiguousarray(squares.transpose(0, 3, 1, 2)), "exist": exist, "made": np.float32(made),
            "ball": ball[:, None],
        }


def crop_around(
    image: NDArray[np.uint8], centre: NDArray[np.float64], zoom: NDArray[np.float64], mirrored: bool
) -> NDArray[np.uint8]:
    """Crop `SIDE` pixels square around `centre` (pixels), as `result.crop_at` does."""
    sx, sy = float(-zoom[0] if mirrored else zoom[0]), float(zoom[1])
    middle = SIDE / 2 - 0.5
    matrix = np.array([[sx, 0, middle - sx * (centre[0] - 0.5)], [0, sy, middle - sy * (centre[1] - 0.5)]])
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderValue=(127, 127, 127))


def zone_losses(out: dict[str, Tensor], batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Losses of the zone network: zone, attention maps, and the floor at known points."""
    at = batch["floor"][:, :, None, :2] * 2 - 1
    predicted = F.grid_sample(out["floor"], at, mode="bilinear", padding_mode="border", align_corners=False)[..., 0]
    predicted = predicted.transpose(1, 2)
    seen, spots = batch["floor"][..., 2], batch["spots"]
    count = seen.sum().clamp_min(1.0)
    metres = F.smooth_l1_loss(predicted[..., :2], spots[..., :2] / FLOOR_SCALE, beta=0.1, reduction="none").sum(-1)
    names = F.cross_entropy(predicted[..., 2:].flatten(0, 1), spots[..., 2].long().flatten(), reduction="none")
    found = {
        "zone": F.cross_entropy(out["zone"], batch["zone"], label_smoothing=0.05),
        "points": point_loss(out["maps"], batch["points"]),
        "metres": (metres * seen).sum() / count,
        "floor": (names.view_as(seen) * seen).sum() / count,
    }
    found["total"] = found["zone"] + 0.3 * found["points"] + 2.0 * found["metres"] + 0.7 * found["floor"]
    return found


def _fit(
    part: str, module: nn.Module, config: MomentConfig, draw: object, learn: object, path: Path,
    games: Sequence[Footage],
) -> Fit:
    steps = min(EPOCH, config.steps)

    def batches(epoch: int, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        def source() -> Iterator[dict[str, Tensor]]:
            for step in range(steps):
                own = np.random.default_rng([config.seed, epoch, step, 13])
                rows = [draw(own) for _ in range(config.batch)]  # type: ignore[operator]
                yield {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}

        yield from prefetch(source())

    return Fit(
        PARTS[part].model, module.to(memory_format=torch.channels_last),
        FitConfig(max(1, config.steps // steps), config.rate, 1e-2, clip=5.0, average=config.average,
                  seed=config.seed),
        steps, batches, learn, path,  # type: ignore[arg-type]
        {"network": asdict(module.config), "moments": asdict(config), "data": data_summary(games)},
    )


SETTLE = 512
"""Moments over which the normalisations of a restored network collect their statistics."""


def zone_fit(
    games: Sequence[Footage], config: MomentConfig, path: Path, network: ZoneNetworkConfig | None = None,
    init: ZoneNetwork | None = None,
) -> Fit:
    """A training run of the zone network.

    Args:
        games: training film.
        config: how to train.
        path: of the checkpoint.
        network: sizes of a new network; None: the served ones.
        init: restored network to start from; it is changed.
    """
    torch.manual_seed(config.seed)
    moments = Moments(games)
    if init is not None:
        rng = np.random.default_rng([config.seed, 12])
        examples = (moments.example(moments.draw(rng), rng)["images"] for _ in range(SETTLE))
        settle_norms(init, (torch.from_numpy(one[None]) for one in examples))
    return _fit(
        "zone", init or ZoneNetwork(network), config, lambda rng: moments.example(moments.draw(rng), rng),
        lambda module, batch: zone_losses(module(batch["images"]), batch), path, games,
    )


def result_fit(
    games: Sequence[Footage], config: MomentConfig, path: Path, network: ResultConfig | None = None
) -> Fit:
    """A training run of the result network; arguments as of `zone_fit`."""
    torch.manual_seed(config.seed)
    results = Results(games)

    def learn(module: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        predicted, maps = module.all_outputs(batch["squares"].float() / 127.5 - 1.0, batch["exist"])
        ball = batch["ball"].flatten(0, 1)
        found = {
            "make": F.binary_cross_entropy_with_logits(predicted, batch["made"]),
            "where": point_loss(maps, ball),
            "seen": F.binary_cross_entropy_with_logits(maps.flatten(1).amax(1), ball[:, 0, 2]),
        }
        found["total"] = found["make"] + 0.2 * found["where"] + 0.5 * found["seen"]
        return found

    return _fit("result", ResultNetwork(network), config, results.example, learn, path, games)
