"""Checkpoints: written completely or not at all, read with one clear error when something is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from courtside_training.errors import TrainingInputError


def save(path: Path, model: str, content: Mapping[str, Any]) -> None:
    """Write a checkpoint; a reader sees the old file or the new one.

    Args:
        path: file to write; its folder is made.
        model: name of the model, such as ``player_actions``; `load` checks it.
        content: tensors and plain values only, since it is read with ``weights_only``.

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"system": model, **content}, part)
        part.replace(path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        # torch reports a failed write as a RuntimeError of its zip writer.
        reason = str(error).splitlines()[0]
        raise TrainingInputError(f"cannot write {path}: {reason}; free space or name another") from error


def load(path: Path, model: str) -> dict[str, Any]:
    """Read a checkpoint of a model.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    if not path.is_file():
        raise TrainingInputError(f"no checkpoint at {path}: train one with the `fit` command first")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        why = type(error).__name__
        raise TrainingInputError(f"{path} is no readable checkpoint ({why}): train it again") from error
    if not isinstance(found, dict) or found.get("system") != model:
        of = found.get("system") if isinstance(found, dict) else None
        raise TrainingInputError(f"{path} is not a checkpoint of {model}" + (f" but of {of}" if of else ""))
    return found


def update(path: Path, model: str, **extra: Any) -> None:
    """Add to a checkpoint, such as a calibration that is fitted later."""
    save(path, model, {**load(path, model), **extra})


def fill(module: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Load `weights` into `module`.

    Raises:
        TrainingInputError: the weights have another shape; names the first tensor that differs.
    """
    wanted = module.state_dict()
    for name, value in wanted.items():
        if name not in weights:
            raise TrainingInputError(f"{path} holds a network of another shape: it has no {name}")
        if weights[name].shape != value.shape:
            raise TrainingInputError(
                f"{path} holds a network of another shape: {name} is {tuple(weights[name].shape)}, "
                f"expected {tuple(value.shape)}"
            )
    for name in weights:
        if name not in wanted:
            raise TrainingInputError(f"{path} holds a network of another shape: {name} is not part of this one")
    module.load_state_dict(dict(weights))
