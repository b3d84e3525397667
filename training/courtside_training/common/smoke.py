"""Everything a system does, once in miniature: learn, stop, go on, export, agree."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from courtside_training.common.fit import Fit

LEARNT = 0.93
"""Share of the first epochs' loss that the last may have: draws alone, without learning, gain up to a twentieth."""


def smoke(system: str, make: Callable[[Path], Fit], epochs: int, finish: Callable[[Path], None] | None = None) -> None:
    """Train half way, resume in a fresh `Fit`, train the rest, export, and compare the export with the checkpoint.

    Args:
        system: its name in the registry.
        make: builds the run for a checkpoint path, deterministically.
        epochs: as `make` configures; at least 4.
        finish: what else a checkpoint needs before it can be exported.

    Raises:
        click.ClickException: the loss did not fall enough, the resumed run did not go on, or the export disagrees.
    """
    from courtside_export.exporting import export_model
    from courtside_export.job import BATCH
    from courtside_export.settings import ExportSettings

    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        checkpoint = Path(name) / "smoke.pt"
        first = make(checkpoint)
        first.run(until=epochs // 2)
        second = make(checkpoint)
        second.resume()
        if second.history.epochs != epochs // 2:
            raise click.ClickException(f"{system}: resumed at epoch {second.history.epochs}, not {epochs // 2}")
        totals = [line["total"] for line in second.run().losses]
        quarter = max(1, epochs // 4)
        start, end = float(np.mean(totals[:quarter])), float(np.mean(totals[-quarter:]))
        if not end < LEARNT * start:
            raise click.ClickException(f"{system}: the loss hardly fell ({start:.3f} to {end:.3f})")
        if finish:
            finish(checkpoint)
        report = export_model(system, checkpoint, Path(name) / "repository", ExportSettings(samples=BATCH))
        if report.parity.agreement < 0.99:
            raise click.ClickException(f"{system}: the export decides otherwise in {1 - report.parity.agreement:.1%}")
    click.echo(
        f"{system}: loss {start:.3f} → {end:.3f} over {epochs} epochs, resumed at {epochs // 2}, exported, "
        f"largest difference {max(report.parity.largest.values()):.1e}, "
        f"decisions agree {report.parity.agreement:.1%}, {time.monotonic() - begin:.1f} s"
    )
