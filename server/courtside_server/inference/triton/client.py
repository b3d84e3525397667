"""A gRPC client of a Triton server: a deadline on every call, typed errors, a new channel when the old one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException

from courtside_server.errors import EngineError, EngineUnavailable, InferenceTimeout, TensorMismatch

T = TypeVar("T")

_OPTIONS = [
    ("grpc.max_send_message_length", 256 * 2**20),
    ("grpc.max_receive_message_length", 256 * 2**20),
    # Pings only during calls: a server with default settings treats idle pings as abuse and disconnects.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 0),
    # A restarted server is found within a second, not only after gRPC's two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A new channel must have its own connection, not the old one from gRPC's pool.
    ("grpc.use_local_subchannel_pool", 1),
]
"""Channel options."""


class NotServed(EngineUnavailable):
    """The server runs, but does not have the model, version or memory region now."""


class _Channel:
    def __init__(self, url: str) -> None:
        self.client: Any = InferenceServerClient(url, channel_args=_OPTIONS)
        self.calls = 0
        self.retired = False


class TritonClient:
    """Calls one server and survives its restarts. Belongs to one event loop.

    Args:
        url: ``HOST:PORT`` of the server's gRPC.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._channel = _Channel(url)
        self._closed = False

    async def call(self, timeout: float, request: Callable[[Any], Awaitable[T]]) -> T:
        """``await request(client)`` within ``timeout`` seconds.

        Raises:
            NotServed: the server does not have the model, version or memory region now.
            EngineUnavailable: the server cannot be reached, is shutting down, or its queue is full.
            InferenceTimeout: the deadline passed.
            TensorMismatch: the server refused the request.
            EngineError: it failed otherwise.
        """
        if self._closed:
            raise EngineUnavailable(f"the connection to Triton at {self.url} is closed")
        channel = self._channel
        channel.calls += 1
        try:
            async with asyncio.timeout(timeout):
                return await request(channel.client)
        except TimeoutError:
            raise InferenceTimeout(f"Triton at {self.url} did not answer within {timeout:.3g} s") from None
        except InferenceServerException as error:
            raise self._translated(error, timeout) from None
        except grpc.aio.UsageError as error:
            raise EngineUnavailable(f"the connection to Triton at {self.url} is closed: {error}") from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and not task.cancelling():  # not cancelled by the caller: the channel was closed
                raise EngineUnavailable(f"the connection to Triton at {self.url} was closed") from None
            raise
        finally:
            channel.calls -= 1
            if channel.retired and not channel.calls:
                await asyncio.shield(channel.client.close())

    async def renew(self) -> None:
        """Use a new channel from now on; the old one is closed when its last call has ended."""
        old, self._channel = self._channel, _Channel(self.url)
        old.retired = True
        if not old.calls:
            await old.client.close()

    async def close(self) -> None:
        """Close the channel; calls under way end with EngineUnavailable."""
        self._closed = True
        await self._channel.client.close()

    def _translated(self, error: InferenceServerException, timeout: float) -> EngineError:
        text = f"Triton at {self.url}: {' '.join(str(error.message()).split())[:500]}"
        if "Request for unknown model" in text:  # UNAVAILABLE while a version is being taken out, then NOT_FOUND
            return NotServed(text)
        match str(error.status()).removeprefix("StatusCode."):
            case "NOT_FOUND":
                return NotServed(text)
            case "UNAVAILABLE" | "CANCELLED" | "RESOURCE_EXHAUSTED":
                return EngineUnavailable(text)
            case "DEADLINE_EXCEEDED":
                return InferenceTimeout(f"Triton at {self.url} did not answer within {timeout:.3g} s")
            case "INVALID_ARGUMENT":
                return TensorMismatch(text)
            case _:
                return EngineError(text)
