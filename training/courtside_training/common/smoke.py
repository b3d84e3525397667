"""Everything a system does, once in miniature: train, stop, resume, export, compare."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import numpy as np

from courtside_training.common.runtime import prepare
from courtside_training.common.system import SmokeRun, System

LARGEST_SHARE = 0.93
"""Largest allowed ratio of the last to the first epochs' loss. Different draws alone, without learning, lower it by up
to a twentieth."""
CHECKS = "courtside.smoke_checks"
"""Entry point group of what is checked of a trained checkpoint: functions of the model's name and the checkpoint, that
return a line of text and raise click.ClickException. `courtside_export` registers one; training does not import it."""

Check = Callable[[str, Path], str]


def run_smoke(system: System) -> Iterator[str]:
    """Run all smoke runs of a system, and give one line of text for each.

    Raises:
        click.ClickException: see `smoke`; or no check of the export is installed.
    """
    prepare(threads=1)
    checks: list[Check] = [point.load() for point in entry_points(group=CHECKS)]
    if not checks:
        raise click.ClickException(
            f"the export check is not registered ({CHECKS}): install the project again with `pip install -e .`"
        )
    for run in system.smoke_runs():
        yield smoke(run, checks)


def smoke(run: SmokeRun, checks: list[Check]) -> str:
    """Train half way, resume in a new `Fit`, train the rest, and check the checkpoint.

    Args:
        run: what to train.
        checks: called with the model's name and the checkpoint; each returns a line of text.

    Raises:
        click.ClickException: the loss did not fall enough, the run did not resume where it stopped, or a check failed.
    """
    begin, half = time.monotonic(), run.epochs // 2
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "smoke.pt"
        run.make(checkpoint).run(until=half)
        resumed = run.make(checkpoint)
        resumed.resume()
        if resumed.history.epochs != half:
            raise click.ClickException(f"{run.model}: resumed at epoch {resumed.history.epochs}, not {half}")
        totals = [losses["total"] for losses in resumed.run().losses]
        quarter = max(1, run.epochs // 4)
        start, end = float(np.mean(totals[:quarter])), float(np.mean(totals[-quarter:]))
        if not end < LARGEST_SHARE * start:
            raise click.ClickException(f"{run.model}: the loss hardly fell ({start:.3f} to {end:.3f})")
        if run.finish:
            run.finish(checkpoint)
        checked = [check(run.model, checkpoint) for check in checks]
    return ", ".join((
        f"{run.model}: loss {start:.3f} → {end:.3f} over {run.epochs} epochs, resumed at {half}", *checked,
        f"{time.monotonic() - begin:.1f} s",
    ))  # fmt: skip
