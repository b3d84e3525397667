"""``courtside watch``: a game's events as a table or as JSON lines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from courtside.events import PAYLOADS, Event, Lifecycle, Restart, RestartReason
from courtside.text import HEADER, event_line
from courtside_client.client import connect
from courtside_client.signals import first_of, run_until_signal

_COLOURS = {Lifecycle.PROVISIONAL: "yellow", Lifecycle.CONFIRMED: "green", Lifecycle.RETRACTED: "red"}


class EventPrinter:
    """Prints events as a table or as JSON lines.

    Args:
        style: ``table`` or ``jsonl``.
    """

    def __init__(self, style: str) -> None:
        self._style = style
        self._console = Console(highlight=False, soft_wrap=True)

    def print_header(self) -> None:
        """The head of the table; nothing before JSON lines."""
        if self._style == "table":
            self._console.print(HEADER, style="bold")

    def print(self, event: Event) -> None:
        """One event, one line."""
        if self._style == "jsonl":
            print(event.to_json(), flush=True)
        else:
            colour = _COLOURS[event.lifecycle]
            self._console.print(Text(event_line(event), style=colour, overflow="ellipsis", no_wrap=True))


async def follow(
    gateway: str, game: str, after: int | None, style: str, count: int | None, retry_for: float,
    kinds: Sequence[str] = (),
) -> None:  # fmt: skip
    """Print events: ``count`` of them, or until it is cancelled; of all kinds where none is named."""
    printer = EventPrinter(style)
    left = count

    def restarted(restart: Restart) -> None:
        if after != 0 or restart.reason is not RestartReason.EVICTED or events.last_sequence:
            click.echo(f"courtside: {restart.detail}", err=True)

    async with (
        connect(gateway) as client,
        client.subscribe(game, after, kinds=kinds, retry_for=retry_for, on_restart=restarted) as events,
    ):
        printer.print_header()
        if left == 0:
            return
        async for event in events:
            printer.print(event)
            if left is not None and (left := left - 1) <= 0:
                return


@click.command()
@click.option("--gateway", default="127.0.0.1:50051", show_default=True, metavar="HOST:PORT")
@click.option("--game", required=True, metavar="G", help="G or games/G.")
@click.option("--after", type=click.IntRange(0), help="Start after this sequence; 0: the whole history. Default: now.")
@click.option("--format", "style", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(PAYLOADS)),
              help="Only events of this kind; may be given several times. Default: all.")
@click.option("--count", type=click.IntRange(0), help="End after this many events.")
@click.option("--retry-for", default=60.0, show_default=True, help="Seconds to retry while the gateway is away.")
def watch(
    gateway: str, game: str, after: int | None, style: str, kinds: tuple[str, ...], count: int | None, retry_for: float
) -> None:
    """Follow a game's events. Reconnects and resumes by itself. Ctrl-C ends it with exit code 0."""

    async def work(stop: asyncio.Event) -> None:
        following = asyncio.create_task(follow(gateway, game, after, style, count, retry_for, kinds))
        try:
            await first_of(stop, following)
            if following.done():
                following.result()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    run_until_signal(work)
