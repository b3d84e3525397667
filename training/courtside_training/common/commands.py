"""The command line of a system, made from its `System` declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from courtside_training.common.options import OUT, RESUME, SEED, THREADS, checkpoint_option, write_json
from courtside_training.common.system import Option, RunContext, Stage, System


def system_group(system: System) -> click.Group:
    """The group of a system's commands: `fit`, `evaluate`, its further commands, and ``--smoke``."""

    @click.group(system.name, help=system.help, invoke_without_command=True)
    @click.option(
        "--smoke", is_flag=True,
        help="Run everything once in miniature, in under a minute: train, stop, resume, export, compare.",
    )
    @click.pass_context
    def group(context: click.Context, smoke: bool) -> None:
        if smoke:
            from courtside_training.common.smoke import run_smoke

            for line in run_smoke(system):
                click.echo(line)
            context.exit()
        if context.invoked_subcommand is None:
            click.echo(context.get_help())

    checkpoint = checkpoint_option(system.name, help=system.fit_checkpoint)
    group.add_command(
        fit_command(system.stages, checkpoint, system.fit_options, sample=system.sample, help=system.fit_help)
    )
    group.add_command(_evaluate_command(system))
    for command in system.commands:
        group.add_command(command)
    return group


def fit_command(
    stages: Callable[..., Iterator[Stage]], checkpoint: Option, options: Iterable[Option] = (), *,
    name: str = "fit", sample: str = "samples", help: str = "Train.",
) -> click.Command:
    """A command that trains; `System.stages` makes `fit`, a system with several networks may add more.

    Args:
        stages: see `System.stages`.
        checkpoint: its option ``--checkpoint``.
        options: further options, passed to `stages`.
        name: of the command.
        sample: what the samples are called in the summary, in the plural.
        help: its help text.
    """

    def run(checkpoint: Path, threads: int, seed: int, resume: bool, **own: Any) -> None:
        from courtside_training.common.progress import progress, reporter
        from courtside_training.common.runtime import prepare

        prepare(threads, seed)
        summaries = []
        with progress() as bar:
            for stage in stages(RunContext(checkpoint, bar, threads, seed, resume), **own):
                fit = stage.fit
                if resume and stage.resume:
                    fit.resume()
                history = fit.run(reporter(bar, fit.config.epochs, fit.steps))
                first, last = history.losses[0]["total"], history.losses[-1]["total"]
                summaries.append(
                    f"trained {history.epochs} epochs, {history.samples} {sample}, {history.seconds:.0f} s, "
                    f"loss {first:.3f} → {last:.3f}, checkpoint {fit.checkpoint}"
                )
        for line in summaries:
            click.echo(line)

    return _command(name, run, (checkpoint, THREADS, *options, SEED, RESUME), help)


def _evaluate_command(system: System) -> click.Command:
    def run(checkpoint: Path, threads: int, out: Path | None, **own: Any) -> None:
        from courtside_training.common.progress import progress
        from courtside_training.common.runtime import prepare

        prepare(threads)
        with progress() as bar:
            result = system.evaluate(RunContext(checkpoint, bar, threads), **own)
        write_json(out, result, merge=system.merge_results)
        click.echo(system.tables(result))

    options = (checkpoint_option(system.name), THREADS, *system.evaluate_options, OUT)
    return _command("evaluate", run, options, system.evaluate_help)


def _command(name: str, run: Callable[..., None], options: Iterable[Option], help: str) -> click.Command:
    for option in reversed(tuple(options)):
        run = option(run)
    return click.command(name, help=help)(run)
