"""The export's part of `courtside-train SYSTEM --smoke`, which finds it as an entry point and does not import it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from courtside_export.exporting import BATCH, ExportSettings, export_model

SMALLEST_AGREEMENT = 0.99
"""Smallest share of decisions in which the exported file and the checkpoint must agree."""


def check_export(model: str, checkpoint: Path) -> str:
    """Export a checkpoint into a temporary repository and compare the file with it.

    Args:
        model: its name in the repository.
        checkpoint: of that model.

    Returns:
        One line with the largest difference and the share of equal decisions.

    Raises:
        click.ClickException: the file decides differently.
        TrainingInputError, ExportInputError: as `export_model`.
    """
    with tempfile.TemporaryDirectory() as folder:
        parity = export_model(model, checkpoint, Path(folder), ExportSettings(samples=BATCH)).parity
    if parity.agreement < SMALLEST_AGREEMENT:
        raise click.ClickException(f"{model}: the exported file decides differently in {1 - parity.agreement:.1%}")
    return f"exported, largest difference {max(parity.largest.values()):.1e}, decisions agree {parity.agreement:.1%}"
