"""Which shot model a checkpoint holds, and how to load it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.errors import TrainingInputError
from courtside_training.shots.train import MODEL, VIDEOMAE, load_served

MODELS = ("light", "videomae-tiny", "videomae-small", "videomae-base")
"""Choices of `courtside-train shots fit --model`."""
BATCH = {"light": 8, "videomae-tiny": 8, "videomae-small": 8, "videomae-base": 4}
"""Windows per step."""
RATE = {"light": 2.5e-3, "videomae-tiny": 1e-3, "videomae-small": 3e-4, "videomae-base": 1e-4}
"""Peak learning rates; that of a transformer falls with its width."""


def model_of(path: Path) -> str:
    """The name of the model that a checkpoint holds, `MODEL` or `VIDEOMAE`.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    try:
        checkpoints.load(path, MODEL)
    except TrainingInputError as first:
        try:
            checkpoints.load(path, VIDEOMAE)
        except TrainingInputError:
            raise first from None
        return VIDEOMAE
    return MODEL


def load_any(path: Path, calibrated: bool = True) -> tuple[nn.Module, dict[str, Any]]:
    """The served model of a checkpoint of either kind, and the checkpoint.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model or shape.
    """
    if model_of(path) == VIDEOMAE:
        from courtside_training.shots.videomae import load_videomae

        return load_videomae(path, calibrated)
    return load_served(path, calibrated), checkpoints.load(path, MODEL)


def temperature(found: dict[str, Any]) -> float:
    """The divisor of make logits in the served model of a loaded checkpoint."""
    return float((found.get("calibration") or {"temperature": 1.0})["temperature"])
