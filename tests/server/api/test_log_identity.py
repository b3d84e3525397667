"""A cursor belongs to one log: another log, or one whose history is gone, is answered with a restart."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from courtside.events import RestartReason
from courtside.v1 import events_pb2
from courtside_client import connect
from courtside_client.errors import CursorEvictedError, LogReplacedError
from courtside_server.events import SqliteLog

from .test_event_service import gateway as serving
from .test_event_service import refused

GAME = "games/final"


@asynccontextmanager
async def gateway(path: Path, drafts, keep: int | None = None, port: int = 0) -> AsyncIterator[SimpleNamespace]:
    """A gateway's event service on a log that holds the drafts."""
    log = SqliteLog(path, max_events_per_game=keep)
    for draft in drafts:
        log.append([draft])
    async with serving(log, heartbeat=0.05, port=port) as served:
        yield served
    log.close()


async def take(events, count: int) -> list[int]:
    async with asyncio.timeout(20):
        return [(await anext(events)).sequence for _ in range(count)]


@pytest.mark.parametrize("count", [3, 60])
async def test_a_client_goes_on_when_the_log_begins_anew(tmp_path, draft, count) -> None:
    """Shorter than before: the cursor lies beyond its end. Longer: half of it was skipped without a word."""
    restarts = []
    async with gateway(tmp_path / "a.sqlite3", map(draft, range(30))) as served:
        client = connect(f"127.0.0.1:{served.port}")
        events = client.subscribe("final", after=0, on_restart=restarts.append)
        strict = client.subscribe("final", after=0)
        assert await take(events, 30) == await take(strict, 30) == list(range(1, 31))
        before = events.log
    async with client, gateway(tmp_path / "b.sqlite3", map(draft, range(count)), port=served.port) as served:
        assert await take(events, count) == list(range(1, count + 1))
        assert events.log == await served.hub.identity() != before
        assert [restart.reason for restart in restarts] == [RestartReason.OTHER_LOG]
        with pytest.raises(LogReplacedError, match="another event log"):
            await take(strict, 1)
        with pytest.raises(LogReplacedError):
            await take(client.subscribe("final", after=2, log=before), 1)


async def test_a_cursor_whose_history_is_gone(tmp_path, draft) -> None:
    restarts = []
    async with (
        gateway(tmp_path / "a.sqlite3", map(draft, range(10)), keep=4) as served,
        connect(f"127.0.0.1:{served.port}") as client,
    ):
        assert await take(client.subscribe("final", after=2, on_restart=restarts.append), 4) == [7, 8, 9, 10]
        assert [(restart.reason, restart.earliest_sequence) for restart in restarts] == [(RestartReason.EVICTED, 7)]
        with pytest.raises(CursorEvictedError) as caught:
            await take(client.subscribe("final", after=2), 1)
        assert caught.value.earliest_sequence == 7
        assert await take(client.subscribe("final", after=6, on_restart=restarts.append), 1) == [7]
        assert len(restarts) == 1, "a cursor that the log has is no reason to begin again"


async def test_a_page_token_of_another_log(tmp_path, draft) -> None:
    async with gateway(tmp_path / "a.sqlite3", map(draft, range(10))) as served:
        page = await served.stub.ListEvents(events_pb2.ListEventsRequest(game=GAME, page_size=2))
    async with gateway(tmp_path / "b.sqlite3", map(draft, range(10))) as served:
        request = events_pb2.ListEventsRequest(game=GAME, page_token=page.next_page_token)
        code, info, _ = await refused(served.stub.ListEvents(request))
        assert (code.name, info.reason) == ("OUT_OF_RANGE", "LOG_REPLACED")


def identity(path: Path) -> str:
    log = SqliteLog(path)
    try:
        return log.identity()
    finally:
        log.close()


def test_a_log_keeps_its_identity_and_an_older_one_gets_one(tmp_path, draft) -> None:
    path = tmp_path / "events.sqlite3"
    first = identity(path)
    assert identity(path) == first != identity(tmp_path / "other.sqlite3")
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.execute("DROP TABLE identity")
    assert identity(path) == identity(path) != first
