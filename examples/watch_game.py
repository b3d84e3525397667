"""Follow a game from its first event: ``python watch_game.py HOST:PORT GAME [HOW_MANY]``."""

import asyncio
import sys

import courtside


async def main(address: str, game: str, how_many: int = sys.maxsize) -> None:
    kinds = ["shot", "camera_status"]
    async with courtside.connect(address) as client, client.subscribe(game, after=0, kinds=kinds) as events:
        while how_many > 0:
            event = await events.next()
            if event.shot is not None:
                print(f"{event.media_offset:7.2f} s  {event.lifecycle:<11}  {event.shot.zone}", flush=True)
            how_many -= 1


asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
