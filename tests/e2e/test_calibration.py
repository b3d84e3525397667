"""A camera's calibration in a real gateway: set, kept through kill -9, listed by reflection."""

from __future__ import annotations

import asyncio

import grpc
from calibration_support import CAMERA, point_pairs
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from courtside_client import connect


def test_a_calibration_outlives_the_gateway(default_gateway):
    gateway = default_gateway

    async def keep():
        async with connect(gateway.grpc) as client:
            return await client.set_calibration(CAMERA, point_pairs())

    async def get():
        async with connect(gateway.grpc) as client:
            return await client.get_calibration(CAMERA)

    error = asyncio.run(keep())
    gateway.kill()
    gateway.start()
    gateway.wait_serving()
    answer = asyncio.run(get())
    assert (answer.error, answer.points) == (error, point_pairs())


def test_reflection_lists_the_service(default_gateway):
    with grpc.insecure_channel(default_gateway.grpc) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        [answer] = stub.ServerReflectionInfo(iter([request]), timeout=10)
    assert "courtside.v1.CourtService" in [service.name for service in answer.list_services_response.service]
