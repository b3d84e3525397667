"""Count a game's shots by zone: ``python shot_chart.py HOST:PORT GAME``."""

import asyncio
import sys
from collections import Counter

import courtside


async def main(address: str, game: str) -> None:
    async with courtside.connect(address) as client:
        events = [event async for event in client.list_events(game)]
    shots = [event.shot for event in courtside.latest_shots(events) if event.shot is not None]
    taken = Counter(shot.zone for shot in shots)
    made = Counter(shot.zone for shot in shots if shot.result is courtside.ShotResult.MADE)
    for zone in (*courtside.ZONES, courtside.Zone.UNSPECIFIED):
        print(f"{zone:<26} {made[zone]:3d} of {taken[zone]:3d}")


asyncio.run(main(*sys.argv[1:]))
