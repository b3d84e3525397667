"""The event publisher: nothing is lost while the log is away but what its limit loses, and that is counted."""

from __future__ import annotations

import asyncio

from courtside.names import CameraName
from courtside_server.errors import LogUnavailable
from courtside_server.events import EventHub, SqliteLog
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle

CAMERA = CameraName.parse("games/g/cameras/c")


def draft(number: int, time: float = 0.0) -> EventDraft:
    status = CameraStatus(CameraState.ONLINE, str(number))
    return EventDraft(CAMERA.game, CAMERA.name, f"e{number}", Lifecycle.CONFIRMED, time or 5000.0 + number, 0.0, status)


def lost(metrics: Metrics, reason: str) -> float:
    return metrics.registry.get_sample_value("courtside_events_lost_total", {"reason": reason}) or 0.0


class Hub:
    """A hub whose commits take until the gate is opened."""

    def __init__(self) -> None:
        self.taken, self.broken, self.gate = [], True, asyncio.Event()

    async def publish(self, drafts) -> None:
        if self.broken:
            raise LogUnavailable("disk full")
        await self.gate.wait()
        self.taken += drafts


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_the_limit_loses_is_the_oldest_and_counted():
    hub, metrics = Hub(), Metrics()
    publisher = EventPublisher(hub, metrics, retry_s=0.01, limit=100)
    for number in range(0, 150, 10):
        await publisher.publish([draft(number + n) for n in range(10)], wait=False)
    assert (publisher.waiting, lost(metrics, "overflow")) == (100, 50)
    hub.broken = False
    await asyncio.sleep(0.05)
    late = asyncio.create_task(publisher.publish([draft(150)], wait=True))  # while the first hundred is being committed
    await asyncio.sleep(0)
    hub.gate.set()
    await late
    # What is being committed is not lost, and not counted as lost.
    details = [int(taken.payload.detail) for taken in hub.taken]
    assert details == list(range(50, 151))
    assert lost(metrics, "overflow") == 50
    await publisher.close(1)


async def test_a_full_limit_loses_nothing_that_is_being_committed():
    hub, metrics = Hub(), Metrics()
    hub.broken = False
    publisher = EventPublisher(hub, metrics, retry_s=0.01, limit=10)
    calls = [asyncio.create_task(publisher.publish([draft(n) for n in range(10)], wait=True))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    calls += [asyncio.create_task(publisher.publish([draft(n)], wait=True)) for n in range(10, 13)]
    await asyncio.sleep(0)
    hub.gate.set()
    await asyncio.gather(*calls)
    taken = [int(taken.payload.detail) for taken in hub.taken]
    assert taken[:10] == list(range(10))
    assert len(taken) + lost(metrics, "overflow") == 13
    await publisher.close(1)


async def test_live_does_not_wait_for_a_log_that_is_away_and_film_does():
    hub, metrics = Hub(), Metrics()
    publisher = EventPublisher(hub, metrics, retry_s=0.01)
    await asyncio.wait_for(publisher.publish([draft(1)], wait=False), 5)
    film = asyncio.create_task(publisher.publish([draft(2)], wait=True))
    await asyncio.sleep(0.05)
    assert not film.done()
    hub.broken = False
    hub.gate.set()
    await asyncio.wait_for(film, 5)
    assert [taken.event_id for taken in hub.taken] == ["e1", "e2"]
    await publisher.close(1)


async def test_what_still_waits_at_the_end_is_counted():
    hub, metrics = Hub(), Metrics()
    publisher = EventPublisher(hub, metrics, retry_s=0.01)
    film = asyncio.create_task(publisher.publish([draft(1), draft(2)], wait=True))
    await asyncio.sleep(0.03)
    await publisher.close(0.05)
    await asyncio.wait_for(film, 5)
    assert lost(metrics, "stopped") == 2
    await publisher.publish([draft(3)], wait=True)
    assert lost(metrics, "stopped") == 3


async def test_what_still_waits_at_the_end_is_saved_and_only_the_rest_counted():
    hub, metrics = Hub(), Metrics()
    saved = []

    def save(drafts):
        saved.extend(drafts[:3])
        return len(saved)

    publisher = EventPublisher(hub, metrics, retry_s=0.01, save=save)
    film = asyncio.create_task(publisher.publish([draft(number) for number in range(5)], wait=True))
    await asyncio.sleep(0.03)
    await publisher.close(0.05)
    await asyncio.wait_for(film, 5)
    assert [one.event_id for one in saved] == ["e0", "e1", "e2"]
    assert lost(metrics, "stopped") == 2


async def test_an_event_that_no_log_can_store_stops_no_other(tmp_path):
    log, metrics = SqliteLog(tmp_path / "events.sqlite3"), Metrics()
    hub = EventHub(log, metrics)
    await hub.start()
    publisher = EventPublisher(hub, metrics)
    await publisher.publish([draft(1), draft(2, time=1e15), draft(3)], wait=True)
    assert [event.event_id for event in await hub.read(CAMERA.game, 0, 10)] == ["e1", "e3"]
    assert lost(metrics, "refused") == 1
    await publisher.close(1)
    await hub.close()
    log.close()
