"""Training runs of the clip network and of VideoMAE: batches, losses, device, checkpoints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.errors import TrainingInputError
from courtside_training.shots.footage import Footage
from courtside_training.shots.losses import Focal, losses
from courtside_training.shots.network import NetworkConfig, ShotNetwork
from courtside_training.shots.prefetch import prefetch
from courtside_training.shots.result import ResultConfig, ResultNetwork
from courtside_training.shots.served import ServedShotModel
from courtside_training.shots.windows import EpochPlan, batches, draw_epoch
from courtside_training.shots.zone_head import ZoneNetwork, ZoneNetworkConfig

MODEL = "shot_clip"
"""Name of the clip model."""
VIDEOMAE = "shot_videomae"
"""Name of the VideoMAE model."""
HEADS = ("shot", "release", "zone", "make")
"""Heads that can be trained; ``release`` includes the events."""


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Attributes:
        seed: of draws, augmentation and initial weights.
        epochs: in all; the learning rate falls to zero over them.
        positives: windows with a release per epoch (twice as many without one are added).
        batch: windows per step.
        rate: peak learning rate.
        decay: weight decay.
        average: share of the old weights that the averaged network keeps in each step.
        focal: use the focal loss for the shot head.
        zone_balanced: draw every zone equally often.
        hard_negatives: share of the windows without a release that show a fake or a pass in their middle.
        heads: which of `HEADS` are trained.
    """

    seed: int = 0
    epochs: int = 10
    positives: int = 400
    batch: int = 8
    rate: float = 2.5e-3
    decay: float = 1e-3
    average: float = 0.99
    focal: bool = False
    zone_balanced: bool = False
    hard_negatives: float = 0.35
    heads: tuple[str, ...] = HEADS


def device() -> torch.device:
    """A GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def data_summary(games: Sequence[Footage]) -> dict[str, Any]:
    """The training data in short, for the checkpoint and the card."""
    return {
        "games": len(games),
        "releases": int(sum(len(game.releases) for game in games)),
        "first": int(min(game.seed for game in games)),
        "last": int(max(game.seed for game in games)),
        "film": "labelled" if any(game.kind == "film" for game in games) else "simulated",
    }


def tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """A batch of arrays as tensors."""
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def window_fit(
    system: str, module: nn.Module, games: Sequence[Footage], config: TrainConfig, path: Path,
    settings: Mapping[str, Any],
) -> Fit:
    """A training run on windows of film.

    Args:
        system: `MODEL` or `VIDEOMAE`.
        module: from clips uint8 (B, 16, 3, 144, 256) to the dict that `losses` takes.
        games: training film.
        config: how to train.
        path: of the checkpoint.
        settings: plain values from which the module can be built again.

    Raises:
        TrainingInputError: there is no film.
    """
    if not games:
        raise TrainingInputError("no training film: render some with `courtside-train shots render`")
    on = device()
    module = module.to(on)
    if on.type == "cpu" and system == MODEL:
        module = module.to(memory_format=torch.channels_last)
    plan = EpochPlan(config.positives, config.zone_balanced, config.hard_negatives)
    focal = Focal() if config.focal else None

    def draw(epoch: int, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        # Draws depend on seed and epoch only, not on `rng`, so that a window is the same in any batch.
        refs = draw_epoch(games, plan, config.seed, epoch)
        yield from map(tensors, prefetch(batches(games, refs, config.batch, config.seed, epoch)))

    def learn(module: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        batch = {name: value.to(on, non_blocking=True) for name, value in batch.items()}
        with torch.autocast(on.type, torch.bfloat16, enabled=on.type == "cuda"):
            out = module(batch["clip"])
        return losses({name: value.float() for name, value in out.items()}, batch, config.heads, focal)

    steps = math.ceil(len(draw_epoch(games, plan, config.seed, 0)) / config.batch)
    fit = Fit(
        system, module,
        FitConfig(config.epochs, config.rate, config.decay, clip=5.0, average=config.average, seed=config.seed),
        steps, draw, learn, path,
        {**settings, "train": {**asdict(config), "heads": list(config.heads)}, "data": data_summary(games)},
    )
    if on.type == "cuda":
        _eight_bit(fit)
    return fit


def _eight_bit(fit: Fit) -> None:
    """Use 8-bit Adam (Dettmers et al. 2021, arXiv:2110.02861) if bitsandbytes is installed."""
    try:
        from bitsandbytes.optim import AdamW8bit
    except Exception as error:
        # With a wrong CUDA version its import fails in many ways; training continues without it.
        click.echo(f"8-bit Adam is not used: bitsandbytes cannot be imported ({type(error).__name__})", err=True)
        return
    groups = [dict(group.items()) for group in fit.optimizer.param_groups]
    fit.optimizer = AdamW8bit(groups, lr=fit.config.rate)


def light_fit(
    games: Sequence[Footage], config: TrainConfig, path: Path, network: NetworkConfig | None = None
) -> Fit:
    """A training run of the clip network; arguments as of `window_fit`."""
    torch.manual_seed(config.seed)
    network = network or NetworkConfig()
    return window_fit(MODEL, ShotNetwork(network), games, config, path, {"network": asdict(network)})


def load_network(path: Path) -> tuple[ShotNetwork, dict[str, Any]]:
    """The averaged network of a checkpoint, ready to evaluate, and the checkpoint.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, of another model, or its weights do not fit its sizes.
    """
    found = checkpoints.load(path, MODEL)
    network = _build(lambda: ShotNetwork(NetworkConfig(**found["settings"]["network"])), path)
    checkpoints.fill(network, found["average"], path)
    return network.eval(), found


def _build(make: Any, path: Path) -> Any:
    try:
        return make()
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingInputError(f"{path} holds a network of another shape: {str(error).splitlines()[0]}") from error


@dataclass(frozen=True)
class Parts:
    """The small networks beside the clip network."""

    zone: ZoneNetwork = field(default_factory=ZoneNetwork)
    result: ResultNetwork = field(default_factory=ResultNetwork)


@dataclass(frozen=True)
class PartSpec:
    """How a small network is stored.

    Attributes:
        key: its name in the checkpoint of the clip model. That of the zone network is historical, so that older
            checkpoints can be read.
        model: name of the model in its own checkpoint.
        network: its class.
        config: class of its sizes.
    """

    key: str
    model: str
    network: type[nn.Module]
    config: type


PARTS: dict[str, PartSpec] = {
    "zone": PartSpec("placer", "shot_place", ZoneNetwork, ZoneNetworkConfig),
    "result": PartSpec("result", "shot_result", ResultNetwork, ResultConfig),
}
"""The small networks by name."""


def join(path: Path, **parts: Path) -> None:
    """Put the averaged networks of other runs into the checkpoint of the clip network.

    Args:
        path: checkpoint of the clip network.
        parts: checkpoints of the small networks, by their names in `PARTS`.

    Raises:
        TrainingInputError: a file is missing or of another model.
    """
    extra = {}
    for name, source in parts.items():
        found = checkpoints.load(source, PARTS[name].model)
        history = found["history"]
        extra[PARTS[name].key] = {
            "config": found["settings"]["network"], "weights": found["average"], "data": found["settings"]["data"],
            "samples": history["samples"], "seconds": history["seconds"], "train": found["config"],
        }
    checkpoints.update(path, MODEL, **extra)


def load_parts(path: Path, found: Mapping[str, Any]) -> Parts:
    """The joined networks of a loaded checkpoint.

    Raises:
        TrainingInputError: one was not joined yet, or is of another shape.
    """
    built = {}
    for name, part in PARTS.items():
        stored = found.get(part.key)
        if stored is None:
            raise TrainingInputError(
                f"{path} has no {name} network yet: run `courtside-train shots fit-zone`, `fit-result` and `calibrate`"
            )
        built[name] = _build(lambda p=part, s=stored: p.network(p.config(**s["config"])), path).eval()
        checkpoints.fill(built[name], stored["weights"], path)
    return Parts(**built)


def load_served(path: Path, calibrated: bool = True) -> ServedShotModel:
    """The served model of a checkpoint: three networks, with the calibration if it was fitted.

    Raises:
        TrainingInputError: as `load_network` and `load_parts`.
    """
    network, found = load_network(path)
    parts = load_parts(path, found)
    fitted = found.get("calibration") if calibrated else None
    fitted = fitted or {"scale": 1.0, "bias": 0.0, "temperature": 1.0}
    return ServedShotModel(
        network, parts.zone, parts.result, fitted["scale"], fitted["bias"], fitted["temperature"]
    ).eval()
