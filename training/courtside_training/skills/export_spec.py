"""How the skill model offers itself to export, as `player_skills`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from courtside_sim.game_bank import bank
from courtside_sim.skills import GROUPS, LEVELS, SKILLS
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.skills import evaluate, films
from courtside_training.skills.geometry import BANKS, FOLDER, FRAMES, HEIGHT, SPLITS, STORED, WIDTH, worlds
from courtside_training.skills.network import SkillNetwork
from courtside_training.skills.train import load_network

TURNS = 4


class ServedSkills(nn.Module):
    """The skill network with probabilities instead of logits."""

    def __init__(self, network: SkillNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """Frames (B, 64, 3, 112, 192) uint8 RGB to (levels (B, 20, 5) probabilities,)."""
        return (torch.softmax(self.network(frames), -1),)


BEGUN = """
First weights of the backbone: this project's court detector, itself begun with YOLOX-nano (Megvii, Apache-2.0) and
trained on simulated pictures and on basketball-player-detection-3 and basketball-players-fy4c2-vfsuv v17 (Roboflow
Universe, CC BY 4.0); see the card of `court_detector`.
"""


class SkillsExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = ModelSignature(
        name="player_skills",
        inputs=(TensorSpec("frames", "uint8", (FRAMES, 3, HEIGHT, WIDTH)),),
        outputs=(TensorSpec("levels", "float32", (len(SKILLS), len(LEVELS)), LEVELS),),
        max_batch=2,
        parameters={"skills": ",".join(SKILLS), "sampling": "uniform", "color": "RGB"},
    )

    def load(self, checkpoint: Path) -> nn.Module:
        """The served network of a checkpoint, in eval mode."""
        return ServedSkills(load_network(checkpoint)[0]).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Frames of `count` simulated films made of the plays of two short games.

        The plays of a highlight are in no order, so each film serves four times, begun at another quarter.
        """
        source = bank(BANKS["test"][0], 2, 20.0, (WIDTH, HEIGHT))
        pair = worlds("test")[0]
        found = [films.simulated(seed + index, source, pair, FRAMES) for index in range(-(-count // TURNS))]
        order = np.arange(FRAMES)
        shown = [film.frames(np.roll(order, turn * FRAMES // TURNS)) for film in found for turn in range(TURNS)]
        return (np.stack(shown[:count]),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The likeliest level of each skill: (N, 20)."""
        return outputs[0].argmax(-1)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Mean top-1 and within-one accuracy on the first `count` simulated test films, made where missing."""
        count = min(count, SPLITS["test"][1] - SPLITS["test"][0])
        found = [films.load(path) for path in films.ensure(FOLDER, "test", count)]
        said = evaluate.predict(lambda frames: run((frames,))[0], found, FRAMES)
        measured = evaluate.figures(np.stack([film.levels for film in found]), said)
        return {"top-1": measured["Mean"], "within one level": measured["Within one level"]}

    def card(self, checkpoint: Path, evaluation: dict) -> str:
        """What the network is, what it learned from, its tables, and where it ends."""
        network, found = load_network(checkpoint)
        config, history = network.config, found["history"]
        parameters = sum(value.numel() for value in network.parameters())
        groups = "; ".join(f"{group}: {', '.join(names)}" for group, names in GROUPS.items())
        frames = found.get("frames", {})
        apart = frames.get("films")
        fresh = ", so that its features of these\nfilms are no better than of new ones" if apart else ""
        learned = (
            f"The frame encoder learned play kind,\naction, ball, success, the player's height, and where player and "
            f"ball are, of single frames of {f'{apart} other' if apart else 'these'} films\n"
            f"({frames['epochs']} epochs, {frames['samples']} frames, {frames['seconds'] / 60:.1f} min) and then stood "
            f"still{fresh}. "
            if frames
            else ""
        )
        sees = (
            f"the court detector's backbone and a stage of {config.channels[-1]} channels"
            if config.detector
            else f"stages of {config.channels} channels"
        )
        return f"""
Levels of 20 skills of one basketball player from 64 frames of a highlight film, after BASKET (Pan, Zhang, Bertasius:
"BASKET: A Large-Scale Video Dataset for Fine-Grained Skill Estimation", CVPR 2025).

## Network
A convolutional frame encoder ({sees}, feature {config.feature}), {config.layers} layers of temporal attention of width
{config.width} over {config.frames} frames, mean and attention pooling, 20 five-way heads; {parameters:,} parameters.
Input `frames` uint8 [{FRAMES}, 3, {HEIGHT}, {WIDTH}] RGB, the middles of {FRAMES} equal parts of the film, the picture
framed on the player; output `levels` [20, 5] probabilities from poor to excellent, 4 the best for every skill. The
paper's shorter side is 224; this one is small enough for a CPU.

Skills in order: {", ".join(SKILLS)}. Groups: {groups}.

## Data and training
{found["settings"]["films"]} simulated highlight films of 8 to 10 minutes (no licence but this project's own; BASKET
itself was not used), {STORED} stored frames each, another 64 drawn every epoch. {learned}The temporal
layers and heads: {history["epochs"]} epochs, {history["samples"]} films, {history["seconds"] / 60:.1f} min on a CPU.
{BEGUN if config.detector else ""}

## Measured on held-out simulated players
{evaluate.tables(evaluation) if evaluation else "Not evaluated yet."}

The published best on BASKET, real broadcast film of 32,232 players, is 28.5 % mean top-1 against 20 % chance. The two
figures are of different data and say nothing about each other. The counts oracle reads levels off the true list of
plays shown: what a perfect watcher would reach with the same training films.

## Limits
Trained on simulated players only: on real film its answers mean nothing until it is trained on the published data
(`courtside-train skills fit --data`). Steals, turnovers and fouls do not happen in the simulation and are judged only
by the skills they go together with. Levels are of one simulated population; nobody should be scouted by them.
"""


EXPORT_SPEC = SkillsExport()
