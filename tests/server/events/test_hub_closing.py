"""Closing the hub: waiting drafts are written, readers reach the end, a hanging disk is given up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from courtside_server.errors import Draining
from courtside_server.events import EventHub, SqliteLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft

from .hub_support import GAME, sequences, take


async def test_closing_writes_what_waits_and_delivers_it_before_the_end(log, draft) -> None:
    hub = EventHub(log, Metrics())
    await hub.start()
    async with hub.subscribe(GAME, 0) as subscription:
        await hub.publish([draft(0)])
        waiting = [asyncio.create_task(hub.publish([draft(n)])) for n in range(1, 20)]
        await asyncio.sleep(0)
        await hub.close()
        assert sequences([event for [event] in await asyncio.gather(*waiting)]) == list(range(2, 21))
        assert sequences(await take(subscription, 20)) == list(range(1, 21))
        with pytest.raises(Draining):
            await subscription.get()
    with pytest.raises(Draining):
        await hub.publish([draft(99)])
    with pytest.raises(Draining):
        async with hub.subscribe(GAME, 0):
            pass
    for reading in (hub.read(GAME, 0, 1), hub.latest(GAME, "event-1"), hub.bounds("games/other")):
        with pytest.raises(Draining):
            await reading


async def test_closing_lets_a_reader_finish_the_history(log, draft) -> None:
    hub = EventHub(log, Metrics(), page=2)
    await hub.start()
    await hub.publish([draft(n) for n in range(1, 8)])
    async with hub.subscribe(GAME, 0) as subscription:
        first = await take(subscription, 1)
        await hub.close()
        assert sequences(first + await take(subscription, 6)) == [1, 2, 3, 4, 5, 6, 7]
        with pytest.raises(Draining):
            await subscription.get()


async def test_closing_does_not_wait_for_ever_for_a_disk_that_hangs(log, draft) -> None:
    release = threading.Event()
    slow = SlowLog(log, release)
    hub = EventHub(slow, Metrics(), queue=2)
    await hub.start()
    await hub.publish([draft(0)])
    slow.hang = True
    waiting = [asyncio.create_task(hub.publish([draft(n)])) for n in range(1, 9)]
    await asyncio.to_thread(slow.hung.wait, 10)
    await hub.close(timeout=0.05)
    async with asyncio.timeout(10):
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, Draining) for result in results)
    release.set()


class SlowLog:
    """Another log whose append hangs on request."""

    def __init__(self, log: SqliteLog, release: threading.Event) -> None:
        self.log, self.release, self.hung, self.hang = log, release, threading.Event(), False

    def __getattr__(self, name: str) -> Callable:
        return getattr(self.log, name)

    def append(self, drafts: list[EventDraft]) -> list[Event]:
        if self.hang:
            self.hung.set()
            self.release.wait(30)
        return self.log.append(drafts)
