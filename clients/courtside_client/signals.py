"""Signals: Ctrl-C, SIGTERM and SIGHUP end a command gracefully; a second Ctrl-C or SIGTERM ends it immediately."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_until_signal(work: Callable[[asyncio.Event], Coroutine[Any, Any, _T]]) -> _T:
    """Run ``work(stop)`` on an event loop of its own; the first signal sets ``stop``, the second cancels.

    SIGHUP, the end of the terminal, only sets ``stop``: it often comes twice, from the shell and from the kernel. It is
    ignored where the caller ignores it (``nohup``).

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

        handlers: dict[signal.Signals, Callable[[], None]] = dict.fromkeys(_SIGNALS, on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            handlers[signal.SIGHUP] = stop.set
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            return await task
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    return asyncio.run(main())


async def first_of(stop: asyncio.Event, *tasks: Awaitable[Any]) -> None:
    """Wait until ``stop`` is set or one of the tasks has ended."""
    waiter = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({waiter, *map(asyncio.ensure_future, tasks)}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()
