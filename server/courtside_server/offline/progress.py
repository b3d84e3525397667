"""A progress bar on standard error for work with one film."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


@contextlib.contextmanager
def film_progress(name: str, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """A function that shows what is being done and the share of it that is; on a terminal only.

    Args:
        name: the film.
        quiet: show nothing.
    """
    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    disabled = quiet or not console.is_terminal
    with Progress(*columns, console=console, disable=disabled, transient=True) as progress:
        bar = progress.add_task(name, total=1.0)
        shown = ""

        def show(stage: str, done: float) -> None:
            nonlocal shown
            if stage != shown:
                shown = stage
                progress.reset(bar, description=f"{name}: {stage}", total=1.0)
            progress.update(bar, completed=done)

        yield show
