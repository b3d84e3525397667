"""Sessions of one camera: a film that is resumed after a kill gives each shot once; sent again, it gives new ones."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from tests_support import make_flash_gateway

import courtside
from courtside.events import Event, latest_shots

FLASHES = [2.0 + 4.0 * number for number in range(15)]
STREAM = [sys.executable, "-m", "courtside_client.cli", "stream"]
FLAGS = ["--camera", "games/g/cameras/c", "--quiet", "--pace", "max", "--film-start", "1790000000"]


async def all_events(address: str) -> list[Event]:
    async with courtside.connect(address) as client:
        return [event async for event in client.list_events("g")]


@pytest.mark.timeout(300)
def test_a_film_resumed_after_kills_gives_each_shot_once_and_sent_again_it_gives_new_ones(
    tmp_path, flash_repository, flash_film
):
    film = flash_film(FLASHES, FLASHES[-1] + 3)
    gateway = make_flash_gateway(tmp_path / "data", flash_repository).start()
    gateway.wait_serving()
    try:
        command = [*STREAM, str(film), "--gateway", gateway.grpc, *FLAGS]
        with subprocess.Popen(command) as client:
            for wanted in (2, 6):

                async def seen(wanted: int = wanted) -> None:
                    async with courtside.connect(gateway.grpc) as client, client.subscribe("g", after=0) as events:
                        shots = set()
                        async for event in events:
                            shots |= {event.event_id} if event.shot else set()
                            if len(shots) >= wanted:
                                return

                asyncio.run(asyncio.wait_for(seen(), 60))
                gateway.kill()
                gateway.start()
                gateway.wait_serving()
            assert client.wait(90) == 0
        first = latest_shots(asyncio.run(all_events(gateway.grpc)))
        assert [event.media_offset for event in first] == pytest.approx(FLASHES, abs=0.16)
        assert len({event.session for event in first}) == 1, "it is one session, whatever happens to the gateway"
        subprocess.run(command, check=True, timeout=90)
        both = latest_shots(asyncio.run(all_events(gateway.grpc)))
    finally:
        gateway.stop()
    assert [event.event_id for event in both[: len(first)]] == [event.event_id for event in first]
    assert [event.media_offset for event in both[len(first) :]] == pytest.approx(FLASHES, abs=0.16)
    assert len({event.session for event in both}) == 2
