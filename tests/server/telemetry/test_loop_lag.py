"""The event loop lag histogram shows a blocked event loop."""

from __future__ import annotations

import asyncio
import time

from courtside_server.telemetry.loop_lag import measure_loop_lag
from courtside_server.telemetry.metrics import Metrics

NAME = "courtside_event_loop_lag_seconds"


async def test_a_blocked_loop_shows_in_the_histogram() -> None:
    metrics = Metrics()

    def value(suffix: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(f"{NAME}_{suffix}", labels) or 0.0

    task = asyncio.create_task(measure_loop_lag(metrics, interval=0.01))
    await asyncio.sleep(0)  # the timer runs from now on
    time.sleep(0.25)  # block the loop
    async with asyncio.timeout(10):
        while not value("count"):
            await asyncio.sleep(0)
    task.cancel()
    assert value("count") == 1
    assert value("bucket", le="0.2") == 0, "the timer was 0.24 s late"
    assert 0.2 < value("sum")
