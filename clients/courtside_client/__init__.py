"""Courtside's client: stream cameras into a gateway, subscribe to the events that come out."""

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
