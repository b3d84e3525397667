"""Retrying: exponential back-off with jitter over one outage at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import tenacity
from tenacity.wait import wait_base

from courtside_client.errors import GatewayUnavailable

FIRST_DELAY_S = 0.2
"""Seconds before the first new try."""
MAX_DELAY_S = 5.0
"""Seconds between two tries at most."""


class RetryPolicy(wait_base):
    """How long to go on trying while a gateway is away: tenacity's wait and stop, over one outage at a time.

    A session calls :meth:`succeeded` whenever the gateway has answered; only failures since then count.

    Args:
        retry_for: seconds of outage after which to give up.
        clock: monotonic seconds.
        rng: source of jitter.
        on_retry: called with each failure that will be retried, and the delay in seconds.
    """

    def __init__(
        self,
        retry_for: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        on_retry: Callable[[BaseException, float], None] | None = None,
    ) -> None:
        self._retry_for, self._clock, self._rng = retry_for, clock, rng or random.Random()
        self._on_retry = on_retry
        self._failures = 0
        self._since: float | None = None

    def succeeded(self) -> None:
        """The gateway works: the next failure starts a new outage."""
        self._failures = 0
        self._since = None

    def give_up(self) -> None:
        """Make the next failure the last."""
        self._retry_for = 0.0

    def exhausted(self) -> bool:
        """The outage has lasted ``retry_for`` seconds."""
        now = self._clock()
        if self._since is None:
            self._since = now  # the first failure starts the outage
        return now - self._since >= self._retry_for

    def delay(self, retry_after: float | None = None) -> float:
        """Seconds to wait before the next try: half of it is jitter, and never less than the gateway asked for."""
        self._failures += 1
        full = min(MAX_DELAY_S, FIRST_DELAY_S * 2.0 ** min(self._failures - 1, 10))
        chosen = full * self._rng.uniform(0.5, 1.0)
        return chosen if retry_after is None else max(chosen, min(retry_after, MAX_DELAY_S))

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        """Tenacity's wait."""
        error = retry_state.outcome.exception() if retry_state.outcome else None
        seconds = self.delay(getattr(error, "retry_after", None))
        if self._on_retry is not None and error is not None:
            self._on_retry(error, seconds)
        return seconds

    def retrying(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> tenacity.AsyncRetrying:
        """The loop: ``async for attempt in policy.retrying(): with attempt: ...``.

        Args:
            sleep: waits; one that returns early ends the wait.

        Only :class:`~courtside_client.errors.GatewayUnavailable` is retried; every other error is raised.
        """
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(GatewayUnavailable),
            wait=self,
            stop=lambda _: self.exhausted(),
            sleep=sleep,
            reraise=True,
        )
