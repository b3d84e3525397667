"""What tests of the client share: a packet, a clock that only waiting moves on, a producer run to its end."""

from __future__ import annotations

from courtside.queues import DropPolicy, HandoverQueue
from courtside_client.media import CodedFrame
from courtside_client.options import StreamOptions
from courtside_client.producer import Producer


def coded(index, keyframe=False, size=10):
    return CodedFrame(index, index, keyframe, False, bytes(size), 1000 + index, index / 30)


class FakeClock:
    """Time that passes only by waiting."""

    def __init__(self):
        self.now = 100.0
        self.waits = []

    def monotonic(self):
        return self.now

    def wall(self):
        return 1_700_000_000 + self.now

    def wait(self, stop, seconds):
        self.waits.append(seconds)
        self.now += seconds
        return stop.is_set()


def produced(source, encoder=None, clock=None, **options):
    """Everything a producer makes of a source."""
    queue = HandoverQueue(100_000, DropPolicy.BLOCK)
    producer = Producer(source, encoder, queue, StreamOptions(**options), clock or FakeClock())
    producer.run()
    if producer.error:
        raise producer.error

    return queue.get_nowait(100_000), producer
