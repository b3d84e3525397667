"""The model runner: one camera's inference requests, with retries and model health."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from numpy.typing import NDArray

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout
from courtside_server.inference.engine import Engine
from courtside_server.inference.request import InferenceRequest
from courtside_server.pipeline.model_health import ModelHealth
from courtside_server.types import CameraState, SkipReason

log = structlog.get_logger(__name__)
T = TypeVar("T")

Answer = Future[dict[str, NDArray[Any]]]
"""Outputs of a request that is under way."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A request that is under way.

    Attributes:
        answer: its outputs, later.
        answered: how many requests the model had answered when this one was sent.
    """

    answer: Answer
    answered: int


class Stopped(Exception):
    """The pipeline was stopped while a request was under way."""


class ModelRunner:
    """Runs one camera's requests. Used by one thread at a time; :meth:`stop` may be called from any thread.

    Live: a request that fails is skipped and counted. Film: it is sent again until it succeeds.

    Args:
        engine: answers requests on ``loop``.
        loop: the engine's event loop.
        camera: for the log lines.
        retry_s: film: seconds between two tries while the engine is unavailable; None for live.
        on_skip: called with the reason when a request stays without an answer.
        on_state: called with a change of the camera's state and a sentence for a person.
    """

    def __init__(
        self, engine: Engine, loop: asyncio.AbstractEventLoop, camera: str, retry_s: float | None,
        on_skip: Callable[[SkipReason], None], on_state: Callable[[CameraState, str], None],
    ) -> None:
        self._engine, self._loop, self._camera, self._retry_s = engine, loop, camera, retry_s
        self._on_skip, self._on_state = on_skip, on_state
        self._health = ModelHealth()
        self._stop = threading.Event()
        self._lock = threading.RLock()  # A cancelled answer is forgotten while the lock is held.
        self._pending: set[Answer] = set()
        self._answered: dict[str, int] = {}

    def submit(self, request: InferenceRequest[T]) -> Submitted:
        """Send a request without waiting for the answer.

        Raises:
            Stopped: :meth:`stop` was called, or the event loop is closed.
        """
        with self._lock:
            if self._stop.is_set():
                raise Stopped
            infer = self._engine.infer(request.model, request.inputs, timeout=request.timeout)
            try:
                answer = asyncio.run_coroutine_threadsafe(infer, self._loop)
            except RuntimeError:  # the loop is closed
                infer.close()
                raise Stopped from None
            self._pending.add(answer)
        answer.add_done_callback(self._forget)
        return Submitted(answer, self._answered.get(request.model, 0))

    def infer(self, request: InferenceRequest[T]) -> T | None:
        """Send a request and wait for the result; None where there is none."""
        return self.result(request, self.submit(request))

    def result(self, request: InferenceRequest[T], submitted: Submitted) -> T | None:
        """Wait for the result of a request that was submitted; None where there is none.

        Raises:
            Stopped: :meth:`stop` was called.
        """
        while True:
            try:
                result = request.parse(submitted.answer.result())
            except CancelledError:
                raise Stopped from None
            except (EngineUnavailable, InferenceTimeout) as error:
                self._failed(request.model, error, submitted)
                if self._retry_s is None:
                    self._on_skip(SkipReason.MODEL_UNAVAILABLE)
                    return None
                if self._stop.wait(self._retry_s):
                    raise Stopped from None
                submitted = self.submit(request)
            except EngineError as error:
                # The same input would fail again: leave it out and continue with the next.
                self._failed(request.model, error, submitted)
                self._on_skip(SkipReason.MODEL_ERROR)
                return None
            else:
                self._answered[request.model] = self._answered.get(request.model, 0) + 1
                if self._health.failing and self._others_ready(request.model):
                    change = self._health.succeeded(request.model)
                    if change is not None:
                        log.info("models answer again", camera=self._camera, model=request.model)
                        self._on_state(*change)
                return result

    def _others_ready(self, model: str) -> bool:
        """Whether the camera's other models can answer.

        A server that is back loads its models one after the other. One that has not been needed since would fail right
        after RECOVERED; so that waits, until the next answer.
        """
        return all(self._engine.ready(name) for name in self._answered if name != model)

    def report(self, part: str, why: str | None) -> None:
        """Report the health of something beside the answers: it fails (``why``), or works again (None)."""
        change = self._health.succeeded(part) if why is None else self._health.failed(part, why)
        if change is not None:
            log.info("camera's state", camera=self._camera, part=part, state=change[0].name, detail=change[1])
            self._on_state(*change)

    def stop(self) -> None:
        """End every wait; safe from any thread."""
        with self._lock:
            self._stop.set()
            pending = list(self._pending)
        for answer in pending:
            answer.cancel()

    def _forget(self, answer: Answer) -> None:
        with self._lock:
            self._pending.discard(answer)

    def _failed(self, model: str, error: EngineError, submitted: Submitted) -> None:
        if submitted.answered < self._answered.get(model, 0):
            return  # The model has answered since: this failure is old news.
        change = self._health.failed(model, error.message)
        if change is not None:
            log.warning("model does not answer", camera=self._camera, model=model, reason=error.reason,
                        error=error.message)  # fmt: skip
            self._on_state(*change)
