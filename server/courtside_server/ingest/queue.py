"""The queue between the event loop that receives a camera's packets and the thread that decodes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from courtside.queues import DropPolicy, HandoverQueue
from courtside_server.types import EncodedPacket


@dataclass(frozen=True, slots=True)
class QueuedPacket:
    """A packet for the decoder.

    Attributes:
        packet: the packet.
        keyframe: decoding can start here.
        broken: packets before this one are missing.
    """

    packet: EncodedPacket
    keyframe: bool
    broken: bool


def packet_queue(max_packets: int, max_bytes: int, *, film: bool) -> HandoverQueue[QueuedPacket]:
    """A bounded queue of packets: film waits for room, a live stream drops up to a keyframe."""
    return HandoverQueue(
        max_packets,
        DropPolicy.BLOCK if film else DropPolicy.TO_KEYFRAME,
        max_bytes=max_bytes,
        size_of=lambda queued: len(queued.packet.data),
        is_keyframe=lambda queued: queued.keyframe,
        after_gap=lambda queued: replace(queued, broken=True),
    )
