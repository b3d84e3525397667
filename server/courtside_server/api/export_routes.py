"""Games over HTTP in the formats of other tools, and vMix's data source.

    GET /v1/games/{game}/export/{format}   a file to keep: courtside.exports.FORMATS
    GET /v1/games/{game}/vmix.json         score, clock and last shot as one flat row, to poll
    GET /overlay/ograf.zip                 the overlay as an OGraf graphic

Options of an export are query parameters: camera, court, session, film, frame_rate, before, after.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from courtside.court.measures import COURTS, NBA, Court
from courtside.errors import InputError
from courtside.exports import ExportFormat, ExportOptions, exported_game, find_format
from courtside.names import parse_game
from courtside_server.errors import CourtsideError, NotFound
from courtside_server.events.hub import EventHub
from courtside_server.sinks.rows import game_row
from courtside_server.types import Event

MAX_EVENTS = 20_000
"""Events of one export, about 20 MB: several games with all that players do."""
MAX_EXPORTS = 2
"""Exports that are written at a time, each in a thread of its own."""
MAX_WAITING = 16
"""Further ones that may wait; beyond them the newest is refused."""
_OGRAF = Path(__file__).parents[1] / "web" / "overlay" / "ograf"
_NUMBERS = ("frame_rate", "before", "after")


def export_routes(
    hub: EventHub, court_of: Callable[[str], Court] = lambda camera: NBA, clock: Callable[[], float] = time.time
) -> list[BaseRoute]:
    """The routes.

    Args:
        hub: the events.
        court_of: gives a camera's court.
        clock: Unix seconds, for the game's clock.
    """
    places = asyncio.Semaphore(MAX_EXPORTS)
    waiting = 0

    async def export(request: Request) -> Response:
        nonlocal waiting
        if waiting >= MAX_WAITING:
            text = f"{waiting} exports wait already; try again in a few seconds"
            return JSONResponse({"error": text}, status_code=503, headers={"Retry-After": "5"})
        waiting += 1
        try:
            async with places:
                return await _export(request, hub, court_of)
        except InputError as error:
            return JSONResponse({"error": error.message}, status_code=400)
        except NotFound as error:
            return JSONResponse({"error": error.message}, status_code=404)
        except CourtsideError as error:
            return JSONResponse({"error": error.message}, status_code=503)
        finally:
            waiting -= 1

    async def vmix(request: Request) -> Response:
        try:
            game = parse_game(f"games/{request.path_params['game']}")
            row = await game_row(hub, game, court_of, clock())
        except InputError as error:
            return JSONResponse({"error": error.message}, status_code=400)
        except CourtsideError as error:
            return JSONResponse({"error": error.message}, status_code=503)
        return Response(json.dumps([row], ensure_ascii=False), media_type="application/json")

    async def ograf(request: Request) -> Response:
        body = await asyncio.to_thread(_ograf_package)
        headers = {"Content-Disposition": 'attachment; filename="courtside-ograf.zip"'}
        return Response(body, media_type="application/zip", headers=headers)

    return [
        Route("/v1/games/{game}/export/{format}", export), Route("/v1/games/{game}/vmix.json", vmix),
        Route("/overlay/ograf.zip", ograf),
    ]  # fmt: skip


async def _export(request: Request, hub: EventHub, court_of: Callable[[str], Court]) -> Response:
    game = parse_game(f"games/{request.path_params['game']}")
    try:
        wanted = find_format(request.path_params["format"])
    except InputError as error:
        raise NotFound(error.message) from None
    options = _options(request)
    kinds = () if wanted.all_kinds else ("shot", "game_state")
    found, _ = await hub.snapshot(game, kinds, MAX_EVENTS + 1)
    if not found:
        raise NotFound(f"{game} has no events to export")
    if len(found) > MAX_EVENTS:
        text = f"{game} has more than {MAX_EVENTS} events; use `courtside export {game.partition('/')[2]}`"
        return JSONResponse({"error": text}, status_code=413)
    if "court" not in request.query_params:
        options = replace(options, court=court_of(_first_camera(found)))
    body = await asyncio.to_thread(lambda: _write(wanted, found, options, game))
    name = wanted.file_name(game)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=wanted.media_type, headers=headers)


def _ograf_package() -> bytes:
    """The OGraf graphic as a zip: the files of its folder, some of which are links to those of the overlay page."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path in sorted(_OGRAF.iterdir()):
            # One fixed time, so that the same package has the same bytes.
            package.writestr(zipfile.ZipInfo(f"courtside/{path.name}", (2026, 1, 1, 0, 0, 0)), path.read_bytes())
    return out.getvalue()


def _write(wanted: ExportFormat, events: list[Event], options: ExportOptions, game: str) -> bytes:
    return wanted.write(exported_game(events, options, game))


def _first_camera(events: list[Event]) -> str:
    return next((event.camera for event in events if event.shot is not None), "")


def _options(request: Request) -> ExportOptions:
    values: dict[str, Any] = {}
    known = {field.name for field in fields(ExportOptions)}
    for name, text in request.query_params.items():
        if name not in known:
            raise InputError(f"parameter {name[:40]!r} is none of {', '.join(sorted(known))}", field=name)
        values[name] = text
        if name == "court":
            if text not in COURTS:
                raise InputError(f"court {text[:40]!r} is none of {', '.join(COURTS)}", field=name)
            values[name] = COURTS[text]
        elif name in _NUMBERS:
            try:
                values[name] = float(text)
            except ValueError:
                raise InputError(f"{name} {text[:40]!r} is no number", field=name) from None
    return ExportOptions(**values).checked()
