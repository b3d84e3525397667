"""``courtside demo``: gateway, simulated camera, subscriber and monitor page in one command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from courtside.events import Event, latest_shots
from courtside_client.client import connect
from courtside_client.commands.watch import EventPrinter
from courtside_client.errors import GatewayFailed
from courtside_client.options import StreamOptions
from courtside_client.signals import first_of, run_until_signal
from courtside_client.sources import open_source
from courtside_client.sources.simulated import SimulatedSource
from courtside_client.stream import StreamSession
from courtside_sim import ShotTruth

CAMERA = "games/demo/cameras/sim"
SEEN_AFTER_S = 1.6
"""Seconds before the end in which a shot may not be announced yet: it takes 1.2 s of film and the model's time."""
TOLERANCE_S = 0.3
"""Seconds between a true release and a found one that count as the same shot."""

START_S = 60.0
"""Seconds within which the gateway must be up; it takes 2 to 5 on two cores."""
FINISH_S = 15.0
"""Seconds after Ctrl-C within which the gateway must have processed what was sent; it takes less than one."""


@contextlib.asynccontextmanager
async def gateway(folder: Path, stop: asyncio.Event) -> AsyncIterator[tuple[str, str] | None]:
    """Run ``courtside serve`` on free loopback ports; yields its gRPC and HTTP addresses.

    Yields ``None`` where ``stop`` was set before it was up. It ends by itself when this process is killed.

    Raises:
        GatewayFailed: it did not start, or died.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "courtside_client.cli", "serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0",
        "--data-dir", str(folder), "--log-level", "warning", "--end-with-stdin",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in a terminal must reach the demo only, which ends its gateway last
    )
    assert process.stdout is not None
    reading = asyncio.ensure_future(process.stdout.readline())
    started = False
    try:
        async with asyncio.timeout(START_S):
            await first_of(stop, reading)
        if not reading.done() or stop.is_set():
            yield None
            return
        if not reading.result():
            raise GatewayFailed(f"the gateway did not start (exit code {await process.wait()})")
        started = True
        addresses = json.loads(reading.result())
        yield addresses["grpc"], addresses["http"]
        if process.returncode is not None:
            raise GatewayFailed(f"the gateway died (exit code {process.returncode})")
    except TimeoutError:
        if started:
            raise
        raise GatewayFailed(f"the gateway did not start within {START_S:.0f} s") from None
    finally:
        reading.cancel()
        try:
            # A gateway that is still loading has nothing to save and hears SIGTERM late.
            if started and process.returncode is None:
                process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), 15)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def compare(events: Sequence[Event], truth: Sequence[ShotTruth], seconds: float) -> Table:
    """A table of true releases and of what was found; the last revision of an event counts."""
    found = latest_shots(events)
    columns = ("release (truth)", "zone (truth)", "found", "error", "zone found")
    table = Table(*columns, title="Simulation and gateway compared")
    for shot in truth:
        if shot.release_time > seconds:
            break
        near = min(found, key=lambda e: abs(e.media_offset - shot.release_time), default=None)
        zone = str(shot.zone)
        if near is None or abs(near.media_offset - shot.release_time) > TOLERANCE_S:
            late = shot.release_time > seconds - SEEN_AFTER_S
            table.add_row(f"{shot.release_time:.2f} s", zone, "too close to the end" if late else "missed", "", "")
            continue
        found.remove(near)
        error = near.media_offset - shot.release_time
        same = "yes" if near.shot is not None and near.shot.zone is shot.zone else "no"
        table.add_row(f"{shot.release_time:.2f} s", zone, f"{near.media_offset:.2f} s", f"{error:+.2f} s", same)
    for event in found:
        table.add_row("no shot", "", f"{event.media_offset:.2f} s", "", "")
    return table


async def play(seconds: float | None, style: str, source: SimulatedSource, stop: asyncio.Event) -> None:
    """Run everything until the film ends or ``stop`` is set."""
    console = Console(stderr=True, highlight=False)
    seen: list[Event] = []
    with tempfile.TemporaryDirectory(prefix="courtside-demo-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            addresses = await stack.enter_async_context(gateway(Path(folder), stop))
            if addresses is None:
                return
            grpc, http = addresses
            client = await stack.enter_async_context(connect(grpc))
            console.print(f"gateway {grpc}, monitor http://{http}/?game=demo")

            async def follow() -> None:
                printer = EventPrinter(style)
                printer.print_header()
                async with client.subscribe("demo", after=0) as events:
                    async for event in events:
                        seen.append(event)
                        printer.print(event)

            if stop.is_set():
                return
            following = asyncio.create_task(follow())
            session = StreamSession(source, grpc, CAMERA, StreamOptions(duration=seconds))
            streaming = asyncio.create_task(session.run())
            try:
                await first_of(stop, following, streaming)
                if following.done():
                    following.result()
                session.stop()
                try:
                    report = await asyncio.wait_for(streaming, FINISH_S)
                except TimeoutError:
                    raise GatewayFailed(f"the gateway did not finish within {FINISH_S:.0f} s") from None
                # All events are durable by now; give the subscription time to deliver them.
                newest = [event async for event in client.list_events("demo")]
                async with asyncio.timeout(5):
                    while len(seen) < len(newest):
                        await asyncio.sleep(0.02)
                console.print(compare(seen, source.shots, session.report.read / source.info.frame_rate))
                console.print(
                    f"{report.read} frames sent in real time, {sum(report.dropped.values())} dropped, "
                    f"{report.windows_scored} windows scored"
                )
            finally:
                for task in (following, streaming):
                    task.cancel()
                await asyncio.gather(following, streaming, return_exceptions=True)


@click.command()
@click.option("--seconds", type=click.FloatRange(1), help="End after this many seconds; default: at Ctrl-C.")
@click.option("--format", "style", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=20_012, show_default=True,
              help="Which simulated game; this one is filmed from beside the court.")  # fmt: skip
def demo(seconds: float | None, style: str, seed: int) -> None:
    """Run a gateway, a simulated camera, a subscriber and the monitor page; compare with the truth at the end.

    Ctrl-C ends it with the comparison and exit code 0; before its gateway is up there is nothing to compare.
    """
    # Before the signals are handled: this takes a second and leaves nothing behind, so Ctrl-C may just end it.
    source = open_source(f"sim://{seed}")
    assert isinstance(source, SimulatedSource)
    run_until_signal(lambda stop: play(seconds, style, source, stop))
