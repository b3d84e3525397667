"""The training loop of every system: AdamW, warm-up and cosine, averaged weights, checkpoints it can go on from."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.errors import TrainingInputError

Report = Callable[[int, int, dict[str, float]], None]


@dataclass(frozen=True)
class FitConfig:
    """How to train.

    Attributes:
        epochs: in all; the rate falls to zero over them.
        rate: peak learning rate.
        weight_decay: of AdamW; biases and normalisation are spared.
        warmup: share of all steps over which the rate rises.
        clip: largest gradient norm.
        average: share of the old weights kept a step in the averaged network, 0 for no averaging.
        seed: of draws and dropout.
    """

    epochs: int = 10
    rate: float = 1e-3
    weight_decay: float = 0.02
    warmup: float = 0.05
    clip: float = 1.0
    average: float = 0.998
    seed: int = 0


@dataclass
class History:
    """Where training stands; `losses` has the mean of each loss, one line an epoch."""

    epochs: int = 0
    losses: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    samples: int = 0


class Fit:
    """One training run.

    Args:
        system: whose, such as ``player_actions``.
        module: the network, with its first weights.
        config: how.
        steps: batches an epoch.
        batches: (epoch, generator) to the epoch's batches, drawn anew each time; equal arguments give equal batches,
            which with the per-epoch seeds makes a resumed run equal to one that never stopped.
        loss: (module, batch) to named scalar losses, "total" among them.
        checkpoint: file written after every epoch and on an interrupt.
        settings: plain values from which the module can be built again.
        size: samples in a batch, for the history; the length of the batch (or of its first part) when None.

    Attributes:
        average: the averaged network, in eval mode.
    """

    def __init__(
        self,
        system: str,
        module: nn.Module,
        config: FitConfig,
        steps: int,
        batches: Callable[[int, np.random.Generator], Iterable[Any]],
        loss: Callable[[nn.Module, Any], dict[str, Tensor]],
        checkpoint: Path,
        settings: dict[str, Any],
        size: Callable[[Any], int] | None = None,
    ) -> None:
        if steps < 1:
            raise TrainingInputError("nothing to train on: no batch in an epoch")
        self.system, self.module, self.config, self.steps = system, module, config, steps
        self.batches, self.loss, self.checkpoint, self.settings = batches, loss, checkpoint, settings
        self._size = size or _length
        self.history = History()
        self.average = copy.deepcopy(module).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(_groups(module, config.weight_decay), lr=config.rate)

    def resume(self) -> None:
        """Go on from the checkpoint, at the start of the epoch it stopped in.

        Raises:
            TrainingInputError: no such checkpoint, or of another system or shape.
        """
        found = checkpoints.load(self.checkpoint, self.system)
        checkpoints.fill(self.module, found["weights"], self.checkpoint)
        checkpoints.fill(self.average, found["average"], self.checkpoint)
        self.optimizer.load_state_dict(found["optimizer"])
        self.history = History(**found["history"])

    def save(self) -> None:
        """Write the checkpoint; what others put into it with `checkpoint.update` is kept until then only."""
        checkpoints.save(
            self.checkpoint,
            self.system,
            {
                "settings": self.settings,
                "config": asdict(self.config),
                "weights": self.module.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "history": asdict(self.history),
            },
        )

    def run(self, report: Report | None = None, until: int | None = None) -> History:
        """Train to the last epoch, or to epoch `until`.

        Args:
            report: called after each step with epoch, step in it and the epoch's running mean losses.
            until: stop early there, on the same schedule.

        Raises:
            TrainingInputError: a loss is not finite.
            KeyboardInterrupt: after a checkpoint was saved.
        """
        last = self.config.epochs if until is None else min(until, self.config.epochs)
        try:
            while self.history.epochs < last:
                self._epoch(report)
                self.save()
        except KeyboardInterrupt:
            self.save()
            raise
        return self.history

    def _epoch(self, report: Report | None) -> None:
        epoch = self.history.epochs
        torch.manual_seed((self.config.seed * 1_000_003 + epoch) % (1 << 62))
        rng = np.random.default_rng(np.random.SeedSequence([self.config.seed, epoch]))
        sums: dict[str, float] = {}
        begin, done = time.monotonic(), 0
        self.module.train()
        for batch in self.batches(epoch, rng):
            for name, value in self._step(batch, epoch * self.steps + done).items():
                sums[name] = sums.get(name, 0.0) + value
            done += 1
            self.history.samples += self._size(batch)
            if report:
                report(epoch, done, {name: value / done for name, value in sums.items()})
        if not done:
            raise TrainingInputError("nothing to train on: no batch in an epoch")
        self.history.epochs += 1
        self.history.seconds += time.monotonic() - begin
        self.history.losses.append({name: value / done for name, value in sums.items()})

    def _step(self, batch: Any, step: int) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(step)
        losses = self.loss(self.module, batch)
        total = losses["total"]
        if not torch.isfinite(total):
            worth = float(total.detach())
            raise TrainingInputError(f"the loss is {worth} at step {step}: lower --rate or look at the data")
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.config.clip)
        self.optimizer.step()
        self._follow(step)
        return {name: float(value.detach()) for name, value in losses.items()}

    def _rate(self, step: int) -> float:
        total = self.config.epochs * self.steps
        rise = max(1.0, self.config.warmup * total)
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, step - rise) / max(1.0, total - rise))))
        return self.config.rate * min(1.0, (step + 1) / rise) * fall

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        # A young average must not keep the first, random weights.
        keep = min(self.config.average, (step + 1) / (step + 10))
        ours = self.module.state_dict()
        for name, value in self.average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(ours[name].to(value.dtype), 1 - keep)
            else:
                value.copy_(ours[name])


def _groups(module: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weight decay for matrices and kernels only."""
    wanted = [value for value in module.parameters() if value.requires_grad]
    return [
        {"params": [value for value in wanted if value.ndim > 1], "weight_decay": decay},
        {"params": [value for value in wanted if value.ndim <= 1], "weight_decay": 0.0},
    ]


def _length(batch: Any) -> int:
    """Samples in a batch: its own length, or that of the first tensor of a tuple or dict."""
    if isinstance(batch, dict):
        batch = next(iter(batch.values()))
    elif isinstance(batch, tuple | list):
        batch = batch[0]
    return len(batch)
