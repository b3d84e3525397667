"""The ingest part of a gateway on a real gRPC port, a sink that records every frame, and a client."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from courtside.v1 import ingest_pb2, ingest_pb2_grpc
from courtside_server.api.ingest import IngestService
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.registry import CameraRegistry
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import StreamInfo

from .coded import CAMERA, Coded, damage, message, number_of


@dataclass
class SeenFrame:
    number: int
    sequence: int
    media: float
    media_segment: int
    capture_time: float
    arrival: float
    damage: float


@dataclass
class Sink:
    """Records every frame; can be slow."""

    info: StreamInfo
    slow: float = 0.0
    read_numbers: bool = True
    frames: list[SeenFrame] = field(default_factory=list)
    sizes: set[tuple[int, int]] = field(default_factory=set)
    jumps: list[tuple[int, str]] = field(default_factory=list)
    ended: int = 0
    windows_scored: int = 0

    def on_frame(self, frame: Any) -> None:
        if self.slow:
            time.sleep(self.slow)
        number = number_of(frame.planes) if self.read_numbers else -1
        error = damage(frame.planes, number) if self.read_numbers else 0.0
        self.sizes.add((frame.width, frame.height))
        self.frames.append(SeenFrame(
            number, frame.sequence, frame.media, frame.media_segment, frame.capture_time, frame.arrival, error
        ))

    def on_discontinuity(self, media_segment: int, detail: str) -> None:
        self.jumps.append((media_segment, detail))

    def on_end(self) -> None:
        self.ended += 1

    @property
    def numbers(self) -> list[int]:
        return [frame.number for frame in self.frames]


class Client:
    """One StreamFrames call."""

    def __init__(self, stub: ingest_pb2_grpc.IngestServiceStub) -> None:
        self.call = stub.StreamFrames()
        self.statuses: list[ingest_pb2.IngestStatus] = []

    async def open(self, descriptor: ingest_pb2.StreamDescriptor) -> ingest_pb2.Accepted:
        await self.send(descriptor)
        return (await self.read()).accepted

    async def send(self, what: Any, **changes: Any) -> None:
        """Write one request; if the gateway has ended the call, the next `read` raises."""
        request = what if isinstance(what, ingest_pb2.StreamFramesRequest) else message(what, **changes)
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await self.call.write(request)

    async def read(self) -> ingest_pb2.StreamFramesResponse:
        response = await asyncio.wait_for(self.call.read(), 20)
        if response is grpc.aio.EOF:
            code = await self.call.code()
            if code is not grpc.StatusCode.OK:
                raise grpc.aio.AioRpcError(
                    code, await self.call.initial_metadata(), await self.call.trailing_metadata(),
                    await self.call.details(),
                )
            raise EOFError
        if response.HasField("status"):
            self.statuses.append(response.status)
        return response

    async def until(self, condition: Callable[[ingest_pb2.IngestStatus], bool]) -> ingest_pb2.IngestStatus:
        while True:
            response = await self.read()
            if response.HasField("status") and condition(response.status):
                return response.status

    async def finish(self) -> ingest_pb2.IngestStatus:
        """Send EndOfStream; returns the last status."""
        await self.send(None)
        return await self.until(lambda status: status.done)

    async def error(self) -> SimpleNamespace:
        """Read until the error that ends the call."""
        try:
            while True:
                await self.read()
        except grpc.aio.AioRpcError as error:
            status = rpc_status.from_call(error)
            details: dict[str, Any] = {}
            for packed in status.details if status else ():
                for kind in (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo):
                    if packed.Is(kind.DESCRIPTOR):
                        details[kind.__name__] = kind()
                        packed.Unpack(details[kind.__name__])
            info = details.get("ErrorInfo")
            return SimpleNamespace(
                code=error.code(), message=error.details(), reason=info.reason if info else "",
                fields=dict(info.metadata) if info else {}, retry="RetryInfo" in details,
            )


class Server:
    """A gateway's ingest on a real port."""

    def __init__(self, config: IngestConfig, slow: float, read_numbers: bool) -> None:
        self.metrics = Metrics()
        self.sinks: list[Sink] = []
        self.announced: list[tuple[str, str]] = []
        self.closed: list[str] = []
        self.slow, self.read_numbers = slow, read_numbers
        self.registry = CameraRegistry(
            self._sink, self.metrics, config,
            on_status=lambda info, sink, status: self.announced.append((status.state.name, status.detail)),
            on_closed=self._closed,
        )
        self.service = IngestService(self.registry, self.metrics)

    def _sink(self, info: StreamInfo) -> Sink:
        self.sinks.append(Sink(info, self.slow, self.read_numbers))
        return self.sinks[-1]

    async def _closed(self, info: StreamInfo, sink: Any) -> None:
        self.closed.append(info.session)

    @property
    def sink(self) -> Sink:
        return self.sinks[-1]

    def dropped(self, reason: str, camera: str = CAMERA) -> float:
        value = self.metrics.registry.get_sample_value(
            "courtside_frames_dropped_total", {"camera": camera, "reason": reason}
        )
        return value or 0.0

    def client(self) -> Client:
        return Client(self.stub)

    async def play(self, coded: Coded, **changes: Any) -> ingest_pb2.IngestStatus:
        """Send everything and EndOfStream; returns the last status."""
        client = self.client()
        await client.open(coded.descriptor(**changes))
        for packet in coded.packets:
            await client.send(packet)
        return await client.finish()


async def eventually(condition: Callable[[], bool], timeout: float = 10.0) -> None:
    """Wait until another thread has done something."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)
