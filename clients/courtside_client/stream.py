"""Streaming: one source to one camera of a gateway, across lost connections, until everything is processed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import grpc

from courtside.names import CameraName
from courtside.queues import DropPolicy, HandoverQueue
from courtside.v1 import ingest_pb2, ingest_pb2_grpc
from courtside_client.channel import Endpoint
from courtside_client.encode import make_encoder
from courtside_client.errors import CourtsideError, GatewayUnavailable, StaleEpochError
from courtside_client.media import CodedFrame
from courtside_client.options import Mode, Plan, StreamOptions, plan_stream
from courtside_client.pacing import Clock, SystemClock
from courtside_client.producer import Producer
from courtside_client.remote import gateway_error
from courtside_client.retry import RetryPolicy
from courtside_client.sources.base import Source
from courtside_client.sources.reopening import ReopeningSource
from courtside_client.spool import Spool, Spooled
from courtside_client.wire import descriptor_request, packet_request

_LIVE_QUEUE = (90, 16 * 2**20)  # packets (about three seconds) and bytes
_FILM_QUEUE = (32, 64 * 2**20)
_KEEP_S = 6.0
"""Seconds of acknowledged film kept for a gateway that restarts: more than the 4.5 s of an unfinished window."""

_ALONE_S = 0.1
"""Seconds to pause after the first packet of a new connection: time for the gateway to refuse it."""
_STEADY_S = 5.0
"""Seconds after which a connection counts as a success even if nothing was acknowledged."""
_AWAY_S = 1.0
"""Seconds after which the gateway hears that a source is away: the connection is closed, the session stays."""
_POLL_S = 0.1
"""Seconds between two checks whether the source is away, back, or stopped."""
_LEAVE_S = 0.5
"""Seconds that a stopped stream waits for a source or a gateway that does not answer."""


@dataclass(frozen=True)
class StreamReport:
    """How a stream is doing, or how it went.

    Attributes:
        state: connecting, streaming, reconnecting, source away, finishing or done.
        read: pictures taken from the source.
        sent: packets sent; those sent again are not counted.
        acked: packets that the gateway has processed.
        received: packets that the gateway's session has received.
        decoded: frames that the gateway has decoded.
        damaged: of these, frames with concealed parts or that depend on such a frame, and pictures of the source with
            lost parts that were encoded here.
        undecodable: packets of the source that could not be decoded here.
        windows_scored: windows that the gateway has scored.
        dropped: frames that the gateway dropped, by reason.
        unsent: packets dropped here because the connection was too slow.
        lost: packets sent to a gateway that lost them, and not sent again.
        thinned: pictures left out because the gateway asked for fewer.
        lag: age of the newest processed frame, seconds.
        kbytes: thousand bytes sent.
        target_fps: frames per second that the gateway asks for; 0 for all.
        reconnects: times the connection was made again.
        source_losses: times the source was lost and opened again.
        source_error: why the source is away; empty while it is there.
        seconds: since the stream began.
        done: the gateway has processed everything.
        problems: one sentence each.

    Example:
        >>> report = StreamReport(sent=100, acked=100, done=True)
        >>> report.complete
        True
    """

    state: str = "connecting"
    read: int = 0
    sent: int = 0
    acked: int = 0
    received: int = 0
    decoded: int = 0
    damaged: int = 0
    undecodable: int = 0
    windows_scored: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    unsent: int = 0
    lost: int = 0
    thinned: int = 0
    lag: float = 0.0
    kbytes: float = 0.0
    target_fps: float = 0.0
    reconnects: int = 0
    source_losses: int = 0
    source_error: str = ""
    seconds: float = 0.0
    done: bool = False
    problems: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Everything that was sent was processed."""
        return self.done and self.acked == self.sent and not self.lost


class StreamSession:
    """Streams a source; make one per stream and call :meth:`run` once.

    Args:
        source: what to stream.
        gateway: where it listens, HOST:PORT or with credentials.
        camera: ``games/{game}/cameras/{camera}``.
        options: how to send it.
        on_report: called a few times per second with how it goes.
        clock: time; for tests.

    Raises:
        BadName: not a gateway's or a camera's name.
        BadOption: the source cannot be sent like that.
    """

    def __init__(
        self,
        source: Source,
        gateway: Endpoint | str,
        camera: str,
        options: StreamOptions | None = None,
        on_report: Callable[[StreamReport], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._source, self._camera = source, CameraName.parse(camera).name
        self._gateway = Endpoint(gateway) if isinstance(gateway, str) else gateway
        self._options = options or StreamOptions()
        self._on_report = on_report or (lambda report: None)
        self._clock = clock or SystemClock()
        self._film = self._options.effective_mode is Mode.FILM
        self._retry = RetryPolicy(self._options.retry_for, on_retry=self._note_retry)
        self._stopping = asyncio.Event()
        self._report = StreamReport()
        self._began = time.monotonic()
        self._begin()

    def _begin(self) -> None:
        """Begin a session: for the source as it is now, with nothing sent."""
        info = self._info = self._source.info
        self.plan: Plan = plan_stream(info, self._options)
        self._encoder = (
            None if self.plan.passthrough
            else make_encoder(self.plan.encoder, info.width, info.height, info.frame_rate)
        )
        self._queue = send_queue(film=self._film)
        self._spool = Spool(
            _KEEP_S, max_packets=2048 if self._film else 300, max_bytes=256 * 2**20, max_kept=64 * 2**20,
            drop_oldest=not self._film,
        )
        self._producer = Producer(self._source, self._encoder, self._queue, self._options, self._clock)
        self._session = ""
        self._next = 0
        self._pending: deque[Spooled] = deque()
        self._current: CodedFrame | None = None
        self._first_alone = False
        self._before = self._report
        self._earlier = self._report  # totals of the sessions before this one
        self._ended = False

    @property
    def report(self) -> StreamReport:
        """How it is going."""
        producer, earlier = self._producer, self._earlier
        source = self._source if isinstance(self._source, ReopeningSource) else None
        outage = source.outage if source else None
        return replace(
            self._report, read=earlier.read + producer.read, thinned=earlier.thinned + producer.thinned,
            unsent=earlier.unsent + self._queue.dropped, sent=earlier.sent + self._next,
            damaged=self._report.damaged + self._source.damaged, undecodable=self._source.undecodable,
            seconds=time.monotonic() - self._began, problems=tuple(producer.watch.problems()),
            source_losses=source.losses if source else 0, source_error=outage.why if outage else "",
        )

    async def run(self) -> StreamReport:
        """Stream to the end of the source.

        A source that is away for a while is waited for; the gateway announces its camera as offline. It goes on in the
        same session where the gateway still has it.

        Raises:
            GatewayUnavailable: the gateway stayed away longer than ``retry_for``.
            StaleEpochError: a newer client has taken over the camera.
            RejectedError: the gateway refused the stream.
            SourceLost: the source broke off, or stayed away; everything before that has been processed.
        """
        try:
            async with self._gateway.open() as channel:
                while True:
                    self._producer.start()
                    await self._run_session(channel)
                    if not self._producer.format_changed or self._stopping.is_set():
                        break
                    self._report = replace(self.report, done=False, damaged=self._report.damaged)
                    self._begin()
        finally:
            self._producer.stop()
            self._source.close()
            # A thread that waits for a camera is left behind; it ends by itself.
            await asyncio.to_thread(self._producer.join, _LEAVE_S if self._source.info.live else 5.0)
        if self._producer.error is not None and not (self._source.info.live and self._stopping.is_set()):
            raise self._producer.error
        return self.report

    def stop(self) -> None:
        """End the stream: stop reading, send what is queued, wait until it is processed; :meth:`run` then returns."""
        self._stopping.set()
        self._producer.finish()
        self._retry.give_up()
        if self._source.info.live:
            self._source.close()

    async def _run_session(self, channel: grpc.aio.Channel) -> None:
        while True:
            async for attempt in self._retry.retrying(sleep=self._sleep):
                with attempt:
                    await self._connect(channel)
            if self._report.done:
                return
            self._set(state="source away")
            self._on_report(self.report)
            while self._away() and not self._stopping.is_set() and not self._queue.ended:
                await self._sleep(_POLL_S)

    def _away(self) -> bool:
        """The source has been away for some time, and all that it gave is processed."""
        outage = self._source.outage if isinstance(self._source, ReopeningSource) else None
        return (
            outage is not None and time.monotonic() - outage.since > _AWAY_S
            and not self._queue.ended and not len(self._queue) and self._current is None and not self._pending
        )  # fmt: skip

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    # ---- one connection ------------------------------------------------------------------------------------------

    async def _connect(self, channel: grpc.aio.Channel) -> None:
        call = ingest_pb2_grpc.IngestServiceStub(channel).StreamFrames()
        tasks: list[asyncio.Task[None]] = []
        try:
            await call.write(self._descriptor())
            accepted = await self._read_unless_stopped(call)
            if accepted.WhichOneof("message") != "accepted":
                raise CourtsideError("the gateway did not answer Accepted; is it a Courtside gateway?")
            self._resume(accepted.accepted)
            self._set(state="finishing" if self._ended and not self._pending else "streaming")
            tasks = [
                asyncio.create_task(self._send(call)), asyncio.create_task(self._receive(call)),
                asyncio.create_task(self._wait_until_away()),
            ]  # fmt: skip
            # A sender that fails only knows that the connection is gone; the receiver knows why.
            await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
            if tasks[1].done():
                await tasks[1]
        except grpc.aio.AioRpcError as error:
            raise gateway_error(error) from None
        except asyncio.InvalidStateError:
            raise GatewayUnavailable("the connection broke") from None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            call.cancel()

    async def _wait_until_away(self) -> None:
        while not self._away():
            await asyncio.sleep(_POLL_S)

    def _descriptor(self) -> ingest_pb2.StreamFramesRequest:
        # A source may have come back in another format while the gateway still has to hear that this session is over.
        info, encoder = self._info, self._encoder
        size = (encoder.width, encoder.height) if encoder else (info.width, info.height)
        return descriptor_request(self._camera, info, self.plan, size, self._options, self._session)

    def _resume(self, accepted: ingest_pb2.Accepted) -> None:
        """Decide what is sent first on this connection."""
        first, known = not self._session, accepted.session == self._session
        self._session = accepted.session
        if first:
            return
        self._first_alone = True
        if not known:
            self._before = self._report  # the gateway counts from zero again
        if known and (again := self._spool.since(accepted.next_sequence)) is not None:
            self._pending = deque(again)
        elif self._film and not known and (again := self._spool.replay()):
            # The gateway has restarted: send again from a keyframe.
            self._lose(self._spool.skip_before(again[0].sequence))
            self._pending = deque(again)
        else:
            self._start_at_keyframe()

    def _start_at_keyframe(self) -> None:
        self._lose(self._spool.give_up())
        self._pending = deque()
        if self._current is not None and not self._current.keyframe:
            self._current = None
            self._queue.dropped += 1
        if self._current is None:
            self._queue.skip_to_keyframe()
            self._producer.keyframe_wanted.set()

    def _lose(self, count: int) -> None:
        self._set(lost=self._report.lost + count)

    async def _send(self, call: Any) -> None:
        while True:
            if self._pending:
                item = self._pending.popleft()
            elif (following := await self._following()) is not None:
                item = following
            else:
                break
            await call.write(packet_request(item))
            if self._first_alone:
                # A pending write hides the status of a call that the gateway ends. A packet that is refused comes
                # first on the next connection; when nothing is sent after it, the reason arrives.
                self._first_alone = False
                await asyncio.sleep(_ALONE_S)
        await call.write(ingest_pb2.StreamFramesRequest(end=ingest_pb2.EndOfStream()))
        self._set(state="finishing")

    async def _following(self) -> Spooled | None:
        """The next new packet, in the spool; ``None`` when the source has ended."""
        if self._current is None and not self._ended:
            self._current = next(iter(await self._queue.aget()), None)
        if self._current is None:
            self._ended = True
            return None
        # Kept here until it is in the spool: a connection that breaks while there is no room must not lose it.
        await self._spool.room(len(self._current.data))
        item = Spooled(self._next, self._current)
        self._spool.add(item)
        self._next, self._current = self._next + 1, None
        self._set(kbytes=self._report.kbytes + len(item.packet.data) / 1000)
        return item

    async def _receive(self, call: Any) -> None:
        began = time.monotonic()
        while True:
            message = await self._read(call)
            status = message.status
            acked = self._spool.acked
            # Zero is the first packet's sequence, and also the value before any packet was processed.
            if status.ack_sequence or status.decoded or any(status.dropped.values()):
                self._spool.ack(status.ack_sequence)
            # A gateway that accepts and goes away again must use up the time for retries.
            if self._spool.acked > acked or time.monotonic() - began > _STEADY_S:
                self._retry.succeeded()
            if not self._film:
                self._producer.thinner.target = status.target_fps
            if status.request_keyframe:
                self._producer.keyframe_wanted.set()
            before = self._before
            self._set(
                acked=self._report.acked + self._spool.acked - acked,
                received=before.received + status.received,
                decoded=before.decoded + status.decoded, damaged=before.damaged + status.damaged,
                windows_scored=before.windows_scored + status.windows_scored,
                dropped=_sum(before.dropped, status.dropped),
                lag=status.lag.ToNanoseconds() / 1e9, target_fps=status.target_fps,
            )
            self._on_report(self.report)
            if status.done:
                self._set(state="done", done=True)
                self._on_report(self.report)
                return

    async def _read(self, call: Any) -> ingest_pb2.StreamFramesResponse:
        timeout = self._options.done_timeout if self._ended else self._options.idle_timeout
        try:
            async with asyncio.timeout(timeout):
                message: ingest_pb2.StreamFramesResponse = await call.read()
        except TimeoutError:
            raise GatewayUnavailable(f"no message from the gateway for {timeout:g} s") from None
        if message is grpc.aio.EOF:
            code = await call.code()
            if code is grpc.StatusCode.OK:
                raise GatewayUnavailable("the gateway ended the stream before it was done")
            # EOF hides the status of a call that failed while it was read; ask for it.
            raise gateway_error(
                grpc.aio.AioRpcError(
                    code, await call.initial_metadata(), await call.trailing_metadata(), await call.details()
                )
            )
        return message

    async def _read_unless_stopped(self, call: Any) -> ingest_pb2.StreamFramesResponse:
        """The gateway's first message; a stopped stream does not wait long for a gateway that does not answer."""
        reading, stopping = asyncio.ensure_future(self._read(call)), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({reading}, timeout=_LEAVE_S)
            if not reading.done():
                raise GatewayUnavailable("stopped before the gateway answered")
            return await reading
        finally:
            reading.cancel()
            stopping.cancel()
            await asyncio.gather(reading, stopping, return_exceptions=True)

    def _note_retry(self, error: BaseException, delay: float) -> None:
        if isinstance(error, StaleEpochError):
            return
        self._set(state="reconnecting", reconnects=self._report.reconnects + 1)
        self._on_report(self.report)

    def _set(self, **changes: Any) -> None:
        self._report = replace(self._report, **changes)


def send_queue(*, film: bool) -> HandoverQueue[CodedFrame]:
    """The queue from the thread that captures to the event loop that sends.

    Film waits for room; a live stream drops up to a keyframe, so that the newest pictures go out.
    """
    max_packets, max_bytes = _FILM_QUEUE if film else _LIVE_QUEUE
    return HandoverQueue(
        max_packets, DropPolicy.BLOCK if film else DropPolicy.TO_KEYFRAME, max_bytes=max_bytes,
        size_of=lambda packet: len(packet.data), is_keyframe=lambda packet: packet.keyframe,
    )  # fmt: skip


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    counts = {reason: one.get(reason, 0) + other.get(reason, 0) for reason in {*one, *other}}
    return {reason: count for reason, count in counts.items() if count}
