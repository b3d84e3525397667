"""The starter models that come with the package, wherever it is installed."""

from __future__ import annotations

from pathlib import Path

MODELS = "model_repository"
"""Name of the folder: inside the package in a wheel, at the top of a source checkout."""


def starter_models() -> Path:
    """The folder of starter models, in Triton's layout; absolute, and the same from every working directory.

    It may be read-only: to add versions or aliases, copy it and name the copy (`inference.repository`).
    """
    package = Path(__file__).resolve().parent
    installed = package / MODELS
    return installed if installed.is_dir() else package.parents[1] / MODELS
