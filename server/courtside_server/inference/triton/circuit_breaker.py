"""A circuit breaker: stops calling a peer that does not answer, and probes carefully when to call it again."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout


class CircuitState(enum.Enum):
    """State of a circuit: closed passes every call, open none, half-open a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Opens after ``failures`` consecutive failures for ``open_s`` seconds; then ``probes`` calls at a time decide.

    A failure is an `EngineUnavailable` or an `InferenceTimeout`. Any other `EngineError` is an answer, so the peer is
    alive. Each time a probe fails the circuit stays open twice as long, up to ``max_open_s``. Calls that began before
    the circuit opened change nothing when they end.

    Args:
        peer: what is called, for messages.
        failures: consecutive failures after which the circuit opens.
        open_s: seconds it stays open at first.
        max_open_s: most seconds it stays open.
        probes: calls that may probe the peer at a time.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        peer: str,
        *,
        failures: int = 5,
        open_s: float = 1.0,
        max_open_s: float = 8.0,
        probes: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._peer = peer
        self._limit, self._probes = failures, probes
        self._open_s, self._max_open_s = open_s, max_open_s
        self._clock = clock
        self._era = 0
        self.reset()

    def reset(self) -> None:
        """Close the circuit; call it when the peer is known to answer."""
        self._failures = 0
        self._probing = 0
        self._pause = self._open_s
        self._open_until: float | None = None
        self._era += 1

    @property
    def state(self) -> CircuitState:
        """The state now."""
        if self._open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self._clock() < self._open_until else CircuitState.HALF_OPEN

    @contextmanager
    def call(self) -> Iterator[None]:
        """Wrap one call to the peer.

        Raises:
            EngineUnavailable: the circuit is open, or enough probes are under way; ``retry_after`` is the time to wait.
        """
        probe = self._admit()
        era = self._era
        try:
            yield
        except (EngineUnavailable, InferenceTimeout):
            if era == self._era:
                self._failed(probe)
            raise
        except EngineError:
            if era == self._era:
                self._answered(probe)
            raise
        except BaseException:  # cancelled: says nothing about the peer
            if era == self._era and probe:
                self._probing -= 1
            raise
        else:
            if era == self._era:
                self._answered(probe)

    def _admit(self) -> bool:
        if self._open_until is None:
            return False
        wait = self._open_until - self._clock()
        if wait > 0 or self._probing >= self._probes:
            error = EngineUnavailable(
                f"{self._peer} failed {self._failures} times in a row; it is called again after a pause"
            )
            error.retry_after = max(wait, 0.05)
            raise error
        self._probing += 1
        return True

    def _failed(self, probe: bool) -> None:
        self._failures += 1
        if probe:
            self._probing -= 1
            self._pause = min(2 * self._pause, self._max_open_s)
        elif self._open_until is not None or self._failures < self._limit:
            return
        self._open_until = self._clock() + self._pause

    def _answered(self, probe: bool) -> None:
        if probe:
            self.reset()
        elif self._open_until is None:
            self._failures = 0
