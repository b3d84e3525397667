"""``courtside calibrate``: click a court's points in a picture of a film, keep them in a file or a gateway."""

from __future__ import annotations

import asyncio
import webbrowser
from pathlib import Path

import click

from courtside.court.point_pairs import PointPairs
from courtside.names import CameraName
from courtside_client.calibrate.page import CalibrationPage
from courtside_client.calibrate.picture import take_picture
from courtside_client.channel import gateway_address
from courtside_client.client import connect
from courtside_client.errors import BadOption, NotFoundError
from courtside_client.signals import run_until_signal


async def _keep(points: PointPairs, gateway: str, camera: str | None, out: Path | None) -> str:
    """Send and write; the gateway first, since it may refuse. One line about it."""
    said = []
    if camera is not None:
        async with connect(gateway) as client:
            error = await client.set_calibration(camera, points)
        said.append(f"{camera} is calibrated to {error:.2f} m")
    if out is not None:
        await asyncio.to_thread(points.write, out)
        said.append(f"{len(points.points)} points are in {out}")
    return ", ".join(said)


async def _earlier(gateway: str, camera: str | None, out: Path | None) -> PointPairs | None:
    """What was kept before; asking for it also finds out early that a gateway is away or a file is something else."""
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
    """Serve the page; whether something was saved."""
    earlier = await _earlier(gateway, camera, out)
    picture = await asyncio.to_thread(take_picture, source, at)
    court = court or (earlier.court if earlier is not None else "nba")
    if earlier is not None and (earlier.width, earlier.height) != (picture.width, picture.height):
        click.echo(
            f"what was kept before belongs to a {earlier.width}x{earlier.height} picture and is not shown", err=True
        )
        earlier = None

    async def keep(points: PointPairs) -> str:
        said = await _keep(points, gateway, camera, out)
        click.echo(said, err=True)
        return said

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
@click.option("--gateway", metavar="HOST:PORT", help="Gateway to send the calibration to (127.0.0.1:50051).")
@click.option("--camera", metavar="games/G/cameras/C", help="Which of the gateway's cameras it is.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a calibration file (JSON).")
@click.option("--court", type=click.Choice(["nba", "fiba"]), help="Whose lines to begin with (nba).")
@click.option("--at", default=0.0, show_default=True, help="Seconds into the film: where the floor is well seen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Of the page; 0: a free one.")
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
    """Click a court's points in a picture of FILE, so that feet become places in metres.

    Serves a page on this machine only and prints its address; ends by itself once saved. The calibration goes to a
    gateway's camera (--camera), into a file (--out), or both; points kept there before are shown to be mended. FILE
    may be anything that `courtside stream` takes. A calibration holds while the camera does not move.
    """
    if camera is None and out is None:
        raise BadOption("say where the calibration goes: --camera games/G/cameras/C, --out FILE, or both")
    if camera is None and gateway is not None:
        raise BadOption("--gateway needs --camera: which of its cameras is it")
    if camera is not None:
        camera = CameraName.parse(camera).name
    address = gateway_address(gateway or "127.0.0.1:50051")
    if not run_until_signal(lambda stop: _calibrate(stop, source, address, camera, out, court, at, port, show)):
        click.echo("nothing was saved", err=True)
        raise KeyboardInterrupt
