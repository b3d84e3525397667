"""How long after its release a shot is announced, and how long until it is final: what an overlay's delay is set by."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

import numpy as np

from courtside_server.types import Event, Lifecycle

SHOTS = 200
"""Newest shots of a game that are measured."""
_LONGEST_S = 30.0
"""A longer time belongs to a film, or to a clock that is set wrong."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds from a release to an event in the log.

    Attributes:
        p50: half of the shots take no longer.
        p95: 19 of 20 take no longer.
    """

    p50: float
    p95: float


class ShotLatency:
    """The latency of one game's live shots."""

    def __init__(self) -> None:
        self._announced: deque[float] = deque(maxlen=SHOTS)
        self._final: deque[float] = deque(maxlen=SHOTS)
        self._open: OrderedDict[str, None] = OrderedDict()

    def add(self, event: Event, release: float) -> None:
        """Take an event of a shot that was just logged.

        Args:
            event: the event.
            release: when the ball was released, Unix seconds by the server's clock.
        """
        took = event.append_time - release
        if not 0 <= took <= _LONGEST_S:
            return
        if event.revision == 1:
            self._announced.append(took)
            self._open[event.event_id] = None
            while len(self._open) > SHOTS:
                self._open.popitem(last=False)
        if event.lifecycle is not Lifecycle.PROVISIONAL and event.event_id in self._open:
            del self._open[event.event_id]
            self._final.append(took)

    @property
    def announced(self) -> Percentiles | None:
        """From the release to the first revision; None before any shot."""
        return _percentiles(self._announced)

    @property
    def final(self) -> Percentiles | None:
        """From the release until the shot is confirmed or retracted."""
        return _percentiles(self._final)


def _percentiles(values: deque[float]) -> Percentiles | None:
    if not values:
        return None
    p50, p95 = np.percentile(values, [50, 95])
    return Percentiles(round(float(p50), 3), round(float(p95), 3))
