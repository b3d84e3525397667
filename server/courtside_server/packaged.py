"""The starter models that come with the package, wherever it is installed."""

from __future__ import annotations

from pathlib import Path


def starter_models() -> Path:
    """The folder of starter models, in Triton's layout; absolute, and the same from every working directory.

    In a source tree it is a link to the folder at its top. It may be read-only: to add versions or aliases, copy it and
    name the copy (`inference.repository`).
    """
    return Path(__file__).resolve().parent / "model_repository"
