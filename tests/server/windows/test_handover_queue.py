"""The queue from the decode thread: film waits, live drops the oldest, and what waits can be taken without waiting."""

from __future__ import annotations

import asyncio
import threading

from courtside_server.windows.queue import HandoverQueue


async def test_what_waits_is_taken_in_order_and_nothing_is_waited_for():
    queue: HandoverQueue[int] = HandoverQueue(4, False, asyncio.get_running_loop())
    assert queue.waiting(3) == []
    for number in range(3):
        queue.put(number)
    assert queue.waiting(2) == [0, 1] and await queue.get(9) == [2] and queue.waiting() == []


async def test_live_drops_the_oldest_of_a_share_and_keeps_what_must_be_kept():
    queue: HandoverQueue[str] = HandoverQueue({"": 1, "a": 2, "b": 1}, False, asyncio.get_running_loop())
    dropped = [queue.put(name, share="a") for name in ("a1", "a2", "a3")]
    queue.put("end", keep=True)
    queue.put("b1", share="b")
    assert dropped == [[], [], ["a1"]] and queue.waiting(9) == ["a2", "a3", "end", "b1"]


async def test_film_waits_until_there_is_room():
    queue: HandoverQueue[int] = HandoverQueue(1, True, asyncio.get_running_loop())
    queue.put(0)
    done = threading.Event()

    def producer() -> None:
        queue.put(1)
        done.set()

    thread = threading.Thread(target=producer)
    thread.start()
    assert not done.wait(0.05)
    assert queue.waiting() == [0]
    assert await asyncio.to_thread(done.wait, 5) and queue.waiting() == [1]
    thread.join()


async def test_a_closed_queue_is_drained_and_refuses():
    queue: HandoverQueue[int] = HandoverQueue(2, True, asyncio.get_running_loop())
    queue.put(0)
    queue.close()
    assert queue.put(1) == [1] and await queue.get(5) == [0] and await queue.get(5) == []
