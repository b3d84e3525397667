"""Training in two steps: the frame encoder on labels of single simulated frames, then the 20 heads on films.

A few hundred films with 20 labels each are not enough to train a frame encoder; single frames with play labels are. So
by default the encoder learns plays first (`fit_frames`). Then it is frozen, and the temporal part learns levels from
its features (`fit_skills`), which takes seconds per epoch. Published films have no play labels, so with them the whole
network is trained at once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from courtside_sim.skills import LEVELS
from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.detector.training import MODEL as DETECTOR_MODEL
from courtside_training.errors import TrainingInputError
from courtside_training.skills.films import UNKNOWN, Film, mirrored
from courtside_training.skills.network import FrameEncoder, PlayNetwork, SkillConfig, SkillNetwork
from courtside_training.skills.sampling import choose

FRAMES_MODEL = "player_skills_frames"
"""Name in checkpoints of the frame encoder."""
MODEL = "player_skills"
"""Name of the model in checkpoints and in the model repository."""
NEIGHBOUR = 0.6
"""Standard deviation of the soft targets in levels. Neighbouring levels are partly right: levels are ordinal."""

FRAME_FIT = FitConfig(epochs=4, rate=2e-3, average=0.99)
"""Default training of the frame encoder."""
FILM_FIT = FitConfig(epochs=60, rate=1.5e-3, weight_decay=0.1, average=0.99)
"""Default training on films."""


@dataclass(frozen=True)
class FrameConfig:
    """How the encoder is trained on frames.

    Attributes:
        fit: optimisation.
        batch: frames per step.
        share: share of the stored frames used per epoch.
    """

    fit: FitConfig = FRAME_FIT
    batch: int = 64
    share: float = 0.5


@dataclass(frozen=True)
class FilmConfig:
    """How levels are learned from films.

    Attributes:
        fit: optimisation.
        batch: films per step.
        sampling: how frames of a film are film_config, see `sampling.choose`.
        rounds: passes over the films per epoch.
    """

    fit: FitConfig = FILM_FIT
    batch: int = 16
    sampling: str = "uniform"
    rounds: int = 1


def load_backbone(encoder: FrameEncoder, detector: Path) -> None:
    """Copy the backbone of a trained detector into an encoder.

    Raises:
        TrainingInputError: the checkpoint is missing or has another size, or the encoder has no such backbone.
    """
    if encoder.backbone is None:
        raise TrainingInputError("--init is for the small size: leave out either --init or --size base")
    average = checkpoints.load(detector, DETECTOR_MODEL)["average"]
    head = "backbone."
    weights = {name.removeprefix(head): value for name, value in average.items() if name.startswith(head)}
    checkpoints.fill(encoder.backbone, weights, detector)


def fit_frames(
    films: list[Film], network: SkillConfig, config: FrameConfig, checkpoint: Path, detector: Path | None = None
) -> Fit:
    """Prepare the training run of a frame encoder on the play labels of single frames.

    Args:
        films: films with play labels.
        network: sizes of the network.
        config: settings of the run.
        checkpoint: file to write.
        detector: checkpoint of a detector whose backbone is the start, or None.

    Raises:
        TrainingInputError: the films have no play labels; see also `load_backbone`.
    """
    where = np.array([(i, j) for i, film in enumerate(films) for j in range(len(film.jpeg)) if film.plays[j, 0] >= 0])
    if not len(where):
        raise TrainingInputError("these films have no play labels: train end to end instead (--end-to-end)")
    torch.manual_seed(config.fit.seed)
    steps = max(1, int(len(where) * config.share) // config.batch)

    def batches(epoch: int, rng: np.random.Generator) -> Iterable[tuple[Tensor, Tensor]]:
        order = rng.permutation(len(where))[: steps * config.batch].reshape(steps, -1)
        for rows in order:
            picked = [(films[i], j) for i, j in where[rows].tolist()]
            frames = np.concatenate([film.frames(np.array([j])) for film, j in picked])
            labels = np.stack([film.plays[j] for film, j in picked])
            if rng.random() < 0.5:
                frames, labels = frames[..., ::-1].copy(), mirrored(labels)
            yield torch.from_numpy(frames), torch.from_numpy(labels)

    module = PlayNetwork(network).to(memory_format=torch.channels_last)
    if detector is not None:
        load_backbone(module.encoder, detector)
    return Fit(FRAMES_MODEL, module, config.fit, steps, batches, play_loss, checkpoint, network.settings())


def play_loss(module: torch.nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Cross entropy of every play label; frames without a label are left out."""
    frames, labels = batch
    losses = {}
    for index, (name, logits) in enumerate(module(frames).items()):
        known = (labels[:, index] != UNKNOWN).sum()
        summed = F.cross_entropy(logits, labels[:, index], ignore_index=UNKNOWN, reduction="sum")
        losses[name] = summed / known.clamp(min=1)
    return {"total": sum(losses.values()), **losses}


@torch.inference_mode()
def film_features(
    encoder: FrameEncoder, films: list[Film], report: Callable[[int], None] | None = None
) -> np.ndarray:
    """Features of every stored frame: (films, stored, feature) float32."""
    encoder = copy.deepcopy(encoder).eval().to(memory_format=torch.channels_last)
    found = []
    for index, film in enumerate(films):
        found.append(encoder(torch.from_numpy(film.frames(np.arange(len(film.jpeg))))).numpy())
        if report:
            report(index + 1)
    return np.stack(found)


def soft_targets(levels: Tensor) -> Tensor:
    """Levels (B, 20) to target distributions (B, 20, 5)."""
    gap = torch.arange(len(LEVELS), device=levels.device) - levels[..., None]
    return torch.softmax(-0.5 * (gap.float() / NEIGHBOUR) ** 2, -1)


def level_loss(logits: Tensor, levels: Tensor) -> dict[str, Tensor]:
    """Cross entropy against the soft targets, with equal weight for all skills; logits (B, 20, 5), levels (B, 20)."""
    return {"total": -(soft_targets(levels) * torch.log_softmax(logits, -1)).sum(-1).mean()}


def fit_skills(
    films: list[Film], features: np.ndarray | None, network: SkillNetwork, config: FilmConfig, checkpoint: Path
) -> Fit:
    """Prepare the training run that learns levels.

    Args:
        films: training films.
        features: (films, stored, feature) of the network's encoder, which is then frozen; None trains everything.
        network: the network with the encoder's weights.
        config: settings of the run.
        checkpoint: file to write.

    Raises:
        TrainingInputError: there are no films.
    """
    if not films:
        raise TrainingInputError("no film to train on: raise --train")
    torch.manual_seed(config.fit.seed)
    network.encoder.requires_grad_(features is None)
    levels = torch.from_numpy(np.stack([film.levels for film in films]))
    batch = min(config.batch, len(films))
    steps = config.rounds * (len(films) // batch)

    def batches(epoch: int, rng: np.random.Generator) -> Iterable[tuple[Tensor, Tensor]]:
        orders = [rng.permutation(len(films))[: len(films) // batch * batch] for _ in range(config.rounds)]
        for rows in np.concatenate(orders).reshape(steps, batch):
            seen = [choose(len(films[i].jpeg), network.config.frames, config.sampling, rng) for i in rows]
            if features is not None:
                inputs = np.stack([features[i][which] for i, which in zip(rows, seen, strict=True)])
            else:
                inputs = np.stack([films[i].frames(which) for i, which in zip(rows, seen, strict=True)])
                if rng.random() < 0.5:
                    inputs = inputs[..., ::-1].copy()
            yield torch.from_numpy(inputs), levels[torch.from_numpy(rows)]

    def loss(module: SkillNetwork, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        inputs, wanted = batch
        return level_loss(module.temporal(inputs) if features is not None else module(inputs), wanted)

    settings = {**network.config.settings(), "sampling": config.sampling, "films": len(films)}
    return Fit(MODEL, network, config.fit, steps, batches, loss, checkpoint, settings)


def with_encoder(config: SkillConfig, encoder: FrameEncoder) -> SkillNetwork:
    """A new skill network with a trained encoder."""
    network = SkillNetwork(config)
    network.encoder.load_state_dict(encoder.state_dict())
    return network


def load_encoder(checkpoint: Path) -> tuple[FrameEncoder, SkillConfig]:
    """The averaged encoder of a `fit_frames` checkpoint."""
    found = checkpoints.load(checkpoint, FRAMES_MODEL)
    config = SkillConfig(**found["settings"])
    network = PlayNetwork(config)
    checkpoints.fill(network, found["average"], checkpoint)
    return network.encoder.eval(), config


def load_network(checkpoint: Path) -> tuple[SkillNetwork, dict]:
    """The averaged skill network, in eval mode, and the content of the checkpoint.

    Raises:
        TrainingInputError: the checkpoint is missing, damaged, of another system or of another shape.
    """
    found = checkpoints.load(checkpoint, MODEL)
    fields = {key: value for key, value in found["settings"].items() if key not in ("sampling", "films")}
    network = SkillNetwork(SkillConfig(**fields))
    checkpoints.fill(network, found["average"], checkpoint)
    return network.eval(), found


def encoder_samples(checkpoint: Path) -> int | None:
    """Frames on which the encoder of a skill checkpoint was trained; None without a checkpoint or for end to end.

    Raises:
        TrainingInputError: the file is damaged or of another system.
    """
    if not checkpoint.is_file():
        return None
    return checkpoints.load(checkpoint, MODEL).get("frames", {}).get("samples")


def frame_config(seed: int, epochs: int) -> FrameConfig:
    """The default training of the frame encoder with this seed and number of epochs."""
    default = FrameConfig()
    return replace(default, fit=replace(default.fit, seed=seed, epochs=epochs))


def film_config(seed: int, epochs: int | None, rate: float | None, batch: int | None, end_to_end: bool) -> FilmConfig:
    """The default training on films, with the given values replaced.

    Training end to end uses a lower learning rate and smaller batches.
    """
    default = FilmConfig()
    if end_to_end:
        default = FilmConfig(replace(default.fit, epochs=30, rate=5e-4, weight_decay=0.05), batch=4)
    fit = replace(
        default.fit, seed=seed,
        epochs=default.fit.epochs if epochs is None else epochs,
        rate=default.fit.rate if rate is None else rate,
    )  # fmt: skip
    return replace(default, fit=fit, batch=default.batch if batch is None else batch)
