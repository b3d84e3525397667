"""Camera session: takes the packets of one camera's connections and runs its decode thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from courtside_server.errors import BadPacket, CourtsideError
from courtside_server.ingest.clock import MAX_CLOCK_OFFSET_S, ClockOffset
from courtside_server.ingest.decode_worker import Clocks, DecodeWorker
from courtside_server.ingest.decoder import Decoder, open_decoder
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.queue import QueuedPacket, packet_queue
from courtside_server.ingest.rate_control import RateController
from courtside_server.ingest.sink import FrameSink, PacketRecorder, ScoringSink
from courtside_server.ingest.stats import StreamCounters, StreamStatus
from courtside_server.rings.frames import FrameRing
from courtside_server.rings.packets import PacketRing
from courtside_server.telemetry.metrics import Metrics
from courtside_server.types import (
    CameraState,
    CameraStatus,
    DropReason,
    EncodedPacket,
    StreamInfo,
    StreamMode,
)

log = structlog.get_logger(__name__)

StatusCallback = Callable[[StreamInfo, FrameSink, CameraStatus], None]
"""Called on the event loop when a camera comes ONLINE, goes OFFLINE, is DEGRADED or has RECOVERED."""

_SEQUENCE_LIMIT = 2**63
"""Sequences must be below this: 63 bits."""
_MAX_LOST = 1_000_000
"""A gap counts as at most this many lost packets, so that a wrong sequence number does not spoil the metric."""


@dataclass(slots=True, eq=False)
class Connection:
    """One client connection that feeds a session. A session uses its newest connection only.

    Attributes:
        session: the session it feeds.
        next_sequence: sequence of the packet that :class:`CameraSession` expects next.
        closed: resolves with the reason when the connection must end (fenced, replaced, gateway closing).
    """

    session: CameraSession
    next_sequence: int
    closed: asyncio.Future[CourtsideError] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def close(self, error: CourtsideError) -> None:
        """Make the handler of this connection end with ``error``."""
        if not self.closed.done():
            self.closed.set_result(error)


class CameraSession:
    """Takes one camera's packets on the event loop and decodes them on its own thread.

    Sequences: the first packet of a session may have any sequence; after that each must be one higher. A lower one is
    a duplicate; it is ignored and counted. A gap in a live stream is counted as ``lost`` and, where frames depend on
    each other, the frames up to the next keyframe as damaged. A gap in film is an error.

    Create, feed and close it on the event loop. The decode thread starts with the first packet.

    Args:
        info: the stream, with its session id.
        sink: receives the frames, on the decode thread.
        metrics: the gateway's metrics.
        config: limits.
        on_status: called on the event loop when the camera's state changes.
        clocks: clocks to use; the system's when ``None``.
        decoder: the stream's decoder.
        recorder: keeps the packets; ``None``: nobody does.
    """

    def __init__(
        self,
        info: StreamInfo,
        sink: FrameSink,
        metrics: Metrics,
        config: IngestConfig,
        on_status: StatusCallback | None,
        clocks: Clocks | None,
        decoder: Decoder,
        recorder: PacketRecorder | None = None,
    ) -> None:
        self.info, self.sink, self.config = info, sink, config
        self._metrics, self._on_status = metrics, on_status
        self._clocks = clocks or Clocks()
        self._loop = asyncio.get_running_loop()
        name = info.camera.name
        self.frames = FrameRing(name, config.frame_budget)
        self.packets = PacketRing(name, config.packet_budget)
        self._counters = StreamCounters(name, metrics)
        self._intra = decoder.intra
        self._film = info.mode is StreamMode.FILM
        self._offset = ClockOffset()
        self._worker = DecodeWorker(
            info, decoder, self.frames, self.packets, sink, self._counters, config, self._clocks,
            self._announce_from_thread, self._want_keyframe, recorder, lambda: self.clock_offset,
        )
        self._queue = packet_queue(config.queue_packets, config.queue_bytes, film=self._film)
        self._thread: threading.Thread | None = None
        self._finished = asyncio.Event()
        self._rate_controller = RateController()
        self._next: int | None = None
        self._present = False
        self._feeding = asyncio.Lock()
        self.end_reported = False
        """The registry has reported the end of this session."""
        self.connection: Connection | None = None
        self.keyframe_wanted = asyncio.Event()
        """Set when the decoder begins to wait for a keyframe: a status should be sent now."""

    @classmethod
    async def open(
        cls,
        info: StreamInfo,
        sink: FrameSink,
        metrics: Metrics,
        config: IngestConfig,
        on_status: StatusCallback | None = None,
        clocks: Clocks | None = None,
        recorder: PacketRecorder | None = None,
    ) -> CameraSession:
        """Make a session with its decoder. The decoder reads a stranger's bytes, so it is opened in a thread.

        Raises:
            BadDescriptor: ``codec_config`` is unusable.
        """
        ring_limit = config.frame_budget // 3  # two I420 frames of the largest size must fit in the ring
        decoder = await asyncio.to_thread(open_decoder, info, min(config.max_pixels, ring_limit))
        return cls(info, sink, metrics, config, on_status, clocks, decoder, recorder)

    # ---- connections ---------------------------------------------------------------------------------------------

    @property
    def took_packets(self) -> bool:
        """At least one packet has arrived."""
        return self._next is not None

    @property
    def counters(self) -> StreamCounters:
        """Frames received, decoded and dropped."""
        return self._counters

    @property
    def thread(self) -> threading.Thread | None:
        """The decode thread; it may run on when nobody waits for it any more."""
        return self._thread

    def attach(self, epoch: int, replaced: CourtsideError) -> Connection:
        """Create the session's new connection; an older one is closed with ``replaced``."""
        if self.connection is not None:
            self.connection.close(replaced)
        self.info = replace(self.info, epoch=epoch)
        self.connection = Connection(self, self._next or 0)
        return self.connection

    def update_clock_offset(self, client_time: float) -> None:
        """Take a reading of the client's clock, Unix seconds, that has just arrived in a message."""
        offset = self._offset.update(client_time, self._clocks.wall(), self._clocks.monotonic())
        self._metrics.clock_offset.labels(self.info.camera.name).set(offset)

    @property
    def clock_offset(self) -> float:
        """The camera's clock minus the server's, seconds; 0 where capture times are not the camera's clock.

        That is so for film, and where the camera's clock is implausible and the server's is used instead.
        """
        offset = self._offset.estimate
        return 0.0 if self._film or offset is None or abs(offset) > MAX_CLOCK_OFFSET_S else offset

    async def feed(self, packet: EncodedPacket) -> None:
        """Take the next packet. A live stream never waits; film waits while the decoder is behind.

        Raises:
            BadPacket: a film packet is missing, or the sequence is out of range.
            CourtsideError: the session was closed, with the reason.
        """
        if packet.sequence >= _SEQUENCE_LIMIT:
            raise BadPacket("the packet's sequence is out of range; count from zero", sequence=packet.sequence)
        if not self._film:
            self._feed_live(packet)
            return
        # While a packet of an older connection waits, the newer connection must not overtake it.
        async with self._feeding:
            missing = self._missing(packet)
            if missing is None:
                return
            if missing:
                raise BadPacket(
                    f"packet {packet.sequence} arrived, but {self._next} was expected; film must be complete: resume "
                    "at Accepted.next_sequence",
                    sequence=packet.sequence,
                    expected=self._next,
                )
            await self._queue.aput(QueuedPacket(packet, self._intra or packet.keyframe, broken=False))
            self._accept(packet)

    def _feed_live(self, packet: EncodedPacket) -> None:
        missing = self._missing(packet)
        if missing is None:
            return
        skipping = self._queue.skipping
        dropped = self._queue.put(QueuedPacket(packet, self._intra or packet.keyframe, broken=bool(missing)))
        self._counters.drop(DropReason.DECODER_BEHIND, len(dropped))
        if self._queue.skipping and not skipping:
            self.keyframe_wanted.set()
        self._counters.drop(DropReason.LOST, min(missing, _MAX_LOST))
        self.update_clock_offset(packet.capture_time)
        self._accept(packet)

    def _missing(self, packet: EncodedPacket) -> int | None:
        """Number of packets missing before this one; ``None`` for a duplicate."""
        if self._next is not None and packet.sequence < self._next:
            self._counters.drop(DropReason.DUPLICATE)
            return None
        return 0 if self._next is None else packet.sequence - self._next

    def _accept(self, packet: EncodedPacket) -> None:
        # The expected sequence advances only now, so that a film client that was cut off sends the packet again.
        self._next = packet.sequence + 1
        self._counters.receive()
        self._start()

    def status(self) -> StreamStatus:
        """The stream's present state."""
        counters, worker = self._counters, self._worker
        now = self._clocks.monotonic()
        waiting = self._queue.peek()
        lag = worker.last_age if waiting is None else max(worker.last_age, now - waiting.packet.arrival)
        target = 0.0 if self._film else self._rate_controller.update(now, counters.received, counters.late())
        return StreamStatus(
            ack=worker.ack,
            lag=max(lag, 0.0),
            dropped=counters.dropped(),
            received=counters.received,
            decoded=counters.decoded,
            target_fps=target,
            request_keyframe=worker.awaiting_keyframe or self._queue.skipping,
            windows_scored=self.sink.windows_scored if isinstance(self.sink, ScoringSink) else 0,
            damaged=counters.damaged,
        )

    # ---- end -----------------------------------------------------------------------------------------------------

    async def end(self) -> None:
        """Process all waiting packets and flush decoder and sink; returns when everything has been handed on."""
        self._start()
        self._queue.end(BadPacket("a packet arrived after the end of the stream; open a new session to send more"))
        await self._finished.wait()
        self.announce_absence("the stream ended")

    async def close(self, error: CourtsideError) -> bool:
        """Stop: drop the packets that wait for the decoder, flush decoder and sink.

        Returns:
            False when the sink did not end within ``close_timeout``.
        """
        if self.connection is not None:
            self.connection.close(error)
        self._counters.drop(DropReason.DECODER_BEHIND, len(self._queue.close(error)))
        self._start()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._finished.wait(), self.config.close_timeout)
        self.announce_absence(error.message)
        return self._finished.is_set()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"decode {self.info.camera.name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while items := self._queue.get():
            try:
                self._worker.process(items[0])
            except Exception:
                log.exception("processing a packet failed", camera=self.info.camera.name)
                self._counters.drop(DropReason.CORRUPT)
        self._worker.finish()
        self._on_loop(self._finished.set)

    # ---- camera state --------------------------------------------------------------------------------------------

    def announce_absence(self, detail: str) -> None:
        """Announce once that the camera is OFFLINE, if it was online."""
        if self._present:
            self._present = False
            self._announce(CameraState.OFFLINE, detail)

    def announce_return(self) -> None:
        """Announce that a camera is ONLINE again, if it had been announced OFFLINE."""
        if self.took_packets and not self._present:
            self._present = True
            self._announce(CameraState.ONLINE, "the camera's client is connected again")

    def _announce(self, state: CameraState, detail: str) -> None:
        if self._on_status is not None:
            self._on_status(self.info, self.sink, CameraStatus(state, detail))

    def _announce_from_thread(self, state: CameraState, detail: str) -> None:
        def announce() -> None:
            self._present = True
            self._announce(state, detail)

        self._on_loop(announce)

    def _want_keyframe(self) -> None:
        self._on_loop(self.keyframe_wanted.set)

    def _on_loop(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the event loop may be closed when a gateway is killed
            self._loop.call_soon_threadsafe(call)


def same_stream(one: StreamInfo, other: StreamInfo) -> bool:
    """Whether a resumed session's descriptor equals the first one."""
    return replace(one, epoch=0, session="") == replace(other, epoch=0, session="")

