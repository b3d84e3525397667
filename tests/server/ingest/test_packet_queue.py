"""The packet queue tells the decoder where packets are missing; its bounds and policies are tested with the core."""

from __future__ import annotations

import pytest

from courtside.queues import HandoverQueue
from courtside_server.errors import BadPacket, StaleEpoch
from courtside_server.ingest.queue import QueuedPacket, packet_queue
from courtside_server.types import EncodedPacket


def item(sequence: int, keyframe: bool = False, size: int = 10) -> QueuedPacket:
    packet = EncodedPacket(sequence, 0.0, 0.0, sequence, None, keyframe, False, bytes(size))
    return QueuedPacket(packet, keyframe, False)


def taken(queue: HandoverQueue[QueuedPacket]) -> list[tuple[int, bool]]:
    return [(queued.packet.sequence, queued.broken) for queued in queue.get_nowait(99)]


def test_a_live_stream_drops_up_to_a_keyframe_and_marks_the_gap_for_the_decoder():
    queue = packet_queue(4, 1000, film=False)
    for sequence in range(6):
        queue.put(item(sequence, keyframe=sequence in (0, 3)))
    assert queue.skipping is False and taken(queue) == [(3, True), (4, False), (5, False)]


def test_a_run_too_long_for_the_queue_asks_for_a_keyframe():
    queue = packet_queue(2, 1000, film=False)
    dropped = [len(queue.put(item(sequence, keyframe=sequence == 0))) for sequence in range(4)]
    assert dropped == [0, 0, 1, 1] and queue.skipping
    assert taken(queue) == [(0, False), (1, False)]
    queue.put(item(4, keyframe=True))
    assert not queue.skipping and taken(queue) == [(4, True)]


async def test_film_waits_and_a_packet_larger_than_the_queue_goes_through_alone():
    queue = packet_queue(4, 100, film=True)
    await queue.aput(item(0, size=5000))
    assert taken(queue) == [(0, False)]


async def test_a_packet_after_the_end_and_one_to_a_fenced_session_get_their_errors():
    ended, fenced = packet_queue(1, 1000, film=True), packet_queue(1, 1000, film=True)
    ended.end(BadPacket("a packet came after the end"))
    fenced.close(StaleEpoch("gone"))
    with pytest.raises(BadPacket):
        await ended.aput(item(0))
    with pytest.raises(StaleEpoch):
        await fenced.aput(item(0))
