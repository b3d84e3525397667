"""The HTTP port as browsers and strangers use it: how event streams resume, and what nobody can take away."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import ClassVar

import pytest

from courtside_server.api import web
from courtside_server.api.health import Health
from courtside_server.api.http_server import HttpLimits, HttpServer, http_config
from courtside_server.events import EventHub, SqliteLog
from courtside_server.telemetry.metrics import Metrics

LIMITS = HttpLimits()
PROBES = ("/livez", "/readyz", "/metrics")


@asynccontextmanager
async def serving(
    log: SqliteLog, limits: HttpLimits = LIMITS, names: tuple[str, ...] = (), max_streams: int = web.MAX_EVENT_STREAMS
) -> AsyncIterator[SimpleNamespace]:
    metrics, health = Metrics(), Health()
    await health.update(model_ready=True)
    hub = EventHub(log, metrics)
    await hub.start()
    config = http_config(web.web_app(metrics, health, hub, names, max_streams), "127.0.0.1", 0, metrics, limits)
    bound = config.bind_socket()
    server = HttpServer(config)
    running = asyncio.create_task(server.serve([bound]))
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        yield SimpleNamespace(hub=hub, metrics=metrics, port=bound.getsockname()[1])
    finally:
        await hub.close()
        for connection in Connection.opened:
            connection.writer.close()
            with suppress(ConnectionError):
                await connection.writer.wait_closed()
        Connection.opened.clear()
        server.should_exit = True
        await running


class Connection:
    """A raw connection, so that a test decides what is sent and read."""

    opened: ClassVar[list[Connection]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.opened.append(self)

    @classmethod
    async def open(cls, port: int, request: str = "", source: str = "127.0.0.1") -> Connection:
        connection = cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0)))
        connection.writer.write(request.encode())
        return connection

    @classmethod
    async def get(cls, port: int, path: str, *headers: str) -> Connection:
        return await cls.open(port, "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]))

    async def line(self) -> str:
        async with asyncio.timeout(10):
            return (await self.reader.readline()).decode().strip()

    async def status(self) -> int:
        return int((await self.line()).split()[1])

    async def messages(self, count: int) -> list[tuple[str, str, dict]]:
        """Server-sent events other than heartbeats: (event, id, data)."""
        found, fields = [], {}
        while len(found) < count:
            line = await self.line()
            name, _, value = line.partition(": ")
            if name in ("event", "id", "data"):
                fields[name] = value
            if name == "data" and fields["event"] != "heartbeat":
                found.append((fields["event"], fields.get("id", ""), json.loads(value)))
        return found

    async def closed(self) -> bool:
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                await self.reader.read()
            return True


async def probes(port: int) -> list[int]:
    return [await (await Connection.get(port, path, "Connection: close")).status() for path in PROBES]


# --- cursors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cursor", ["30", "0000000000000000000000000000000a-2", "0000000000000000000000000000000a-30"])
async def test_a_browser_with_another_log_s_cursor_gets_a_restart_and_everything(log, draft, cursor) -> None:
    log.append([draft(1), draft(2), draft(3)])
    async with serving(log) as served:
        stream = await Connection.get(served.port, "/v1/games/final/events?after=0", f"Last-Event-ID: {cursor}")
        (kind, identity, data), *events = await stream.messages(4)
        own = await served.hub.identity()
        assert (kind, identity, data["reason"]) == ("restart", f"{own}-0", "RESTART_REASON_OTHER_LOG")
        assert [(kind, identity) for kind, identity, _ in events] == [("courtside", f"{own}-{n}") for n in (1, 2, 3)]
        again = await Connection.get(served.port, "/v1/games/final/events", f"Last-Event-ID: {own}-2")
        [(kind, _, event)] = await again.messages(1)
        assert (kind, event["sequence"]) == ("courtside", "3"), "its own cursor resumes as before"


async def test_a_browser_whose_history_is_gone_gets_what_remains(tmp_path, draft) -> None:
    log = SqliteLog(tmp_path / "events.sqlite3", max_events_per_game=2)
    for number in range(5):
        log.append([draft(number)])
    async with serving(log) as served:
        stream = await Connection.get(served.port, "/v1/games/final/events?after=0")
        (kind, _, data), first, second = await stream.messages(3)
        assert (kind, data["reason"]) == ("restart", "RESTART_REASON_EVICTED")
        assert [event["sequence"] for _, _, event in (first, second)] == ["4", "5"]
    log.close()


# --- strangers -------------------------------------------------------------------------------------------------------


async def test_probes_and_metrics_are_answered_whatever_is_open(log) -> None:
    async with serving(log, HttpLimits(connections=16), max_streams=8) as served:
        streams = [await Connection.get(served.port, "/v1/games/g/events") for _ in range(8)]
        assert [await stream.status() for stream in streams] == [200] * 8
        assert await probes(served.port) == [200, 200, 200]
        one_too_many = await Connection.get(served.port, "/v1/games/g/events")
        assert await one_too_many.status() == 503
        silent = [await Connection.open(served.port, "GET /livez HTTP/1.1\r\n") for _ in range(40)]
        assert await probes(served.port) == [200, 200, 200]
        assert await silent[0].closed()
        streams[0].writer.close()
        async with asyncio.timeout(10):
            while (await (await Connection.get(served.port, "/v1/games/g/events")).status()) != 200:
                await asyncio.sleep(0.01)


async def test_no_address_alone_can_take_all_event_streams(log, draft) -> None:
    async with serving(log, max_streams=4) as served:
        greedy = [await Connection.get(served.port, "/v1/games/final/events") for _ in range(4)]
        assert [await stream.status() for stream in greedy] == [200] * 4
        request = "GET /v1/games/final/events HTTP/1.1\r\nHost: x\r\n\r\n"
        others = [await Connection.open(served.port, request, source="127.0.0.2") for _ in range(3)]
        assert [await stream.status() for stream in others] == [200, 200, 503], "half of the places each"
        assert await greedy[3].closed() and await greedy[2].closed()
        await served.hub.publish([draft(1)])
        for stream in (*greedy[:2], *others[:2]):
            [(kind, _, event)] = await stream.messages(1)
            assert (kind, event["sequence"]) == ("courtside", "1")
        assert served.metrics.registry.get_sample_value("courtside_subscribers") == 4


async def test_a_connection_that_sends_no_request_is_closed(log) -> None:
    async with serving(log, HttpLimits(request_s=0.05)) as served:
        assert await (await Connection.open(served.port, "GET /livez HTTP/1.1\r\nHost: x\r\n")).closed()
        stream = await Connection.get(served.port, "/v1/games/g/events")
        assert await stream.status() == 200
        await asyncio.sleep(0.1)
        assert not stream.reader.at_eof(), "a request that is being answered has no such limit"


@pytest.mark.timeout(60)
async def test_a_reader_of_events_that_does_not_read_is_cut_and_stops_nobody(log, draft) -> None:
    log.append([draft(number) for number in range(2_000)])  # 1.3 MB: more than is kept for one that does not read
    async with serving(log, HttpLimits(write_s=0.2)) as served:
        sockets = []
        for _ in range(4):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", served.port))
            one.sendall(b"GET /v1/games/final/events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
            sockets.append(one)
        cut = 0.0
        async with asyncio.timeout(50):
            while cut < 4:
                began = asyncio.get_running_loop().time()
                assert await probes(served.port) == [200, 200, 200]
                assert asyncio.get_running_loop().time() - began < 5
                await asyncio.sleep(0.05)
                cut = served.metrics.registry.get_sample_value(
                    "courtside_subscribers_evicted_total", {"reason": "write_timeout"}
                ) or 0.0
            while served.metrics.registry.get_sample_value("courtside_subscribers"):
                await asyncio.sleep(0.01)
        for one in sockets:
            one.close()
