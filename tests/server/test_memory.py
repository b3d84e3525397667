"""What a session held is given back soon after its end."""

from __future__ import annotations

import asyncio
import gc
import weakref

from courtside_server.memory import MemoryKeeper


class Session:
    """Refers to itself, as sessions and their callbacks do."""

    def __init__(self) -> None:
        self.callback = self.run
        self.ring = bytearray(2**20)

    def run(self) -> None:
        pass


async def test_a_session_s_memory_does_not_wait_for_the_collector() -> None:
    gc.disable()
    try:
        keeper = MemoryKeeper(pause=0.01)
        running = asyncio.create_task(keeper.run())
        for _ in range(2):
            session = Session()
            gone = weakref.ref(session)
            del session
            await asyncio.sleep(0.05)
            assert gone() is not None
            keeper.note_end()
            async with asyncio.timeout(10):
                while gone() is not None:
                    await asyncio.sleep(0.01)
        running.cancel()
    finally:
        gc.enable()
