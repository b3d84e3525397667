"""Sinks against real receivers: nothing is lost over failures and restarts, and no sink holds another up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from export_support import game_events

from courtside_server.errors import SettingsError
from courtside_server.events import EventHub, SqliteLog
from courtside_server.settings import load_settings
from courtside_server.sinks.config import SinkSettings
from courtside_server.sinks.delivery import Sinks
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import EventDraft

pytestmark = pytest.mark.timeout(60)
SHOTS = [event for event in game_events() if event.shot]


class Receiver:
    """A real HTTP server that notes each request and answers with what `status` gives."""

    def __init__(self, status: Callable[[int], int] = lambda number: 204) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = status
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                receiver.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status(len(receiver.requests)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[tuple[str, int]]:
        return [(json.loads(body)["eventId"], json.loads(body)["revision"]) for _, _, body in self.requests]


class Running:
    """A hub with sinks over one log file; a context manager that starts and drains them as the gateway does."""

    def __init__(self, folder: Path, *settings: SinkSettings) -> None:
        self.folder, self.settings, self.metrics = folder, settings, Metrics()

    async def __aenter__(self) -> Running:
        self.log = SqliteLog(self.folder / "events.sqlite3")
        self.hub = EventHub(self.log, self.metrics)
        await self.hub.start()
        self.sinks = Sinks(self.settings, self.hub, self.folder / "sinks", self.metrics)
        await self.sinks.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sinks.close(0.5)
        await self.hub.close()
        self.log.close()

    async def publish(self, *events: object) -> None:
        for event in events:
            await self.hub.publish([EventDraft.of(event)])  # type: ignore[arg-type]

    def count(self, name: str, *labels: str) -> float:
        return getattr(self.metrics, name).labels(*labels)._value.get()


def settings(name: str, url: str, **values: object) -> SinkSettings:
    quick = {"kind": "webhook", "retry_first_s": 0.02, "retry_most_s": 0.05, "kinds": ("shot",)}
    return SinkSettings(name=name, url=url, **{**quick, **values})  # type: ignore[arg-type]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_nothing_is_lost_over_failures_and_a_restart_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setenv("HOOK_KEY", "whsec_" + base64.b64encode(b"key").decode())
    with Receiver(lambda number: 503 if number in (2, 3) or number >= 6 else 204) as receiver:
        sink = settings("board", receiver.url, secret_env="HOOK_KEY")
        async with Running(tmp_path, sink) as first:
            await first.publish(*game_events())
            await until(lambda: len(receiver.requests) >= 7)  # the fourth event is refused, and the gateway goes down
            assert first.count("sink_retries", "board") >= 3
        receiver.status = lambda number: 204
        async with Running(tmp_path, sink) as second:
            await second.publish(EventDraft.of(SHOTS[1]))
            await until(lambda: len(dict.fromkeys(receiver.events)) == len(SHOTS))
        assert list(dict.fromkeys(receiver.events)) == [(event.event_id, event.revision) for event in SHOTS]
    seen: dict[str, bytes] = {}
    for _, headers, body in receiver.requests:
        number, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        signed = hmac.new(b"key", f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
        assert headers["courtside-event-id"] == json.loads(body)["eventId"]
        assert seen.setdefault(number, body) == body, "what comes twice is the same"


async def test_a_refused_event_goes_to_the_dead_letters_and_a_dead_receiver_holds_nobody_up(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,  # takes connections and never answers
        Receiver(lambda number: 400 if number == 1 else 204) as receiver,
    ):
        port = silent.getsockname()[1]
        sinks = [
            settings("hangs", f"http://user:password@127.0.0.1:{port}/token", start="beginning"),
            settings("works", receiver.url, dead_letter_mb=0.01),
            settings("gives-up", "http://127.0.0.1:1", give_up_s=0.0),
            settings("other", receiver.url, games="women-*"),
        ]
        async with Running(tmp_path, *sinks) as running:
            await running.publish(*SHOTS)
            await until(lambda: len(receiver.requests) == len(SHOTS))
            await until(lambda: running.count("sink_events", "gives-up", "dead_letter") == len(SHOTS))
            assert running.count("sink_events", "works", "delivered") >= len(SHOTS) - 2
    dead = (tmp_path / "sinks" / "works.dead.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"]["eventId"] for line in dead] == ["a-left"]
    assert json.loads(dead[0])["reason"] == "the receiver answers 400"
    left = [*(tmp_path / "sinks").glob("gives-up.dead*")]
    assert left and sum(path.stat().st_size for path in left) <= 16 * 2**20


async def test_a_new_sink_starts_now_or_at_the_beginning_and_another_log_goes_out_whole(tmp_path):
    async with Running(tmp_path) as before:
        await before.publish(*SHOTS[:3])
    with Receiver() as now, Receiver() as all_of_it:
        sinks = settings("now", now.url), settings("all", all_of_it.url, start="beginning")
        async with Running(tmp_path, *sinks) as running:
            await running.publish(SHOTS[3])
            await until(lambda: now.requests and len(all_of_it.requests) == 4)
        assert now.events == [(SHOTS[3].event_id, 1)]
        for path in tmp_path.glob("events.sqlite3*"):
            path.unlink()
        async with Running(tmp_path, *sinks) as running:
            await running.publish(SHOTS[4])
            await until(lambda: len(now.requests) == 2)
        assert now.events[1] == (SHOTS[4].event_id, 1)


async def test_vmix_gets_the_texts_that_change(tmp_path):
    with Receiver() as vmix:
        fields = {"home_score": "Home.Text", "last_shot_result": "Result.Text"}
        sink = settings("vmix", vmix.url, kind="vmix", kinds=("shot", "game_state"), input="Score bug", fields=fields)
        async with Running(tmp_path, sink) as running:
            await running.publish(game_events()[-1])
            await until(lambda: len(vmix.requests) == 2)
            await running.publish(SHOTS[1])
            await until(lambda: len(vmix.requests) == 3)
    queries = [parse_qs(urlsplit(path).query, keep_blank_values=True) for path, _, _ in vmix.requests]
    assert urlsplit(vmix.requests[0][0]).path == "/api/"
    assert [(one["Function"], one["Input"], one["SelectedName"], one["Value"]) for one in queries] == [
        (["SetText"], ["Score bug"], ["Home.Text"], ["4"]), (["SetText"], ["Score bug"], ["Result.Text"], [""]),
        (["SetText"], ["Score bug"], ["Result.Text"], ["made"]),
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
async def test_mqtt_events_reach_a_real_broker(tmp_path):
    amqtt = pytest.importorskip("amqtt.broker")
    aiomqtt = pytest.importorskip("aiomqtt")
    config = {
        "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = amqtt.Broker(config)
    await broker.start()
    port = next(iter(broker._servers.values())).instance.sockets[0].getsockname()[1]
    try:
        sink = settings("mqtt", f"mqtt://127.0.0.1:{port}", kind="mqtt")
        async with Running(tmp_path, sink) as running:
            found = []
            async with aiomqtt.Client("127.0.0.1", port) as listener:
                await listener.subscribe("courtside/#", qos=1)
                await running.publish(*SHOTS[:3])
                async with asyncio.timeout(20):
                    async for message in listener.messages:
                        found.append((str(message.topic), json.loads(message.payload)["eventId"]))
                        if len(found) == 3:
                            break
            assert found == [("courtside/final/shot", event.event_id) for event in SHOTS[:3]]
            await broker.shutdown()
            await running.publish(SHOTS[3])
            await until(lambda: running.count("sink_retries", "mqtt"))
            config["listeners"]["default"]["bind"] = f"127.0.0.1:{port}"
            broker = amqtt.Broker(config)
            await broker.start()
            await until(lambda: running.count("sink_events", "mqtt", "delivered") == 4)
    finally:
        await broker.shutdown()


def test_sinks_are_settings_and_bad_ones_are_named(tmp_path, monkeypatch):
    path = tmp_path / "courtside.toml"
    path.write_text('[[sinks]]\nname = "board"\nkind = "vmix"\nurl = "http://10.0.0.5:8088"\n'
                    'fields = {home_score = "Home.Text"}\n')  # fmt: skip
    found = load_settings(path)
    assert found.sinks[0].fields == {"home_score": "Home.Text"} and found.sinks[0].give_up_s == 3600
    again = tmp_path / "again.toml"
    again.write_text(found.to_toml())
    assert load_settings(again).sinks == found.sinks
    monkeypatch.delenv("NOT_SET", raising=False)
    for bad, words in (
        ('name = "a b"\nkind = "webhook"\nurl = "http://h"', "is not a name"),
        ('name = "a"\nkind = "webhook"\nurl = "ftp://h/token"', "does not begin with http or https"),
        ('name = "a"\nkind = "webhook"', "needs either url or url_env"),
        ('name = "a"\nkind = "webhook"\nurl = "http://h"\nkinds = ["goal"]', "is no kind of events"),
        ('name = "a"\nkind = "mqtt"\nurl = "mqtt://h"\ntopic = "a/#"', "is not a topic"),
        ('name = "a"\nkind = "webhook"\nurl = "http://h"\nsecret_env = "COURTSIDE_KEY"', "is not the name of a"),
        ('name = "a"\nkind = "vmix"\nurl = "http://h"\nfields = {score = "x"}', "is no column"),
    ):
        path.write_text(f"[[sinks]]\n{bad}\n")
        with pytest.raises(SettingsError, match=words) as error:
            load_settings(path)
        assert "token" not in error.value.message or "ftp" not in bad
    for sinks, words in (
        ([settings("a", "http://h"), settings("a", "http://h")], "two sinks are named 'a'"),
        ([settings("a", "http://h", secret_env="NOT_SET")], "NOT_SET with its secret is not set"),
    ):
        with pytest.raises(SettingsError, match=words):
            Sinks(sinks, None, tmp_path, Metrics())  # type: ignore[arg-type]
