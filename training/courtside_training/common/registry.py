"""The trained systems and their models, by name; a system's heavy modules are imported only when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from courtside_training.common.system import System
from courtside_training.errors import TrainingInputError

if TYPE_CHECKING:
    from courtside_training.common.export_spec import ExportSpec

NAMES = (
    "shots", "flight", "candidate", "rim", "skills", "fingerprint", "actions", "action_clips", "detector", "pose",
    "jersey",
)  # fmt: skip
SYSTEMS: dict[str, str] = {name: f"courtside_training.{name}.system" for name in NAMES}
"""Module that holds a ``SYSTEM``, by the system's name."""


def system(name: str) -> System:
    """A system of `SYSTEMS`.

    Raises:
        KeyError: no system has that name.
    """
    return import_module(SYSTEMS[name]).SYSTEM


def model_names() -> list[str]:
    """Every model that can be exported, by the name of its folder in model_repository."""
    return [model for name in SYSTEMS for model in system(name).export_specs]


def export_spec(model: str) -> ExportSpec:
    """What the export needs of a model.

    Raises:
        TrainingInputError: no model has that name.
    """
    for name in SYSTEMS:
        module = system(name).export_specs.get(model)
        if module is not None:
            return import_module(module).EXPORT_SPEC
    raise TrainingInputError(f"unknown model {model!r}: use one of {', '.join(model_names())}")
