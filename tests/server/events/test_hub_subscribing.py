"""Subscribing: cursors, camera filters, repeated drafts, and subscribers that are too slow."""

from __future__ import annotations

import pytest

from courtside_server.errors import BadRequest, CursorEvicted, SlowSubscriber
from courtside_server.events import SqliteLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Lifecycle

from .hub_support import GAME, running, sequences, take, value


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
