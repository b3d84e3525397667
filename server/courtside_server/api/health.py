"""grpc.health.v1: readiness follows the models and the log, liveness does not."""

from __future__ import annotations

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

READINESS = ("", "courtside.v1.IngestService")
EVENTS = "courtside.v1.EventService"
LIVENESS = "liveness"

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Keeps the statuses of the standard health service.

    Names: ``""`` and ``courtside.v1.IngestService`` need the model and the log; ``courtside.v1.EventService`` needs the
    log only; ``liveness`` says that the process runs its loop.
    """

    def __init__(self) -> None:
        self.servicer = aio.HealthServicer()
        self.model_ready = False
        self.log_ready = True
        self._draining = False

    @property
    def ready(self) -> bool:
        """Whether a camera may be sent here."""
        return self.model_ready and self.log_ready and not self._draining

    async def update(self, *, model_ready: bool | None = None, log_ready: bool | None = None) -> None:
        """Tell watchers what changed."""
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
        """Everything turns NOT_SERVING and stays so."""
        self._draining = True
        await self.servicer.enter_graceful_shutdown()
