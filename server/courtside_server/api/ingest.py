"""IngestService: one bidirectional stream per camera, connected to its session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, TypeAlias

import grpc

from courtside.timestamps import from_timestamp, to_timestamp
from courtside.v1 import ingest_pb2, ingest_pb2_grpc
from courtside_server.api.descriptor import encoded_packet, stream_info
from courtside_server.api.status import translated, well_formed
from courtside_server.errors import (
    BadDescriptor,
    BadPacket,
    CourtsideError,
    Draining,
    NotADescriptor,
    SlowSubscriber,
    TooManyStreams,
)
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.registry import CameraRegistry
from courtside_server.ingest.session import CameraSession, Connection
from courtside_server.telemetry.metrics import Metrics

_Context: TypeAlias = grpc.aio.ServicerContext[ingest_pb2.StreamFramesRequest, ingest_pb2.StreamFramesResponse]
_CALLS_PER_CAMERA = 8
"""Calls that may be open for each camera of the limit: most of them wait for a descriptor, or are taken over."""
_ENVELOPE = 64 * 2**10
"""Bytes of a message around a packet, or of a descriptor with its configuration."""


def message_options(config: IngestConfig) -> list[tuple[str, int]]:
    """Server options that let a packet over the limit reach the service, which then returns a clear error."""
    return [("grpc.max_receive_message_length", config.max_message_bytes + 2 * _ENVELOPE)]


class IngestService(ingest_pb2_grpc.IngestServiceServicer):
    """Serves ``courtside.v1.IngestService``.

    When a client disconnects, or closes its side without an EndOfStream, its session remains for the grace time. See
    :mod:`courtside_server.ingest.registry` for what a returning client gets.

    Args:
        registry: the camera sessions.
        metrics: the gateway's metrics.
    """

    def __init__(self, registry: CameraRegistry, metrics: Metrics) -> None:
        self._registry, self._metrics = registry, metrics
        self._config = registry.config
        self._draining = asyncio.Event()
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def drain(self) -> None:
        """Refuse new streams and end the open ones with their last acknowledgement; returns when all have ended.

        Every open session is processed and flushed first. Then its client gets a last status and UNAVAILABLE /
        DRAINING. Limit the wait with a timeout: a sink that hangs keeps its stream open.
        """
        self._draining.set()
        await self._idle.wait()

    async def StreamFrames(
        self, request_iterator: AsyncIterator[ingest_pb2.StreamFramesRequest], context: _Context
    ) -> None:
        """See ingest.proto."""
        self._open += 1
        self._idle.clear()
        try:
            async with translated(context, "StreamFrames"):
                if self._open > _CALLS_PER_CAMERA * self._config.max_cameras:
                    raise TooManyStreams(
                        f"{self._open} streams are open or being opened; try again later",
                        limit=self._config.max_cameras,
                    )
                await self._stream(context)
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()

    async def _stream(self, context: _Context) -> None:
        if self._draining.is_set():
            raise _draining()
        descriptor = await self._descriptor(context)
        connection = await self._registry.open(stream_info(descriptor, self._config))
        session = connection.session
        self._metrics.streams_active.inc()
        try:
            if descriptor.HasField("client_time"):
                session.update_clock_offset(from_timestamp(descriptor.client_time))
            await _write(context, _accepted(connection, self._config), self._config.write_timeout)
            await self._serve(context, connection)
        finally:
            self._metrics.streams_active.dec()
            self._registry.release(connection)

    async def _descriptor(self, context: _Context) -> ingest_pb2.StreamDescriptor:
        try:
            first = well_formed(await asyncio.wait_for(context.read(), self._config.open_timeout))
        except TimeoutError:
            raise NotADescriptor(
                f"no StreamDescriptor arrived within {self._config.open_timeout:g} s; send it first"
            ) from None
        if not isinstance(first, ingest_pb2.StreamFramesRequest) or first.WhichOneof("message") != "stream":
            raise NotADescriptor("the first message of a stream must be its StreamDescriptor")
        return first.stream

    async def _serve(self, context: _Context, connection: Connection) -> None:
        """Read packets and write statuses until the stream ends."""
        session = connection.session
        reader = asyncio.create_task(self._read(context, connection))
        reporter = _Reporter(context, session, self._config)
        draining = asyncio.create_task(self._draining.wait())
        silence = asyncio.get_running_loop().call_later(
            self._config.first_packet_timeout, self._end_silent, connection
        )
        try:
            ends: set[asyncio.Future[Any]] = {reader, reporter.task, connection.closed, draining}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if connection.closed.done():
                raise connection.closed.result()
            if reporter.task.done():
                reporter.task.result()  # the client has disconnected
            if not reader.done():
                reader.cancel()
            elif not reader.result():
                await reporter.finish(done=False)
                return
            await self._finish(connection)
            drained = not reader.done() or reader.cancelled()
            await reporter.finish(done=not drained)
            if drained:
                raise _draining()
        finally:
            silence.cancel()
            for task in (reader, reporter.task, draining):
                task.cancel()
            await asyncio.gather(reader, reporter.task, draining, return_exceptions=True)

    def _end_silent(self, connection: Connection) -> None:
        if not connection.session.took_packets:
            connection.close(
                BadPacket(
                    f"no packet arrived within {self._config.first_packet_timeout:g} s; open a stream once its camera "
                    "gives pictures",
                    field="data",
                )
            )

    async def _finish(self, connection: Connection) -> None:
        """Wait until everything is processed. A newer client may still take the camera over meanwhile."""
        finished: asyncio.Future[Any] = asyncio.ensure_future(self._registry.finish(connection))
        try:
            ends: set[asyncio.Future[Any]] = {finished, connection.closed}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not finished.done():
                raise connection.closed.result()
            finished.result()
        finally:
            finished.cancel()
            with suppress(asyncio.CancelledError):
                await finished

    async def _read(self, context: _Context, connection: Connection) -> bool:
        """Feed the session; True when the client sent EndOfStream, False when it only closed its side."""
        session = connection.session
        while True:
            message = well_formed(await context.read())
            if message is grpc.aio.EOF:
                return False
            kind = message.WhichOneof("message")
            if kind == "packet":
                await session.feed(encoded_packet(message.packet, time.monotonic(), self._config))
            elif kind == "end":
                return True
            elif kind == "stream":
                raise BadDescriptor("a stream has only one StreamDescriptor; open another stream for the next")
            else:
                raise BadPacket("the message is empty; send a Packet or an EndOfStream")


class _Reporter:
    """Writes a status at regular intervals, and at once when a keyframe is needed."""

    def __init__(self, context: _Context, session: CameraSession, config: IngestConfig) -> None:
        self._context, self._session = context, session
        self._interval, self._write_timeout = config.status_interval, config.write_timeout
        self._stopping = False
        self.task = asyncio.create_task(self._run())

    async def finish(self, done: bool) -> None:
        """Stop and write the last status."""
        self._stopping = True
        self._session.keyframe_wanted.set()
        await self.task
        await _write(self._context, _status(self._session, done), self._write_timeout)

    async def _run(self) -> None:
        wanted = self._session.keyframe_wanted
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(wanted.wait(), self._interval)
            if self._stopping:
                return
            wanted.clear()
            await _write(self._context, _status(self._session, done=False), self._write_timeout)


async def _write(context: _Context, response: ingest_pb2.StreamFramesResponse, timeout: float) -> None:
    """Send one message; a client that does not read must not hold a camera's place."""
    try:
        async with asyncio.timeout(timeout):
            await context.write(response)
    except TimeoutError:
        raise SlowSubscriber(f"the client did not read its statuses for {timeout:g} seconds; read them") from None


def _draining() -> CourtsideError:
    return Draining("the gateway is shutting down; connect to its successor")


def _accepted(connection: Connection, config: IngestConfig) -> ingest_pb2.StreamFramesResponse:
    return ingest_pb2.StreamFramesResponse(
        accepted=ingest_pb2.Accepted(
            session=connection.session.info.session,
            next_sequence=connection.next_sequence,
            limits=ingest_pb2.Limits(
                max_message_bytes=config.max_message_bytes,
                max_width=config.max_side,
                max_height=config.max_side,
                max_pixels=config.max_pixels,
            ),
            server_time=to_timestamp(time.time()),
        )
    )


def _status(session: CameraSession, done: bool) -> ingest_pb2.StreamFramesResponse:
    status = session.status()
    message = ingest_pb2.IngestStatus(
        ack_sequence=max(status.ack, 0),
        dropped=status.dropped,
        received=status.received,
        target_fps=status.target_fps,
        request_keyframe=status.request_keyframe,
        server_time=to_timestamp(time.time()),
        windows_scored=status.windows_scored,
        done=done,
        decoded=status.decoded,
        damaged=status.damaged,
    )
    message.lag.FromNanoseconds(round(status.lag * 1e9))
    return ingest_pb2.StreamFramesResponse(status=message)
