"""Counters of one session: what came, what was decoded, what was dropped and why; on the wire and in the metrics."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import DropReason


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How a stream is doing, since its session began.

    Attributes:
        ack: highest sequence such that it and all before it were decoded or counted as dropped; -1 before any.
        lag: age of the newest processed frame, seconds.
        dropped: frames by reason.
        received: packets taken in.
        decoded: frames that reached the ring.
        target_fps: frames a second the gateway can use; zero means no limit.
        request_keyframe: the decoder waits for a keyframe.
        windows_scored: windows a model has answered.
    """

    ack: int
    lag: float
    dropped: dict[str, int]
    received: int
    decoded: int
    target_fps: float
    request_keyframe: bool
    windows_scored: int


@dataclass(slots=True)
class StreamCounters:
    """Counts for one session, kept from the event loop and the decode thread."""

    camera: str
    metrics: Metrics
    received: int = 0
    decoded: int = 0
    _dropped: dict[DropReason, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self) -> None:
        """Count a packet that came in; event loop only."""
        self.received += 1
        self.metrics.frames_received.labels(self.camera).inc()

    def drop(self, reason: DropReason, count: int = 1) -> None:
        """Count frames that were dropped; any thread."""
        if count:
            with self._lock:
                self._dropped[reason] = self._dropped.get(reason, 0) + count
            self.metrics.frames_dropped.labels(self.camera, reason.value).inc(count)

    def dropped(self) -> dict[str, int]:
        """Frames dropped so far, by reason."""
        with self._lock:
            return {reason.value: count for reason, count in self._dropped.items()}

    def late(self) -> int:
        """Frames dropped because they came or would have come too late."""
        with self._lock:
            return self._dropped.get(DropReason.STALE, 0) + self._dropped.get(DropReason.DECODER_BEHIND, 0)
