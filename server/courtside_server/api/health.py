"""grpc.health.v1: readiness depends on the models and the event log, liveness does not."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from courtside_server.api.places import Places
from courtside_server.errors import SlowSubscriber, TooManySubscribers

READINESS = ("", "courtside.v1.IngestService")
"""Service names that need the models and the event log."""
EVENTS = "courtside.v1.EventService"
"""Service name that needs the event log only."""
LIVENESS = "liveness"
"""Service name that is SERVING while the process runs its event loop."""

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


MAX_WATCHES = 1024
"""Calls of Watch at a time, shared fairly among the addresses they come from."""
_WRITE_S = 10.0
"""Seconds that a status may wait for a caller of Watch that does not read."""


class HealthService(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """``grpc.health.v1.Health``.

    The servicer that comes with gRPC writes to its watchers while it holds the lock that a change of status needs: one
    watcher that does not read would stop every change for everybody.

    Args:
        max_watches: calls of Watch at a time.
        write_timeout: seconds that a status may wait for a caller.
    """

    def __init__(self, max_watches: int = MAX_WATCHES, write_timeout: float = _WRITE_S) -> None:
        self._statuses: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._places = Places(max_watches)
        self._write_timeout = write_timeout
        self._final = False

    def set(self, service: str, status: int) -> None:
        """Set the status of a name and inform its watchers."""
        if not self._final and self._statuses.get(service) != status:
            self._statuses[service] = status
            self._wake()

    def close(self) -> None:
        """Set every name to NOT_SERVING, for good."""
        for service in self._statuses:
            self.set(service, _NOT_SERVING)
        self._final = True

    async def Check(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> health_pb2.HealthCheckResponse:
        """Return a name's status; NOT_FOUND for an unknown name."""
        status = self._statuses.get(request.service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service {request.service[:100]!r}")
        return health_pb2.HealthCheckResponse(status=status)

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> None:
        """Send a name's status and every change of it; SERVICE_UNKNOWN for an unknown name."""
        place = self._places.open(context.peer().rpartition(":")[0])
        if place is None:
            raise TooManySubscribers(f"{self._places.limit} watches are open, the limit", limit=self._places.limit)
        place.on_taken = self._wake
        sent: int | None = None
        try:
            while not place.taken:
                changed = self._changed
                status = self._statuses.get(request.service, health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
                if status != sent:
                    await self._write(context, status)
                    sent = status
                await changed.wait()
        finally:
            self._places.close(place)
        raise TooManySubscribers("another address got this watcher's place", limit=self._places.limit)

    async def _write(self, context: grpc.aio.ServicerContext[Any, Any], status: int) -> None:
        try:
            async with asyncio.timeout(self._write_timeout):
                await context.write(health_pb2.HealthCheckResponse(status=status))
        except TimeoutError:
            raise SlowSubscriber(f"the watcher did not read for {self._write_timeout:g} seconds") from None

    def _wake(self) -> None:
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()


class Health:
    """Keeps the statuses of the standard health service, for the names `READINESS`, `EVENTS` and `LIVENESS`.

    Attributes:
        servicer: the gRPC service.
        model_ready: every model can answer.
        log_ready: the event log can be written.
    """

    def __init__(self) -> None:
        self.servicer = HealthService()
        self.model_ready = False
        self.log_ready = True
        self._draining = False

    @property
    def ready(self) -> bool:
        """Whether the gateway can serve cameras."""
        return self.model_ready and self.log_ready and not self._draining

    async def update(self, *, model_ready: bool | None = None, log_ready: bool | None = None) -> None:
        """Set what has changed and inform watchers."""
        if model_ready is not None:
            self.model_ready = model_ready
        if log_ready is not None:
            self.log_ready = log_ready
        if self._draining:
            return
        for name in READINESS:
            self.servicer.set(name, _SERVING if self.ready else _NOT_SERVING)
        self.servicer.set(EVENTS, _SERVING if self.log_ready else _NOT_SERVING)
        self.servicer.set(LIVENESS, _SERVING)

    async def drain(self) -> None:
        """Set every name to NOT_SERVING, for good."""
        self._draining = True
        self.servicer.close()
