"""``courtside stream``: a camera, a film or a simulation to a gateway."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from courtside_client.errors import BadOption, CourtsideError
from courtside_client.options import Mode, Pace, PassThrough, StreamOptions
from courtside_client.signals import first_of, run_until_signal
from courtside_client.sources import open_source
from courtside_client.stream import StreamReport, StreamSession


class StatusLine:
    """Shows the state of a stream: one live line on a terminal, a plain line every few seconds elsewhere.

    Args:
        style: ``table`` for people, ``jsonl`` for programs, empty for no output.
    """

    def __init__(self, style: str) -> None:
        self._style = style
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._interactive = style == "table" and self._console.is_terminal
        self._last: tuple[float, StreamReport] | None = None
        self._printed = 0.0

    def __enter__(self) -> StatusLine:
        if self._interactive:
            self._live.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._interactive:
            self._live.stop()

    def show(self, report: StreamReport) -> None:
        """Show the newest report."""
        now = time.monotonic()
        if self._style == "jsonl":
            print(json.dumps(asdict(report)), flush=True)
        elif self._interactive:
            self._live.update(Text(self._line(report, now), overflow="ellipsis", no_wrap=True), refresh=True)
        elif self._style and now - self._printed >= 5:
            self._printed = now
            self._console.print(self._line(report, now))
        if self._last is None or now - self._last[0] > 1:
            self._last = (now, report)

    def _line(self, report: StreamReport, now: float) -> str:
        then, before = self._last or (now - 1, report)
        span = max(now - then, 1e-3)
        dropped = ", ".join(f"{reason} {count}" for reason, count in sorted(report.dropped.items())) or "none"
        return (
            f"{report.state}: in {(report.read - before.read) / span:.1f} fps, "
            f"out {(report.sent - before.sent) / span:.1f} fps, "
            f"{8 * (report.kbytes - before.kbytes) / span:.0f} kbit/s, "
            f"acked {report.acked}, lag {1000 * report.lag:.0f} ms, dropped {dropped}"
        )


def summary(report: StreamReport) -> str:
    """A summary of one line."""
    parts = [
        f"{report.read} frames read", f"{report.sent} sent", f"{report.acked} acknowledged",
        f"{report.decoded} decoded", f"{report.windows_scored} windows scored",
    ]
    parts += [f"{count} dropped ({reason})" for reason, count in sorted(report.dropped.items())]
    parts += [f"{report.unsent} not sent"] if report.unsent else []
    parts += [f"{report.thinned} left out on request"] if report.thinned else []
    parts += [f"{report.reconnects} reconnects"] if report.reconnects else []
    return f"{', '.join(parts)} in {report.seconds:.1f} s"


async def _stream(session: StreamSession, stop: asyncio.Event) -> StreamReport:
    """Stream to the end; a signal ends the stream once everything is processed."""
    running = asyncio.create_task(session.run())
    try:
        await first_of(stop, running)
        session.stop()
        return await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@click.command()
@click.argument("source")
@click.option("--gateway", default="127.0.0.1:50051", show_default=True, metavar="HOST:PORT")
@click.option("--camera", required=True, metavar="games/G/cameras/C", help="Name of this camera.")
@click.option("--codec", type=click.Choice(["h264", "jpeg", "raw"]), help="Encode the pictures with this codec.")
@click.option("--pace", type=click.Choice([p.value for p in Pace]), default="realtime", show_default=True)
@click.option("--mode", type=click.Choice([m.value for m in Mode]), help="Default: live; film with --pace max.")
@click.option("--passthrough", type=click.Choice([p.value for p in PassThrough]), default="auto", show_default=True,
              help="Send a film's own packets as they are; auto: where that adds no delay.")
@click.option("--loop", is_flag=True, help="Start a film again when it ends.")
@click.option("--duration", type=float, help="Stop after this many seconds of film.")
@click.option("--playback-speed", default=1.0, show_default=True, help="2 for film at twice real speed.")
@click.option("--epoch", type=int, help="Fencing token; the highest owns the camera (default: milliseconds now).")
@click.option("--retry-for", default=60.0, show_default=True, help="Seconds to retry while the gateway is away.")
@click.option("--format", "style", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--quiet", is_flag=True, help="No status line.")
def stream(
    source: str,
    gateway: str,
    camera: str,
    codec: str | None,
    pace: str,
    mode: str | None,
    passthrough: str,
    loop: bool,
    duration: float | None,
    playback_speed: float,
    epoch: int | None,
    retry_for: float,
    style: str,
    quiet: bool,
) -> None:
    """Stream SOURCE into a gateway: a device index, a file, an rtsp/srt/rtmp/udp URL, or sim://SEED.

    Reconnects and resumes by itself. Ctrl-C or SIGTERM ends the stream once everything is processed; a second one ends
    it immediately. Exit code 1 when the gateway did not process everything that was sent.
    """
    if epoch is not None and epoch <= 0:
        raise BadOption(f"--epoch {epoch} must be positive")
    given = {} if epoch is None else {"epoch": epoch}
    options = StreamOptions(
        codec=codec, pace=Pace(pace), mode=Mode(mode) if mode else None, passthrough=PassThrough(passthrough),
        loop=loop, duration=duration, time_scale=playback_speed, retry_for=retry_for, **given,
    )
    with StatusLine("" if quiet else style) as line:
        session = StreamSession(open_source(source), gateway, camera, options, line.show)
        try:
            report = run_until_signal(lambda stop: _stream(session, stop))
        except CourtsideError:
            if not quiet:
                click.echo(summary(session.report), err=True)
            raise
    if not quiet and style == "table":
        click.echo(summary(report), err=True)
        for problem in report.problems:
            click.echo(problem, err=True)
    if not report.complete:
        sys.exit(1)
