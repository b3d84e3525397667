"""Report: how a stream is doing, and in the end how it went."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


class State(enum.StrEnum):
    """Where a stream stands."""

    OPENING = "opening"
    STREAMING = "streaming"
    RECONNECTING = "reconnecting"
    FINISHING = "finishing"
    DONE = "done"


@dataclass(slots=True)
class StreamReport:
    """Counters of one stream; the session keeps them up to date.

    Attributes:
        camera: resource name.
        sending: what is sent, for a person.
        state: where it stands.
        read: pictures or packets drawn from the source.
        thinned: left out because the gateway asked for a lower rate.
        late: left out before coding because this machine was behind.
        undecodable: source packets that could not be decoded.
        sent: different packets sent.
        resent: packets sent again.
        skipped: coded, but dropped from the send queue (live).
        lost: sent, then lost with a connection or a gateway, and not sent again.
        acked: packets acknowledged (processed, or counted as dropped by the gateway).
        dropped: by the gateway's reason, over all sessions.
        decoded: frames that reached the gateway's ring, over all sessions.
        windows_scored: over all sessions.
        bytes_sent: packet data.
        connections: connections that were accepted.
        new_sessions: times that the gateway had lost the session.
        lag: seconds; the gateway's word.
        target_fps: the gateway's wish; 0 none.
        complete: the gateway said that everything was processed.
        seconds: how long it took.
        problems: sentences for a person.
    """

    camera: str
    sending: str = ""
    state: State = State.OPENING
    read: int = 0
    thinned: int = 0
    late: int = 0
    undecodable: int = 0
    sent: int = 0
    resent: int = 0
    skipped: int = 0
    lost: int = 0
    acked: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    decoded: int = 0
    windows_scored: int = 0
    bytes_sent: int = 0
    connections: int = 0
    new_sessions: int = 0
    lag: float = 0.0
    target_fps: float = 0.0
    complete: bool = False
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Everything that was sent is acknowledged."""
        return self.complete and self.acked == self.sent and not self.lost

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "ok": self.ok}

    def summary(self) -> str:
        """One line for a person."""
        parts = [f"{self.read} frames read", f"{self.sent} sent", f"{self.acked} acknowledged"]
        for count, text in (
            (self.resent, "sent again"),
            (self.skipped, "skipped in the send queue"),
            (self.late, "skipped before coding"),
            (self.thinned, "left out on request"),
            (self.undecodable, "undecodable"),
            (self.lost, "lost"),
        ):
            if count:
                parts.append(f"{count} {text}")
        if self.dropped:
            reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.dropped.items()))
            parts.append(f"dropped by the gateway: {reasons}")
        parts.append(f"{self.windows_scored} windows scored")
        return f"{'; '.join(parts)} in {self.seconds:.1f} s"


class Rate:
    """Events and bytes a second over the last few seconds.

    Args:
        clock: monotonic seconds.
        span: seconds.
    """

    def __init__(self, clock: Callable[[], float], span: float = 3.0) -> None:
        self._clock, self._span = clock, span
        self._readings: deque[tuple[float, int]] = deque()

    def update(self, total: int) -> float:
        """Take a running total; gives its growth a second."""
        now = self._clock()
        self._readings.append((now, total))
        while len(self._readings) > 2 and now - self._readings[0][0] > self._span:
            self._readings.popleft()
        (began, first), elapsed = self._readings[0], now - self._readings[0][0]
        return (total - first) / elapsed if elapsed > 0 else 0.0
