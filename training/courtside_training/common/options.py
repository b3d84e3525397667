"""Command-line options that several systems share, and how measured figures are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from courtside_training.errors import TrainingInputError

FILES = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
THREADS = click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
RESUME = click.option("--resume", is_flag=True, help="Continue from the checkpoint.")
OUT = click.option("--out", type=FILES, help="Write the measured figures to this JSON file.")

Decorator = Callable[[Any], Any]


def checkpoint_option(system: str, file: str = "last.pt", help: str | None = None) -> Decorator:
    """`--checkpoint`, by default `file` in the folder of a system's runs; with `help` it has no default."""
    if help is not None:
        return click.option("--checkpoint", type=FILES, help=help)
    return click.option("--checkpoint", type=FILES, default=Path(f"runs/{system}/{file}"), show_default=True)


def cache_option(name: str, folder: str, help: str) -> Decorator:
    """An option for a folder of simulated data that is kept between runs, such as `--scenes`."""
    return click.option(name, type=FOLDER, default=Path(folder), show_default=True, help=help)


def count_option(name: str, default: int | None, help: str | None = None, least: int = 1) -> Decorator:
    """An option that counts something, such as `--epochs`; without a default it may be left out."""
    return click.option(
        name, type=click.IntRange(min=least), default=default, show_default=default is not None, help=help
    )


def rate_option(default: float) -> Decorator:
    """`--rate`, with a system's own default."""
    return click.option(
        "--rate", type=click.FloatRange(1e-6, 1.0), default=default, show_default=True, help="Peak learning rate."
    )


def write_json(out: Path | None, result: Any, *, merge: bool = False) -> None:
    """Write `result` to `out`, if there is one; its folder is made.

    Args:
        out: file to write; None: nothing is written.
        result: what JSON can hold; to be merged, an object.
        merge: keep the keys of an existing file that `result` does not have.

    Raises:
        TrainingInputError: the file cannot be written, or to be merged is no JSON object.
    """
    if out is None:
        return
    try:
        if merge and out.is_file():
            result = {**_read_object(out), **result}
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(result, indent=1) + "\n")
    except OSError as error:
        raise TrainingInputError(f"cannot write {out}: {error.strerror}; free space or name another file") from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise TrainingInputError(f"{path} is no JSON file: name another file") from error
    if not isinstance(found, dict):
        raise TrainingInputError(f"{path} holds no JSON object: name another file")
    return found

