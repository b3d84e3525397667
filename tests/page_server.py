"""The gateway's HTTP port with its event log and its games, without cameras and models: what the pages talk to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute

from courtside.court.zones import Zone
from courtside_server.api.analysis import AnalysisService
from courtside_server.api.cameras import CameraBoard, camera_routes
from courtside_server.api.export_routes import export_routes
from courtside_server.api.game_routes import game_routes
from courtside_server.api.games import GameService
from courtside_server.api.health import Health
from courtside_server.api.http_server import HttpServer, http_config
from courtside_server.api.shooter_routes import shooter_routes
from courtside_server.api.web import web_app
from courtside_server.events import EventHub, SqliteLog
from courtside_server.games.keeper import GameKeeper
from courtside_server.inference.onnx.engine import EmbeddedEngine
from courtside_server.ingest.session import CameraSession
from courtside_server.packaged import starter_models
from courtside_server.players.form_config import FormConfig
from courtside_server.players.gallery import Galleries
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult, ZoneSource

GAME, CAMERA = "games/final", "games/final/cameras/left"


def shot_draft(event_id: str, at: float, lifecycle: Lifecycle = Lifecycle.CONFIRMED, **changes: Any) -> EventDraft:
    """A shot's draft; `at` is Unix seconds."""
    values: dict[str, Any] = {
        "probability": 0.9, "release_uncertainty": 0.1, "zone": Zone.LEFT_MID_RANGE, "make_probability": 0.44,
        "zone_probabilities": (), "model": "shot_flight:1", "result": ShotResult.UNKNOWN, "court": (8.0, 3.0),
        "zone_source": ZoneSource.CALIBRATION,
    }  # fmt: skip
    return EventDraft(GAME, CAMERA, event_id, lifecycle, at, at % 1000, Shot(**{**values, **changes}), session="s")


class PageServer:
    """A context manager: serves on a free port, in a thread of its own.

    Args:
        log: file of the event log.
        port: to serve on; 0 for any.
        routes: further routes.
        streams: event streams open at a time.

    Attributes:
        games: the keeper; use it by :meth:`do`.
        sessions: the cameras' sessions that the monitor shows.
        metrics: of the gateway.
        address: of the server.
    """

    def __init__(self, log: Path, port: int = 0, routes: Sequence[BaseRoute] = (), streams: int = 256) -> None:
        self._path, self.port, self._routes, self._streams = log, port, routes, streams
        self.sessions: list[CameraSession] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the server's event loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def publish(self, *drafts: EventDraft) -> None:
        """Publish drafts as a camera's pipeline does."""
        self.do(self.games.publish(drafts))

    def __enter__(self) -> PageServer:
        self._thread.start()
        self.do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        self.metrics = metrics = Metrics()
        self.log = SqliteLog(self._path)
        self.hub = EventHub(self.log, metrics)
        await self.hub.start()
        self.games = GameKeeper(self.hub)
        self.cameras = CameraBoard(
            lambda: self.sessions, metrics, lambda: {"version": "1.2.3", "engine": "embedded", "ready": True}
        )
        routes = [*game_routes(GameService(self.games), self.hub), *camera_routes(self.cameras)]
        self.galleries = Galleries(self._path.with_name("shooters.sqlite3"))
        self._engine = EmbeddedEngine(starter_models(), threads=1)
        routes += shooter_routes(AnalysisService(self.galleries, self._engine, FormConfig(), 5.0))
        routes += [*export_routes(self.hub), *self._routes]
        app = web_app(
            metrics, Health(), self.hub, max_streams=self._streams, routes=routes, latency=self.games.latency,
            heartbeat_s=0.5,
        )  # fmt: skip
        config = http_config(app, "127.0.0.1", self.port, metrics)
        socket = config.bind_socket()
        self.port = socket.getsockname()[1]
        self._server = HttpServer(config)
        self._running = asyncio.create_task(self._server.serve([socket]))
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def _stop(self) -> None:
        await self.hub.close()
        self._server.should_exit = True
        await self._running
        await self._engine.close()
        self.galleries.close()
        self.log.close()
