"""Event loop lag: how late the event loop runs its timers."""

from __future__ import annotations

import asyncio

from courtside_server.telemetry.metrics import Metrics

INTERVAL_S = 0.05
"""Seconds between two measurements."""


async def measure_loop_lag(metrics: Metrics, interval: float = INTERVAL_S) -> None:
    """Record by how much a timer of ``interval`` seconds is late, again and again, until cancelled.

    A blocked event loop delays every stream and every subscriber. However long it is blocked, that is one sample.

    Args:
        metrics: records ``event_loop_lag_seconds``.
        interval: seconds between two measurements.
    """
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + interval
        await asyncio.sleep(interval)
        metrics.event_loop_lag.observe(max(0.0, loop.time() - due))
