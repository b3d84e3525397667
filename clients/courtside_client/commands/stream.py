"""``courtside stream``: a camera, a film or a simulation to a gateway."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from courtside.names import CameraName
from courtside_client.channel import Endpoint
from courtside_client.errors import BadOption, CourtsideError
from courtside_client.options import Mode, Pace, PassThrough, StreamOptions
from courtside_client.signals import first_of, run_until_signal
from courtside_client.sources import Source, open_when_up
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

    def notice(self, text: str) -> None:
        """Print one line beside the status line, whatever the style; safe from any thread."""
        self._console.print(Text(text), soft_wrap=True)

    def _line(self, report: StreamReport, now: float) -> str:
        then, before = self._last or (now - 1, report)
        span = max(now - then, 1e-3)
        dropped = ", ".join(f"{reason} {count}" for reason, count in sorted(report.dropped.items())) or "none"
        away = f"{report.source_error}; " if report.source_error else ""
        return (
            f"{report.state}: {away}in {(report.read - before.read) / span:.1f} fps, "
            f"out {(report.sent - before.sent) / span:.1f} fps, "
            f"{8 * (report.kbytes - before.kbytes) / span:.0f} kbit/s, "
            f"acked {report.acked}, lag {1000 * report.lag:.0f} ms, dropped {dropped}"
            + (f", damaged {report.damaged}" if report.damaged else "")
        )


def summary(report: StreamReport) -> str:
    """A summary of one line."""
    parts = [
        f"{report.read} frames read", f"{report.sent} sent", f"{report.acked} acknowledged",
        f"{report.decoded} decoded", f"{report.windows_scored} windows scored",
    ]
    parts += [f"{count} dropped ({reason})" for reason, count in sorted(report.dropped.items())]
    parts += [f"{report.damaged} damaged"] if report.damaged else []
    parts += [f"{report.undecodable} packets that could not be decoded"] if report.undecodable else []
    parts += [f"{report.unsent} not sent"] if report.unsent else []
    parts += [f"{report.thinned} left out on request"] if report.thinned else []
    parts += [f"{report.reconnects} reconnects"] if report.reconnects else []
    parts += [f"source lost {report.source_losses} time(s)"] if report.source_losses else []
    return f"{', '.join(parts)} in {report.seconds:.1f} s"


class _Stopped(Exception):
    """A signal came before the source was there."""


async def _stream(
    open_it: Callable[[], Awaitable[Source]], start: Callable[[Source], StreamSession], stop: asyncio.Event
) -> StreamReport:
    """Stream to the end; a signal ends the stream once everything is processed, and any other wait at once."""
    opening = asyncio.ensure_future(open_it())
    try:
        await first_of(stop, opening)
        if not opening.done():
            raise _Stopped
        session = start(await opening)
    finally:
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
    running = asyncio.create_task(session.run())
    try:
        await first_of(stop, running)
        session.stop()
        return await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@click.command()
@click.argument("source", required=False, envvar="COURTSIDE_SOURCE")
@click.option("--source-file", type=click.Path(path_type=Path), metavar="FILE",
              help="Read SOURCE from a file, so that its password stands in no list of processes.")
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
@click.option("--film-start", metavar="TIME",
              help="When a film's first frame was taken, ISO 8601 or Unix seconds (default: now): what films of "
              "several cameras of one game are compared by. With --pace max.")
@click.option("--epoch", type=int, help="Fencing token; the highest owns the camera (default: milliseconds now).")
@click.option("--retry-for", type=float,
              help="Seconds to retry while the gateway or the camera is away. Default: 60 for the gateway, for ever "
              "for the camera.")
@click.option("--format", "style", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--quiet", is_flag=True, help="No status line.")
def stream(
    source: str | None,
    source_file: Path | None,
    gateway: str,
    camera: str,
    codec: str | None,
    pace: str,
    mode: str | None,
    passthrough: str,
    loop: bool,
    duration: float | None,
    playback_speed: float,
    film_start: str | None,
    epoch: int | None,
    retry_for: float | None,
    style: str,
    quiet: bool,
) -> None:
    """Stream SOURCE into a gateway: a device, a file, -, an rtsp/rtmp/udp/http URL, or sim://SEED.

    - is a live stream on standard input, such as that of `ffmpeg -i URL -c copy -f mpegts -`.

    A camera that is not up yet is waited for, and one that is lost is opened again. The connection to the gateway is
    made again and resumed by itself. Ctrl-C or SIGTERM ends the stream once everything is processed; a second one ends
    it immediately. Exit code 1 when the gateway did not process everything that was sent, or the camera stayed away.
    """
    if epoch is not None and epoch <= 0:
        raise BadOption(f"--epoch {epoch} must be positive")
    given: dict[str, Any] = {} if epoch is None else {"epoch": epoch}
    if film_start is not None:
        if Pace(pace) is not Pace.MAX:
            raise BadOption("--film-start goes with --pace max: at real time a film counts as taken now")
        given["film_start"] = _film_start(film_start)
    if retry_for is not None:
        given |= {"retry_for": retry_for, "source_retry_for": retry_for}
    options = StreamOptions(
        codec=codec, pace=Pace(pace), mode=Mode(mode) if mode else None, passthrough=PassThrough(passthrough),
        loop=loop, duration=duration, time_scale=playback_speed, **given,
    )
    CameraName.parse(camera)
    Endpoint(gateway)
    address = _address(source, source_file)
    sessions: list[StreamSession] = []
    with StatusLine("" if quiet else style) as line:

        def start(opened: Source) -> StreamSession:
            try:
                sessions.append(StreamSession(opened, gateway, camera, options, line.show))
            except BaseException:
                opened.close()
                raise
            return sessions[0]

        def open_it() -> Awaitable[Source]:
            return open_when_up(address, retry_for=options.source_retry_for, on_notice=line.notice)

        try:
            report = run_until_signal(lambda stop: _stream(open_it, start, stop))
        except _Stopped:
            return
        except CourtsideError:
            if not quiet and sessions:
                click.echo(summary(sessions[0].report), err=True)
            raise
    if not quiet and style == "table":
        click.echo(summary(report), err=True)
        for problem in report.problems:
            click.echo(problem, err=True)
    if not report.complete:
        sys.exit(1)


def _film_start(text: str) -> float:
    """Unix seconds of a time; without a zone it is local time."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise BadOption(f"--film-start {text!r} is no time: write 2026-11-30T18:00:00Z or Unix seconds") from None


def _address(source: str | None, source_file: Path | None) -> str:
    """The source as an argument, from the environment or from a file."""
    if source_file is None:
        if not source:
            raise BadOption("no source: give it as SOURCE, in COURTSIDE_SOURCE or with --source-file")
        return source
    try:
        lines = [line.strip() for line in source_file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeError) as error:
        raise BadOption(f"--source-file {source_file} cannot be read: {error}") from None
    if len(lines) != 1:
        raise BadOption(f"--source-file {source_file} must hold one line, the source; it holds {len(lines)}")
    return lines[0]
