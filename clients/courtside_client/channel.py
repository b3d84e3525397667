"""Channels to a gateway: address, credentials, keepalive, message limits and reconnection pace in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import grpc

from courtside.errors import BadName
from courtside_client.errors import BadOption
from courtside_client.tls import trusted_certificates

MAX_SEND_BYTES = 64 * 2**20
"""Bytes of the largest message sent: a raw 4K picture fits. The gateway's own limit comes with Accepted."""
MAX_RECEIVE_BYTES = 16 * 2**20
"""Bytes of the largest message received."""

_ADDRESS = re.compile(r"(https://)?(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")

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
    """Check ``HOST:PORT``, or ``https://HOST`` with or without a port for TLS, and return it.

    Raises:
        BadName: anything else.
    """
    match = _ADDRESS.fullmatch(text)
    if not match or not 0 < int(match[2] or (443 if match[1] else 0)) <= 65535:
        raise BadName(
            f"gateway {text[:80]!r} is not HOST:PORT, for example 127.0.0.1:50051, or https://HOST:PORT for TLS",
            field="gateway",
        )
    return text


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a gateway listens, and how to get in.

    Attributes:
        address: ``HOST:PORT``, or ``https://HOST:PORT`` for TLS with the certificates that the system trusts.
        credentials: for TLS, from ``grpc.ssl_channel_credentials``; ``None`` connects without encryption, or as
            ``https://`` says.
        call_credentials: sent with every call, for example a token; they need ``credentials`` too.

    Raises:
        BadName: ``address`` is neither.
        BadOption: call credentials without TLS; gRPC does not send them in the clear.
    """

    address: str
    credentials: grpc.ChannelCredentials | None = None
    call_credentials: grpc.CallCredentials | None = None

    def __post_init__(self) -> None:
        gateway_address(self.address)
        if self.call_credentials is not None and self.credentials is None and not self._encrypted:
            raise BadOption("call credentials need TLS: pass credentials=grpc.ssl_channel_credentials() too")

    def open(self) -> grpc.aio.Channel:
        """A channel of its own; it connects on first use."""
        target = self.address.removeprefix("https://")
        if self.credentials is None and not self._encrypted:
            return grpc.aio.insecure_channel(target, options=_OPTIONS)
        credentials = self.credentials or _system_credentials()
        if self.call_credentials is not None:
            credentials = grpc.composite_channel_credentials(credentials, self.call_credentials)
        return grpc.aio.secure_channel(target, credentials, options=_OPTIONS)

    @property
    def _encrypted(self) -> bool:
        return self.address.startswith("https://")


def _system_credentials() -> grpc.ChannelCredentials:
    path = trusted_certificates()
    try:
        return grpc.ssl_channel_credentials(Path(path).read_bytes())
    except OSError as error:
        raise BadOption(f"trusted certificates: {path} (SSL_CERT_FILE) cannot be read: {error.strerror}") from None
