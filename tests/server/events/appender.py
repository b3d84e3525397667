"""Appends events to a log for ever, one line on stdout for each that was acknowledged; run and killed by a test."""

from __future__ import annotations

import sys

from courtside_server.events import SqliteLog
from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle


def main(path: str, start: int, keep: int | None) -> None:
    log = SqliteLog(path, max_events_per_game=keep)
    for number in range(start, start + 1_000_000):
        batch = [
            EventDraft(
                "games/g", "games/g/cameras/c", f"{number}-{part}", Lifecycle.CONFIRMED, 1.0, 2.0,
                CameraStatus(CameraState.ONLINE, "x" * (number % 997)),
            )
            for part in range(1 + number % 3)
        ]
        for event in log.append(batch):
            print(event.sequence, event.event_id, flush=True)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) or None)
