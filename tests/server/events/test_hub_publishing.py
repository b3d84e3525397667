"""Publishing: group commits, a full queue, bad drafts, callers that give up, latency."""

from __future__ import annotations

import asyncio

from courtside_server.events import SqliteLog
from courtside_server.telemetry.metrics import Metrics

from .hub_support import GAME, running, sequences, value


class Gate:
    """Holds every blocking call until it is opened."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.held = asyncio.Event()

    async def __call__(self, call):
        self.held.set()
        await self.open.wait()
        return call()


class CountingLog(SqliteLog):
    """Remembers how many drafts each commit held."""

    def __init__(self, path) -> None:
        super().__init__(path)
        self.commits: list[int] = []

    def append(self, drafts):
        self.commits.append(len(drafts))
        return super().append(drafts)


async def test_publishers_that_wait_share_a_commit(tmp_path, draft) -> None:
    log = CountingLog(tmp_path / "events.sqlite3")
    gate = Gate()
    gate.open.set()
    async with running(log, offload=gate) as hub:
        await hub.publish([draft(0)])
        gate.open.clear()
        gate.held.clear()
        first = asyncio.create_task(hub.publish([draft(1)]))
        await gate.held.wait()
        others = [asyncio.create_task(hub.publish([draft(n)])) for n in range(2, 52)]
        await asyncio.sleep(0)
        gate.open.set()
        events = [(await task)[0] for task in (first, *others)]
    assert sequences(events) == list(range(2, 53))
    assert log.commits == [1, 1, 50]
    log.close()


async def test_a_full_queue_makes_publishers_wait_and_drops_nothing(log, draft) -> None:
    gate = Gate()
    gate.open.set()
    async with running(log, offload=gate, queue=2) as hub:
        await hub.publish([draft(0)])
        gate.open.clear()
        tasks = [asyncio.create_task(hub.publish([draft(n)])) for n in range(1, 11)]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
        gate.open.set()
        assert sorted(events[0].sequence for events in await asyncio.gather(*tasks)) == list(range(2, 12))


async def test_one_publisher_s_bad_draft_fails_only_its_own(log, draft) -> None:
    gate = Gate()
    gate.open.set()
    async with running(log, offload=gate) as hub:
        await hub.publish([draft(0)])
        gate.open.clear()
        tasks = [asyncio.create_task(hub.publish([d])) for d in (draft(1), draft(2, detail="\ud800"), draft(3))]
        for _ in range(5):
            await asyncio.sleep(0)
        gate.open.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[1], ValueError)
        assert sequences([*results[0], *results[2]]) == [2, 3]
        assert hub.available


async def test_a_publisher_that_gives_up_disturbs_nobody(log, draft) -> None:
    gate = Gate()
    gate.open.set()
    async with running(log, offload=gate, queue=1) as hub:
        await hub.publish([draft(0)])
        gate.open.clear()
        tasks = [asyncio.create_task(hub.publish([draft(n)])) for n in range(1, 6)]
        for _ in range(5):
            await asyncio.sleep(0)
        for task in tasks[:4]:
            task.cancel()
        await asyncio.wait(tasks[:4])
        gate.open.set()
        [event] = await tasks[4]
        assert event == log.latest(GAME, "event-5")


async def test_latency_is_measured_from_the_last_sample_to_durable(log, draft) -> None:
    metrics = Metrics()
    async with running(log, metrics=metrics, clock=lambda: 100.0) as hub:
        await hub.publish([draft(1, due=99.25), draft(2)])
        await hub.publish([draft(1, due=1.0)])
    assert value(metrics, "event_latency_seconds_sum", kind="shot") == 0.75
    assert value(metrics, "event_latency_seconds_count", kind="shot") == 1
    assert value(metrics, "stage_duration_seconds_count", stage="append") == 2
