"""Stream statistics: frames received, decoded and dropped in one session, for the protocol and the metrics."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import DropReason


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """State of a stream since its session began.

    Attributes:
        ack: highest sequence up to which every packet was decoded or counted as dropped; -1 before the first.
        lag: age of the newest processed frame, seconds.
        dropped: number of dropped frames by reason.
        received: packets received.
        decoded: frames that reached the ring.
        target_fps: frames per second the gateway can use; zero means no limit.
        request_keyframe: frames are missing or damaged until the next keyframe.
        windows_scored: windows a model has answered.
        damaged: of the decoded frames, those that are damaged.
    """

    ack: int
    lag: float
    dropped: dict[str, int]
    received: int
    decoded: int
    target_fps: float
    request_keyframe: bool
    windows_scored: int
    damaged: int


@dataclass(slots=True)
class StreamCounters:
    """Counters of one session. The event loop and the decode thread both update them."""

    camera: str
    metrics: Metrics
    received: int = 0
    decoded: int = 0
    damaged: int = 0
    _dropped: dict[DropReason, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self) -> None:
        """Count one received packet. Call it on the event loop only."""
        self.received += 1
        self.metrics.frames_received.labels(self.camera).inc()

    def damage(self) -> None:
        """Count one damaged frame among the decoded ones. Call it on the decode thread only."""
        self.damaged += 1
        self.metrics.frames_damaged.labels(self.camera).inc()

    def drop(self, reason: DropReason, count: int = 1) -> None:
        """Count dropped frames. Any thread may call it."""
        if count:
            with self._lock:
                self._dropped[reason] = self._dropped.get(reason, 0) + count
            self.metrics.frames_dropped.labels(self.camera, reason.value).inc(count)

    def dropped(self) -> dict[str, int]:
        """Number of frames dropped so far, by reason."""
        with self._lock:
            return {reason.value: count for reason, count in self._dropped.items()}

    def late(self) -> int:
        """Frames dropped because they were late, or would have been."""
        with self._lock:
            return self._dropped.get(DropReason.STALE, 0) + self._dropped.get(DropReason.DECODER_BEHIND, 0)
