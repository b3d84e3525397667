"""Limits: every limit and memory budget of the ingest, with its default."""

from __future__ import annotations

from dataclasses import dataclass

from courtside_server.rings.frames import FRAME_BUDGET
from courtside_server.rings.packets import PACKET_BUDGET


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """Limits of one gateway.

    Attributes:
        staleness: live frames older than this, from arrival to ring, are dropped; seconds.
        frame_budget: bytes of decoded frames kept per camera.
        packet_budget: bytes of encoded packets kept per camera.
        queue_bytes: bytes of packets that may wait for the decoder, per camera (one packet is always admitted).
        queue_packets: packets that may wait for the decoder, per camera.
        grace: seconds a session waits for its client to come back.
        metrics_linger: seconds after the grace time for which the metrics of a camera that is gone are shown.
        offline_after: seconds a client may be away before its camera is announced OFFLINE.
        degraded_after: seconds without a decodable frame before the camera is announced DEGRADED.
        degraded_failures: consecutive packets refused by the decoder before the camera is announced DEGRADED.
        close_timeout: seconds the end of a session waits for its sink before it gives up.
        status_interval: seconds between two stream statuses.
        open_timeout: seconds a new stream may take to send its descriptor.
        first_packet_timeout: seconds a new session may take to send its first packet. An encoder may wait that long for
            a camera's keyframe; GOPs of 30 s have been seen.
        write_timeout: seconds that one message may wait for a client that does not read.
        idle_before_yielding: seconds without a packet, or without a client, after which a session gives its place to a
            new camera when all places are taken.
        epoch_memory: seconds for which a camera's epoch bars lower ones after its client has left. A client that was
            cut off without noticing tries again within that time; a spare client whose clock is behind comes later.
        max_cameras: number of sessions at a time. As many more may still be ending.
        max_ending: sessions of one camera that may still be ending. A decoder cannot be interrupted, and each takeover
            would leave one more thread that decodes.
        max_message_bytes: bytes of data in one packet.
        max_side: width and height, pixels.
        max_pixels: width times height.
    """

    staleness: float = 0.5
    frame_budget: int = FRAME_BUDGET
    packet_budget: int = PACKET_BUDGET
    queue_bytes: int = 2 * 2**20
    queue_packets: int = 64
    grace: float = 30.0
    metrics_linger: float = 5.0
    offline_after: float = 2.0
    degraded_after: float = 5.0
    degraded_failures: int = 60
    close_timeout: float = 10.0
    status_interval: float = 0.5
    open_timeout: float = 10.0
    first_packet_timeout: float = 60.0
    write_timeout: float = 10.0
    idle_before_yielding: float = 5.0
    epoch_memory: float = 2.0
    max_cameras: int = 64
    max_ending: int = 2
    max_message_bytes: int = 8 * 2**20
    max_side: int = 8192
    max_pixels: int = 36_000_000
