"""Batching: collects the requests of many callers into batches for one model, as Triton's dynamic batcher does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout
from courtside_server.inference.engine import Tensors

QUEUE_LIMIT: Final = 64
"""Requests that may wait when the config gives no ``max_queue_size``."""
DROP_POLICY: Final = "reject_newest"
"""Drop policy of a full queue: the new request is refused; waiting requests stay."""

_FAULT_PAUSE_S = 0.05
"""Pause after a fault of ours, seconds, so that one that repeats does not take the event loop."""
_log = structlog.get_logger(__name__)
Run = Callable[[int, Tensors], dict[str, NDArray[Any]]]
"""``run(instance, inputs) -> outputs``. Called in a thread, and only once at a time for each instance."""


@dataclass(frozen=True, slots=True)
class BatchingPolicy:
    """How requests are collected into batches, as config.pbtxt says.

    Attributes:
        max_batch_size: most rows in a batch; 0: the model has no batch dimension and every request runs alone.
        dynamic: collect requests of several callers.
        preferred: batch sizes that run without waiting longer, ascending; empty: only ``max_batch_size``.
        max_delay_s: seconds the oldest request may wait for others.
        queue_limit: requests that may wait; beyond it ``DROP_POLICY`` applies.
        queue_timeout_s: seconds after which a waiting request is refused; 0: never.
    """

    max_batch_size: int
    dynamic: bool
    preferred: tuple[int, ...] = ()
    max_delay_s: float = 0.0
    queue_limit: int = QUEUE_LIMIT
    queue_timeout_s: float = 0.0


@dataclass(slots=True, eq=False)
class _Request:
    inputs: Tensors
    rows: int
    shapes: tuple[tuple[int, ...], ...]
    deadline: float
    queued: float
    answer: asyncio.Future[dict[str, NDArray[Any]]]


class MicroBatcher:
    """One model's queue and the threads of its instances. Belongs to one event loop.

    Requests start in the order in which they arrive and are divided evenly among the instances. A request that is
    cancelled or late leaves its batch without affecting the others. When a batch of several requests fails, each is
    run alone, so that a bad request fails by itself.

    Args:
        name: the model's name, for messages and thread names.
        run: runs a batch; see `Run`.
        policy: how to collect requests.
        instances: number of batches that run side by side.
        on_batch: called with the rows of every batch that starts.
    """

    def __init__(
        self,
        name: str,
        run: Run,
        policy: BatchingPolicy,
        *,
        instances: int = 1,
        on_batch: Callable[[int], None] = lambda rows: None,
    ) -> None:
        self._name = name
        self._run = run
        self._policy = policy
        self._on_batch = on_batch
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Request] = deque()
        self._running: set[_Request] = set()
        self._changed = asyncio.Event()
        self._gathering = asyncio.Lock()
        self._closed = False
        self._instances = instances
        self._threads = ThreadPoolExecutor(instances, thread_name_prefix=f"infer-{name}")
        self._threads_ended = False
        self._workers = [asyncio.create_task(self._work(index)) for index in range(instances)]

    async def submit(self, inputs: Tensors, rows: int, deadline: float) -> dict[str, NDArray[Any]]:
        """Queue checked inputs and wait for the answer.

        Args:
            inputs: arrays ``(rows, ...)``; they must not change until the answer has arrived.
            rows: at most ``max_batch_size``.
            deadline: seconds on the event loop's clock.

        Raises:
            InferenceTimeout: the deadline passed, in the queue or in the model.
            EngineUnavailable: the queue is full, or the batcher is closed.
            EngineError: the model failed.
        """
        if self._closed:
            raise EngineUnavailable(f"model {self._name!r} is shutting down", model=self._name)
        if len(self._waiting) >= self._policy.queue_limit:
            self._remove_expired()
        if len(self._waiting) >= self._policy.queue_limit:
            raise EngineUnavailable(
                f"{self._policy.queue_limit} requests are already waiting for model {self._name!r}; send fewer, or "
                f"raise max_queue_size",
                model=self._name,
                policy=DROP_POLICY,
            )
        shapes = tuple(array.shape[1:] for _, array in sorted(inputs.items()))
        request = _Request(inputs, rows, shapes, deadline, self._loop.time(), self._loop.create_future())
        self._waiting.append(request)
        self._changed.set()
        try:
            async with asyncio.timeout_at(deadline):
                return await request.answer
        except TimeoutError:
            raise _timeout(self._name) from None

    async def close(self, *, drain: bool = False) -> None:
        """Refuse new requests, answer the waiting ones (``drain``) or refuse them too, and end the threads."""
        self._closed = True
        remaining = [*self._waiting, *self._running]
        if drain and remaining:
            await asyncio.wait([request.answer for request in remaining])
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        for request in remaining:
            if not request.answer.done():
                request.answer.set_exception(
                    EngineUnavailable(f"model {self._name!r} was shut down before it answered", model=self._name)
                )
        self._waiting.clear()
        self._threads_ended = True
        await asyncio.to_thread(self._threads.shutdown)

    async def _work(self, instance: int) -> None:
        while not self._threads_ended:
            batch: list[_Request] = []
            try:
                batch += await self._gather()
                await self._run_batch(instance, batch)
            except Exception as error:
                # A fault of ours costs this batch, not the model.
                _log.exception("running a batch failed unexpectedly", model=self._name)
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(_failed(self._name, error))
                await asyncio.sleep(_FAULT_PAUSE_S)
            finally:
                self._running.difference_update(batch)

    async def _run_batch(self, instance: int, batch: list[_Request]) -> None:
        self._running.update(batch)
        self._on_batch(sum(request.rows for request in batch))
        answers = await self._loop.run_in_executor(self._threads, self._answer, instance, batch)
        for request, answer in zip(batch, answers, strict=True):
            if request.answer.done():
                continue  # cancelled or late: nobody waits for it any more
            if isinstance(answer, Exception):
                request.answer.set_exception(answer)
            else:
                request.answer.set_result(answer)

    async def _gather(self) -> list[_Request]:
        """Wait until a batch should run and take it from the queue."""
        async with self._gathering:  # one idle instance at a time; otherwise two would divide one batch
            while True:
                self._remove_expired()
                wait: float | None = None
                if self._waiting:
                    count, complete = self._choose()
                    wait = self._waiting[0].queued + self._policy.max_delay_s - self._loop.time()
                    if complete or wait <= 0:
                        return [self._waiting.popleft() for _ in range(count)]
                self._changed.clear()
                try:
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
                except TimeoutError:
                    pass

    def _choose(self) -> tuple[int, bool]:
        """How many of the waiting requests form the next batch, and whether it is complete (waiting adds nothing)."""
        if not (self._policy.dynamic and self._policy.max_batch_size):
            return 1, True
        first = self._waiting[0]
        share = -(-len(self._waiting) // self._instances)
        rows, count, best = 0, 0, 0
        for request in self._waiting:
            if count == share:
                break  # the rest is for the other instances, which run at the same time
            if request.shapes != first.shapes or rows + request.rows > self._policy.max_batch_size:
                return best or count, True  # the next request does not fit, and it must not be overtaken
            rows, count = rows + request.rows, count + 1
            if rows in self._policy.preferred:
                best = count
        return best or count, bool(best) or rows == self._policy.max_batch_size

    def _remove_expired(self) -> None:
        """Remove requests that nobody waits for any more, or that have waited too long."""
        now, limit = self._loop.time(), self._policy.queue_timeout_s
        alive: deque[_Request] = deque()
        for request in self._waiting:
            if request.answer.done() or now >= request.deadline:
                continue  # the timer of a late request informs its caller
            if limit and now >= request.queued + limit:
                request.answer.set_exception(_timeout(self._name))
                continue
            alive.append(request)
        self._waiting = alive

    def _answer(self, instance: int, batch: list[_Request]) -> list[dict[str, NDArray[Any]] | Exception]:
        """Run a batch, in a thread. Returns one answer or one error per request; never raises."""
        if len(batch) == 1:
            try:
                return [self._run(instance, batch[0].inputs)]
            except Exception as error:
                return [error if isinstance(error, EngineError) else _failed(self._name, error)]
        try:
            names = batch[0].inputs.keys()
            joined = {name: np.concatenate([request.inputs[name] for request in batch]) for name in names}
            outputs = self._run(instance, joined)
        except Exception:
            return [answer for request in batch for answer in self._answer(instance, [request])]
        answers: list[dict[str, NDArray[Any]] | Exception] = []
        start = 0
        for request in batch:
            answers.append({name: array[start : start + request.rows] for name, array in outputs.items()})
            start += request.rows
        return answers


def _timeout(model: str) -> InferenceTimeout:
    return InferenceTimeout(f"model {model!r} did not answer before the deadline", model=model)


def _failed(model: str, error: Exception) -> EngineError:
    failure = EngineError(f"model {model!r} failed: {str(error)[:300]}", model=model)
    failure.__cause__ = error
    return failure
