"""A log that was damaged while the gateway was away: `serve` starts, says so, and serves what can be served."""

from __future__ import annotations

import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from tests_support import make_flash_gateway

from courtside.v1 import events_pb2, events_pb2_grpc
from courtside_server.events import SqliteLog
from courtside_server.types import CameraState, CameraStatus, EventDraft, Lifecycle, Shot, Zone


def shot(game: str, number: int, lifecycle: Lifecycle = Lifecycle.CONFIRMED) -> EventDraft:
    payload = Shot(
        probability=0.9, release_uncertainty=0.1, zone=Zone.PAINT_EXTENDED, zone_probabilities=(0.1,) * 7,
        make_probability=0.5, model="flash:1", windows_agreeing=3, windows_covering=8,
    )  # fmt: skip
    name = f"games/{game}"
    return EventDraft(name, f"{name}/cameras/c", f"shot-{number}", lifecycle, 1.7e9 + number, float(number), payload)


def listed(gateway, game: str, after: int = 0) -> list[int]:
    with grpc.insecure_channel(gateway.grpc) as channel:
        request = events_pb2.ListEventsRequest(game=f"games/{game}", after_sequence=after, page_size=1000)
        answer = events_pb2_grpc.EventServiceStub(channel).ListEvents(request, timeout=10)
        return [one.sequence for one in answer.events]


def test_one_damaged_byte_in_an_open_shot(tmp_path: Path, flash_repository: Path) -> None:
    path = tmp_path / "data" / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([shot("a", 1), shot("a", 2, Lifecycle.PROVISIONAL), shot("b", 1, Lifecycle.PROVISIONAL)])
    content = bytearray(path.read_bytes())
    # Records lie in a page from its end to its beginning: the event of shot-2 begins with this.
    at = content.index(b"flash:1", content.index(b"shot-2games/a/cameras/c"))
    content[at] |= 0x80
    path.write_bytes(content)
    gateway = make_flash_gateway(tmp_path / "data", flash_repository).start()
    try:
        gateway.wait_serving()
        assert listed(gateway, "b") == [1, 2], "the other game's open shot was closed"
        assert listed(gateway, "a") == [1], "what comes before the damaged one"
        with pytest.raises(grpc.RpcError, match=r"event \d of games/a is damaged") as refused:
            listed(gateway, "a", after=1)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    finally:
        assert gateway.stop() == 0


def test_the_end_of_the_log_is_gone(tmp_path: Path, flash_repository: Path) -> None:
    """kill -9, and then a damaged write-ahead log: SQLite drops its end without a word."""
    gateway = make_flash_gateway(tmp_path / "data", flash_repository).start()
    path = tmp_path / "data" / "events.sqlite3"
    gateway.kill()
    with closing(SqliteLog(path)) as log:
        before = log.identity()
        for number in range(9):
            log.append([shot("a", number)])
        wal = path.with_name(path.name + "-wal")
        content, database = wal.read_bytes(), path.read_bytes()
    path.write_bytes(database)
    wal.write_bytes(content[: len(content) * 3 // 4])
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    gateway.start()
    try:
        gateway.wait_serving()
        with grpc.insecure_channel(gateway.grpc) as channel:
            call = events_pb2_grpc.EventServiceStub(channel).SubscribeEvents(
                events_pb2.SubscribeEventsRequest(game="games/a", after_sequence=9, log=before), timeout=20
            )
            restart = next(call)
            assert restart.restart.reason == events_pb2.RESTART_REASON_OTHER_LOG and restart.log != before
            remaining = []
            while (message := next(call)).WhichOneof("message") == "event":
                remaining.append(message.event.sequence)
            call.cancel()
        assert remaining == list(range(1, len(remaining) + 1)) and 0 < len(remaining) < 9
        assert "goes on as a new log" in gateway.stderr()
    finally:
        assert gateway.stop() == 0


def test_tables_that_cannot_be_read_are_not_ready_and_stay_so(tmp_path: Path, flash_repository: Path) -> None:
    path = tmp_path / "data" / "events.sqlite3"
    with closing(SqliteLog(path)) as log:
        log.append([shot("a", number) for number in range(50)])
        status = CameraStatus(CameraState.ONLINE, "frames arrive")
        log.append([EventDraft("games/a", "games/a/cameras/c", "online", Lifecycle.CONFIRMED, 1.7e9, 0.0, status)])
    with closing(sqlite3.connect(path)) as db:
        [(page,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchall()
    content = bytearray(path.read_bytes())
    content[4096 * (page - 1) : 4096 * page] = bytes(range(256)) * 16
    path.write_bytes(content)
    gateway = make_flash_gateway(tmp_path / "data", flash_repository).start()
    try:
        gateway.wait_serving("liveness")
        with pytest.raises(grpc.RpcError, match="is damaged or not an event log; stop the gateway"):
            listed(gateway, "a")
        for _ in range(20):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://{gateway.http}/readyz", timeout=5)
            assert refused.value.code == 503
            refused.value.close()
            time.sleep(0.1)
    finally:
        assert gateway.stop() == 0
