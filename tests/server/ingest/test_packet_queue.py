"""The packet queue stays within its bounds and never drops into the middle of a group."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtside_server.errors import BadPacket, StaleEpoch
from courtside_server.ingest.queue import PacketQueue, QueuedPacket
from courtside_server.types import EncodedPacket


def item(sequence: int, keyframe: bool = False, size: int = 10) -> QueuedPacket:
    packet = EncodedPacket(sequence, 0.0, 0.0, sequence, None, keyframe, False, bytes(size))
    return QueuedPacket(packet, keyframe, False)


@settings(max_examples=200, deadline=None)
@given(
    script=st.lists(st.one_of(st.just("take"), st.tuples(st.booleans(), st.integers(1, 40))), max_size=120),
    most_packets=st.integers(1, 8), most_bytes=st.integers(20, 120), intra=st.booleans(),
)
def test_live_queue_gives_decodable_runs_within_bounds(script, most_packets, most_bytes, intra):
    queue = PacketQueue(most_packets, most_bytes)
    held, taken, dropped, offered = 0, [], [], 0
    for step in [*script, *["take"] * 200]:
        if step == "take":
            if queue.oldest_arrival() is not None:
                taken.append(queue.take())
                held -= 1
        else:
            gone = queue.push(item(offered, intra or step[0], step[1]))
            offered += 1
            dropped += [packet.sequence for packet in gone]
            held += 1 - len(gone)
            assert held <= max(most_packets, 1)
            assert queue._bytes <= max(most_bytes, 40)
    assert sorted([t.packet.sequence for t in taken] + dropped) == list(range(offered))
    for before, after in itertools.pairwise(taken):
        assert after.packet.sequence > before.packet.sequence
        if after.packet.sequence != before.packet.sequence + 1:
            assert after.keyframe and after.broken, "after a hole comes a keyframe, and the decoder is told"


async def test_film_sender_waits_for_room_and_loses_nothing():
    queue, taken = PacketQueue(3, 1000), []

    def consume() -> None:
        while (got := queue.take()) is not None:
            taken.append(got.packet.sequence)

    for sequence in range(3):
        await queue.put(item(sequence))
    waiting = asyncio.create_task(queue.put(item(3)))
    await asyncio.sleep(0)
    assert not waiting.done()
    thread = threading.Thread(target=consume)
    thread.start()
    await waiting
    for sequence in range(4, 200):
        await queue.put(item(sequence))
    queue.end()
    await asyncio.to_thread(thread.join)
    assert taken == list(range(200))
    with pytest.raises(BadPacket):
        await queue.put(item(200))


async def test_closing_frees_a_waiting_sender():
    queue = PacketQueue(1, 1000)
    await queue.put(item(0))
    waiting = asyncio.create_task(queue.put(item(1)))
    await asyncio.sleep(0)
    assert [packet.sequence for packet in queue.close(StaleEpoch("gone"))] == [0]
    with pytest.raises(StaleEpoch):
        await waiting
    assert queue.take() is None


async def test_packet_larger_than_the_queue_goes_through_alone():
    queue = PacketQueue(4, 100)
    await queue.put(item(0, size=5000))
    assert queue.take().packet.sequence == 0
    assert queue.push(item(1, True, size=5000)) == []
