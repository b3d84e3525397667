"""Triton killed and started again in the middle of a stream: the service degrades, recovers, and says both."""

import asyncio
import json
import subprocess
import sys

import pytest
from tests_support import make_flash_gateway

from courtside_server.errors import EngineUnavailable
from courtside_server.inference.triton.process import TritonProcess, default_environment, prepare_environment


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_the_camera_goes_on_and_shots_come_again(tmp_path, flash_repository, flash_film):
    try:
        prepare_environment(default_environment())
    except EngineUnavailable as error:
        pytest.skip(f"no Triton environment on this machine: {error.message}")
    triton = TritonProcess(flash_repository, state=tmp_path / "triton", models=["flash"], grpc_port=0)
    triton.start()
    gateway = make_flash_gateway(
        tmp_path / "data", flash_repository, "--engine", "triton", "--triton-url", triton.url
    ).start()
    # One flash a window: with two equal ones the windows would not agree which is the release.
    film = flash_film([2.0, 7.1], 10.2)
    own = [sys.executable, "-m", "courtside_client.cli"]
    try:
        gateway.wait_serving()
        camera = await asyncio.create_subprocess_exec(
            *own, "stream", str(film), "--loop", "--gateway", gateway.grpc, "--camera", "games/g/cameras/c", "--quiet",
        )
        watcher = await asyncio.create_subprocess_exec(
            *own, "watch", "--gateway", gateway.grpc, "--game", "g", "--after", "0", "--format", "jsonl",
            stdout=subprocess.PIPE,
        )

        async def until(what):
            seen = []
            try:
                async with asyncio.timeout(40):
                    while not what(event := json.loads(await watcher.stdout.readline())):
                        seen.append(event)
            except TimeoutError:
                raise AssertionError(f"did not come: {seen[-10:]}; gateway: {gateway.stderr()[-3000:]}") from None
            return event

        await until(lambda e: "shot" in e and e["lifecycle"] == "LIFECYCLE_CONFIRMED")
        await asyncio.to_thread(triton.kill)
        await until(lambda e: e.get("cameraStatus", {}).get("state") == "CAMERA_STATE_DEGRADED")
        await asyncio.to_thread(triton.start)
        await until(lambda e: e.get("cameraStatus", {}).get("state") == "CAMERA_STATE_RECOVERED")
        await until(lambda e: "shot" in e and e["lifecycle"] == "LIFECYCLE_CONFIRMED")
        assert camera.returncode is None, "the camera never noticed"
        for process in (camera, watcher):
            process.terminate()
            await process.wait()
    finally:
        await asyncio.to_thread(gateway.stop)
        await asyncio.to_thread(triton.stop)
