"""Games over HTTP, for pages and scripts: GameService's calls as JSON, and the revisions of an event.

    GET  /v1/games                                  all games
    GET  /v1/games/{game}                           one game's state
    POST /v1/games/{game}:setGame                   also setClock, adjustScore, correctShot, undoCorrection, addShot
    GET  /v1/games/{game}/events/{event}/revisions  who said what, and when

The body of a POST is the request message of the call in protobuf's JSON; its answer is the response message.
"""

from __future__ import annotations

from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from courtside.names import parse_game
from courtside.v1 import games_pb2
from courtside_server.api.answers import answering, error_answer, message_answer
from courtside_server.api.games import GameService
from courtside_server.errors import NotFound
from courtside_server.events.hub import EventHub

MAX_BODY = 64 * 2**10
"""Bytes of a request's body: two full rosters have 5 KB."""
_CALLS: dict[str, type[Message]] = {
    "setGame": games_pb2.SetGameRequest, "setClock": games_pb2.SetClockRequest,
    "adjustScore": games_pb2.AdjustScoreRequest, "correctShot": games_pb2.CorrectShotRequest,
    "undoCorrection": games_pb2.UndoCorrectionRequest, "addShot": games_pb2.AddShotRequest,
}  # fmt: skip
"""The calls that change something, by their name in an address, with their requests."""


def game_routes(service: GameService, hub: EventHub) -> list[BaseRoute]:
    """The routes.

    Args:
        service: does the work.
        hub: reads revisions.
    """

    async def list_games(request: Request) -> Response:
        return message_answer(await service.ListGames(games_pb2.ListGamesRequest(), None))

    async def get_game(request: Request) -> Response:
        return message_answer(await service.GetGame(games_pb2.GetGameRequest(game=_game(request)), None))

    async def change(request: Request) -> Response:
        call = request.path_params["call"]
        kind = _CALLS.get(call)
        if kind is None:
            return error_answer(404, f"{call[:40]!r} is none of {', '.join(_CALLS)}")
        message = await _message(request, kind)
        if isinstance(message, Response):
            return message
        game = _game(request)
        if isinstance(message, games_pb2.AddShotRequest):
            if not message.camera.startswith(f"{game}/"):
                return error_answer(400, f"camera {message.camera[:80]!r} is none of {game}")
        else:
            message.game = game  # type: ignore[attr-defined]
        method = getattr(service, call[0].upper() + call[1:])
        return message_answer(await method(message, None))

    async def revisions(request: Request) -> Response:
        game, event_id = _game(request), request.path_params["event"]
        found = await hub.revisions(game, event_id)
        if not found:
            raise NotFound(f"{game} has no event {event_id[:80]!r}, or it was evicted")
        return Response(f"[{','.join(event.to_json() for event in found)}]", media_type="application/json")

    return [
        Route("/v1/games", answering(list_games)),
        Route("/v1/games/{game}/events/{event}/revisions", answering(revisions)),
        Route("/v1/games/{game}:{call}", answering(change), methods=["POST"]),
        Route("/v1/games/{game}", answering(get_game)),
    ]


async def _message(request: Request, kind: type[Message]) -> Message | Response:
    """The request message in a body, or the answer that refuses it."""
    # A form of another site cannot send this type without the browser asking first.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return error_answer(415, "send JSON, with the header Content-Type: application/json")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return error_answer(413, f"the body is larger than {MAX_BODY} bytes")
    try:
        return json_format.Parse(bytes(body) or b"{}", kind())
    except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        return error_answer(400, f"the body is no {kind.DESCRIPTOR.name}: {str(error)[:200]}")


def _game(request: Request) -> str:
    return parse_game(f"games/{request.path_params['game']}")
