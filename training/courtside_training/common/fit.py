"""The training loop of every system: AdamW, warm-up and cosine schedule, averaged weights, resumable checkpoints."""

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
"""Called after each step with the epoch, the steps done in it and the mean losses of the epoch so far."""


@dataclass(frozen=True)
class FitConfig:
    """How to train.

    Attributes:
        epochs: in all; the learning rate falls to zero over them.
        rate: peak learning rate.
        weight_decay: of AdamW; biases and normalisation layers have none.
        warmup: share of all steps over which the learning rate rises.
        clip: largest gradient norm.
        average: share of the old weights that the averaged network keeps in each step, 0 for no averaging.
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
    """Progress of a run.

    Attributes:
        epochs: done.
        losses: mean of each named loss, one entry per epoch.
        seconds: of wall time.
        samples: trained on, repeats included.
    """

    epochs: int = 0
    losses: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    samples: int = 0


class Fit:
    """One training run.

    Args:
        model: name of the model, such as ``player_actions``.
        module: the network, with its first weights.
        config: how to train.
        steps: batches per epoch.
        batches: (epoch, generator) to the batches of the epoch. Equal arguments must give equal batches; with the
            seeds per epoch, this makes a resumed run equal to one that was never interrupted.
        loss: (module, batch) to named scalar losses, "total" among them.
        checkpoint: file that is written after every epoch and when interrupted.
        settings: plain values from which the module can be built again.
        size: samples in a batch, for the history; None: the length of the batch or of its first part.

    Attributes:
        average: the averaged network, in eval mode.
    """

    def __init__(
        self,
        model: str,
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
        self.model, self.module, self.config, self.steps = model, module, config, steps
        self.batches, self.loss, self.checkpoint, self.settings = batches, loss, checkpoint, settings
        self._size = size or _length
        self.history = History()
        self.average = copy.deepcopy(module).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(_groups(module, config.weight_decay), lr=config.rate)

    def resume(self) -> None:
        """Continue from the checkpoint, at the start of the epoch in which it was interrupted.

        Raises:
            TrainingInputError: there is no checkpoint, or it is of another model or shape.
        """
        found = checkpoints.load(self.checkpoint, self.model)
        checkpoints.fill(self.module, found["weights"], self.checkpoint)
        checkpoints.fill(self.average, found["average"], self.checkpoint)
        self.optimizer.load_state_dict(found["optimizer"])
        self.history = History(**found["history"])

    def save(self) -> None:
        """Write the checkpoint; anything added to it with `checkpoint.update` is lost."""
        checkpoints.save(
            self.checkpoint,
            self.model,
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
            report: see `Report`.
            until: stop after this epoch, on the schedule of the whole run.

        Raises:
            TrainingInputError: a loss is not finite.
            KeyboardInterrupt: after the checkpoint was written.
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
            value = float(total.detach())
            raise TrainingInputError(f"the loss is {value} at step {step}: lower --rate or check the data")
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.config.clip)
        self.optimizer.step()
        self._update_average(step)
        return {name: float(value.detach()) for name, value in losses.items()}

    def _rate(self, step: int) -> float:
        total = self.config.epochs * self.steps
        rise = max(1.0, self.config.warmup * total)
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, step - rise) / max(1.0, total - rise))))
        return self.config.rate * min(1.0, (step + 1) / rise) * fall

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        # At the start the average must forget the first, random weights quickly.
        keep = min(self.config.average, (step + 1) / (step + 10))
        current = self.module.state_dict()
        for name, value in self.average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name].to(value.dtype), 1 - keep)
            else:
                value.copy_(current[name])


def _groups(module: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Parameter groups: weight decay for matrices and kernels only."""
    wanted = [value for value in module.parameters() if value.requires_grad]
    return [
        {"params": [value for value in wanted if value.ndim > 1], "weight_decay": decay},
        {"params": [value for value in wanted if value.ndim <= 1], "weight_decay": 0.0},
    ]


def _length(batch: Any) -> int:
    """Samples in a batch: its length, or that of the first tensor of a tuple or dict."""
    if isinstance(batch, dict):
        batch = next(iter(batch.values()))
    elif isinstance(batch, tuple | list):
        batch = batch[0]
    return len(batch)
