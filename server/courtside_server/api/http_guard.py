"""What a browser may be used for against the gateway: the check of Host, the check of the page that asks, and headers.

The HTTP port has no authentication. A page of another site in the operator's browser must neither read events by giving
its own name this machine's address (DNS rebinding), nor use up the event streams.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Cache-Control": "no-cache",  # a page of an earlier version must not meet events of this one
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; object-src 'none'; "
        # Films that a person opens on the review page; only the page's own script can make such an address.
        "media-src 'self' blob:"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}
"""The page needs no more than its own files and streams."""
_OWN_PAGES = ("same-origin", "none")
"""``Sec-Fetch-Site`` of requests by the gateway's own pages and of a person who enters the address."""


def host_name(header: str) -> str:
    """The name in a ``Host`` header, in lower case, without port, brackets and the dot of the root.

    Example:
        >>> host_name("Court.Example.:8080"), host_name("[::1]:80"), host_name("::1")
        ('court.example', '::1', '::1')
    """
    name = header.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    if name.count(":") == 1:
        name = name.partition(":")[0]
    return name.removesuffix(".")


def is_own_name(name: str, names: Collection[str]) -> bool:
    """Whether a request may be addressed to a name.

    Allowed are IP addresses, ``localhost`` and what ends with it, names without a dot (a machine or a container in its
    own network: nobody can register one), and the given names. ``*.example.com`` stands for all below example.com.

    Example:
        >>> [is_own_name(name, ["*.example.com"]) for name in ("10.0.0.1", "gateway", "a.example.com", "evil.com")]
        [True, True, True, False]
    """
    if "." not in name and ":" not in name:
        return True
    if name.endswith(".localhost") or name in names:
        return True
    if any(pattern.startswith("*.") and name.endswith(pattern[1:]) for pattern in names):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only.

    Example:
        >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0")]
        [True, True, True, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class HttpGuard:
    """ASGI middleware: refuses requests that a foreign page makes, and adds the security headers to every answer.

    A request without ``Host`` (HTTP/1.0, no browser) is let through.

    Args:
        app: the application.
        names: further host names of this gateway, in lower case.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app, self._names = app, tuple(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope) or self._app
        await answer(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        name = host_name(hosts[0]) if hosts else ""
        if len(hosts) > 1 or not is_own_name(name, self._names):
            message = (
                f"this gateway does not go by the name {name[:100]!r}; use an IP address or localhost, or add the name "
                "to listen.http_hosts"
            )
            return JSONResponse({"error": message}, status_code=421)
        navigation = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        foreign = headers.get("sec-fetch-site", "none") not in _OWN_PAGES and not navigation
        # Browsers without Sec-Fetch-Site: those that name an origin name their page's.
        origin = headers.get("origin")
        if foreign or (origin is not None and origin.rpartition("/")[2].lower() != headers.get("host", "").lower()):
            message = "pages of other sites cannot use this gateway; open its own page, or use a server of yours"
            return JSONResponse({"error": message}, status_code=403)
        return None
