"""The HTTP server: what one client may cost, so that probes and metrics are always answered.

Limits are kept on connections, not on requests: a request that has been read is answered. Event streams have a limit of
their own (`web.MAX_EVENT_STREAMS`), below that of connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from courtside_server.telemetry.metrics import Metrics

HTTP_CONNECTIONS = 384
"""Connections that may be open where the system allows enough files."""
_ACCEPTED_AT_ONCE = 64
"""Connections that asyncio accepts in one go. A thousand at once would take every file that the process may open before
the first of them could be closed again."""
_BACKLOG = 1024
"""Connections that may wait in the system to be accepted."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What HTTP clients may take.

    Attributes:
        connections: open at a time. Beyond it the one that has waited longest without a request is closed.
        request_s: seconds that a connection may take to send a request.
        write_s: seconds that an answer may wait for a client that does not read.
        send_buffer: bytes of answers that the system keeps for a client that does not read; Linux takes twice of it.
            Its own choice is 2.8 MB, as measured: 256 clients that do not read could take 700 MB, and keep the
            gateway busy for minutes before the first of them has to wait.
    """

    connections: int = HTTP_CONNECTIONS
    request_s: float = 10.0
    write_s: float = 10.0
    send_buffer: int = 128 * 2**10


_LIMITS = HttpLimits()


class HttpServer(uvicorn.Server):
    """uvicorn, without its signal handlers: signals belong to the gateway."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See ``uvicorn.Server``."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See ``uvicorn.Server``."""
        await super().startup(sockets)
        for listening in sockets or []:
            listening.listen(_BACKLOG)  # asyncio takes one number for both


def http_config(
    app: Starlette, host: str, port: int, metrics: Metrics, limits: HttpLimits = _LIMITS
) -> uvicorn.Config:
    """The configuration of a server that keeps the limits.

    Args:
        app: the application.
        host: address to listen on.
        port: its port; 0 for any.
        metrics: counts the connections that were closed because their client did not read.
        limits: the limits.
    """

    class Limited(_Protocol):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(limits, metrics, *args, **options)

    return uvicorn.Config(
        app, host=host, port=port, http=Limited, ws="none", log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=1, server_header=False,
        backlog=max(min(_ACCEPTED_AT_ONCE, limits.connections // 2), 1),
    )  # fmt: skip


class _Protocol(H11Protocol):
    """One connection."""

    def __init__(self, limits: HttpLimits, metrics: Metrics, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._limits, self._metrics = limits, metrics
        self._idle_since = 0.0
        self._closing = False
        self._request_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    @property
    def _may_be_closed(self) -> bool:
        return not self._answering and not self._closing

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, self._limits.send_buffer
        )
        self._wait_for_request()
        if len(self.connections) > self._limits.connections:
            # This one among them: where every other one is being answered, it is closed itself.
            idle = [one for one in self.connections if isinstance(one, _Protocol) and one._may_be_closed]
            victim = min(idle, key=lambda one: one._idle_since)
            victim._closing = True  # it stays in `connections` until the loop's next turn
            victim.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._answering:
            self._stop_request_timer()
        elif self._request_timer is None:
            self._wait_for_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._idle_since = self.loop.time()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self._limits.write_s, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_request_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        self._idle_since = self.loop.time()
        self._request_timer = self.loop.call_later(self._limits.request_s, self.transport.abort)

    def _give_up(self) -> None:
        self._metrics.subscribers_evicted.labels("write_timeout").inc()
        self.transport.abort()

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
