"""Films and a scripted gateway that the tests of the client share."""

from __future__ import annotations

import grpc
import pytest
from scripted_gateway import Scripted
from tests_support import write_flash_film

from courtside.v1 import events_pb2_grpc, ingest_pb2_grpc

B_FRAMES = {"preset": "veryfast", "bf": "3", "b-adapt": "0"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return write_flash_film(tmp_path_factory.mktemp("f") / "plain.mp4", [1.0], 2)


@pytest.fixture(scope="module")
def reordered(tmp_path_factory):
    return write_flash_film(tmp_path_factory.mktemp("f") / "b.mp4", [1.0], 2, options=B_FRAMES)


@pytest.fixture(scope="module")
def mpeg4(tmp_path_factory):
    return write_flash_film(tmp_path_factory.mktemp("f") / "old.mp4", [1.0], 2, codec="mpeg4", options={"b": "1M"})


@pytest.fixture
async def server():
    script = Scripted()
    running = grpc.aio.server()
    events_pb2_grpc.add_EventServiceServicer_to_server(script, running)
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(script, running)
    script.address = f"127.0.0.1:{running.add_insecure_port('127.0.0.1:0')}"
    await running.start()
    yield script
    await running.stop(None)
