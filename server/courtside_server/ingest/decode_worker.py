"""Decode worker: processes packets on the camera's decode thread, from the decoder to the ring and the sink."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from courtside.entry_points import recovery_pictures
from courtside_server.errors import CorruptPacket
from courtside_server.ingest.clock import FrameTime, MediaClock
from courtside_server.ingest.damage import DamageTracker
from courtside_server.ingest.decoded import DecodedPicture
from courtside_server.ingest.decoder import Decoder
from courtside_server.ingest.limits import IngestConfig
from courtside_server.ingest.queue import QueuedPacket
from courtside_server.ingest.sink import FrameSink, PacketRecorder
from courtside_server.ingest.stats import StreamCounters
from courtside_server.rings.frames import FrameRing
from courtside_server.rings.packets import PacketRing
from courtside_server.types import CameraState, Codec, DropReason, EncodedPacket, StreamInfo, StreamMode

_MAX_SILENT_PACKETS = 16
"""Packets without a picture after which lost packets count as damage: the deepest reordering of H.264 and HEVC."""

_RECOVERY_CODECS = {Codec.H264: "h264", Codec.HEVC: "hevc"}
"""FFmpeg's names of the codecs whose frames depend on each other."""

log = structlog.get_logger(__name__)

Announce = Callable[[CameraState, str], None]
"""Called with the camera's new state and one sentence on the reason."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks in use. Film analysis replaces the wall clock; tests replace both."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


class DecodeWorker:
    """Decodes one camera's packets and hands the frames on. Every method runs on the decode thread.

    A packet that cannot be decoded is dropped. It never ends the stream. Where frames depend on each other, the decoder
    conceals what is missing, and the frames up to the next keyframe (or until an intra refresh has renewed the picture)
    are handed on and counted as damaged. What it cannot conceal is dropped: damaged JPEGs, and HEVC frames that depend
    on frames that never came. The camera is announced DEGRADED after ``degraded_after`` seconds, or
    ``degraded_failures`` consecutive refused packets, without a frame. It is announced RECOVERED with the next frame.

    Args:
        info: the stream.
        decoder: its decoder.
        frames: ring for decoded frames.
        packets: ring for encoded packets.
        sink: receives the frames.
        counters: counts frames.
        config: limits.
        clocks: time.
        announce: called when the camera's state changes.
        keyframe_wanted: called when the decoder begins to wait for a keyframe.
        recorder: keeps the packets; ``None``: nobody does.
        clock_offset: gives the camera's clock minus the server's, seconds.
    """

    def __init__(
        self,
        info: StreamInfo,
        decoder: Decoder,
        frames: FrameRing,
        packets: PacketRing,
        sink: FrameSink,
        counters: StreamCounters,
        config: IngestConfig,
        clocks: Clocks,
        announce: Announce,
        keyframe_wanted: Callable[[], None],
        recorder: PacketRecorder | None = None,
        clock_offset: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._decoder, self._frames, self._packets, self._sink = decoder, frames, packets, sink
        self._counters, self._config, self._clocks = counters, config, clocks
        self._announce, self._keyframe_wanted = announce, keyframe_wanted
        self._recorder, self._clock_offset = recorder, clock_offset
        self._live = info.mode is StreamMode.LIVE
        self._name = info.camera.name
        self._clock = MediaClock(
            info.time_base, info.first_pts, info.frame_rate, info.time_scale, self._live
        )
        self._codec, self._codec_config = _RECOVERY_CODECS.get(info.codec, ""), info.codec_config
        self._damage = DamageTracker()
        self._at_start = True  # the decoder is empty and needs a packet at which it can begin
        self._entry: EncodedPacket | None = None  # the packet at which decoding began, until a picture was handed on
        self._shown_from: int | None = None  # sequence of the first picture since decoding began
        self._taken: EncodedPacket | None = None  # of the newest picture that was handed on
        self._silent = 0  # packets since the last picture came out
        self._failures = 0
        self._good_at: float | None = None
        self._state: CameraState | None = None
        self._replacement_logged = False
        metrics = counters.metrics
        self._decode_time = metrics.stage_duration.labels("decode")
        self._frame_age = metrics.frame_age
        self._ring_frames = metrics.ring_frames.labels(self._name)
        self._last_frame = metrics.last_frame_timestamp.labels(self._name)
        self.awaiting_keyframe = False
        """Frames are damaged, or missing, until the next keyframe."""
        self.last_age = 0.0
        """Age of the newest frame that reached the ring, seconds."""
        self._newest = -1
        self._ack = -1

    @property
    def ack(self) -> int:
        """Highest sequence up to which every packet was decoded or counted as dropped; -1 before the first."""
        return self._ack

    def process(self, item: QueuedPacket) -> None:
        """Decode one packet and hand on every frame that it completes."""
        packet = item.packet
        if self._good_at is None:
            self._good_at = self._clocks.monotonic()
        entry = self._recovery_pictures(item)
        if item.broken and not self._at_start and not self._decoder.intra:
            self._hurt(packet.sequence)
        if self._at_start and entry is None:
            self._counters.drop(DropReason.AWAITING_KEYFRAME)
            self._want_keyframe()
            self._fail("no keyframe to start decoding at; make the encoder send one")
        else:
            self._decode(item, entry)
        self._newest = packet.sequence
        self._settle()

    def finish(self) -> None:
        """Hand on the pictures still in the decoder, then end the sink."""
        try:
            self._emit(self._decoder.drain())
            self._count_lost()
        except Exception:
            log.exception("decoding the end of the stream failed", camera=self._name)
        self._settle()
        if self._recorder is not None:
            self._recorder.close()
        try:
            self._sink.on_end()
        except Exception:
            log.exception("frame sink failed at the end of the stream", camera=self._name)

    # ---- decoding ------------------------------------------------------------------------------------------------

    def _decode(self, item: QueuedPacket, recovery: int | None) -> None:
        packet = item.packet
        starts = self._at_start
        if starts:
            self._at_start, self._entry, self._shown_from, self._silent = False, packet, None, 0
        self._decoder.keep_order = not self._damage.whole
        began = self._clocks.monotonic()
        try:
            pictures = self._decoder.decode(packet)
        except CorruptPacket as error:
            log.debug("packet dropped", camera=self._name, reason=error.reason, error=str(error))
            self._counters.drop(DropReason.CORRUPT)
            self._fail(str(error))
            if not self._decoder.intra:
                self._hurt(packet.sequence)
                if starts:
                    self._restart()
            return
        self._decode_time.observe(self._clocks.monotonic() - began)
        if item.keyframe:
            self.awaiting_keyframe = False
        self._silent = 0 if pictures else self._silent + 1
        self._packets.append(packet, self._clock.media(packet.pts), self._clock.media_segment, item.keyframe)
        if self._recorder is not None:
            self._recorder.on_packet(packet, recovery, self._clock_offset())
        self._damage.on_packet(packet, recovery)
        self._emit(pictures)
        # Leading pictures and single fields are packets without a picture; that is normal while others come out.
        if self._count_lost() and self._silent > _MAX_SILENT_PACKETS:
            self._fail(f"frames near packet {packet.sequence} are damaged")
            if not self._decoder.intra:
                self._hurt(packet.sequence)

    def _emit(self, pictures: list[DecodedPicture]) -> None:
        """Hand on the pictures that can be used."""
        for picture in pictures:
            packet, intra = picture.packet, self._decoder.intra
            damaged = picture.corrupt if intra else self._damage.on_picture(packet, picture.corrupt)
            if damaged and not intra and not self._damage.recovers:
                self._want_keyframe()
            waiting = not intra and self._leads_entry(packet)
            if packet.decode_only:
                continue
            if waiting:
                self._counters.drop(DropReason.AWAITING_KEYFRAME)
            elif (damaged and intra) or self._is_late(packet):  # the next JPEG is whole anyway
                self._counters.drop(DropReason.CORRUPT)
            else:
                self._take(picture, damaged)

    def _is_late(self, packet: EncodedPacket) -> bool:
        """Whether the decoder, which missed frames, gives a picture after one that is shown later."""
        last = self._taken
        if last is None or packet.pts >= last.pts:
            return False
        # Of packets in this order, the time may also have started again.
        return packet.sequence < last.sequence or (self._decoder.reorders and self._clock.is_out_of_order(packet.pts))

    def _recovery_pictures(self, item: QueuedPacket) -> int | None:
        """Pictures until a decoder that begins with this packet shows whole ones; ``None`` where none can begin."""
        found = recovery_pictures(self._codec, self._codec_config, item.packet.data) if self._codec else None
        return 0 if found is None and item.keyframe else found

    def _hurt(self, sequence: int) -> None:
        """Parts of this packet, or packets before it, are missing."""
        self._damage.on_damage(sequence)
        self._want_keyframe()

    def _restart(self) -> None:
        """Empty the decoder and wait for the next packet at which it can begin."""
        self._emit(self._decoder.drain())
        self._count_lost()
        self._at_start = True

    def _count_lost(self) -> int:
        lost = [packet for packet in self._decoder.take_lost() if not packet.decode_only]
        # A decoder that began at a recovery point shows nothing until the picture is renewed.
        begin = self._shown_from
        waiting = sum(begin is None or packet.sequence < begin for packet in lost)
        self._counters.drop(DropReason.AWAITING_KEYFRAME, waiting)
        self._counters.drop(DropReason.CORRUPT, len(lost) - waiting)
        return len(lost)

    def _leads_entry(self, packet: EncodedPacket) -> bool:
        """Whether a picture is shown before the keyframe at which decoding began: its references were never decoded."""
        entry = self._entry
        if entry is None:
            return False
        if packet is entry or packet.pts > entry.pts:
            self._entry, self._shown_from = None, packet.sequence
            return False
        return packet.sequence > entry.sequence

    # ---- handing on ----------------------------------------------------------------------------------------------

    def _take(self, picture: DecodedPicture, damaged: bool) -> None:
        packet = self._taken = picture.packet
        now = self._clocks.monotonic()
        # How long a film packet waited says nothing about when the film was recorded.
        arrived = self._clocks.wall() - (now - packet.arrival if self._live else 0.0)
        times = self._clock.update(packet.pts, packet.capture_time, packet.arrival, arrived)
        if times is None:
            self._counters.drop(DropReason.CLOCK)
            return
        if self._recorder is not None:
            self._recorder.on_picture(packet, times.media, times.media_segment)
        self._good(times)
        if times.jump is not None:
            self._counters.metrics.discontinuities.labels(self._name).inc()
            self._guard(lambda: self._sink.on_discontinuity(times.media_segment, times.jump or ""))
        if self._live and now - packet.arrival > self._config.staleness:
            self._counters.drop(DropReason.STALE)
            return
        slot = self._frames.reserve(*picture.size)
        picture.copy_to(slot)
        frame = self._frames.commit(
            slot,
            sequence=packet.sequence,
            media=times.media,
            capture_time=times.capture_time,
            arrival=packet.arrival,
            media_segment=times.media_segment,
            damaged=damaged,
        )
        self.last_age = self._clocks.monotonic() - packet.arrival
        self._frame_age.observe(self.last_age)
        self._ring_frames.set(len(self._frames))
        self._last_frame.set(times.capture_time)
        self._counters.decoded += 1
        if damaged:
            self._counters.damage()
        self._guard(lambda: self._sink.on_frame(frame))

    def _guard(self, call: Callable[[], None]) -> None:
        # A fault in the sink must not end the camera's stream. The frame is in the ring either way.
        try:
            call()
        except Exception:
            log.exception("frame sink failed", camera=self._name)

    def _settle(self) -> None:
        oldest = self._decoder.pending()
        self._ack = max(self._ack, self._newest if oldest is None else oldest.sequence - 1)

    # ---- state ---------------------------------------------------------------------------------------------------

    def _want_keyframe(self) -> None:
        if not self.awaiting_keyframe:
            self.awaiting_keyframe = True
            self._keyframe_wanted()

    def _fail(self, why: str) -> None:
        self._failures += 1
        since = self._clocks.monotonic() - (self._good_at or 0.0)
        if self._state is not CameraState.DEGRADED and (
            since >= self._config.degraded_after or self._failures >= self._config.degraded_failures
        ):
            self._state = CameraState.DEGRADED
            self._announce(CameraState.DEGRADED, f"no frame could be decoded for {since:.0f} s: {why}")

    def _good(self, times: FrameTime) -> None:
        self._failures = 0
        self._good_at = self._clocks.monotonic()
        if self._state is None:
            self._announce(CameraState.ONLINE, "frames arrive")
        elif self._state is CameraState.DEGRADED:
            self._announce(CameraState.RECOVERED, "frames can be decoded again")
        self._state = CameraState.ONLINE
        if times.replaced:
            self._counters.metrics.capture_times_replaced.labels(self._name).inc()
            if not self._replacement_logged:
                self._replacement_logged = True
                log.warning("implausible capture times, using the server's clock", camera=self._name)

