"""``courtside calibrate``: click points of the court in a picture, and save them in a file or a gateway."""

from __future__ import annotations

import asyncio
import json
import webbrowser
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from courtside.court.measures import COURTS
from courtside.court.point_pairs import PointPairs
from courtside.names import CameraName
from courtside.redact import redact
from courtside_client.calibrate.page import CalibrationPage
from courtside_client.calibrate.recognised import point_pairs
from courtside_client.calibrate.recognised import recognise as recognise_court
from courtside_client.calibrate.still import Picture, Still, take_pictures
from courtside_client.channel import gateway_address
from courtside_client.client import connect
from courtside_client.errors import BadOption, CourtsideError, NotFoundError
from courtside_client.signals import run_until_signal
from courtside_client.threads import run_detached


async def _keep(points: PointPairs, gateway: str, camera: str | None, out: Path | None) -> str:
    """Save the points, first in the gateway because it may refuse them; returns one line about it."""
    saved = []
    if camera is not None:
        async with connect(gateway) as client:
            error = await client.set_calibration(camera, points)
        saved.append(f"{camera} is calibrated to {error:.2f} m")
    if out is not None:
        await asyncio.to_thread(points.write, out)
        saved.append(f"{len(points.points)} points are in {out}")
    return ", ".join(saved)


async def _earlier(gateway: str, camera: str | None, out: Path | None) -> PointPairs | None:
    """The points saved before; this also shows early that a gateway is away or a file is not a calibration."""
    if camera is not None:
        try:
            async with connect(gateway) as client:
                return (await client.get_calibration(camera)).points
        except NotFoundError:
            pass
    return await asyncio.to_thread(PointPairs.read, out) if out is not None and out.exists() else None


async def _calibrate(
    stop: asyncio.Event, source: str, gateway: str, camera: str | None, out: Path | None, court: str | None,
    at: float, port: int, show: bool, recognise: bool,
) -> bool:  # fmt: skip
    """Serve the page; returns whether something was saved."""
    earlier = await _earlier(gateway, camera, out)
    picture, around = await run_detached(lambda: take_pictures(source, at))
    if earlier is not None and (earlier.width, earlier.height) != (picture.width, picture.height):
        click.echo(
            f"the saved points belong to a {earlier.width}x{earlier.height} picture and are not shown", err=True
        )
        earlier = None
    confidence = None
    if earlier is None and recognise:
        earlier, confidence = await _recognised(picture, around)
    court = court or (earlier.court if earlier is not None else "nba")

    async def keep(points: PointPairs) -> str:
        summary = await _keep(points, gateway, camera, out)
        click.echo(summary, err=True)
        return summary

    def ready(address: str) -> None:
        click.echo("open this page in a browser on this machine; Ctrl-C ends without saving", err=True)
        click.echo(address)
        if show:
            webbrowser.open(address)

    page = CalibrationPage(picture, court, earlier, keep, confidence)
    await page.serve(port, stop, ready)
    return page.saved.is_set()


async def _recognised(picture: Still, around: Sequence[Picture]) -> tuple[PointPairs | None, float | None]:
    """Points of the court that the picture shows and how sure it is; neither where there are none, with a line why."""
    click.echo("recognising the court ...", err=True)
    try:
        found = await run_detached(lambda: recognise_court(picture, around))
    except ImportError:
        click.echo("to start from the court in the picture, install `courtside`, not only its client", err=True)
        return None, None
    except CourtsideError as error:
        click.echo(f"the court is not recognised: {' '.join(error.message.split())}", err=True)
        return None, None
    points = None if found is None else point_pairs(found)
    if found is None or points is None:
        click.echo("no court was recognised: mark its points", err=True)
        return None, None
    click.echo(f"{points.court} lines were recognised, confidence {found.confidence:.2f}: check them", err=True)
    return points, found.confidence


async def _automatic(
    stop: asyncio.Event, source: str, gateway: str, camera: str | None, out: Path | None, at: float, least: float,
) -> bool:  # fmt: skip
    """Save what is recognised, and print it as one line of JSON.

    Raises:
        CourtsideError: nothing is recognised with enough confidence; nothing is saved then.
        BadOption: only the client is installed.
    """
    if camera is not None:  # shows early that the gateway is away
        await _earlier(gateway, camera, None)
    picture, around = await run_detached(lambda: take_pictures(source, at))
    try:
        found = await run_detached(lambda: recognise_court(picture, around))
    except ImportError as error:
        raise BadOption(f"--auto: {error}") from None
    points = None if found is None else point_pairs(found)
    if found is None or points is None or not found.certain or found.confidence < least:
        seen = "no court" if found is None or points is None else f"{points.court} lines"
        raise CourtsideError(
            f"{seen} recognised in {redact(source)} at {picture.at:g} s"
            + (f", confidence {found.confidence:.2f}" if found is not None and points is not None else "")
            + ": nothing was saved; choose with --at a moment that shows the floor's lines, a rim and standing people, "
            "or mark the points yourself without --auto"
        )
    summary = await _keep(points, gateway, camera, out)
    click.echo(summary, err=True)
    click.echo(json.dumps({
        "court": points.court, "confidence": round(found.confidence, 3), "at": round(picture.at, 3),
        "width": points.width, "height": points.height, "points": len(points.points),
    }))  # fmt: skip
    return True


@click.command()
@click.argument("source", metavar="FILE")
@click.option("--gateway", metavar="HOST:PORT", help="Gateway that keeps the calibration (127.0.0.1:50051).")
@click.option("--camera", metavar="games/G/cameras/C", help="The camera in the gateway.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a calibration file (JSON).")
@click.option("--court", type=click.Choice(list(COURTS)), help="Whose lines to show first (as recognised, or nba).")
@click.option("--at", default=0.0, show_default=True, help="Seconds into the film, where the floor is visible.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port; 0: any free one.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
@click.option("--recognise/--no-recognise", default=True, help="Start from what is recognised.")
@click.option("--auto", "automatic", is_flag=True, help="Save what is recognised, without a page; 1 where unsure.")
@click.option(
    "--min-confidence", type=click.FloatRange(0, 1), default=0.9, show_default=True, help="Least that --auto saves.",
)
def calibrate(
    source: str,
    gateway: str | None,
    camera: str | None,
    out: Path | None,
    court: str | None,
    at: float,
    port: int,
    show: bool,
    recognise: bool,
    automatic: bool,
    min_confidence: float,
) -> None:
    """Click points of the court in a picture of FILE, so that feet become positions in metres.

    Serves a page on this machine only and prints its address; ends by itself once the points are saved. They are saved
    for a gateway's camera (--camera), in a file (--out), or both; points that are saved there already are shown for
    correction. Without saved points the court is recognised in the picture, and its points are shown: check them, and
    move those that are off. With --auto they are saved at once where they are certain, and one line of JSON says how
    certain; otherwise the exit code is 1. FILE may be any source that `courtside stream` takes. A calibration is valid
    while the camera does not move.
    """
    if camera is None and out is None:
        raise BadOption("choose where to save the calibration: --camera games/G/cameras/C, --out FILE, or both")
    if camera is None and gateway is not None:
        raise BadOption("--gateway needs --camera games/G/cameras/C")
    if camera is not None:
        camera = CameraName.parse(camera).name
    address = gateway_address(gateway or "127.0.0.1:50051")
    if automatic:
        work = partial(_automatic, source=source, gateway=address, camera=camera, out=out, at=at, least=min_confidence)
    else:
        work = partial(
            _calibrate, source=source, gateway=address, camera=camera, out=out, court=court, at=at, port=port,
            show=show, recognise=recognise,
        )  # fmt: skip
    if not run_until_signal(work):
        click.echo("nothing was saved", err=True)
        raise KeyboardInterrupt
