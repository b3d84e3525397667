"""HTTP: metrics, probes, web pages, and events for them (server-sent events)."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from courtside.events import message_to_json
from courtside.names import parse_game
from courtside.timestamps import to_timestamp
from courtside.v1 import events_pb2
from courtside_server.api.events import latency_to_proto, parse_kinds
from courtside_server.api.health import Health
from courtside_server.api.http_guard import HttpGuard
from courtside_server.api.places import Place, Places
from courtside_server.errors import CourtsideError, CursorEvicted, InputError
from courtside_server.events.hub import EventHub
from courtside_server.events.subscription import Subscription
from courtside_server.games.latency import ShotLatency
from courtside_server.telemetry.metrics import Metrics

PAGES = Path(__file__).parents[1] / "web"
"""The pages, part of this package."""
MAX_SNAPSHOT = 20_000
"""Events of a snapshot, the newest ones: about 20 MB."""
_CURSOR = re.compile(r"(?:([0-9a-f]{1,64})-)?([0-9]{1,18})")
"""``LOG-SEQUENCE``, the id of a server-sent event; a plain sequence is a cursor of an unknown log."""
_STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""A proxy must pass every event on at once."""
MAX_EVENT_STREAMS = 256
"""Event streams open at a time. Probes, metrics and pages are answered whatever this number is."""


def web_app(
    metrics: Metrics, health: Health, hub: EventHub, names: Collection[str] = (), max_streams: int = MAX_EVENT_STREAMS,
    routes: Sequence[BaseRoute] = (), latency: Callable[[str], ShotLatency | None] = lambda game: None,
    heartbeat_s: float = 2.0,
) -> Starlette:  # fmt: skip
    """Create the HTTP application.

    Routes: ``/metrics``; ``/livez`` (200 while the event loop runs) and ``/readyz`` (200 or 503);
    ``/v1/games/{game}/events?after=N`` (server-sent events; ``id`` is the log and the sequence, so a browser resumes
    automatically, and gets an event ``restart`` where the log is another one); ``/`` the monitor, and the other pages.

    Args:
        metrics: the metrics of ``/metrics``.
        health: the state of the probes.
        hub: the events.
        names: host names that requests may be addressed to, beside those of :func:`http_guard.is_own_name`.
        max_streams: event streams open at a time.
        routes: further routes, such as those of `game_routes`.
        latency: gives how long a game's live shots take.
        heartbeat_s: seconds without an event after which an event stream gets a heartbeat.
    """

    async def show_metrics(request: Request) -> Response:
        body = await asyncio.to_thread(generate_latest, metrics.registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    async def live(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        state = {"ready": health.ready, "model": health.model_ready, "log": health.log_ready}
        return JSONResponse(state, status_code=200 if health.ready else 503)

    streams = Places(max_streams)

    async def events(request: Request) -> Response:
        try:
            game = parse_game(f"games/{request.path_params['game']}")
            log, after = _cursor(request)
            kinds = parse_kinds(text for text in request.query_params.get("kinds", "").split(",") if text)
        except (InputError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        place = streams.open(request.client.host if request.client else "")
        if place is None:
            message = f"{streams.limit} event streams are open, the limit; close one, or subscribe over gRPC"
            return JSONResponse({"error": message}, status_code=503, headers={"Retry-After": "5"})
        stream = _event_stream(hub, game, kinds, log, after, place, lambda: _heartbeat(latency(game)), heartbeat_s)
        return _EventStreamResponse(stream, partial(streams.close, place))

    async def snapshot(request: Request) -> Response:
        try:
            game = parse_game(f"games/{request.path_params['game']}")
            kinds = parse_kinds(text for text in request.query_params.get("kinds", "").split(",") if text)
            found, sequence = await hub.snapshot(game, kinds, MAX_SNAPSHOT)
            log = await hub.identity()
        except CourtsideError as error:
            return JSONResponse({"error": error.message}, status_code=400 if isinstance(error, InputError) else 503)
        head = json.dumps({"cursor": f"{log}-{sequence}", "heartbeat": json.loads(_heartbeat(latency(game)))})
        body = await asyncio.to_thread(lambda: ",".join(event.to_json() for event in found))
        return Response(f'{head[:-1]}, "events": [{body}]}}', media_type="application/json")

    all_routes: list[BaseRoute] = [
        Route("/metrics", show_metrics),
        Route("/livez", live),
        Route("/readyz", ready),
        Route("/v1/games/{game}/events", events),
        Route("/v1/games/{game}/snapshot", snapshot),
        *routes,
        Mount("/", StaticFiles(directory=PAGES, html=True)),
    ]
    return Starlette(routes=all_routes, middleware=[Middleware(HttpGuard, names=names)])


class _EventStreamResponse(StreamingResponse):
    """Server-sent events; calls ``on_end`` also where the client is gone before the first of them."""

    def __init__(self, stream: AsyncIterator[str], on_end: Callable[[], None]) -> None:
        super().__init__(stream, media_type="text/event-stream", headers=_STREAM_HEADERS)
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()


def _cursor(request: Request) -> tuple[str, int | None]:
    """The log that the cursor belongs to, empty where it is not known, and the sequence; ``None`` without a cursor."""
    text = request.headers.get("last-event-id") or request.query_params.get("after")
    if text is None:
        return "", None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise ValueError(f"after={text[:40]!r} is not a sequence; use a whole number, 0 for the whole history")
    return found[1] or "", int(found[2])


async def _event_stream(
    hub: EventHub, game: str, kinds: list[str], log: str, after: int | None, place: Place,
    heartbeat: Callable[[], str], heartbeat_s: float,
) -> AsyncIterator[str]:
    try:
        # A comment informs the browser that the stream is open before the first event.
        yield ": open\n\n"
        while not place.taken:
            subscription = hub.subscribe(game, after, kinds=kinds, log=log)
            try:
                async with subscription:
                    place.on_taken = partial(subscription.cut, "place_taken", "another address got this stream's place")
                    if place.taken:
                        place.on_taken()
                    async for text in _messages(subscription, heartbeat, heartbeat_s):
                        yield text
            except CursorEvicted:
                # The history was evicted while it was read: the next subscription says so.
                after, log = subscription.position, subscription.log
    except CourtsideError as error:
        yield f"event: problem\ndata: {error.reason}\n\n"


def _heartbeat(measured: ShotLatency | None) -> str:
    message = events_pb2.Heartbeat(server_time=to_timestamp(time.time()))
    if (found := latency_to_proto(measured)) is not None:
        message.latency.CopyFrom(found)
    return message_to_json(message)


async def _messages(
    subscription: Subscription, heartbeat: Callable[[], str], heartbeat_s: float
) -> AsyncIterator[str]:
    """What a subscription gives, as server-sent events, until it raises."""
    if (restart := subscription.restart) is not None:
        data = json.dumps({
            "log": restart.log, "reason": f"RESTART_REASON_{restart.reason.name}",
            "earliestSequence": restart.earliest_sequence, "detail": restart.detail,
        })  # fmt: skip
        yield f"id: {restart.log}-{restart.earliest_sequence - 1}\nevent: restart\ndata: {data}\n\n"
    wait = 0.0
    while True:
        event = await subscription.get(wait)
        if event is None:
            # No id: a browser resumes after the last event. The first one ends the history.
            yield f"event: heartbeat\ndata: {heartbeat()}\n\n"
            wait = heartbeat_s
        else:
            yield f"id: {subscription.log}-{event.sequence}\nevent: courtside\ndata: {event.to_json()}\n\n"
        await asyncio.sleep(0)  # a long history must not keep the event loop from everybody else
