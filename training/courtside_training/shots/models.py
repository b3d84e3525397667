"""Which shot model a checkpoint holds, loaded and calibrated alike whichever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.errors import TrainingInputError
from courtside_training.shots.train import SYSTEM, VIDEOMAE, load_served

MODELS = ("light", "videomae-tiny", "videomae-small", "videomae-base")
"""What `courtside-train shots fit --model` takes."""
BATCH = {"light": 8, "videomae-tiny": 8, "videomae-small": 8, "videomae-base": 4}
RATE = {"light": 2.5e-3, "videomae-tiny": 1e-3, "videomae-small": 3e-4, "videomae-base": 1e-4}
"""Peak rates; a transformer's falls with its width."""


def system_of(path: Path) -> str:
    """The name of the model that a checkpoint holds, `SYSTEM` or `VIDEOMAE`.

    Raises:
        TrainingInputError: missing, torn, or of another system.
    """
    try:
        checkpoints.load(path, SYSTEM)
    except TrainingInputError as first:
        try:
            checkpoints.load(path, VIDEOMAE)
        except TrainingInputError:
            raise first from None
        return VIDEOMAE
    return SYSTEM


def load_any(path: Path, calibrated: bool = True) -> tuple[nn.Module, dict[str, Any]]:
    """The served model of a checkpoint of either system, and the checkpoint.

    Raises:
        TrainingInputError: missing, torn, of another system or of another shape.
    """
    if system_of(path) == VIDEOMAE:
        from courtside_training.shots.videomae import load_videomae

        return load_videomae(path, calibrated)
    return load_served(path, calibrated), checkpoints.load(path, SYSTEM)


def temperature(found: dict[str, Any]) -> float:
    """What the served model of a loaded checkpoint divides make logits by."""
    return float((found.get("calibration") or {"temperature": 1.0})["temperature"])
