"""``courtside watch``: a game's events as a table or as JSON lines."""

from __future__ import annotations

import asyncio

import click
from google.protobuf.json_format import MessageToJson
from rich.console import Console
from rich.text import Text

from courtside.v1 import common_pb2, events_pb2
from courtside_client.client import connect
from courtside_client.signals import first_of, run_until_signal

_COLOURS = {
    events_pb2.LIFECYCLE_PROVISIONAL: "yellow",
    events_pb2.LIFECYCLE_CONFIRMED: "green",
    events_pb2.LIFECYCLE_RETRACTED: "red",
}
HEADER = f"{'offset':>9}  {'seq':>5} {'rev':>3}  {'state':<11}  {'camera':<10}  what"


def to_json(event: events_pb2.Event) -> str:
    """One line of protobuf JSON, every field printed."""
    return MessageToJson(event, indent=None, always_print_fields_with_no_presence=True)


def describe(event: events_pb2.Event) -> Text:
    """One line for a person."""
    lifecycle = events_pb2.Lifecycle.Name(event.lifecycle).removeprefix("LIFECYCLE_").lower()
    camera = event.camera.rsplit("/", 1)[-1]
    if event.HasField("shot"):
        shot = event.shot
        # A log may hold zones of an older set, which have no names here.
        known = shot.zone in common_pb2.Zone.values()
        zone = common_pb2.Zone.Name(shot.zone if known else 0).removeprefix("ZONE_").lower().replace("_", " ")
        after = (event.append_time.ToNanoseconds() - event.event_time.ToNanoseconds()) / 1e9
        what = (
            f"shot {shot.probability:4.0%}  {zone:<24} {shot.points} points  make {shot.make_probability:4.0%}  "
            f"{after:+.2f} s after release"
        )
    else:
        status = event.camera_status
        state = events_pb2.CameraState.Name(status.state).removeprefix("CAMERA_STATE_").lower()
        what = f"camera {state}: {status.detail}"
    line = f"{event.media_offset:9.2f}  {event.sequence:5d} {event.revision:3d}  {lifecycle:<11}  {camera:<10}  {what}"
    return Text(line, style=_COLOURS.get(event.lifecycle, ""), overflow="ellipsis", no_wrap=True)


async def follow(gateway: str, game: str, after: int | None, style: str, count: int | None, retry_for: float) -> None:
    """Print events until ``count`` of them, or for ever."""
    console = Console(highlight=False, soft_wrap=True)
    left = count
    async with connect(gateway) as client, client.subscribe(game, after, retry_for=retry_for) as events:
        if style == "table":
            console.print(HEADER, style="bold")
        if left == 0:
            return
        async for event in events:
            if style == "jsonl":
                print(to_json(event), flush=True)
            else:
                console.print(describe(event))
            if left is not None and (left := left - 1) <= 0:
                return


@click.command()
@click.option("--gateway", default="127.0.0.1:50051", show_default=True, metavar="HOST:PORT")
@click.option("--game", required=True, metavar="G", help="G or games/G.")
@click.option("--after", type=click.IntRange(0), help="Begin after this sequence; 0: the whole history. Default: now.")
@click.option("--format", "style", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--count", type=click.IntRange(0), help="End after so many events.")
@click.option("--retry-for", default=60.0, show_default=True, help="Seconds to go on while the gateway is away.")
def watch(gateway: str, game: str, after: int | None, style: str, count: int | None, retry_for: float) -> None:
    """Follow a game's events; reconnects and resumes by itself. Ctrl-C is its proper end: exit code 0."""

    async def work(stop: asyncio.Event) -> None:
        following = asyncio.create_task(follow(gateway, game, after, style, count, retry_for))
        try:
            await first_of(stop, following)
            if following.done():
                following.result()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    run_until_signal(work)
