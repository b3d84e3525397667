"""kill -9 of the gateway, again and again, in the middle of a stream."""

import asyncio
import json
import random
import subprocess
import sys

import grpc
import pytest
from tests_support import make_flash_gateway

from courtside.v1 import events_pb2, events_pb2_grpc

KILLS = 20


async def read_lines(stream, lines):
    while line := await stream.readline():
        lines.append(line)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_twenty_kills_lose_no_event_that_was_seen(tmp_path, flash_repository, flash_film):
    rng = random.Random(7)
    # A film that flashes every 1.7 s, shown over and over: there is always a shot under way. A live camera goes on at
    # its next keyframe, so those are close: a life of the gateway is short, and waiting for one shows nothing.
    options = {"preset": "ultrafast", "tune": "zerolatency", "g": "6"}
    film = flash_film([0.9 + 1.7 * n for n in range(6)], 10.2, options=options)
    gateway = make_flash_gateway(tmp_path / "data", flash_repository).start()
    gateway.wait_serving()
    own = [sys.executable, "-m", "courtside_client.cli"]
    camera = await asyncio.create_subprocess_exec(
        *own, "stream", str(film), "--loop", "--gateway", gateway.grpc, "--camera", "games/g/cameras/c", "--quiet",
        stderr=subprocess.PIPE,
    )
    watcher = await asyncio.create_subprocess_exec(
        *own, "watch", "--gateway", gateway.grpc, "--game", "g", "--after", "0", "--format", "jsonl",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    lines: list[bytes] = []
    reading = asyncio.create_task(read_lines(watcher.stdout, lines))
    try:
        for _ in range(KILLS):
            seen = len(lines)
            # Kill only after this life of the gateway has told the subscriber something.
            async with asyncio.timeout(30):
                while len(lines) < seen + 2:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(rng.uniform(0, 0.3))
            await asyncio.to_thread(gateway.kill)
            await asyncio.to_thread(gateway.start)
        seen = len(lines)
        async with asyncio.timeout(30):
            while len(lines) < seen + 2:
                await asyncio.sleep(0.02)
        assert camera.returncode is None and watcher.returncode is None, "both resumed by themselves"
    finally:
        for process in (camera, watcher):
            if process.returncode is None:
                process.terminate()
            await process.wait()
        await reading
    seen = [json.loads(line) for line in lines]
    sequences = [int(event["sequence"]) for event in seen]
    assert sequences == list(range(1, len(seen) + 1)), "gap-free, never reused"
    async with grpc.aio.insecure_channel(gateway.grpc) as channel:
        stub = events_pb2_grpc.EventServiceStub(channel)
        logged, token = {}, ""
        while True:
            page = await stub.ListEvents(events_pb2.ListEventsRequest(game="games/g", page_size=1000, page_token=token))
            logged.update({event.sequence: (event.event_id, event.revision) for event in page.events})
            token = page.next_page_token
            if not token:
                break
    for event in seen:
        assert logged[int(event["sequence"])] == (event["eventId"], event["revision"])
    assert len(set(logged.values())) == len(logged), "no revision twice"
    gateway.stop()
