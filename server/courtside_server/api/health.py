"""grpc.health.v1: readiness depends on the models and the event log, liveness does not."""

from __future__ import annotations

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

READINESS = ("", "courtside.v1.IngestService")
"""Service names that need the models and the event log."""
EVENTS = "courtside.v1.EventService"
"""Service name that needs the event log only."""
LIVENESS = "liveness"
"""Service name that is SERVING while the process runs its event loop."""

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Keeps the statuses of the standard health service, for the names `READINESS`, `EVENTS` and `LIVENESS`.

    Attributes:
        servicer: the gRPC service.
        model_ready: every model can answer.
        log_ready: the event log can be written.
    """

    def __init__(self) -> None:
        self.servicer = aio.HealthServicer()
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
            await self.servicer.set(name, _SERVING if self.ready else _NOT_SERVING)
        await self.servicer.set(EVENTS, _SERVING if self.log_ready else _NOT_SERVING)
        await self.servicer.set(LIVENESS, _SERVING)

    async def drain(self) -> None:
        """Set every name to NOT_SERVING, for good."""
        self._draining = True
        await self.servicer.enter_graceful_shutdown()
