"""What a page of another site can do in the operator's browser: nothing."""

from __future__ import annotations

import pytest

from .test_web import PROBES, Connection, serving

PATHS = (*PROBES, "/", "/v1/games/final/events?after=0")


async def answer_to(port: int, path: str, *lines: str) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer to a request with exactly these header lines."""
    request = "\r\n".join([f"GET {path} HTTP/1.1", *lines, "Connection: close", "", ""])
    connection = await Connection.open(port, request)
    status, headers = await connection.status(), {}
    while line := await connection.line():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return status, headers


@pytest.mark.parametrize(
    "host", ["evil.com", "127.0.0.1.evil.com:8080", "localhost.evil.com", "2130706433.com", "a.b:80"]
)
async def test_a_foreign_name_for_this_machine_is_refused(log, host) -> None:
    """DNS rebinding: a site gives its own name this machine's address, and its page is then of the same origin."""
    async with serving(log) as served:
        for path in PATHS:
            assert (await answer_to(served.port, path, f"Host: {host}"))[0] == 421
        assert (await answer_to(served.port, "/metrics", "Host: localhost", f"Host: {host}"))[0] in (400, 421)


@pytest.mark.parametrize("host", [
    "localhost", "LOCALHOST:8080", "app.localhost:1", "127.0.0.1:8080", "[::1]:8080", "10.1.2.3", "gateway:8080",
    "court.example.com", "a.stands.example.com:443", "court.example.com.",
])  # fmt: skip
async def test_the_gateway_s_own_names_are_answered(log, host) -> None:
    async with serving(log, names=("court.example.com", "*.stands.example.com")) as served:
        for path in PATHS:
            assert (await answer_to(served.port, path, f"Host: {host}"))[0] == 200


@pytest.mark.parametrize("headers", [
    ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"), ("Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"),
    ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
    ("Origin: http://evil.com",), ("Origin: null",),
])  # fmt: skip
async def test_another_site_s_page_opens_no_event_stream(log, headers) -> None:
    async with serving(log) as served:
        host = f"Host: localhost:{served.port}"
        assert (await answer_to(served.port, "/v1/games/final/events?after=0", host, *headers))[0] == 403
        assert served.metrics.subscribers._value.get() == 0


async def test_the_own_page_and_a_link_to_it_are_answered(log) -> None:
    async with serving(log) as served:
        host = f"localhost:{served.port}"
        own = ("Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", f"Origin: http://{host}")
        link = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
        for headers in (own, link):
            assert (await answer_to(served.port, "/", f"Host: {host}", *headers))[0] == 200


async def test_every_answer_restricts_what_a_page_may_do(log) -> None:
    async with serving(log) as served:
        for path in (*PATHS, "/nowhere"):
            _, headers = await answer_to(served.port, path, "Host: localhost")
            assert "default-src 'self'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "SAMEORIGIN"
            assert "server" not in headers and "access-control-allow-origin" not in headers
