"""The training loop: deterministic draws, a schedule, checkpoints it can go on from, and a clean stop on Ctrl-C."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from courtside_training.errors import TrainingInputError
from courtside_training.shots.footage import Footage
from courtside_training.shots.losses import losses
from courtside_training.shots.network import NetworkConfig, ShotNetwork
from courtside_training.shots.placing import PlacerConfig, PlacingNetwork
from courtside_training.shots.prefetch import prefetch
from courtside_training.shots.served import ServedShotModel
from courtside_training.shots.windows import batches, draw_epoch

FORMAT = "courtside-shot-clip-1"


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Attributes:
        seed: of draws, augmentation and initial weights.
        epochs: in all; the learning rate falls to zero over them.
        positives: windows with a release an epoch (twice as many without one are added).
        batch: windows a step.
        rate: peak learning rate.
        decay: weight decay.
        average: share of the old weights kept a step in the averaged network that is saved and evaluated.
        network: channels.
    """

    seed: int = 0
    epochs: int = 10
    positives: int = 400
    batch: int = 8
    rate: float = 2e-3
    decay: float = 1e-3
    average: float = 0.99
    network: NetworkConfig = field(default_factory=NetworkConfig)


@dataclass
class Progress:
    """Where training stands; `history` has one line an epoch."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    windows: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(path: Path, config: TrainConfig, state: dict[str, object], progress: Progress) -> None:
    """Write atomically: a reader sees the old checkpoint or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({"format": FORMAT, "config": asdict(config), "progress": asdict(progress), **state}, part)
    part.replace(path)


def load_checkpoint(path: Path) -> dict[str, object]:
    """Read a checkpoint.

    Raises:
        TrainingInputError: missing, unreadable, or of something else.
    """
    if not path.is_file():
        raise TrainingInputError(f"no checkpoint at {path}: train one with `courtside-train shots fit`")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingInputError(f"{path} is no readable checkpoint: {type(error).__name__}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise TrainingInputError(f"{path} is not a checkpoint of the shot clip model")
    return found


def load_network(path: Path) -> tuple[ShotNetwork, dict[str, object]]:
    """The averaged network of a checkpoint, ready to evaluate, and the checkpoint.

    Raises:
        TrainingInputError: as `load_checkpoint`, or its weights do not fit its own sizes.
    """
    found = load_checkpoint(path)
    try:
        network = ShotNetwork(NetworkConfig(**found["config"]["network"]))  # type: ignore[index]
        network.load_state_dict(found["average"])  # type: ignore[arg-type]
    except (KeyError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingInputError(f"{path} holds a network of another shape: {reason}") from error
    return network.eval(), found


class Trainer:
    """Trains one network on rendered games.

    Args:
        games: training film.
        config: how.
        path: checkpoint to write after every epoch (and when interrupted), or None.
    """

    def __init__(self, games: Sequence[Footage], config: TrainConfig, path: Path | None = None) -> None:
        if not games:
            raise TrainingInputError("no training film: render some with `courtside-train shots render`")
        torch.manual_seed(config.seed)
        self.games, self.config, self.path, self.progress = games, config, path, Progress()
        self.network = ShotNetwork(config.network).to(memory_format=torch.channels_last)
        self.average = ShotNetwork(config.network)
        self.average.load_state_dict(self.network.state_dict())
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=config.rate, weight_decay=config.decay)

    def resume(self) -> None:
        """Go on from the checkpoint at the start of the epoch it stopped in."""
        if self.path is None:
            raise TrainingInputError("nothing to resume: no checkpoint path was given")
        found = load_checkpoint(self.path)
        self.network.load_state_dict(found["network"])  # type: ignore[arg-type]
        self.average.load_state_dict(found["average"])  # type: ignore[arg-type]
        self.optimizer.load_state_dict(found["optimizer"])  # type: ignore[arg-type]
        self.progress = Progress(**found["progress"])  # type: ignore[arg-type]

    def save(self) -> None:
        """Write the checkpoint, if one was asked for."""
        if self.path is not None:
            state = {
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "data": {
                    "games": len(self.games),
                    "releases": sum(len(game.releases) for game in self.games),
                    "first": min(game.seed for game in self.games),
                    "last": max(game.seed for game in self.games),
                },
            }
            save_checkpoint(self.path, self.config, state, self.progress)

    def _rate(self, done: float) -> float:
        warm = min(1.0, (self.progress.step + 1) / 60)
        return self.config.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))

    def _follow(self) -> None:
        keep = min(self.config.average, (self.progress.step + 1) / (self.progress.step + 10))
        ours = self.network.state_dict()
        with torch.no_grad():
            for name, value in self.average.state_dict().items():
                if value.dtype.is_floating_point:
                    value.lerp_(ours[name], 1 - keep)
                else:
                    value.copy_(ours[name])

    def step(self, batch: dict[str, torch.Tensor], done: float = 0.0) -> dict[str, float]:
        """One optimiser step; `done` is the share of training behind us. Returns each loss."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(done)
        found = losses(self.network(batch["clip"]), batch)
        self.optimizer.zero_grad(set_to_none=True)
        found["total"].backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self._follow()
        self.progress.step += 1
        self.progress.windows += len(batch["clip"])
        return {name: float(value.detach()) for name, value in found.items()}

    def fit(self, report: Callable[[int, int, int, dict[str, float]], None] | None = None) -> Progress:
        """Train to the last epoch.

        Args:
            report: called after each step with epoch, step in it, steps an epoch and running mean losses.

        Raises:
            KeyboardInterrupt: after a checkpoint was saved.
        """
        try:
            while self.progress.epoch < self.config.epochs:
                self._epoch(report)
                self.save()
        except KeyboardInterrupt:
            self.save()
            raise
        return self.progress

    def _epoch(self, report: Callable[[int, int, int, dict[str, float]], None] | None) -> None:
        config, epoch = self.config, self.progress.epoch
        refs = draw_epoch(self.games, config.positives, config.seed, epoch)
        steps = math.ceil(len(refs) / config.batch)
        totals: dict[str, float] = {}
        begin = time.monotonic()
        source = prefetch(batches(self.games, refs, config.batch, config.seed, epoch))
        for index, arrays in enumerate(source):
            batch = {name: torch.from_numpy(array) for name, array in arrays.items()}
            found = self.step(batch, (epoch + index / steps) / config.epochs)
            for name, value in found.items():
                totals[name] = totals.get(name, value) * 0.97 + value * 0.03
            if report:
                report(epoch, index + 1, steps, totals)
        self.progress.epoch += 1
        self.progress.seconds += time.monotonic() - begin
        self.progress.history.append({name: round(value, 5) for name, value in totals.items()})


def _rewrite(path: Path, **parts: object) -> None:
    """Put more into a checkpoint, atomically."""
    found = {**load_checkpoint(path), **parts}
    part = path.with_suffix(".part")
    torch.save(found, part)
    part.replace(path)


def write_calibration(path: Path, scale: float, bias: float, seeds: Sequence[int]) -> None:
    """Put a calibration of the shot logit, and the validation seeds it was fitted on, into a checkpoint."""
    _rewrite(path, calibration={"scale": scale, "bias": bias, "seeds": list(seeds)})


def write_placer(path: Path, placer: PlacingNetwork, summary: dict[str, float]) -> None:
    """Put a trained placing network, and what its training took, into a checkpoint."""
    _rewrite(path, placer={"config": placer.config.to_dict(), "weights": placer.state_dict(), "summary": summary})


def load_served(path: Path) -> ServedShotModel:
    """The served model of a checkpoint: averaged network, placing network, calibration if fitted, probabilities.

    Raises:
        TrainingInputError: as `load_network`, or it has no placing network that fits.
    """
    network, found = load_network(path)
    stored = found.get("placer")
    if stored is None:
        raise TrainingInputError(f"{path} has no placing network yet: run `courtside-train shots fit-place` on it")
    try:
        placer = PlacingNetwork(PlacerConfig(**stored["config"]))  # type: ignore[index]
        placer.load_state_dict(stored["weights"])  # type: ignore[index]
    except (KeyError, TypeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingInputError(f"{path} holds a placing network of another shape: {reason}") from error
    calibration = found.get("calibration") or {"scale": 1.0, "bias": 0.0}
    return ServedShotModel(network, placer, calibration["scale"], calibration["bias"]).eval()  # type: ignore[index]
