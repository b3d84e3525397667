"""The hub: durable before seen, history then live without gap or overlap, slow readers cut, failures outlived."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.errors import BadRequest, CursorEvicted, Draining, LogUnavailable, SlowSubscriber
from courtside_server.events import EventHub, SqliteLog, Subscription
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Event, EventDraft, Lifecycle

GAME = "games/final"


@asynccontextmanager
async def running(log: SqliteLog, **options) -> AsyncIterator[EventHub]:
    hub = EventHub(log, options.pop("metrics", None) or Metrics(), **options)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()


def sequences(events: list[Event]) -> list[int]:
    return [event.sequence for event in events]


async def take(subscription: Subscription, count: int) -> list[Event]:
    async with asyncio.timeout(10):
        return [await anext(subscription) for _ in range(count)]


# --- history and live under every interleaving ---------------------------------------------------------------------


class Interleaved:
    """Runs blocking calls on the loop after a drawn number of turns, so that a seed fixes the interleaving."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    async def turns(self, most: int) -> None:
        for _ in range(self.random.randint(0, most)):
            await asyncio.sleep(0)

    async def __call__(self, call):
        await self.turns(4)
        try:
            return call()
        finally:
            await self.turns(4)


subscribers = st.fixed_dictionaries({
    "start": st.integers(0, 30),
    "cursor": st.sampled_from(["none", "zero", "any"]),
    "pause": st.integers(0, 12),
    "camera": st.sampled_from([None, "left", "right"]),
})


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    publishers=st.lists(st.lists(st.integers(1, 4), max_size=6), min_size=1, max_size=3),
    before=st.integers(0, 5),
    readers=st.lists(subscribers, min_size=1, max_size=4),
    buffer=st.sampled_from([1, 2, 5, 100]),
    page=st.sampled_from([1, 3, 100]),
)
def test_every_subscriber_sees_every_event_once_and_in_order(draft, seed, publishers, before, readers, buffer, page):
    async def scenario() -> None:
        log = SqliteLog(":memory:")
        log.append([draft(-n) for n in range(1, before + 1)])
        offload = Interleaved(seed)
        async with running(log, offload=offload, buffer=buffer, page=page, queue=2, group=3) as hub:
            finished = asyncio.Event()
            tasks = [asyncio.create_task(read(hub, log, offload, plan, finished)) for plan in readers]
            await asyncio.gather(*(publish(hub, offload, n, sizes) for n, sizes in enumerate(publishers)))
            finished.set()
            async with asyncio.timeout(30):
                for seen, start, camera in await asyncio.gather(*tasks):
                    expected = log.read(GAME, start, 1000)
                    expected = [e for e in expected if camera in (None, e.camera.rpartition("/")[2])]
                    assert sequences(seen) == sequences(expected)
                    assert seen == expected
        log.close()

    async def publish(hub: EventHub, offload: Interleaved, publisher: int, sizes: list[int]) -> None:
        for turn, size in enumerate(sizes):
            await offload.turns(6)
            ids = [publisher * 1000 + turn * 10 + part for part in range(size)]
            events = await hub.publish([draft(n, camera=("left", "right")[n % 2]) for n in ids])
            assert [e.event_id for e in events] == [f"event-{n}" for n in ids]

    async def read(hub: EventHub, log: SqliteLog, offload: Interleaved, plan: dict, finished: asyncio.Event):
        for _ in range(plan["start"]):
            await asyncio.sleep(0)
        cursor = {"none": None, "zero": 0, "any": offload.random.randint(0, log.high_water_mark(GAME))}[plan["cursor"]]
        cameras = [f"{GAME}/cameras/{plan['camera']}"] if plan["camera"] else []
        seen: list[Event] = []
        start = None
        while True:
            async with hub.subscribe(GAME, cursor, cameras=cameras) as subscription:
                start = subscription.position if start is None else start
                try:
                    while True:
                        event = await subscription.get(timeout=0.0)
                        if event is not None:
                            assert event.sequence <= log.high_water_mark(GAME), "seen before it was durable"
                            assert not seen or event.sequence > seen[-1].sequence
                            seen.append(event)
                        elif finished.is_set() and subscription.position == log.high_water_mark(GAME):
                            return seen, start, plan["camera"]
                        for _ in range(plan["pause"]):
                            await asyncio.sleep(0)
                except SlowSubscriber as cut:
                    # The event in hand was not acknowledged by coming back for the next one.
                    cursor = int(cut.fields["last_sequence"])
                    while seen and seen[-1].sequence > cursor:
                        seen.pop()

    asyncio.run(scenario())


# --- subscribing ---------------------------------------------------------------------------------------------------


async def test_without_a_cursor_only_what_comes_from_now_on(log, draft) -> None:
    async with running(log) as hub:
        await hub.publish([draft(1), draft(2)])
        async with hub.subscribe(GAME) as subscription:
            assert subscription.live
            await hub.publish([draft(3)])
            assert sequences(await take(subscription, 1)) == [3]


async def test_a_game_never_heard_of_starts_empty_and_goes_live(log, draft) -> None:
    async with running(log) as hub, hub.subscribe(GAME, 0) as early, hub.subscribe("games/other", 0) as other:
        await hub.publish([draft(1)])
        assert sequences(await take(early, 1)) == [1]
        assert await other.get(timeout=0.0) is None


async def test_a_cursor_beyond_the_end_is_refused_with_the_end(log, draft) -> None:
    async with running(log) as hub:
        await hub.publish([draft(1)])
        with pytest.raises(BadRequest) as caught:
            async with hub.subscribe(GAME, 2):
                pass
        assert caught.value.fields["high_water_mark"] == "1"


async def test_an_evicted_cursor_is_refused_with_the_earliest(tmp_path, draft) -> None:
    log = SqliteLog(tmp_path / "events.sqlite3", max_events_per_game=3)
    async with running(log) as hub:
        await hub.publish([draft(n) for n in range(1, 8)])
        async with hub.subscribe(GAME, 2) as late:
            with pytest.raises(CursorEvicted) as caught:
                await late.get()
        assert caught.value.fields["earliest_sequence"] == "5"
        async with hub.subscribe(GAME, 4) as in_time:
            assert sequences(await take(in_time, 3)) == [5, 6, 7]
    log.close()


async def test_other_cameras_are_left_out_but_move_the_high_water_mark(log, draft) -> None:
    async with running(log) as hub, hub.subscribe(GAME, 0, cameras=[f"{GAME}/cameras/right"]) as right:
        await hub.publish([draft(1), draft(2, camera="right"), draft(3)])
        assert sequences(await take(right, 1)) == [2]
        assert right.position == 1, "not delivered before the reader comes back"
        assert await right.get(timeout=0.0) is None
        assert right.position == 3


async def test_a_repeated_draft_is_shown_to_nobody(log, draft) -> None:
    metrics = Metrics()
    async with running(log, metrics=metrics) as hub, hub.subscribe(GAME, 0) as subscription:
        [first] = await hub.publish([draft(1)])
        assert await hub.publish([draft(1), draft(1)]) == [first, first]
        await hub.publish([draft(1, lifecycle=Lifecycle.CONFIRMED)])
        seen = await take(subscription, 2)
        assert [(e.sequence, e.revision) for e in seen] == [(1, 1), (2, 2)]
    assert value(metrics, "events_total", kind="shot", lifecycle="provisional") == 1
    assert value(metrics, "events_total", kind="shot", lifecycle="confirmed") == 1


async def test_a_slow_subscriber_is_cut_and_nobody_else_notices(log, draft) -> None:
    metrics = Metrics()
    async with running(log, metrics=metrics, buffer=3) as hub:
        async with hub.subscribe(GAME) as slow, hub.subscribe(GAME) as brisk:
            seen = []
            for n in range(1, 7):
                await hub.publish([draft(n)])
                seen += await take(brisk, 1)
            assert sequences(seen) == [1, 2, 3, 4, 5, 6]
            with pytest.raises(SlowSubscriber) as caught:
                await slow.get()
            assert caught.value.fields["last_sequence"] == "0"
            with pytest.raises(SlowSubscriber):
                await slow.get()
            assert value(metrics, "subscribers") == 2
        async with hub.subscribe(GAME, 0) as again:
            assert sequences(await take(again, 6)) == [1, 2, 3, 4, 5, 6]
    assert value(metrics, "subscribers") == 0
    assert value(metrics, "subscribers_evicted_total", reason="slow") == 1


async def test_a_subscriber_that_is_cut_loses_nothing_it_was_handed(log, draft) -> None:
    async with running(log, buffer=1) as hub, hub.subscribe(GAME) as slow:
        await hub.publish([draft(1)])
        assert sequences(await take(slow, 1)) == [1]
        await hub.publish([draft(2)])
        await hub.publish([draft(3)])
        with pytest.raises(SlowSubscriber) as caught:
            await slow.get()
        assert caught.value.fields["last_sequence"] == "0", "it never came back for the one after 1"


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"courtside_{name}", labels) or 0.0


# --- publishing ----------------------------------------------------------------------------------------------------


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


# --- failure and recovery ------------------------------------------------------------------------------------------


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
        assert not hub.available and "events.sqlite3" in hub.unavailable_reason
        with pytest.raises(LogUnavailable):
            await hub.publish([draft(2)])
        assert sequences(await take(subscription, 1)) == [1]
        assert await subscription.get(timeout=0.0) is None, "what is not durable is not shown"
        other.close()
        async with asyncio.timeout(10):
            assert await changes.get() is True
        assert hub.available and hub.unavailable_reason is None
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


# --- closing -------------------------------------------------------------------------------------------------------


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
