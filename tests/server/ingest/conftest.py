"""Fixtures of the ingest tests: coded streams, and a real gRPC server that receives them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from courtside.v1 import ingest_pb2_grpc
from courtside_server.api.ingest import message_options
from courtside_server.ingest.limits import IngestConfig
from courtside_server.types import Codec

from .coded import CAMERA, HEIGHT, WIDTH, Coded, damage, encode, info_of_film, message, number_of, picture
from .ingest_gateway import Server, Sink, eventually

Serve = Callable[..., Any]


@pytest.fixture
def serve() -> Serve:
    @asynccontextmanager
    async def serving(slow: float = 0.0, read_numbers: bool = True, **config: Any) -> AsyncIterator[Server]:
        gateway = Server(IngestConfig(**{"status_interval": 0.05, **config}), slow, read_numbers)
        server = grpc.aio.server(options=message_options(gateway.registry.config))
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(gateway.service, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                gateway.channel, gateway.port = channel, port
                gateway.stub = ingest_pb2_grpc.IngestServiceStub(channel)
                yield gateway
        finally:
            await gateway.registry.close()
            await server.stop(None)

    return serving


@pytest.fixture(scope="session")
def helpers() -> SimpleNamespace:
    """The helpers of this file; streams are encoded once."""
    kept: dict[Any, Coded] = {}

    def make(codec: Codec = Codec.H264, frames: int = 60, **options: Any) -> Coded:
        key = (codec, frames, *sorted(options.items()))
        if key not in kept:
            kept[key] = encode(codec, frames, **options)
        return kept[key]

    return SimpleNamespace(
        encode=make, message=message, number_of=number_of, damage=damage, picture=picture, film=info_of_film,
        eventually=eventually, Sink=Sink, camera=CAMERA, width=WIDTH, height=HEIGHT,
    )
