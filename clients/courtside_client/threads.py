"""Threads for calls that may block for long: nobody has to wait for them when the program ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_T = TypeVar("_T")


async def run_detached(call: Callable[[], _T], discard: Callable[[_T], None] = lambda result: None) -> _T:
    """Run ``call`` in a thread of its own; cancelling leaves it to itself.

    Args:
        call: what may block.
        discard: called with a result that nobody waits for any more.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def run() -> None:
        try:
            result = call()
        except BaseException as error:
            failure = error
            with suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(fail, failure)
            return
        try:
            loop.call_soon_threadsafe(deliver, result)
        except RuntimeError:
            discard(result)

    def fail(error: BaseException) -> None:
        if not done.done():
            done.set_exception(error)

    def deliver(result: _T) -> None:
        if done.done():
            discard(result)
        else:
            done.set_result(result)

    threading.Thread(target=run, name="detached call", daemon=True).start()
    return await done
