"""The export check of `courtside-train SYSTEM --smoke`, which loads it as an entry point."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from courtside_export.exporting import export_model
from courtside_export.job import BATCH
from courtside_export.settings import ExportSettings

SMALLEST_AGREEMENT = 0.99
"""Smallest share of decisions in which the exported file and the checkpoint must agree."""


def check_export(model: str, checkpoint: Path) -> str:
    """Export a checkpoint into a temporary repository and compare the file with it.

    Args:
        model: The model's name in the repository.
        checkpoint: A checkpoint of that model.

    Returns:
        One line with the largest difference and the share of equal decisions.

    Raises:
        click.ClickException: The file decides differently.
        TrainingInputError, ExportInputError: As in `export_model`.
    """
    with tempfile.TemporaryDirectory() as folder:
        parity = export_model(model, checkpoint, Path(folder), ExportSettings(samples=BATCH)).parity
    if parity.agreement < SMALLEST_AGREEMENT:
        raise click.ClickException(f"{model}: the exported file decides differently in {1 - parity.agreement:.1%}")
    return f"exported, largest difference {max(parity.largest.values()):.1e}, decisions agree {parity.agreement:.1%}"
