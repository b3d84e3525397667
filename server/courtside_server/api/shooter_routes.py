"""Enrolled shooters over HTTP, for the page of a player: AnalysisService's calls as JSON.

    GET  /v1/shooters          everybody who is enrolled
    GET  /v1/shooters/map      a map of all their shots
    POST /v1/shooters/compare  how a shot of a game differs from another one, or from a shooter's baseline

Poses are not taken here, and nobody can be enrolled or erased: that is for gRPC.
"""

from __future__ import annotations

from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from courtside.v1 import analysis_pb2
from courtside_server.api.analysis import AnalysisService
from courtside_server.api.answers import answering, error_answer, message_answer

MAX_BODY = 4 * 2**10
"""Bytes of a request's body: it names two shots."""


def shooter_routes(service: AnalysisService) -> list[BaseRoute]:
    """The routes.

    Args:
        service: does the work.
    """

    async def shooters(request: Request) -> Response:
        return message_answer(await service.ListShooters(analysis_pb2.ListShootersRequest(), None))

    async def embedding_map(request: Request) -> Response:
        return message_answer(await service.GetEmbeddingMap(analysis_pb2.GetEmbeddingMapRequest(), None))

    async def compare(request: Request) -> Response:
        # A form of another site cannot send this type without the browser asking first.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return error_answer(415, "send JSON, with the header Content-Type: application/json")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return error_answer(413, f"the body is larger than {MAX_BODY} bytes; name shots of games")
        try:
            message = json_format.Parse(bytes(body) or b"{}", analysis_pb2.CompareFormRequest())
        except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
            return error_answer(400, f"the body is no CompareFormRequest: {str(error)[:200]}")
        return message_answer(await service.CompareForm(message, None))

    return [
        Route("/v1/shooters", answering(shooters)),
        Route("/v1/shooters/map", answering(embedding_map)),
        Route("/v1/shooters/compare", answering(compare), methods=["POST"]),
    ]
