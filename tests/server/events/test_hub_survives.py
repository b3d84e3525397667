"""A fault of our own in the event path costs one call, never the writing of events."""

from __future__ import annotations

import asyncio

import pytest

from courtside_server.errors import LogUnavailable
from courtside_server.events import hub as hub_module

from .hub_support import GAME, running, sequences, take


def failing_once(call):
    """The call, which raises the first time."""
    faults = [RuntimeError("a fault of ours")]

    def wrapped(*arguments):
        if faults:
            raise faults.pop()
        return call(*arguments)

    return wrapped


async def test_the_writer_goes_on_after_a_fault_and_readiness_shows_it(log, draft, monkeypatch) -> None:
    async with running(log, probe_interval=0.01) as hub:
        changes: asyncio.Queue[bool] = asyncio.Queue()
        hub.on_availability(changes.put_nowait)
        monkeypatch.setattr(hub._writer, "_duration", failing_once(None))  # it has no method `observe`
        with pytest.raises(LogUnavailable, match="unexpectedly"):
            await hub.publish([draft(1)])
        monkeypatch.undo()
        async with asyncio.timeout(10):
            assert [await changes.get(), await changes.get()] == [False, True]
        assert sequences(await hub.publish([draft(1), draft(2)])) == [1, 2]


async def test_subscribers_get_every_event_although_delivering_one_failed(log, draft, monkeypatch) -> None:
    async with running(log) as hub, hub.subscribe(GAME, 0) as subscription:
        await hub.publish([draft(1)])
        assert sequences(await take(subscription, 1)) == [1]
        monkeypatch.setattr(hub._writer, "_on_commit", failing_once(hub._writer._on_commit))
        assert sequences(await hub.publish([draft(2)])) == [2], "it is in the log"
        await hub.publish([draft(3)])
        assert sequences(await take(subscription, 2)) == [2, 3]


async def test_a_listener_that_fails_does_not_keep_the_log_unavailable(log, draft) -> None:
    def listener(available: bool) -> None:
        raise RuntimeError("a fault of a listener")

    async with running(log, probe_interval=0.01) as hub:
        hub.on_availability(listener)
        hub._writer.fail(LogUnavailable("disk full"))
        async with asyncio.timeout(10):
            while not hub.available:
                await asyncio.sleep(0.01)
        assert sequences(await hub.publish([draft(1)])) == [1]


async def test_games_that_are_over_do_not_stay_in_memory(log, draft, monkeypatch) -> None:
    monkeypatch.setattr(hub_module, "IDLE_TOPICS", 3)
    async with running(log) as hub:
        async with hub.subscribe(GAME, 0) as subscription:
            await hub.publish([draft(1)])
            for number in range(20):
                await hub.publish([draft(1, game=f"games/{number}")])
            await hub.publish([draft(2)])
            assert sequences(await take(subscription, 2)) == [1, 2]
            assert set(hub._topics) >= {GAME, "games/19"} and len(hub._topics) <= 5
        async with hub.subscribe("games/0", 0) as subscription:
            assert sequences(await hub.publish([draft(2, game="games/0")])) == [2]
            assert sequences(await take(subscription, 2)) == [1, 2]
        assert not hub._opening
