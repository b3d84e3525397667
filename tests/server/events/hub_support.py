"""Helpers for the tests of the event hub: a running hub, and what its subscribers got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from courtside_server.events import EventHub, SqliteLog, Subscription
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event

GAME = "games/final"


@asynccontextmanager
async def running(log: SqliteLog, **options) -> AsyncIterator[EventHub]:
    """A started hub, closed at the end."""
    hub = EventHub(log, options.pop("metrics", None) or Metrics(), **options)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()


def sequences(events: list[Event]) -> list[int]:
    return [event.sequence for event in events]


async def take(subscription: Subscription, count: int) -> list[Event]:
    """The next events of a subscription."""
    async with asyncio.timeout(10):
        return [await anext(subscription) for _ in range(count)]


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """A sample's value; 0 where it does not exist."""
    return metrics.registry.get_sample_value(f"courtside_{name}", labels) or 0.0
