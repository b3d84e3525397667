"""Channels to a gateway: keepalive, message limits and reconnection pace in one place."""

from __future__ import annotations

import re

import grpc

from courtside.errors import BadName

MAX_SEND_BYTES = 64 * 2**20
"""Largest message sent: a raw 4K picture fits; the gateway's own limit comes with Accepted."""
MAX_RECEIVE_BYTES = 16 * 2**20
"""Largest message taken."""

_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+):(\d{1,5})")

_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    # The sessions have a back-off with jitter of their own; the channel must not wait longer than they do.
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_send_message_length", MAX_SEND_BYTES),
    ("grpc.max_receive_message_length", MAX_RECEIVE_BYTES),
    # Two channels to one gateway must not share a connection: a film's flow control would hold up events.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
)


def gateway_address(text: str) -> str:
    """Check ``HOST:PORT`` and return it.

    Raises:
        BadName: anything else.
    """
    match = _ADDRESS.fullmatch(text)
    if not match or not 0 < int(match.group(1)) <= 65535:
        raise BadName(f"gateway {text[:80]!r} is not HOST:PORT, for example 127.0.0.1:50051", field="gateway")
    return text


def open_channel(gateway: str) -> grpc.aio.Channel:
    """An insecure channel to ``HOST:PORT``; connects on first use.

    Raises:
        BadName: ``gateway`` is not HOST:PORT.
    """
    return grpc.aio.insecure_channel(gateway_address(gateway), options=_OPTIONS)
