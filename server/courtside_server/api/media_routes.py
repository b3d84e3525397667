"""Clips over HTTP, for pages and scripts; players may read them in parts (Range).

    GET /v1/games/{game}/clips/{event}.mp4?before=4&after=3&camera=left   a clip round an event
    GET /v1/games/{game}/clips/{event}.zip?before=4&after=3               the same moment of every camera
    GET /v1/games/{game}/condensed.mp4?camera=left                        the game without its dead time
    GET /v1/games/{game}/condensed.vtt?camera=left                        the chapters of that film (WebVTT)
    GET /v1/games/{game}/recordings                                       what was recorded

`condensed` becomes a reel with player=TRACK (again for each track), shooter=NAME, zone=left-mid-range (again for each
zone) or made=1.
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
from courtside_server.api.clip_maker import ClipMaker
from courtside_server.api.game_films import GameFilm, GameFilms
from courtside_server.api.media import MAX_TRACKS, MP4, ZIP, MediaService
from courtside_server.errors import BadRequest
from courtside_server.media.condense import ReelFilter, zone_named
from courtside_server.media.vtt import web_vtt


def media_routes(clips: ClipMaker, films: GameFilms) -> list[BaseRoute]:
    """The routes.

    Args:
        clips: cuts them.
        films: makes films of whole games.
    """
    service = MediaService(clips, films)

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

    async def condensed(request: Request) -> Response:
        film = await _film(request)
        return film_response(film.path, MP4, f"{_game(request).partition('/')[2]}-condensed.mp4")

    async def condensed_chapters(request: Request) -> Response:
        film = await _film(request)
        return Response(web_vtt(film.cut.chapters), media_type="text/vtt")

    async def _film(request: Request) -> GameFilm:
        game = _game(request)
        return await films.make(game, camera_of(request, game), _reel(request))

    async def recordings(request: Request) -> Response:
        found = await service.ListRecordings(media_pb2.ListRecordingsRequest(game=_game(request)), None)
        return Response(message_to_json(found), media_type="application/json")

    return [
        Route("/v1/games/{game}/clips/{event}.mp4", answering(clip)),
        Route("/v1/games/{game}/clips/{event}.zip", answering(archive)),
        Route("/v1/games/{game}/condensed.mp4", answering(condensed)),
        Route("/v1/games/{game}/condensed.vtt", answering(condensed_chapters)),
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


def _reel(request: Request) -> ReelFilter | None:
    """The reel that a request describes; None for the whole game."""
    values = request.query_params
    players, zones = values.getlist("player"), values.getlist("zone")
    if not (players or zones or values.get("shooter") or values.get("made")):
        return None
    if len(players) > MAX_TRACKS or not all(one.isascii() and one.isdecimal() and len(one) < 16 for one in players):
        raise BadRequest(f"player must be the number of a track, at most {MAX_TRACKS} of them", field="player")
    return ReelFilter(
        frozenset(map(int, players)), values.get("shooter", ""), frozenset(map(zone_named, zones)),
        values.get("made") == "1",
    )  # fmt: skip


def _seconds(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    try:
        return None if text is None else float(text)
    except ValueError:
        raise BadRequest(f"{name}={text[:40] if text else ''} is no number of seconds", field=name) from None


def _game(request: Request) -> str:
    return parse_game(f"games/{request.path_params['game']}")


