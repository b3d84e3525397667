"""Camera pipelines of the default profile with the shipped models, each of which can be made to fail."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from courtside.names import CameraName
from courtside_server.compose import make_engine, make_player_models, make_shot_models, pipeline_config, start_models
from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout
from courtside_server.events.hub import EventHub
from courtside_server.events.sqlite import SqliteLog
from courtside_server.inference.engine import Engine, ModelInfo, Tensors
from courtside_server.pipeline.camera import CameraPipeline, CameraServices
from courtside_server.pipeline.detector_scheduler import DetectorScheduler
from courtside_server.pipeline.publisher import EventPublisher
from courtside_server.settings import load_settings
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import (
    CameraStatus,
    Codec,
    Event,
    Frame,
    Lifecycle,
    Shot,
    SkipReason,
    StreamInfo,
    StreamMode,
)

Outputs = dict[str, NDArray[Any]]
Fault = Callable[[Callable[[], Awaitable[Outputs]], float], Awaitable[Outputs]]
"""What becomes of a request: gets a function that runs the model, and the seconds until the caller gives up."""
FPS = 30.0


async def nan(infer: Callable[[], Awaitable[Outputs]], timeout: float) -> Outputs:
    """The model answers, but not with numbers."""
    return {
        name: np.full_like(values, np.nan) if values.dtype.kind == "f" else values
        for name, values in (await infer()).items()
    }


async def late(infer: Callable[[], Awaitable[Outputs]], timeout: float) -> Outputs:
    """The model needs more time than the caller has."""
    await asyncio.sleep(timeout)
    raise InferenceTimeout("the model was too slow")


class SlowModel:
    """A fault: the model answers one request at a time, and needs ``seconds`` more for each."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._one_at_a_time = seconds, asyncio.Lock()

    async def __call__(self, infer: Callable[[], Awaitable[Outputs]], timeout: float) -> Outputs:
        try:
            async with asyncio.timeout(timeout), self._one_at_a_time:
                await asyncio.sleep(self.seconds)
                return await infer()
        except TimeoutError:
            raise InferenceTimeout("the model was too slow") from None


async def dead(infer: Callable[[], Awaitable[Outputs]], timeout: float) -> Outputs:
    """The model is gone."""
    raise EngineUnavailable("the model is not there")


async def failing(infer: Callable[[], Awaitable[Outputs]], timeout: float) -> Outputs:
    """The model itself fails."""
    raise EngineError("the model failed")


async def broken(infer: Callable[[], Awaitable[Outputs]], timeout: float) -> Outputs:
    """The engine raises what it must not."""
    raise ZeroDivisionError("not an error of the engine")


class FaultyEngine:
    """A started engine whose models can be made to fail, one by one.

    Attributes:
        faults: by the model's name.
    """

    def __init__(self, engine: Engine) -> None:
        self.name, self._engine, self.faults = engine.name, engine, dict[str, Fault]()

    def info(self, model: str) -> ModelInfo:
        return self._engine.info(model)

    def ready(self, model: str) -> bool:
        return self.faults.get(model) is not dead and self._engine.ready(model)

    async def infer(self, model: str, inputs: Tensors, *, timeout: float) -> Outputs:
        infer = partial(self._engine.infer, model, inputs, timeout=timeout)
        fault = self.faults.get(model)
        return await (infer() if fault is None else fault(infer, timeout))


def decode_planes(path: Path) -> list[NDArray[np.uint8]]:
    """A film's frames as I420."""
    with av.open(str(path)) as container:
        return [frame.reformat(format="yuv420p").to_ndarray() for frame in container.decode(video=0)]


class DefaultCameras:
    """Live cameras of one gateway with its default settings and models; an async context manager.

    Args:
        names: of the cameras.
        patient: each frame comes once the one before it was processed, and the detector's rate is measured in media
            time: however busy the machine is, it keeps up. Otherwise frames come at real time.
        settings: settings by their dotted names, other than the default.
    """

    def __init__(
        self, names: Sequence[str] = ("c",), patient: bool = True, settings: Mapping[str, Any] | None = None
    ) -> None:
        waits = {"inference.timeout_s": 30.0} if patient else {}
        self.settings = load_settings(None, waits | dict(settings or {}))
        self.patient, self.metrics = patient, Metrics()
        self.cameras = [CameraName.parse(f"games/g/cameras/{name}") for name in names]
        self._engine = make_engine(self.settings, self.metrics)
        self.engine = FaultyEngine(self._engine)
        self.hub = EventHub(SqliteLog(":memory:"), self.metrics)
        self.pipelines: list[CameraPipeline] = []
        self.away: set[str] = set()
        """Cameras that send no frames now."""
        self._index = 0
        self._stop = threading.Event()

    async def __aenter__(self) -> Self:
        await self.hub.start()
        await start_models(self.settings, self._engine)
        models = make_shot_models(self.settings, self.engine)
        players = make_player_models(self.settings, self.engine)
        clock = (lambda: self.media) if self.patient else time.monotonic
        services = CameraServices(
            self.engine, EventPublisher(self.hub, self.metrics), self.metrics,
            detector=DetectorScheduler(self.settings.sharing, clock),
        )  # fmt: skip
        for camera in self.cameras:
            info = StreamInfo(camera, Codec.RAW_RGB, StreamMode.LIVE, 640, 360, FPS, b"", 1 / FPS, 0, 1, "", 0, 1.0)
            self.pipelines.append(
                CameraPipeline(info, models, services, pipeline_config(self.settings), players=players)
            )
            self.pipelines[-1].start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        for pipeline in self.pipelines:
            await pipeline.stop()
        await self.hub.close()
        await self._engine.close()

    @property
    def media(self) -> float:
        """Media seconds of the next frame."""
        return self._index / FPS

    async def play(self, film: Sequence[NDArray[np.uint8]]) -> None:
        """Show all cameras these frames; media time goes on from call to call."""
        await asyncio.to_thread(self._play, film)

    async def end(self) -> None:
        """The streams end; returns when everything was processed."""
        await asyncio.gather(*(asyncio.to_thread(pipeline.on_end) for pipeline in self.pipelines))

    def _play(self, film: Sequence[NDArray[np.uint8]]) -> None:
        begin, first = time.monotonic(), self._index
        for planes in film:
            if self.patient:
                while any(pipeline._share._pending for pipeline in self.pipelines) and not self._stop.wait(0.002):
                    pass
            elif self._stop.wait(max(begin + (self._index - first) / FPS - time.monotonic(), 0.0)):
                return
            media = self.media
            for camera, pipeline in zip(self.cameras, self.pipelines, strict=True):
                if camera.id not in self.away:
                    pipeline.on_frame(Frame(camera.name, self._index, media, 5000 + media, time.monotonic(), 0, planes))
            self._index += 1

    async def events(self, camera: str = "c") -> list[Event]:
        """A camera's events so far."""
        name = f"games/g/cameras/{camera}"
        return [event for event in await self.hub.read("games/g", 0, 1000) if event.camera == name]

    async def states(self, camera: str = "c") -> list[tuple[str, str]]:
        """The states that a camera announced, each with its sentence; cuts of the film are left out."""
        found = [event.payload for event in await self.events(camera) if isinstance(event.payload, CameraStatus)]
        return [(status.state.name, status.detail) for status in found if status.state.name != "DISCONTINUITY"]

    def skipped(self, reason: SkipReason) -> float:
        """Windows and detector frames that all cameras left out for a reason."""
        return sum(self.metrics.windows_skipped.labels(camera.name, reason)._value.get() for camera in self.cameras)

    async def shots(self, camera: str = "c") -> list[tuple[float, Shot]]:
        """A camera's confirmed shots: media seconds of the release, and the shot."""
        last = {event.event_id: event for event in await self.events(camera) if isinstance(event.payload, Shot)}
        return sorted(
            ((event.media_offset, event.payload) for event in last.values()
             if event.lifecycle is Lifecycle.CONFIRMED and isinstance(event.payload, Shot)),
            key=lambda found: found[0],
        )  # fmt: skip
