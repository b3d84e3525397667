"""Signals: Ctrl-C and SIGTERM end a command gracefully; a second one ends it immediately."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_until_signal(work: Callable[[asyncio.Event], Coroutine[Any, Any, _T]]) -> _T:
    """Run ``work(stop)`` on an event loop of its own; the first signal sets ``stop``, the second cancels.

    Raises:
        KeyboardInterrupt: it was cancelled.
    """

    async def main() -> _T:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        task = asyncio.ensure_future(work(stop))

        def on_signal() -> None:
            if stop.is_set():
                task.cancel()
            stop.set()

        for number in _SIGNALS:
            loop.add_signal_handler(number, on_signal)
        try:
            return await task
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    return asyncio.run(main())


async def first_of(stop: asyncio.Event, *tasks: Awaitable[Any]) -> None:
    """Wait until ``stop`` is set or one of the tasks has ended."""
    waiter = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({waiter, *map(asyncio.ensure_future, tasks)}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()
