"""Requests that are under way: sent without waiting, read when they are answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from courtside_server.inference.request import InferenceRequest

T = TypeVar("T")


class Pending(Protocol):
    """A request that was sent."""

    @property
    def answer(self) -> Future[Any]:
        """Its outputs, later."""


class Runner(Protocol):
    """Runs requests (see `pipeline.model_runner`)."""

    def submit(self, request: InferenceRequest[T], /) -> Any:
        """Send a request without waiting; returns a :class:`Pending`."""

    def result(self, request: InferenceRequest[T], pending: Any, /) -> T | None:
        """Wait for the result of a request that was sent; None where there is none."""


@dataclass(slots=True)
class _Sent(Generic[T]):
    request: InferenceRequest[T]
    pending: Pending
    then: Callable[[T], None]


class RequestQueue(Generic[T]):
    """The requests of one kind that are under way, answered in order; bounded by those who send.

    Args:
        runner: runs them.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._sent: deque[_Sent[T]] = deque()

    def __len__(self) -> int:
        """Requests that were not read yet."""
        return len(self._sent)

    def send(self, request: InferenceRequest[T], then: Callable[[T], None]) -> None:
        """Send a request; ``then`` gets the result once it is read."""
        self._sent.append(_Sent(request, self._runner.submit(request), then))

    def read(self, leave: int | None = None) -> None:
        """Read the answers that are there, in the order of the requests.

        Args:
            leave: wait until no more than so many are unread; None: wait for none.
        """
        for one in self._ready(leave):
            result = self._runner.result(one.request, one.pending)
            if result is not None:
                one.then(result)

    def _ready(self, leave: int | None) -> Iterator[_Sent[T]]:
        while self._sent and (
            self._sent[0].pending.answer.done() or (leave is not None and len(self._sent) > leave)
        ):
            yield self._sent.popleft()
