"""Checkpoints: written whole or not at all, read with one clear error when something is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from courtside_training.errors import TrainingInputError


def save(path: Path, system: str, content: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically: a reader sees the old one or the new one.

    Args:
        path: file to write; its folder is made.
        system: whose it is, such as ``player_actions``; `load` asks for the same.
        content: tensors and plain values only (it is read back with ``weights_only``).

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({"system": system, **content}, part)
        part.replace(path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        # torch reports a failed write as a RuntimeError of its zip writer.
        reason = str(error).splitlines()[0]
        raise TrainingInputError(f"cannot write {path}: {reason}; free space or name another") from error


def load(path: Path, system: str) -> dict[str, Any]:
    """Read a checkpoint of `system`.

    Raises:
        TrainingInputError: missing, torn, or of something else.
    """
    if not path.is_file():
        raise TrainingInputError(f"no checkpoint at {path}: train one with the `fit` command first")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingInputError(f"{path} is no readable checkpoint ({type(error).__name__}): train it anew") from error
    if not isinstance(found, dict) or found.get("system") != system:
        of = found.get("system") if isinstance(found, dict) else None
        raise TrainingInputError(f"{path} is not a checkpoint of {system}" + (f" but of {of}" if of else ""))
    return found


def update(path: Path, system: str, **extra: Any) -> None:
    """Put more into a checkpoint, such as a calibration fitted later."""
    save(path, system, {**load(path, system), **extra})


def fill(module: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    """Load `weights` into `module`.

    Raises:
        TrainingInputError: they belong to a network of another shape; names the first tensor that differs.
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
