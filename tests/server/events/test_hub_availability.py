"""An event log that fails: nothing is acknowledged meanwhile, and the hub recovers by itself."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from courtside_server.errors import LogUnavailable
from courtside_server.events import SqliteLog

from .hub_support import GAME, running, sequences, take


async def test_while_the_log_is_locked_nothing_is_acknowledged_and_then_it_goes_on(tmp_path, log, draft) -> None:
    async with running(log, probe_interval=0.01) as hub, hub.subscribe(GAME, 0) as subscription:
        await hub.publish([draft(1)])
        changes: asyncio.Queue[bool] = asyncio.Queue()
        stop = hub.on_availability(changes.put_nowait)
        other = sqlite3.connect(tmp_path / "events.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogUnavailable):
            await hub.publish([draft(2)])
        assert await changes.get() is False
        assert not hub.available
        with pytest.raises(LogUnavailable, match=r"events\.sqlite3"):
            await hub.publish([draft(2)])
        assert sequences(await take(subscription, 1)) == [1]
        assert await subscription.get(timeout=0.0) is None, "what is not durable is not shown"
        other.close()
        async with asyncio.timeout(10):
            assert await changes.get() is True
        assert hub.available
        [event] = await hub.publish([draft(2)])
        assert event.sequence == 2
        assert await take(subscription, 1) == [event]
        stop()


async def test_a_hub_starts_on_a_log_that_cannot_be_used_yet(tmp_path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    path.mkdir()
    log = SqliteLog(path)
    async with running(log, probe_interval=0.01) as hub:
        assert not hub.available
        with pytest.raises(LogUnavailable):
            await hub.publish([draft(1)])
        changes: asyncio.Queue[bool] = asyncio.Queue()
        hub.on_availability(changes.put_nowait)
        path.rmdir()
        async with asyncio.timeout(10):
            assert await changes.get() is True
        assert sequences(await hub.publish([draft(1)])) == [1]
    log.close()


class LyingLog(SqliteLog):
    """Commits, then says once that it did not: a disk that fails between the write and the answer."""

    lie = False

    def append(self, drafts):
        events = super().append(drafts)
        if self.lie:
            self.lie = False
            raise LogUnavailable("the disk gave an error")
        return events


async def test_a_commit_that_was_reported_as_failed_leaves_no_gap(tmp_path, draft) -> None:
    log = LyingLog(tmp_path / "events.sqlite3")
    async with running(log, probe_interval=0.001) as hub, hub.subscribe(GAME, 0) as subscription:
        await hub.publish([draft(1)])
        recovered = asyncio.Event()
        hub.on_availability(lambda available: recovered.set() if available else None)
        log.lie = True
        with pytest.raises(LogUnavailable):
            await hub.publish([draft(2)])
        async with asyncio.timeout(10):
            await recovered.wait()
        async with hub.subscribe(GAME, 2) as ahead:  # ListEvents may have shown 2 already
            await hub.publish([draft(3)])
            assert sequences(await take(subscription, 3)) == [1, 2, 3]
            assert sequences(await take(ahead, 1)) == [3]
        await hub.publish([draft(2), draft(4)])
        assert sequences(await take(subscription, 1)) == [4]
    log.close()
