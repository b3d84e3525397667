"""Ablations on small budgets: joint heads against one network each, and windows with and without stagger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from courtside_training.shots.evaluate import HALF, Answers, ask, every, shot_figures, torch_model, window_figures
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import SAMPLES, STRIDE_S
from courtside_training.shots.network import NetworkConfig
from courtside_training.shots.train import HEADS, TrainConfig, light_fit
from courtside_training.shots.windows import hop_windows


class _Heads(nn.Module):
    """A network's own four heads as probabilities, without the specialists beside it; `when` tells the release."""

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
    network: NetworkConfig | None = None, say: Callable[[str], None] = lambda text: None,
) -> dict[str, dict[str, float]]:
    """Train one network with all heads and one for each head, each on the same windows, and measure each head.

    Zones and makes need to know when; the networks that learn only those take the joint one's release.

    Returns:
        ``joint`` and ``separate``, each with the figures of its heads at the staggered windows.
    """
    refs = hop_windows(test, STRIDE_S * HALF)
    found: dict[str, Answers] = {}
    joint_network: nn.Module | None = None
    for name, heads in {"joint": HEADS, **{head: (head,) for head in HEADS}}.items():
        say(f"{name} heads")
        fit = light_fit(train, replace(config, heads=tuple(heads)), folder / f"{name}.pt", network)
        fit.run()
        when = joint_network if name in ("zone", "make") else None
        found[name] = ask(torch_model(_Heads(fit.average, when)), test, refs)
        if name == "joint":
            joint_network = fit.average
    joint = found["joint"]
    parts = {"shot": found["shot"].shot, "release": found["release"].release}
    separate = Answers(**{**joint.__dict__, **parts})
    for head in ("zone", "make"):
        separate = Answers(**{**separate.__dict__, head: getattr(found[head], head)})
    # One threshold for both, since neither is calibrated: the share of windows that have a release.
    rows = {}
    for name, answers in (("joint", joint), ("separate", separate)):
        figures = window_figures(answers, middle_rule=False)
        positive = answers.pick(answers.true_shot).with_shot(answers.pick(answers.true_shot).shot * 0 + 1)
        about = window_figures(positive, middle_rule=False)
        rows[name] = {
            "networks": 1 if name == "joint" else len(HEADS),
            "ROC-AUC": figures["ROC-AUC"],
            "best F1": figures["best F1"],
            "release error, mean s": about["release error, mean s"],
            "zone accuracy": about["zone accuracy"],
            "make ROC-AUC": about["make ROC-AUC"],
        }
    return rows


def stagger(answers: Answers, games: Sequence[Footage]) -> dict[str, dict[str, float]]:
    """Whole games with and without stagger: how windows that overlap change what is found.

    Args:
        answers: of a calibrated model at the 0.3 s hop.
        games: that film.
    """
    rows = {}
    for name, samples, support in (
        ("off: windows end to end", SAMPLES, 0.0), ("on: half a window", HALF, 0.0), ("on: every 0.3 s", 1, 0.5),
    ):
        part = every(answers, samples)
        shots = shot_figures(part, games, support)
        rows[name] = {
            "windows": len(part.shot),
            **{key: shots[key] for key in ("precision", "recall", "F1", "release error, mean s", "zone accuracy")},
        }
    return rows
