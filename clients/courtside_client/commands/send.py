"""``courtside send``: films to a gateway, which finds their shots."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from courtside_client.errors import CourtsideError, InputError
from courtside_client.films import FilmSender, SentFilm


@click.command()
@click.argument("films", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILM...")
@click.option("--gateway", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT|URL",
              help="The gateway's HTTP port.")
@click.option("--wait", is_flag=True, help="Wait until the films are analyzed.")
@click.option("--retry-for", default=60.0, show_default=True, help="Seconds to retry while the gateway is away.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def send(films: tuple[Path, ...], gateway: str, wait: bool, retry_for: float, quiet: bool) -> None:
    """Send films to a gateway; it analyzes one after another when its cameras leave it time.

    Run the same command again after it broke off: what the gateway has already is not sent again. Prints one line for
    each film, with its game: `courtside watch --game GAME --after 0` shows the shots. Films that cannot be used are
    named at the end, with exit code 2; the others are sent.
    """
    bad: list[str] = []
    console = Console(stderr=True, quiet=quiet)
    with FilmSender(gateway, retry_for) as sender, Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=console, disable=quiet or not console.is_terminal, transient=True,
    ) as progress:  # fmt: skip
        sent: list[SentFilm] = []
        for path in films:
            bar = progress.add_task(path.name, total=None)
            try:
                film = sender.send(path, lambda done, size, bar=bar: _show(progress, bar, done, size))  # type: ignore[misc]
            except InputError as error:
                bad.append(_with_name(path, error))
                continue
            finally:
                progress.remove_task(bar)
            sent.append(film)
            if not wait:
                page = gateway_page(sender, film)
                click.echo(f"{path}: sent, {film.before} before it; game {film.game}, page {page}")
        for film in sent if wait else ():
            bar = progress.add_task(f"{film.name}: analysis", total=1.0)
            for state in sender.follow(film):
                progress.update(bar, completed=state.progress)
                film = state
            progress.remove_task(bar)
            if film.state == "done":
                found = f"{film.shots} {'shot' if film.shots == 1 else 'shots'}"
                click.echo(f"{film.name}: {found}; game {film.game}, page {gateway_page(sender, film)}")
                if film.advice:
                    click.echo(f"courtside: {film.name}: {film.advice}", err=True)
            else:
                bad.append(f"{film.name}: {film.error or film.state}")
    for text in bad:
        click.echo(f"courtside: {text}", err=True)
    if bad:
        sys.exit(2)


def gateway_page(sender: FilmSender, film: SentFilm) -> str:
    """The address of a film's page."""
    return f"{sender.gateway}/films/#{film.id}"


def _show(progress: Progress, bar: TaskID, done: int, size: int) -> None:
    progress.update(bar, completed=done, total=size)


def _with_name(path: Path, error: CourtsideError) -> str:
    return error.message if str(path) in error.message else f"{path}: {error.message}"
