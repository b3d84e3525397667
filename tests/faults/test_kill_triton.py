"""Triton, serving the default models, killed and started again in the middle of a stream: degraded, recovered."""

import asyncio
import json
import subprocess

import pytest
from tests_support import COMMAND, ROOT, GatewayProcess

from courtside_server.errors import EngineUnavailable
from courtside_server.inference.triton.process import TritonProcess, default_environment, prepare_environment

MODELS = ["court_detector", "shot_flight", "rim_result", "shot_clip", "person_detector"]


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_the_camera_goes_on_and_shots_come_again(tmp_path, shot_film):
    try:
        prepare_environment(default_environment())
    except EngineUnavailable as error:
        pytest.skip(f"no Triton environment on this machine: {error.message}")
    triton = TritonProcess(ROOT / "model_repository", state=tmp_path / "triton", models=MODELS, grpc_port=0)
    triton.start()
    gateway = GatewayProcess(tmp_path / "data", "--engine", "triton", "--triton-url", triton.url)
    try:
        gateway.start()
        gateway.wait_serving()
        camera = await asyncio.create_subprocess_exec(
            *COMMAND, "stream", str(shot_film.path), "--loop", "--gateway", gateway.grpc, "--camera",
            "games/g/cameras/c", "--quiet",
        )
        watcher = await asyncio.create_subprocess_exec(
            *COMMAND, "watch", "--gateway", gateway.grpc, "--game", "g", "--after", "0", "--format", "jsonl",
            stdout=subprocess.PIPE,
        )
        states = []

        async def until(what):
            seen = []
            try:
                async with asyncio.timeout(60):
                    while True:
                        event = json.loads(await watcher.stdout.readline())
                        if "cameraStatus" in event:
                            status = event["cameraStatus"]
                            states.append((status["state"].removeprefix("CAMERA_STATE_"), status.get("detail")))
                        if what(event):
                            return
                        seen.append(event)
            except TimeoutError:
                raise AssertionError(f"did not come: {seen[-10:]}; gateway: {gateway.stderr()[-3000:]}") from None

        def is_confirmed(event):
            return "shot" in event and event["lifecycle"] == "LIFECYCLE_CONFIRMED"

        await until(is_confirmed)
        await asyncio.to_thread(triton.kill)
        await until(lambda event: states[-1][0] == "DEGRADED")
        await asyncio.to_thread(triton.start)
        await until(lambda event: states[-1][0] == "RECOVERED")
        await until(is_confirmed)
        assert camera.returncode is None, "the camera never noticed"
        changes = [state for state, _ in states if state in ("DEGRADED", "RECOVERED")]
        # One DEGRADED for each model that was missed, and one RECOVERED when the last of them was back.
        assert changes.count("RECOVERED") == 1 and changes[-1] == "RECOVERED", states
        for process in (camera, watcher):
            process.terminate()
            await process.wait()
    finally:
        await asyncio.to_thread(gateway.stop)
        await asyncio.to_thread(triton.stop)
