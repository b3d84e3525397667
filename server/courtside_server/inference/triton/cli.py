"""`courtside triton up|down|status`: a Triton server on this machine, without a container."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from courtside_server.errors import CourtsideError, ModelNotFound
from courtside_server.inference.triton.environment import default_environment
from courtside_server.inference.triton.process import TritonProcess
from courtside_server.inference.triton.state import default_state
from courtside_server.packaged import starter_models

_PORT = click.IntRange(0, 65535)


def _state_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--state",
        type=click.Path(path_type=Path, file_okay=False),
        default=default_state,
        show_default="$XDG_STATE_HOME/courtside/triton",
        help="Folder for pid file and log; one server per folder.",
    )(command)


@click.group()
def triton() -> None:
    """Run a Triton server on this machine.

    The server comes from a Python package, not a container. It is installed once (a minute, 400 MB) in its own
    environment, by default $XDG_CACHE_HOME/courtside/triton. It listens on 127.0.0.1 only and runs models on the CPU.
    """


@triton.command()
@click.option(
    "--repository",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=starter_models,
    show_default="the starter models that come along",
    help="The model repository.",
)
@click.option("--model", "models", multiple=True, help="A model to load; may be repeated. Default: all.")
@click.option("--grpc-port", type=_PORT, default=8001, show_default=True, help="0: a free one.")
@click.option("--http-port", type=_PORT, default=0, show_default=True, help="0: no HTTP.")
@click.option("--metrics-port", type=_PORT, default=0, show_default=True, help="0: no metrics.")
@click.option(
    "--environment",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_environment,
    show_default="$XDG_CACHE_HOME/courtside/triton",
    help="Virtual environment for the server; created when missing.",
)
@click.option("--timeout", type=click.FloatRange(1, 3600), default=60.0, show_default=True, help="Seconds.")
@_state_option
def up(
    repository: Path,
    models: tuple[str, ...],
    grpc_port: int,
    http_port: int,
    metrics_port: int,
    environment: Path,
    timeout: float,
    state: Path,
) -> None:
    """Start the server and wait until its models are ready."""
    console = Console(stderr=True)
    with console.status("Triton") as spinner:
        process = TritonProcess(
            repository,
            state=state,
            environment=environment,
            models=models or None,
            grpc_port=grpc_port,
            http_port=http_port,
            metrics_port=metrics_port,
            timeout=timeout,
            on_progress=lambda text: spinner.update(f"Triton: {text}"),
        )
        try:
            process.start()
        except ModelNotFound as error:
            raise click.UsageError(error.message) from None
        except CourtsideError as error:
            raise click.ClickException(error.message) from None
    click.echo(f"Triton is ready on {process.url} (process {process.pid}); log: {process.log}")
    _print_models(process)


@triton.command()
@_state_option
def down(state: Path) -> None:
    """Stop the server and wait until it has ended."""
    process = TritonProcess(Path("."), state=state)
    with Console(stderr=True).status("Triton: stopping the server"):
        stopped = process.stop()
    click.echo("Triton is down" if stopped else f"no Triton of {state} was running")


@triton.command()
@_state_option
def status(state: Path) -> None:
    """Print the models that the server serves; exit code 1 when it is not running or not ready."""
    process = TritonProcess(Path("."), state=state)
    known = process.attach()
    if known is None:
        raise click.ClickException(f"no Triton of {state} is running; start one with `courtside triton up`")
    click.echo(f"Triton runs on {process.url} (process {known.pid}), repository {known.repository}")
    try:
        _print_models(process)
    except CourtsideError as error:
        raise click.ClickException(error.message) from None


def _print_models(process: TritonProcess) -> None:
    table = Table("model", "version", "state", "reason", box=None)
    for row in process.ready_models():
        table.add_row(*row)
    Console().print(table)
