"""The send queue: live drops to a keyframe, film waits."""

from __future__ import annotations

import threading

from client_support import coded

from courtside_client.stream import send_queue


def test_a_full_live_queue_drops_to_a_keyframe_and_the_newest_wins():
    queue = send_queue(film=False)
    for index in range(400):
        queue.put(coded(index, keyframe=index % 40 == 0))
    left = [frame.pts for frame in queue.get_nowait(400)]
    assert left[0] % 40 == 0 and left == list(range(left[0], 400)) and len(left) <= 90
    assert queue.dropped == 400 - len(left)


async def test_a_full_film_queue_blocks_the_source_and_loses_nothing():
    queue, sent = send_queue(film=True), []
    thread = threading.Thread(target=lambda: [[queue.put(coded(n)) for n in range(200)], queue.end()])
    thread.start()
    while frames := await queue.aget():
        sent += [frame.pts for frame in frames]
    thread.join()
    assert sent == list(range(200)) and queue.dropped == 0
