"""EventService: subscribe to events, list them and get one."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

import grpc
from google.protobuf.message import Message

from courtside.events import PAYLOADS
from courtside.names import CameraName, parse_game
from courtside.timestamps import to_timestamp
from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_server.api.places import Place, Places
from courtside_server.errors import BadRequest, CursorEvicted, LogReplaced, NotFound, TooManySubscribers
from courtside_server.events import EventHub, Subscription
from courtside_server.games.latency import ShotLatency

DEFAULT_PAGE = 100
"""Events per page when the request does not say."""
MAX_PAGE = 1000
"""Most events per page; a request for more gets this many."""
MAX_PAGE_BYTES = 2 * 2**20
"""Most bytes per page, so that it fits any client's default message limit (4 MiB). One event always fits."""
MAX_CAMERAS = 64
"""Cameras that one subscription may name."""
MAX_SUBSCRIPTIONS = 2048
"""Subscriptions at a time; each takes about 30 KB, as measured."""
MAX_READS = 256
"""Calls of ListEvents and GetEvent at a time; two threads read the log."""
MAX_LOG = 128
"""Characters of a log's identity; a longer one is none of ours."""
_MAX_EVENT_ID = 256
"""Characters of an event id."""


class EventService(events_pb2_grpc.EventServiceServicer):
    """Serves the events of games.

    Every method raises errors of ``courtside_server.errors``; serve it behind ``StatusInterceptor``.

    Args:
        hub: a started hub.
        heartbeat_interval: seconds without an event after which a subscriber gets a heartbeat.
        write_timeout: seconds that one message may wait for a subscriber that does not read.
        max_subscriptions: subscriptions at a time, shared fairly among the addresses they come from.
        latency: gives how long a game's live shots take.
    """

    def __init__(
        self,
        hub: EventHub,
        *,
        heartbeat_interval: float = 2.0,
        write_timeout: float = 10.0,
        max_subscriptions: int = MAX_SUBSCRIPTIONS,
        latency: Callable[[str], ShotLatency | None] = lambda game: None,
    ) -> None:
        self._hub, self._measured = hub, latency
        self._places = Places(max_subscriptions)
        self._reads = Places(MAX_READS)
        self._heartbeat_interval = heartbeat_interval
        self._write_timeout = write_timeout

    async def SubscribeEvents(
        self, request: events_pb2.SubscribeEventsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> None:
        """Send history after a cursor, then live events. The first heartbeat marks the end of the history."""
        game = parse_game(request.game)
        cameras, kinds = _cameras(game, request.cameras), parse_kinds(request.kinds)
        after = request.after_sequence if request.HasField("after_sequence") else None
        log = request.log[:MAX_LOG] if request.HasField("log") else None
        # "ipv4:10.0.0.1:5000", "ipv6:[::1]:5000", "unix:…"
        place = self._places.open(context.peer().rpartition(":")[0])
        if place is None:
            raise TooManySubscribers(
                f"{self._places.limit} subscriptions are open, the limit; end one, or try again later",
                limit=self._places.limit,
            )
        try:
            await self._subscribe(context, place, game, after, cameras, kinds, log)
        finally:
            self._places.close(place)

    async def _subscribe(
        self, context: grpc.aio.ServicerContext[Any, Any], place: Place, game: str, after: int | None,
        cameras: list[str], kinds: list[str], log: str | None,
    ) -> None:  # fmt: skip
        begun = False
        while True:
            subscription = self._hub.subscribe(game, after, cameras=cameras, kinds=kinds, log=log)
            try:
                async with subscription:
                    place.on_taken = partial(
                        subscription.cut, "place_taken", "another address got this subscriber's place"
                    )
                    if place.taken:
                        place.on_taken()
                    if not begun:
                        # The metadata informs the subscriber that the subscription has begun, before any event.
                        await context.send_initial_metadata(())
                        begun = True
                    await self._send(context, subscription)
            except CursorEvicted:
                if log is None:
                    raise
                # The history was evicted while it was read: the next subscription says so.
                after, log = subscription.position, subscription.log

    async def _send(self, context: grpc.aio.ServicerContext[Any, Any], subscription: Subscription) -> None:
        """Send what a subscription gives, until it raises."""
        if (restart := subscription.restart) is not None:
            await self._write(
                context,
                subscription,
                events_pb2.SubscribeEventsResponse(
                    restart=events_pb2.Restart(
                        reason=int(restart.reason), earliest_sequence=restart.earliest_sequence  # type: ignore[arg-type]
                    ),
                    log=subscription.log,
                ),
            )
        timeout = 0.0
        while True:
            event = await subscription.get(timeout)
            response = events_pb2.SubscribeEventsResponse(log=subscription.log)
            if event is not None:
                response.event.CopyFrom(event.to_proto())
            else:
                response.heartbeat.high_water_mark = subscription.position
                response.heartbeat.server_time.CopyFrom(to_timestamp(time.time()))
                if (latency := self._latency(subscription.game)) is not None:
                    response.heartbeat.latency.CopyFrom(latency)
                timeout = self._heartbeat_interval
            await self._write(context, subscription, response)

    async def _write(
        self, context: grpc.aio.ServicerContext[Any, Any], subscription: Subscription, response: Message
    ) -> None:
        """Send one message. Gives up when the subscriber does not read in time, or is cut meanwhile."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._write_timeout) as limit:
                subscription.on_cut(lambda: None if limit.expired() else limit.reschedule(loop.time()))
                try:
                    await context.write(response)
                finally:
                    subscription.on_cut(lambda: None)
        except TimeoutError:
            raise subscription.cut(
                "write_timeout", f"the subscriber did not read for {self._write_timeout:g} seconds"
            ) from None

    def _latency(self, game: str) -> events_pb2.EventLatency | None:
        return latency_to_proto(self._measured(game))

    @contextmanager
    def _reading(self, context: grpc.aio.ServicerContext[Any, Any]) -> Iterator[None]:
        """Counts a call that reads the log. Reads that have begun are short and are not ended for others."""
        place = self._reads.open(context.peer().rpartition(":")[0])
        if place is None:
            raise TooManySubscribers(
                f"{self._reads.limit} calls read the event log, the limit; try again later", limit=self._reads.limit
            )
        try:
            yield
        finally:
            self._reads.close(place)

    async def ListEvents(
        self, request: events_pb2.ListEventsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> events_pb2.ListEventsResponse:
        """Return one page, oldest first. Without a cursor it begins at the earliest event that remains."""
        with self._reading(context):
            return await self._list(request)

    async def _list(self, request: events_pb2.ListEventsRequest) -> events_pb2.ListEventsResponse:
        game = parse_game(request.game)
        earliest, high_water_mark = await self._hub.bounds(game)
        log = await self._hub.identity()
        after = _read_token(request.page_token, game, log) if request.page_token else request.after_sequence
        if after > high_water_mark:
            raise BadRequest(
                f"after_sequence {after} is beyond the end of {game}, which is {high_water_mark}; start from 0",
                field="page_token" if request.page_token else "after_sequence",
                high_water_mark=high_water_mark,
            )
        if not request.page_token and after == 0:
            after = earliest - 1
        size = min(request.page_size or DEFAULT_PAGE, MAX_PAGE)
        response = events_pb2.ListEventsResponse(
            high_water_mark=high_water_mark, earliest_sequence=earliest, log=log
        )
        room = MAX_PAGE_BYTES
        for event in await self._hub.read(game, after, size):
            message = event.to_proto()
            room -= message.ByteSize()
            if room < 0 and response.events:
                break
            response.events.append(message)
        if response.events and response.events[-1].sequence < high_water_mark:
            response.next_page_token = _make_token(game, response.events[-1].sequence, log)
        return response

    async def GetEvent(
        self, request: events_pb2.GetEventRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> events_pb2.GetEventResponse:
        """Return the latest revision of one event."""
        game = parse_game(request.game)
        check_event_id(request.event_id)
        with self._reading(context):
            event = await self._hub.latest(game, request.event_id)
        if event is None:
            raise NotFound(
                f"{game} has no event {request.event_id!r}, or it was evicted", event_id=request.event_id
            )
        return events_pb2.GetEventResponse(event=event.to_proto())


def check_event_id(text: str) -> str:
    """The event id itself.

    Raises:
        BadRequest: it is empty or too long.
    """
    if not 0 < len(text) <= _MAX_EVENT_ID:
        raise BadRequest(f"event_id must have 1 to {_MAX_EVENT_ID} characters", field="event_id")
    return text


def latency_to_proto(measured: ShotLatency | None) -> events_pb2.EventLatency | None:
    """The latency as it goes over the wire; None before the first shot."""
    if measured is None or (announced := measured.announced) is None:
        return None
    message = events_pb2.EventLatency(
        announced_p50_seconds=announced.p50, announced_p95_seconds=announced.p95
    )
    if (final := measured.final) is not None:
        message.final_p50_seconds, message.final_p95_seconds = final.p50, final.p95
    return message


def _cameras(game: str, names: Any) -> list[str]:
    if len(names) > MAX_CAMERAS:
        raise BadRequest(f"name at most {MAX_CAMERAS} cameras, or none for all of them", field="cameras")
    cameras = [CameraName.parse(name) for name in names]
    for camera in cameras:
        if camera.game != game:
            raise BadRequest(f"camera {camera.name} does not belong to {game}", field="cameras")
    return [camera.name for camera in cameras]


def parse_kinds(names: Iterable[str]) -> list[str]:
    """Kinds of events that a subscriber wants; empty means all.

    Raises:
        BadRequest: one is unknown.
    """
    kinds = sorted(set(islice(names, len(PAYLOADS) + 1)))
    if unknown := [kind for kind in kinds if kind not in PAYLOADS]:
        raise BadRequest(f"kind {unknown[0][:40]!r} is none of {', '.join(PAYLOADS)}", field="kinds")
    return kinds


def _make_token(game: str, after: int, log: str) -> str:
    return base64.urlsafe_b64encode(f"2 {after} {game} {log}".encode()).decode()


def _read_token(token: str, game: str, log: str) -> int:
    try:
        version, after, owner, origin = base64.b64decode(token, altchars=b"-_", validate=True).decode().split(" ")
    except (binascii.Error, ValueError):
        version = after = owner = origin = ""
    if (version, owner) == ("2", game) and after.isascii() and after.isdigit():
        if origin != log:
            raise LogReplaced("the gateway has another event log than the one that page_token belongs to; start from 0")
        return int(after)
    raise BadRequest(
        f"page_token does not come from an earlier ListEvents of {game}; omit it", field="page_token"
    )
