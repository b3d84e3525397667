"""Courtside's client: stream cameras and film to a gateway, take events from it.

::

    from courtside_client import connect

    async with connect("127.0.0.1:50051") as client:
        async with client.subscribe("games/final", after=0) as events:
            async for event in events:
                print(event.event_id, event.revision)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from courtside_client.client import Client, connect
    from courtside_client.options import Mode, Pace, PassThrough, StreamOptions
    from courtside_client.report import StreamReport
    from courtside_client.subscribe import Subscription

__all__ = ["Client", "Mode", "Pace", "PassThrough", "StreamOptions", "StreamReport", "Subscription", "connect"]

_HOME = {
    "Client": "client",
    "connect": "client",
    "Mode": "options",
    "Pace": "options",
    "PassThrough": "options",
    "StreamOptions": "options",
    "StreamReport": "report",
    "Subscription": "subscribe",
}


def __getattr__(name: str) -> Any:
    """Names are loaded when they are used: `courtside --help` must not wait for video libraries."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
