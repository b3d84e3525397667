"""kill -9 at any moment: what was acknowledged is there, and no sequence is ever used twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from courtside_server.events import SqliteLog

APPENDER = Path(__file__).with_name("appender.py")
ROUNDS = 6


@pytest.mark.parametrize("keep", [0, 20], ids=["all-kept", "evicting"])
def test_killed_writer_loses_nothing_and_reuses_nothing(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "events.sqlite3"
    acknowledged: dict[int, str] = {}
    for round_ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, str(APPENDER), str(path), str(round_ * 1_000_000), str(keep)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            lines = [process.stdout.readline() for _ in range(7 + 13 * round_)]
            process.kill()  # the writer is in the middle of a later commit
            lines += process.stdout.readlines()
        for line in lines:
            if not line.endswith("\n"):
                continue  # cut off by the kill
            sequence, event_id = line.split()
            assert int(sequence) not in acknowledged, "a sequence was given twice"
            acknowledged[int(sequence)] = event_id

    log = SqliteLog(path, max_events_per_game=keep or None)
    end = log.high_water_mark("games/g")
    assert end >= max(acknowledged)
    events = log.read("games/g", log.earliest("games/g") - 1, 10**6)
    assert [e.sequence for e in events] == list(range(log.earliest("games/g"), end + 1)), "gap-free"
    assert len(events) == (keep or end)
    stored = {e.sequence: e.event_id for e in events}
    assert {s: i for s, i in acknowledged.items() if s >= log.earliest("games/g")}.items() <= stored.items()
    log.close()
