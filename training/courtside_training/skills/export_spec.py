"""What the export needs of `player_skills`."""

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
"""Samples per simulated film, which start at different frames."""


class ServedSkills(nn.Module):
    """The skill network with probabilities instead of logits."""

    def __init__(self, network: SkillNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> tuple[Tensor]:
        """Frames (B, 64, 3, 112, 192) uint8 RGB to (levels (B, 20, 5) probabilities,)."""
        return (torch.softmax(self.network(frames), -1),)


BACKBONE_ORIGIN = """
First weights of the backbone: this project's court detector. It was started from YOLOX-nano (Megvii, Apache-2.0) and
trained on simulated images, basketball-player-detection-3 and basketball-players-fy4c2-vfsuv v17 (Roboflow Universe,
CC BY 4.0); see the card of `court_detector`.
"""
"""Section of the card for networks that start with the detector's backbone."""


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

        The order of plays in a highlight film has no meaning, so each film gives four samples, which start at
        different quarters.
        """
        source = bank(BANKS["test"][0], 2, 20.0, (WIDTH, HEIGHT))
        pair = worlds("test")[0]
        found = [films.simulated(seed + index, source, pair, FRAMES) for index in range(-(-count // TURNS))]
        order = np.arange(FRAMES)
        shown = [film.frames(np.roll(order, turn * FRAMES // TURNS)) for film in found for turn in range(TURNS)]
        return (np.stack(shown[:count]),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """The most likely level of each skill: (N, 20)."""
        return outputs[0].argmax(-1)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Mean top-1 and within-one accuracy on the first `count` simulated test films; missing films are made."""
        count = min(count, SPLITS["test"][1] - SPLITS["test"][0])
        found = [films.load(path) for path in films.ensure(FOLDER, "test", count)]
        probabilities = evaluate.predict(lambda frames: run((frames,))[0], found, FRAMES)
        measured = evaluate.figures(np.stack([film.levels for film in found]), probabilities)
        return {"top-1": measured["Mean"], "within one level": measured["Within one level"]}

    def card(self, checkpoint: Path, evaluation: dict) -> str:
        """The card as Markdown: network, data and training, evaluation, limits."""
        network, found = load_network(checkpoint)
        config, history = network.config, found["history"]
        parameters = sum(value.numel() for value in network.parameters())
        groups = "; ".join(f"{group}: {', '.join(names)}" for group, names in GROUPS.items())
        frames = found.get("frames", {})
        separate = frames.get("films")
        reason = (
            " It has not seen the films\nfrom which levels are learned, so its features of them are not better than "
            "those of new films."
            if separate
            else ""
        )
        learned = (
            f"The frame encoder learned the kind of\nplay, action, ball, success, height of the player, and positions "
            f"of player and ball from single frames of {f'{separate} other' if separate else 'these'}\nfilms "
            f"({frames['epochs']} epochs, {frames['samples']} frames, {frames['seconds'] / 60:.1f} min). Then it was "
            f"frozen.{reason} "
            if frames
            else ""
        )
        stages = (
            f"the court detector's backbone and a stage of {config.channels[-1]} channels"
            if config.detector
            else f"stages of {config.channels} channels"
        )
        return f"""
Estimates the levels of 20 skills of one basketball player from 64 frames of a highlight film, after BASKET (Pan, Zhang,
Bertasius: "BASKET: A Large-Scale Video Dataset for Fine-Grained Skill Estimation", CVPR 2025).

## Network
A convolutional frame encoder ({stages}, feature {config.feature}), {config.layers} layers of temporal attention of
width {config.width} over {config.frames} frames, mean and attention pooling, 20 heads with five levels each;
{parameters:,} parameters. Input `frames` uint8 [{FRAMES}, 3, {HEIGHT}, {WIDTH}] RGB: the middle frames of {FRAMES}
equal parts of the film, with the player in the middle of the frame. Output `levels` [20, 5] probabilities from poor to
excellent; level 4 is the best for every skill. The shorter side is 224 pixels in the paper; this network is small
enough for a CPU.

Skills in order: {", ".join(SKILLS)}. Groups: {groups}.

## Data and training
{found["settings"]["films"]} simulated highlight films of 8 to 10 minutes. Only this project's own licence applies;
BASKET itself was not used. {STORED} frames per film are stored, and every epoch uses other 64 of them. {learned}The
temporal layers and heads were trained for {history["epochs"]} epochs, {history["samples"]} films,
{history["seconds"] / 60:.1f} min on a CPU.
{BACKBONE_ORIGIN if config.detector else ""}

## Measured on held-out simulated players
{evaluate.tables(evaluation) if evaluation else "Not evaluated yet."}

The best published result on BASKET, real broadcast film of 32,232 players, is 28.5 % mean top-1; chance is 20 %. The
figures are from different data and cannot be compared. The counts oracle predicts levels from the true list of plays
shown. It is what a perfect annotator would reach with the same training films.

## Limits
Trained on simulated players only. Its predictions on real film have no meaning until it is trained on the published
data (`courtside-train skills fit --data`). Steals, turnovers and fouls do not occur in the simulation, so these skills
are estimated only from correlated skills. The levels are relative to one simulated population and must not be used for
scouting. `courtside skills` and `AnalysisService.EstimateSkills` run this model; they print this caution with every
estimate, and counts of the game's events beside it (docs/skills.md).
"""


EXPORT_SPEC = SkillsExport()
