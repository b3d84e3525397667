"""A log that has lost events is another log, and a damaged event is never served."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from courtside_server.errors import LogUnavailable
from courtside_server.events import EventHub, SqliteLog
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import Lifecycle

GAME = "games/final"


def killed(tmp_path: Path, log: SqliteLog) -> Path:
    """What kill -9 would leave of an open log: its files as they are now, without the shared memory."""
    folder = tmp_path / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("events.sqlite3", "events.sqlite3-wal", "events.sqlite3.mark"):
        shutil.copy(tmp_path / name, folder / name)
    return folder / "events.sqlite3"


def reopened(path: Path) -> tuple[str, int]:
    with closing(SqliteLog(path)) as log:
        return log.identity(), log.high_water_mark(GAME)


def test_a_killed_gateway_s_log_keeps_its_identity(tmp_path, log, draft) -> None:
    for number in range(20):
        log.append([draft(number)])
    assert reopened(killed(tmp_path, log)) == (log.identity(), 20)


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_events_that_are_gone_from_the_wal_make_it_another_log(tmp_path, log, draft, damage) -> None:
    """SQLite reads a WAL up to the first frame whose checksum is wrong, and says nothing about the rest."""
    for number in range(20):
        log.append([draft(number)])
    path = killed(tmp_path, log)
    wal = path.with_name(path.name + "-wal")
    content = bytearray(wal.read_bytes())
    if damage == "cut":
        content = content[: len(content) * 3 // 4]
    else:
        content[len(content) * 3 // 4] ^= 1
    wal.write_bytes(content)
    with structlog.testing.capture_logs() as lines:
        identity, last = reopened(path)
    assert 0 < last < 20 and identity != log.identity()
    [line] = [line for line in lines if line["log_level"] == "error"]
    assert f"its last {20 - last} events are gone" in line["why"]
    assert reopened(path) == (identity, last), "and it stays that log"
    with closing(SqliteLog(path)) as after:
        assert after.append([draft(99)])[0].sequence == last + 1
        assert [event.sequence for event in after.read(GAME, 0, 99)] == list(range(1, last + 2))


def test_an_old_copy_that_is_put_back_is_another_log(tmp_path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([draft(1)])
        first = log.identity()
    shutil.copy(path, tmp_path / "copy")
    with closing(SqliteLog(path)) as log:
        log.append([draft(2)])
    shutil.copy(tmp_path / "copy", path)
    identity, last = reopened(path)
    assert last == 1 and identity != first
    # The same where only the database was kept.
    path.with_name(path.name + ".mark").unlink()
    assert reopened(path)[0] != identity


def test_a_log_of_a_version_without_marks_stays_the_same_log(tmp_path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([draft(1)])
        first = log.identity()
    with closing(sqlite3.connect(path)) as old:
        old.execute("DROP TABLE event_count")
        old.execute("ALTER TABLE events DROP COLUMN checksum")
        old.commit()
    path.with_name(path.name + ".mark").unlink()
    assert reopened(path) == (first, 1)
    with closing(SqliteLog(path)) as log:
        assert [event.sequence for event in log.read(GAME, 0, 9) + log.append([draft(2)])] == [1, 2]


@pytest.mark.parametrize("change", [
    "UPDATE games SET high_water_mark = 2", "UPDATE games SET high_water_mark = 4099",
    "DELETE FROM events WHERE sequence = 3", "UPDATE games SET earliest = 70000",
])  # fmt: skip
def test_counters_that_contradict_the_events_are_mended_in_another_log(tmp_path, draft, change) -> None:
    path = tmp_path / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([draft(number) for number in range(3)])
        first = log.identity()
    with closing(sqlite3.connect(path)) as other:
        other.execute(change)
        other.commit()
    assert reopened(path)[0] != first
    with closing(SqliteLog(path)) as log:
        last = log.high_water_mark(GAME)
        assert log.append([draft(7)])[0].sequence == last + 1 <= 4


@pytest.mark.parametrize("damage", [
    "UPDATE events SET payload = replace(payload, '0.9', '0.8') WHERE sequence = 2",
    "UPDATE events SET event_time = event_time + 1 WHERE sequence = 2",
    "UPDATE events SET payload = CAST(X'7b80' AS TEXT) WHERE sequence = 2",
    "UPDATE events SET camera = CAST(X'ff' AS TEXT), checksum = NULL WHERE sequence = 2",
    "UPDATE events SET payload = '[]', checksum = NULL WHERE sequence = 2",
])  # fmt: skip
def test_a_damaged_event_is_named_and_hides_no_other(tmp_path, draft, damage) -> None:
    path = tmp_path / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([draft(number) for number in range(4)])
    with closing(sqlite3.connect(path)) as other:
        assert other.execute(damage).rowcount == 1
        other.commit()
    with closing(SqliteLog(path)) as log:
        assert [event.sequence for event in log.read(GAME, 0, 9)] == [1], "what comes before it, first"
        with pytest.raises(LogUnavailable, match="event 2 of games/final is damaged") as caught:
            log.read(GAME, 1, 9)
        assert caught.value.fields["sequence"] == "2"
        assert [event.sequence for event in log.read(GAME, 2, 9)] == [3, 4]
        with structlog.testing.capture_logs():
            assert [event.sequence for event in log.open_events()] == [1, 3, 4]
        assert log.append([draft(9)])[0].sequence == 5


async def test_readiness_does_not_come_and_go_with_a_damaged_table(tmp_path, draft) -> None:
    """The probe's own table is sound, so that a probe which writes nothing else would succeed."""
    path = tmp_path / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([draft(number) for number in range(4)])
    with closing(sqlite3.connect(path)) as db:
        [(page,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'heads'").fetchall()
    content = bytearray(path.read_bytes())
    content[4096 * (page - 1) : 4096 * page] = bytes(range(256)) * 16
    path.write_bytes(content)
    log = SqliteLog(path)
    hub = EventHub(log, Metrics(), probe_interval=0.01)
    changes: list[bool] = []
    hub.on_availability(changes.append)
    with structlog.testing.capture_logs():
        await hub.start()
        for _ in range(5):
            with pytest.raises(LogUnavailable, match="damaged"):
                await hub.publish([draft(2, lifecycle=Lifecycle.CONFIRMED)])
            await asyncio.sleep(0.05)
        assert changes == [False]
        await hub.close()
    log.close()
