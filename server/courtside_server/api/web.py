"""HTTP: metrics, probes, web pages, and events for them (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from courtside.names import parse_game
from courtside_server.api.health import Health
from courtside_server.errors import CourtsideError, CursorEvicted, InputError
from courtside_server.events.hub import EventHub
from courtside_server.telemetry.metrics import Metrics

PAGES = Path(__file__).parents[1] / "web"
"""The pages, part of this package."""
_KEEPALIVE_S = 5.0
"""Seconds without an event after which a comment keeps the connection alive."""


def web_app(metrics: Metrics, health: Health, hub: EventHub) -> Starlette:
    """Create the HTTP application.

    Routes: ``/metrics``; ``/livez`` (200 while the event loop runs) and ``/readyz`` (200 or 503);
    ``/v1/games/{game}/events?after=N`` (server-sent events; ``id`` is the sequence, so a browser resumes
    automatically); ``/`` the overlay page.

    Args:
        metrics: the metrics of ``/metrics``.
        health: the state of the probes.
        hub: the events.
    """

    async def show_metrics(request: Request) -> Response:
        body = await asyncio.to_thread(generate_latest, metrics.registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    async def live(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        state = {"ready": health.ready, "model": health.model_ready, "log": health.log_ready}
        return JSONResponse(state, status_code=200 if health.ready else 503)

    async def events(request: Request) -> Response:
        try:
            game = parse_game(f"games/{request.path_params['game']}")
            after = _cursor(request)
        except (InputError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return StreamingResponse(
            _event_stream(hub, game, after), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    routes: list[BaseRoute] = [
        Route("/metrics", show_metrics),
        Route("/livez", live),
        Route("/readyz", ready),
        Route("/v1/games/{game}/events", events),
        Mount("/", StaticFiles(directory=PAGES, html=True)),
    ]
    return Starlette(routes=routes)


def _cursor(request: Request) -> int | None:
    text = request.headers.get("last-event-id") or request.query_params.get("after")
    if text is None:
        return None
    if not text.isdigit() or len(text) > 18:
        raise ValueError(f"after={text[:40]!r} is not a sequence; use a whole number, 0 for the whole history")
    return int(text)


async def _event_stream(hub: EventHub, game: str, after: int | None) -> AsyncIterator[str]:
    try:
        async with hub.subscribe(game, after) as subscription:
            # A comment informs the browser that the stream is open before the first event.
            yield ": open\n\n"
            while True:
                event = await subscription.get(_KEEPALIVE_S)
                if event is None:
                    yield ": keep-alive\n\n"
                else:
                    yield f"id: {event.sequence}\nevent: courtside\ndata: {event.to_json()}\n\n"
    except CursorEvicted as error:
        # The browser would retry with the same id for ever; send it the beginning of the history.
        yield f"event: evicted\ndata: {error.fields.get('earliest_sequence', '')}\n\n"
    except CourtsideError as error:
        yield f"event: problem\ndata: {error.reason}\n\n"
