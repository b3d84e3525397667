"""grpc.health.v1 over a real channel: what one watcher cannot do to the others."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc

from courtside_server.api.health import EVENTS, LIVENESS, Health, HealthService
from courtside_server.api.status import StatusInterceptor

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


@asynccontextmanager
async def serving(health: Health):
    server = grpc.aio.server(interceptors=[StatusInterceptor()])
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    reflection.enable_server_reflection([reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await server.stop(0)


def watch(channel, service: str = ""):
    return health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=service))


async def status(call) -> int:
    return (await asyncio.wait_for(call.read(), 10)).status


async def test_every_change_reaches_every_watcher_also_after_one_has_left() -> None:
    health = Health()
    await health.update(model_ready=True, log_ready=True)
    async with serving(health) as channel:
        one, other, unknown = watch(channel), watch(channel), watch(channel, "nothing")
        assert [await status(call) for call in (one, other, unknown)] == [SERVING, SERVING, UNKNOWN]
        one.cancel()
        await asyncio.sleep(0.05)
        await health.update(model_ready=False)
        assert await status(other) == NOT_SERVING
        check = health_pb2_grpc.HealthStub(channel).Check
        assert (await check(health_pb2.HealthCheckRequest(service=EVENTS))).status == SERVING
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await check(health_pb2.HealthCheckRequest(service="nothing"))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        await health.drain()
        assert (await check(health_pb2.HealthCheckRequest(service=LIVENESS))).status == NOT_SERVING
        await health.update(model_ready=True)
        assert (await check(health_pb2.HealthCheckRequest())).status == NOT_SERVING, "for good"


async def test_a_watcher_that_cannot_be_written_to_stops_no_change() -> None:
    """It never reads: every write to it waits, for the write's time limit at most."""

    class Stuck:
        def peer(self) -> str:
            return "ipv4:10.0.0.1:5"

        async def write(self, message: object) -> None:
            await asyncio.Event().wait()

    health = Health()
    health.servicer = HealthService(write_timeout=0.2)
    await health.update(model_ready=True, log_ready=True)
    stuck = asyncio.create_task(health.servicer.Watch(health_pb2.HealthCheckRequest(), Stuck()))
    await asyncio.sleep(0)
    async with serving(health) as channel:
        for ready in (False, True, False):
            await asyncio.wait_for(health.update(model_ready=ready), 1)
        assert await status(watch(channel)) == NOT_SERVING
    with pytest.raises(Exception, match=r"did not read for 0\.2 seconds"):
        await stuck


async def test_watches_and_reflection_are_bounded() -> None:
    health = Health()
    health.servicer = HealthService(max_watches=3)
    await health.update(model_ready=True, log_ready=True)
    async with serving(health) as channel:
        calls = [watch(channel) for _ in range(3)]
        assert [await status(call) for call in calls] == [SERVING] * 3
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await status(watch(channel))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        open_ones = []
        for _ in range(64):
            call = stub.ServerReflectionInfo()
            await call.write(request)
            assert await call.read() is not grpc.aio.EOF
            open_ones.append(call)
        call = stub.ServerReflectionInfo()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call.write(request)
            await call.read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        for one in open_ones:
            one.cancel()
