"""Gateway addresses are checked before anything is sent; TLS, and the message where it fails."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from scripted_gateway import Scripted

import courtside
from courtside.v1 import events_pb2_grpc
from courtside_client.channel import Endpoint, gateway_address
from courtside_client.errors import BadName, GatewayUnavailable, NotFoundError

CERTIFICATE = Path(__file__).with_name("certificate.pem")
"""Of 127.0.0.1; nobody has signed it."""


@pytest.mark.parametrize("text", ["localhost", "h:0", "h:99999", "http://h:1", "https://", "https://h:0", "https://h/x"])
def test_a_gateway_address_needs_a_host_and_a_port(text):
    with pytest.raises(BadName, match="HOST:PORT"):
        gateway_address(text)


@pytest.mark.parametrize("text", ["h:1", "[::1]:50051", "https://h", "https://h:1", "https://[::1]:443"])
def test_an_address_may_stand_for_tls(text):
    assert Endpoint(text).address == text


@pytest.fixture
async def encrypted():
    parts = CERTIFICATE.read_bytes().partition(b"-----BEGIN PRIVATE KEY-----")
    credentials = grpc.ssl_server_credentials([(parts[1] + parts[2], parts[0])])
    server = grpc.aio.server()
    events_pb2_grpc.add_EventServiceServicer_to_server(Scripted(), server)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def answer(address):
    async with courtside.connect(address, timeout=5.0) as client:
        await client.get_event("games/g", "e1")


async def test_a_gateway_behind_tls_is_reached_with_https(encrypted, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with pytest.raises(NotFoundError):  # the gateway's own answer
        await answer(f"https://{encrypted}")


async def test_a_certificate_that_is_not_trusted_is_named(encrypted, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(GatewayUnavailable, match="SSL_CERT_FILE"):
        await answer(f"https://{encrypted}")


async def test_tls_where_there_is_none_is_named(server):
    with pytest.raises(GatewayUnavailable, match="leave out https://"):
        await answer(f"https://{server.address}")
