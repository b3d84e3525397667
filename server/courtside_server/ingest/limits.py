"""Ingest config: every limit and budget of the ingest, with its default."""

from __future__ import annotations

from dataclasses import dataclass

from courtside_server.rings.frames import FRAME_BUDGET
from courtside_server.rings.packets import PACKET_BUDGET


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """What one gateway grants its cameras.

    Attributes:
        staleness: live frames older than this (arrival to ring) are dropped, seconds.
        frame_budget: bytes of decoded frames kept, a camera.
        packet_budget: bytes of encoded packets kept, a camera.
        queue_bytes: bytes of packets waiting for the decoder, a camera (one packet is always admitted).
        queue_packets: packets waiting for the decoder, a camera.
        grace: how long a session waits for its client to come back, seconds.
        offline_after: how long a client may be away before its camera is announced OFFLINE, seconds.
        degraded_after: how long nothing may be decodable before the camera is announced DEGRADED, seconds.
        degraded_failures: as ``degraded_after``, in packets refused by the decoder in a row.
        close_timeout: how long the end of a session waits for its sink before it gives up on it, seconds.
        status_interval: pause between two statuses, seconds.
        open_timeout: how long a new stream may take to send its descriptor, seconds.
        max_cameras: sessions at a time.
        max_message_bytes: packet data, bytes.
        max_side: width and height, pixels.
        max_pixels: width times height.
    """

    staleness: float = 0.5
    frame_budget: int = FRAME_BUDGET
    packet_budget: int = PACKET_BUDGET
    queue_bytes: int = 2 * 2**20
    queue_packets: int = 64
    grace: float = 30.0
    offline_after: float = 2.0
    degraded_after: float = 5.0
    degraded_failures: int = 60
    close_timeout: float = 10.0
    status_interval: float = 0.5
    open_timeout: float = 10.0
    max_cameras: int = 64
    max_message_bytes: int = 8 * 2**20
    max_side: int = 8192
    max_pixels: int = 36_000_000
