"""``courtside export``: a game, or the events of films, in the formats of other tools."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import click

from courtside.court.measures import COURTS
from courtside.exports import FORMATS, ExportOptions, export_events, find_format, read_events
from courtside.names import parse_game
from courtside_client.client import connect
from courtside_client.errors import BadOption, InputError

_FORMAT_LIST = "\n".join(f"  {one.name:<12} {one.title}" for one in FORMATS.values())


@click.command(epilog=f"\b\nFormats:\n{_FORMAT_LIST}")
@click.argument("source", metavar="GAME|FILE.jsonl")
@click.option("--to", "name", required=True, metavar="FORMAT", help="The format; see below.")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Where it goes; - for stdout. "
              "Default: GAME and the format's ending, here.")
@click.option("--game", default="", metavar="G", help="Which game, where FILE has events of several.")
@click.option("--court", type=click.Choice(list(COURTS)), help="The court that was played on (that of the "
              "calibration, else nba).")
@click.option("--camera", default="", metavar="C", help="Whose film times belong to (the first shot's camera).")
@click.option("--session", default=None, help="Session of that camera (its newest).")
@click.option("--film", default="", metavar="NAME", help="Name or address of the film, for formats that name it.")
@click.option("--frame-rate", default=30.0, show_default=True, help="Frames per second of the film, for Label Studio.")
@click.option("--before", default=4.0, show_default=True, help="Seconds of film before each release.")
@click.option("--after", default=3.0, show_default=True, help="Seconds of film after each release.")
@click.option("--gateway", default="127.0.0.1:50051", show_default=True, metavar="HOST:PORT")
def export(
    source: str, name: str, out: Path | None, game: str, court: str | None, camera: str, session: str | None,
    film: str, frame_rate: float, before: float, after: float, gateway: str,
) -> None:  # fmt: skip
    """Write a GAME of the gateway, or the lines that `courtside analyze` printed into FILE, in another tool's FORMAT.

    Only what stands counts: the last revision of each event, and nothing that was retracted.
    """
    wanted = find_format(name)
    options = ExportOptions(
        camera=camera, session=session, film=film, frame_rate=frame_rate, before=before, after=after
    ).checked()
    if court is not None:
        options = replace(options, court=COURTS[court])
    path = Path(source)
    if path.is_file() or path.suffix == ".jsonl":
        events = read_events(path)
        body = export_events(events, name, options, parse_game(game, allow_id=True) if game else "")
        title = game or path.stem
    elif game:
        raise BadOption("--game goes with a FILE; name the gateway's game itself")
    else:
        body = asyncio.run(_of_gateway(gateway, source, name, options, court is None))
        title = source
    if out is not None and str(out) == "-":
        sys.stdout.buffer.write(body)
        return
    out = out or Path(wanted.file_name(title))
    try:
        out.write_bytes(body)
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}; name another place with -o") from None
    click.echo(f"{out}: {wanted.title}, {len(body)} bytes", err=True)


async def _of_gateway(gateway: str, game: str, name: str, options: ExportOptions, find_court: bool) -> bytes:
    async with connect(gateway) as client:
        return await client.games.export(game, name, options, find_court=find_court)
