"""kill -9 of the gateway, again and again, in the middle of a live stream through the default profile."""

import asyncio
import json
import random
import subprocess

import grpc
import pytest
from tests_support import COMMAND, confirmed

from courtside.v1 import events_pb2, events_pb2_grpc

KILLS = 5


async def read_events(stream, events):
    while line := await stream.readline():
        events.append(json.loads(line))


async def until(condition, gateway, seconds=40):
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"did not come in {seconds} s; the gateway says {gateway.stderr()[-2000:]}") from None


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_kills_lose_no_event_that_was_seen_and_shots_come_again(default_gateway, shot_film):
    rng = random.Random(7)
    gateway = default_gateway
    # Shown over and over: every four seconds there is a shot.
    camera = await asyncio.create_subprocess_exec(
        *COMMAND, "stream", str(shot_film.path), "--loop", "--gateway", gateway.grpc, "--camera", "games/g/cameras/c",
        "--quiet", stderr=subprocess.PIPE,
    )
    watcher = await asyncio.create_subprocess_exec(
        *COMMAND, "watch", "--gateway", gateway.grpc, "--game", "g", "--after", "0", "--format", "jsonl",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    seen = []
    reading = asyncio.create_task(read_events(watcher.stdout, seen))
    try:
        for _ in range(KILLS):
            # Kill while a shot is followed: after this life of the gateway has announced one, before its result.
            had = len(seen)
            await until(lambda had=had: any("shot" in event for event in seen[had:]), gateway)
            await asyncio.sleep(rng.uniform(0, 0.3))
            await asyncio.to_thread(gateway.kill)
            await asyncio.to_thread(gateway.start)
        had = len(seen)
        await until(lambda: confirmed(seen[had:]), gateway)
        assert camera.returncode is None and watcher.returncode is None, "both resumed by themselves"
    finally:
        for process in (camera, watcher):
            if process.returncode is None:
                process.terminate()
            await process.wait()
        await reading
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
