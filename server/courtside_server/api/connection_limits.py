"""Open files: how many the gateway may have, and how many of them may be connections.

Connections come from strangers. The event log, the models and the decoders must find a free file whatever strangers
do, so each port has a limit, and both limits together leave a reserve.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass

from courtside_server.api.http_server import HTTP_CONNECTIONS

_WANTED = 65_536
"""Open files that the gateway allows itself."""
_RESERVE = (40, 256)
"""Least and most files that are kept from connections: a quarter of all, within these bounds. The gateway itself has
30 open after its start, as measured; every camera with a film or a log needs a few more."""
_HTTP_SHARE = 0.4
"""Part of the remaining files that HTTP may take; gRPC, where cameras come in, takes the rest."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Connections that each port accepts at a time.

    Attributes:
        grpc: on the gRPC port; further ones are closed at once.
        http: on the HTTP port; see :class:`courtside_server.api.http_server.HttpLimits`.
    """

    grpc: int
    http: int

    @property
    def event_streams(self) -> int:
        """Event streams of browsers: two thirds of the HTTP connections, so that probes always find one."""
        return max(self.http * 2 // 3, 1)


def raise_descriptor_limit() -> int:
    """Allow as many open files as the system lets us, by default often 1024; returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return _WANTED if soft == resource.RLIM_INFINITY else soft


def connection_limits(descriptors: int, max_connections: int) -> ConnectionLimits:
    """Share the files that the gateway may open between its ports.

    Args:
        descriptors: files that may be open at a time.
        max_connections: most connections on the gRPC port, by the settings.

    Example:
        >>> connection_limits(65_536, 2048)
        ConnectionLimits(grpc=2048, http=384)
        >>> connection_limits(1024, 2048)
        ConnectionLimits(grpc=461, http=307)
    """
    free = max(descriptors - min(max(descriptors // 4, _RESERVE[0]), _RESERVE[1]), 2)
    http = max(min(HTTP_CONNECTIONS, int(free * _HTTP_SHARE)), 1)
    return ConnectionLimits(grpc=max(min(max_connections, free - http), 1), http=http)
