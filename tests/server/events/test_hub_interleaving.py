"""Every subscriber gets every event once and in order, whatever the interleaving of readers and publishers."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.errors import SlowSubscriber
from courtside_server.events import EventHub, SqliteLog
from courtside_server.types import Event

from .hub_support import GAME, running, sequences


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
