"""Ablations on small budgets: joint heads against one network per head, and windows with and without stagger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from courtside_training.shots.evaluate import window_figures
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import SAMPLES, STRIDE_S
from courtside_training.shots.network import NetworkConfig
from courtside_training.shots.predictions import HALF, Predictions, every, infer, torch_model
from courtside_training.shots.train import HEADS, TrainConfig, light_fit
from courtside_training.shots.whole_games import shot_figures
from courtside_training.shots.windows import hop_windows


class _Heads(nn.Module):
    """The four heads of one network as probabilities; `when` is another network whose release is used instead."""

    def __init__(self, network: nn.Module, when: nn.Module | None = None) -> None:
        super().__init__()
        self.network, self.when = network, when

    def forward(self, clip: torch.Tensor) -> tuple[torch.Tensor, ...]:
        out = self.network(clip)
        events = out["events"] if self.when is None else self.when(clip)["events"]
        release = torch.softmax(events, 1)
        zone = torch.softmax((out["zone"] * release[:, :, None]).sum(1), 1)
        make = torch.sigmoid((out["make"] * release).sum(1, keepdim=True))
        return torch.sigmoid(out["shot"])[:, None], release, zone, make


def joint_against_separate(
    train: Sequence[Footage], test: Sequence[Footage], config: TrainConfig, folder: Path,
    network: NetworkConfig | None = None, report: Callable[[str], None] = lambda text: None,
) -> dict[str, dict[str, float]]:
    """Train one network with all heads and one network per head on the same windows, and measure each head.

    Zones and makes need a release, so the networks that learn only those use the release of the joint network.

    Returns:
        ``joint`` and ``separate``, each with the figures of its heads at the staggered windows.
    """
    refs = hop_windows(test, STRIDE_S * HALF)
    found: dict[str, Predictions] = {}
    joint_network: nn.Module | None = None
    for name, heads in {"joint": HEADS, **{head: (head,) for head in HEADS}}.items():
        report(f"{name} heads")
        fit = light_fit(train, replace(config, heads=tuple(heads)), folder / f"{name}.pt", network)
        fit.run()
        when = joint_network if name in ("zone", "make") else None
        found[name] = infer(torch_model(_Heads(fit.average, when)), test, refs)
        if name == "joint":
            joint_network = fit.average
    joint = found["joint"]
    parts = {"shot": found["shot"].shot, "release": found["release"].release}
    separate = Predictions(**{**joint.__dict__, **parts})
    for head in ("zone", "make"):
        separate = Predictions(**{**separate.__dict__, head: getattr(found[head], head)})
    # Neither is calibrated, so both are compared without a threshold: releases, zones and makes over all true shots.
    rows = {}
    for name, predictions in (("joint", joint), ("separate", separate)):
        figures = window_figures(predictions, middle_only=False)
        positive = predictions.pick(predictions.true_shot)
        positive = positive.with_shot(positive.shot * 0 + 1)
        about = window_figures(positive, middle_only=False)
        rows[name] = {
            "networks": 1 if name == "joint" else len(HEADS),
            "ROC-AUC": figures["ROC-AUC"],
            "best F1": figures["best F1"],
            "release error, mean s": about["release error, mean s"],
            "zone accuracy": about["zone accuracy"],
            "make ROC-AUC": about["make ROC-AUC"],
        }
    return rows


def stagger(predictions: Predictions, games: Sequence[Footage]) -> dict[str, dict[str, float]]:
    """Figures over whole games with and without stagger, that is, with overlapping windows or without.

    Args:
        predictions: of a calibrated model at the 0.3 s hop.
        games: that film.
    """
    rows = {}
    for name, samples, support in (
        ("off: windows end to end", SAMPLES, 0.0), ("on: half a window", HALF, 0.0), ("on: every 0.3 s", 1, 0.5),
    ):
        part = every(predictions, samples)
        shots = shot_figures(part, games, support)
        rows[name] = {
            "windows": len(part.shot),
            **{key: shots[key] for key in ("precision", "recall", "F1", "release error, mean s", "zone accuracy")},
        }
    return rows
