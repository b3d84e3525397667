"""Clips over HTTP, for pages and scripts; players may read them in parts (Range).

GET /v1/games/{game}/clips/{event}.mp4?before=4&after=3&camera=left   a clip round an event
GET /v1/games/{game}/clips/{event}.zip?before=4&after=3               the same moment of every camera
GET /v1/games/{game}/recordings                                       what was recorded
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from courtside.events import message_to_json
from courtside.names import CameraName, parse_game
from courtside.v1 import media_pb2
from courtside_server.api.answers import answering
from courtside_server.api.media import MP4, ZIP, ClipMaker, MediaService
from courtside_server.errors import BadRequest


def media_routes(clips: ClipMaker) -> list[BaseRoute]:
    """The routes.

    Args:
        clips: cuts them.
    """
    service = MediaService(clips)

    async def clip(request: Request) -> Response:
        game, event_id = _game(request), request.path_params["event"]
        before, after = clips.span(_seconds(request, "before"), _seconds(request, "after"))
        camera = camera_of(request, game)
        moment = await clips.moment(game, event_id, camera)
        path, _ = await clips.clip(moment, before, after, camera)
        return film_response(path, MP4, f"{game.partition('/')[2]}-{event_id}.mp4")

    async def archive(request: Request) -> Response:
        game, event_id = _game(request), request.path_params["event"]
        before, after = clips.span(_seconds(request, "before"), _seconds(request, "after"))
        moment = await clips.moment(game, event_id, "")
        path, _ = await clips.all_cameras(game, moment, before, after)
        return film_response(path, ZIP, f"{game.partition('/')[2]}-{event_id}.zip")

    async def recordings(request: Request) -> Response:
        found = await service.ListRecordings(media_pb2.ListRecordingsRequest(game=_game(request)), None)
        return Response(message_to_json(found), media_type="application/json")

    return [
        Route("/v1/games/{game}/clips/{event}.mp4", answering(clip)),
        Route("/v1/games/{game}/clips/{event}.zip", answering(archive)),
        Route("/v1/games/{game}/recordings", answering(recordings)),
    ]


def film_response(path: Path, kind: str, name: str) -> Response:
    """A file that is shown in the page, under a name for whoever saves it."""
    headers = {"Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type=kind, filename=name, content_disposition_type="inline", headers=headers)


def camera_of(request: Request, game: str) -> str:
    """The resource name of the camera that a request names by its id; empty where it names none.

    Raises:
        BadName: not the id of a camera.
    """
    camera = request.query_params.get("camera", "")
    return CameraName.parse(f"{game}/cameras/{camera}").name if camera else ""


def _seconds(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    try:
        return None if text is None else float(text)
    except ValueError:
        raise BadRequest(f"{name}={text[:40] if text else ''} is no number of seconds", field=name) from None


def _game(request: Request) -> str:
    return parse_game(f"games/{request.path_params['game']}")


