"""Errors as answers of the HTTP port: one JSON object with a sentence and a reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from courtside.errors import ErrorReason
from courtside.events import message_to_json
from courtside_server.errors import CourtsideError

_STATUS = {
    "INVALID_ARGUMENT": 400, "NOT_FOUND": 404, "FAILED_PRECONDITION": 409, "ABORTED": 409, "OUT_OF_RANGE": 400,
    "RESOURCE_EXHAUSTED": 429, "UNAVAILABLE": 503,
}  # fmt: skip
"""HTTP status of each gRPC status; 500 for the others."""


def answering(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler whose errors become answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except CourtsideError as error:
            return error_answer(_STATUS.get(_code(error.reason), 500), error.message, str(error.reason))

    return answer


def error_answer(status: int, text: str, reason: str = "BAD_REQUEST") -> Response:
    """An answer that says what is wrong.

    Args:
        status: of HTTP.
        text: one sentence for a person.
        reason: for programs.
    """
    values: dict[str, Any] = {"error": text, "reason": reason}
    return JSONResponse(values, status_code=status)


def message_answer(message: Message) -> Response:
    """A message as protobuf's JSON."""
    return Response(message_to_json(message), media_type="application/json")


def _code(reason: str) -> str:
    return next((one.code_name for one in ErrorReason if one == reason), "INTERNAL")
