"""What the commands of all systems share: options, the group with its `--smoke`, and where figures are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from courtside_training.errors import TrainingInputError

FILES = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
THREADS = click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
RESUME = click.option("--resume", is_flag=True, help="Go on from the checkpoint.")
OUT = click.option("--out", type=FILES, help="Write what was measured as JSON.")

Decorator = Callable[[Any], Any]


def checkpoint_option(system: str) -> Decorator:
    """`--checkpoint`, by default in the folder of a system's runs."""
    return click.option("--checkpoint", type=FILES, default=Path(f"runs/{system}/last.pt"), show_default=True)


def rate_option(default: float) -> Decorator:
    """`--rate`, with a system's own default."""
    return click.option(
        "--rate", type=click.FloatRange(1e-6, 1.0), default=default, show_default=True, help="Peak learning rate."
    )


def system_group(name: str, about: str) -> click.Group:
    """The group of a system's commands; `--smoke` runs `run_smoke` of the system's module `smoke`.

    Args:
        name: of the system and of its package.
        about: for `--help`.
    """

    @click.group(name, help=about, invoke_without_command=True)
    @click.option(
        "--smoke", is_flag=True, help="Everything once in miniature, under a minute: learn, stop, go on, export, agree."
    )
    @click.pass_context
    def group(context: click.Context, smoke: bool) -> None:
        if smoke:
            import_module(f"courtside_training.{name}.smoke").run_smoke()
            context.exit()
        if context.invoked_subcommand is None:
            click.echo(context.get_help())

    return group


def write_json(out: Path | None, result: object) -> None:
    """Write `result` to `out`, if there is one; its folder is made.

    Raises:
        TrainingInputError: it cannot be written.
    """
    if out is None:
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(result, indent=1) + "\n")
    except OSError as error:
        raise TrainingInputError(f"cannot write {out}: {error.strerror}; free space or name another file") from error
