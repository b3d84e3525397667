"""Follow a game through the gateway's restarts: ``python follow_reliably.py HOST:PORT GAME SECONDS``."""

import asyncio
import sys

import courtside


def reconnecting(error: courtside.GatewayError, delay: float) -> None:
    print(f"{error.message}; trying again in {delay:.1f} s", flush=True)


async def main(address: str, game: str, seconds: float) -> None:
    async with courtside.connect(address) as client:
        async with client.subscribe(game, after=0, retry_for=seconds, on_reconnect=reconnecting) as events:
            try:
                while True:
                    event = await events.next(timeout=seconds)
                    print(f"event {event.sequence}: {event.kind}, {events.pending} more waiting", flush=True)
            except TimeoutError:
                print(f"nothing new for {seconds:g} s; go on after event {events.last_sequence}")


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
