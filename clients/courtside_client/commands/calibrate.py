"""``courtside calibrate``: click points of the court in a picture, and save them in a file or a gateway."""

from __future__ import annotations

import asyncio
import webbrowser
from pathlib import Path

import click

from courtside.court.point_pairs import PointPairs
from courtside.names import CameraName
from courtside_client.calibrate.page import CalibrationPage
from courtside_client.calibrate.still import take_still
from courtside_client.channel import gateway_address
from courtside_client.client import connect
from courtside_client.errors import BadOption, NotFoundError
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
    at: float, port: int, show: bool,
) -> bool:  # fmt: skip
    """Serve the page; returns whether something was saved."""
    earlier = await _earlier(gateway, camera, out)
    picture = await run_detached(lambda: take_still(source, at))
    court = court or (earlier.court if earlier is not None else "nba")
    if earlier is not None and (earlier.width, earlier.height) != (picture.width, picture.height):
        click.echo(
            f"the saved points belong to a {earlier.width}x{earlier.height} picture and are not shown", err=True
        )
        earlier = None

    async def keep(points: PointPairs) -> str:
        summary = await _keep(points, gateway, camera, out)
        click.echo(summary, err=True)
        return summary

    def ready(address: str) -> None:
        click.echo("open this page in a browser on this machine; Ctrl-C ends without saving", err=True)
        click.echo(address)
        if show:
            webbrowser.open(address)

    page = CalibrationPage(picture, court, earlier, keep)
    await page.serve(port, stop, ready)
    return page.saved.is_set()


@click.command()
@click.argument("source", metavar="FILE")
@click.option("--gateway", metavar="HOST:PORT", help="Gateway that keeps the calibration (127.0.0.1:50051).")
@click.option("--camera", metavar="games/G/cameras/C", help="The camera in the gateway.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a calibration file (JSON).")
@click.option("--court", type=click.Choice(["nba", "fiba"]), help="Whose lines to show first (nba).")
@click.option("--at", default=0.0, show_default=True, help="Seconds into the film, where the floor is visible.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port; 0: any free one.")
@click.option("--open", "show", is_flag=True, help="Open the page in a browser.")
def calibrate(
    source: str,
    gateway: str | None,
    camera: str | None,
    out: Path | None,
    court: str | None,
    at: float,
    port: int,
    show: bool,
) -> None:
    """Click points of the court in a picture of FILE, so that feet become positions in metres.

    Serves a page on this machine only and prints its address; ends by itself once the points are saved. They are saved
    for a gateway's camera (--camera), in a file (--out), or both; points that are saved there already are shown for
    correction. FILE may be any source that `courtside stream` takes. A calibration is valid while the camera does not
    move.
    """
    if camera is None and out is None:
        raise BadOption("choose where to save the calibration: --camera games/G/cameras/C, --out FILE, or both")
    if camera is None and gateway is not None:
        raise BadOption("--gateway needs --camera games/G/cameras/C")
    if camera is not None:
        camera = CameraName.parse(camera).name
    address = gateway_address(gateway or "127.0.0.1:50051")
    if not run_until_signal(lambda stop: _calibrate(stop, source, address, camera, out, court, at, port, show)):
        click.echo("nothing was saved", err=True)
        raise KeyboardInterrupt
