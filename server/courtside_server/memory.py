"""Memory of sessions and of versions of models that are over goes back to the system.

A session's objects refer to one another, so that they wait for the garbage collector, which comes late to a process
that makes few objects; and what they held stays in the allocator's arenas. A gateway whose cameras come and go would
grow to several times the memory that its cameras take.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import sys
from contextlib import suppress

_PAUSE_S = 1.0
"""Seconds from the end of a session to the collection, so that several share one, and their last calls have ended."""


_M_ARENA_MAX = -8
"""``mallopt``'s number for the limit of arenas (malloc.h)."""
_ARENAS = 2
"""Arenas of the allocator. By default glibc makes eight for each core, and what one camera's threads have left half
empty is of no use to the next camera's: four cameras one after the other, at 720p, left 347 MB, with two arenas 283."""


def limit_arenas() -> None:
    """Let all threads share a few arenas of the C library's allocator. Call it before threads are started.

    The environment variable ``MALLOC_ARENA_MAX`` wins.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(AttributeError, OSError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def freeze_startup_objects() -> None:
    """Leave what exists after the start, which lives as long as the process, out of every later collection.

    A collection then takes a few milliseconds instead of a tenth of a second, for which nothing else runs.
    """
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Collect what is unreachable and return free memory to the system. Never call it on an event loop."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


class MemoryKeeper:
    """Gives memory back some time after the end of a session or of a model's version. Use it on the event loop."""

    def __init__(self, pause: float = _PAUSE_S) -> None:
        self._pause = pause
        self._ended = asyncio.Event()

    def note_end(self) -> None:
        """Note that a session is over, or that another version of a model answers."""
        self._ended.set()

    async def run(self) -> None:
        """Give memory back after each end, until cancelled."""
        while True:
            await self._ended.wait()
            await asyncio.sleep(self._pause)
            self._ended.clear()
            await asyncio.to_thread(give_back)
