"""Courtside's client: stream cameras into a gateway, subscribe to the events that come out.

The names are loaded when they are first used, so that the command line starts at once.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # type checkers know the name; to import `typing` takes longer than all else here

if TYPE_CHECKING:
    from courtside_client.client import Client, connect
    from courtside_client.errors import CourtsideError
    from courtside_client.options import Mode, Pace, PassThrough, StreamOptions
    from courtside_client.stream import StreamReport, StreamSession
    from courtside_client.subscribe import Subscription

__all__ = [
    "Client",
    "CourtsideError",
    "Mode",
    "Pace",
    "PassThrough",
    "StreamOptions",
    "StreamReport",
    "StreamSession",
    "Subscription",
    "connect",
]

_HOMES = {
    "courtside_client.client": ("Client", "connect"),
    "courtside_client.errors": ("CourtsideError",),
    "courtside_client.options": ("Mode", "Pace", "PassThrough", "StreamOptions"),
    "courtside_client.stream": ("StreamReport", "StreamSession"),
    "courtside_client.subscribe": ("Subscription",),
}
"""Where each public name lives."""
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'courtside_client' has no attribute {name!r}")
    found = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
