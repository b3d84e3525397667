"""The hand-over queue keeps order and bounds, loses nothing when it blocks, counts what it drops, wakes both sides."""

from __future__ import annotations

import asyncio
import itertools
import threading
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside.queues import DropPolicy, HandoverQueue


@dataclass(frozen=True)
class Item:
    number: int
    size: int = 1
    keyframe: bool = False
    gap: bool = False


def queue_of(policy: DropPolicy, max_items: int = 4, max_bytes: int | None = None) -> HandoverQueue[Item]:
    return HandoverQueue(
        max_items, policy, max_bytes=max_bytes, size_of=lambda item: item.size,
        is_keyframe=lambda item: item.keyframe, after_gap=lambda item: replace(item, gap=True),
    )  # fmt: skip


STEPS = st.lists(st.one_of(st.just("get"), st.tuples(st.booleans(), st.integers(1, 40))), max_size=120)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(1, 8), st.integers(20, 120), st.sampled_from([DropPolicy.OLDEST, DropPolicy.TO_KEYFRAME]))
def test_a_dropping_queue_stays_within_bounds_in_order_and_accounts_for_every_item(steps, items, nbytes, policy):
    queue, taken, dropped, put = queue_of(policy, items, nbytes), [], [], 0
    for step in [*steps, *["get"] * len(steps)]:
        if step == "get":
            taken += queue.get_nowait()
            continue
        gone = queue.put(Item(put, step[1], step[0]))
        put += 1
        dropped += gone
        assert len(queue) <= items
        assert queue.nbytes <= max(nbytes, 40), "one item is always admitted, whatever its size"
        assert not gone or gone == sorted(gone, key=lambda item: item.number)
    assert sorted(item.number for item in taken + dropped) == list(range(put))
    assert [item.number for item in taken] == sorted(item.number for item in taken)
    assert queue.dropped == len(dropped) and len(queue) == queue.nbytes == 0


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(1, 8), st.integers(20, 120))
def test_to_keyframe_never_delivers_the_middle_of_a_run(steps, items, nbytes):
    queue, taken, put = queue_of(DropPolicy.TO_KEYFRAME, items, nbytes), [], 0
    for step in [*steps, *["get"] * len(steps)]:
        if step == "get":
            taken += queue.get_nowait()
        else:
            queue.put(Item(put, step[1], step[0]))
            put += 1
    for before, after in itertools.pairwise(taken):
        if after.number != before.number + 1:
            assert after.keyframe and after.gap, "after a gap comes a keyframe, and it says so"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=60), st.integers(1, 5), st.integers(10, 60), st.integers(1, 4))
def test_a_blocking_queue_loses_nothing_between_two_threads(sizes, items, nbytes, batch):
    queue, taken, fullest = queue_of(DropPolicy.BLOCK, items, nbytes), [], [0]

    def consume() -> None:
        while got := queue.get(batch):
            taken.extend(got)

    thread = threading.Thread(target=consume)
    thread.start()
    for number, size in enumerate(sizes):
        assert queue.put(Item(number, size)) == []
        fullest.append(len(queue))
    queue.end()
    thread.join(10)
    assert [item.number for item in taken] == list(range(len(sizes))) and max(fullest) <= items
    assert queue.dropped == 0


async def test_a_loop_waits_for_a_thread_and_a_thread_for_a_loop():
    queue = queue_of(DropPolicy.BLOCK, 2)

    def produce() -> None:
        for number in range(100):
            queue.put(Item(number))
        queue.end()

    thread = threading.Thread(target=produce)
    waiting = asyncio.create_task(queue.aget())
    await asyncio.sleep(0)
    assert not waiting.done()
    thread.start()
    taken = [*await waiting]
    while got := await queue.aget(3):
        taken += got
    assert [item.number for item in taken] == list(range(100))
    thread.join()


async def test_a_loop_that_puts_waits_for_room():
    queue = queue_of(DropPolicy.BLOCK, 1)
    await queue.aput(Item(0))
    waiting = asyncio.create_task(queue.aput(Item(1)))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert queue.get_nowait() == [Item(0)]
    assert await waiting == [] and queue.peek() == Item(1)


async def test_a_getter_that_was_cancelled_takes_nothing():
    queue = queue_of(DropPolicy.BLOCK)
    waiting = asyncio.create_task(queue.aget())
    await asyncio.sleep(0)
    waiting.cancel()
    queue.put(Item(0))
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await queue.aget() == [Item(0)]


def test_what_must_be_kept_is_neither_dropped_nor_waited_for_and_shares_have_room_of_their_own():
    queue: HandoverQueue[str] = HandoverQueue({"": 1, "a": 2, "b": 1}, DropPolicy.OLDEST)
    dropped = [queue.put(name, share="a") for name in ("a1", "a2", "a3")]
    queue.put("end", keep=True)
    queue.put("b1", share="b")
    assert dropped == [[], [], ["a1"]] and queue.get_nowait(9) == ["a2", "a3", "end", "b1"]
    full: HandoverQueue[int] = HandoverQueue(1, DropPolicy.BLOCK)
    assert [full.put(number, keep=True) for number in range(3)] == [[], [], []] and len(full) == 3


def test_where_only_kept_items_are_in_the_way_the_new_one_is_dropped():
    queue: HandoverQueue[int] = HandoverQueue(1, DropPolicy.OLDEST)
    queue.put(0, keep=True)
    assert queue.put(1) == [1] and queue.get_nowait(9) == [0]


def test_the_same_object_twice_is_two_items():
    queue: HandoverQueue[int] = HandoverQueue(1, DropPolicy.OLDEST)
    assert [queue.put(7), queue.put(7)] == [[], [7]] and queue.get_nowait(9) == [7]


def test_an_ended_queue_is_drained_and_takes_nothing_more():
    queue = queue_of(DropPolicy.BLOCK)
    queue.put(Item(0))
    queue.end()
    assert queue.put(Item(1)) == [Item(1)] and queue.get(5) == [Item(0)] and queue.get(5) == []


@pytest.mark.parametrize("error", [None, RuntimeError("gone")])
def test_closing_wakes_a_thread_that_waits_for_room(error):
    queue, outcome = queue_of(DropPolicy.BLOCK, 1), []
    queue.put(Item(0))

    def produce() -> None:
        try:
            outcome.append(queue.put(Item(1)))
        except RuntimeError as failure:
            outcome.append(failure)

    thread = threading.Thread(target=produce)
    thread.start()
    assert queue.close(error) == [Item(0)]
    thread.join(10)
    assert outcome == [error or [Item(1)]] and queue.get() == []


async def test_closing_wakes_both_sides_on_a_loop():
    empty, full = queue_of(DropPolicy.BLOCK), queue_of(DropPolicy.BLOCK, 1)
    await full.aput(Item(0))
    getting, putting = asyncio.create_task(empty.aget()), asyncio.create_task(full.aput(Item(1)))
    await asyncio.sleep(0)
    empty.close()
    full.close(RuntimeError("gone"))
    assert await getting == []
    with pytest.raises(RuntimeError, match="gone"):
        await putting


def test_closing_wakes_a_thread_that_waits_for_an_item():
    queue, outcome = queue_of(DropPolicy.BLOCK), []
    thread = threading.Thread(target=lambda: outcome.append(queue.get()))
    thread.start()
    queue.close()
    thread.join(10)
    assert outcome == [[]]


def test_skipping_to_a_keyframe_also_skips_what_has_yet_to_come():
    queue = queue_of(DropPolicy.TO_KEYFRAME)
    queue.put(Item(0))
    queue.skip_to_keyframe()
    assert queue.skipping and queue.put(Item(1)) == [Item(1)]
    assert queue.put(Item(2, keyframe=True)) == [] and not queue.skipping
    queue.skip_to_keyframe()
    assert queue.get() == [Item(2, keyframe=True, gap=True)] and queue.dropped == 2


def test_a_queue_that_drops_runs_keeps_no_single_item():
    with pytest.raises(ValueError, match="cannot keep"):
        queue_of(DropPolicy.TO_KEYFRAME).put(Item(0), keep=True)
