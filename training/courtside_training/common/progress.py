"""The progress bar of all long commands, on stderr, so that tables on stdout can be piped."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def progress() -> Progress:
    """A progress bar with description, count and remaining time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def reporter(bar: Progress, epochs: int, steps: int) -> Callable[[int, int, Mapping[str, float]], None]:
    """A report for `Fit.run`: advances one task of `bar` over all epochs and shows the mean losses."""
    task = bar.add_task("fit", total=epochs * steps)

    def report(epoch: int, step: int, losses: Mapping[str, float]) -> None:
        text = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
        bar.update(task, completed=epoch * steps + step, description=f"epoch {epoch + 1}/{epochs}  {text}")

    return report
