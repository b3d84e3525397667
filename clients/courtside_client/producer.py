"""The producer: a thread that reads a source at its pace, encodes it if needed, and fills the send queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from courtside.queues import HandoverQueue
from courtside_client.encode import KEYFRAME_EVERY_S, Encoder
from courtside_client.errors import CourtsideError, SourceLost
from courtside_client.media import CodedFrame
from courtside_client.options import Pace, StreamOptions
from courtside_client.pacing import Clock, ClockWatch, Pacer, Thinner
from courtside_client.sources.base import Source
from courtside_client.sources.reopening import FormatChanged


class Producer(threading.Thread):
    """Reads a source to its end, or until :meth:`stop`; the queue is ended either way.

    Args:
        source: what to read.
        encoder: encodes pictures; ``None`` sends the source's own packets.
        queue: where packets go.
        options: pace, loop, duration, time scale.
        clock: time.
    """

    def __init__(
        self,
        source: Source,
        encoder: Encoder | None,
        queue: HandoverQueue[CodedFrame],
        options: StreamOptions,
        clock: Clock,
    ) -> None:
        super().__init__(name=f"produce {source.info.name}", daemon=True)
        self._source, self._encoder, self._queue, self._options, self._clock = source, encoder, queue, options, clock
        self._stopped = threading.Event()
        self._pacer = Pacer(clock, self._stopped)
        self._began = options.film_start
        self._newest = source.info.first_pts
        self.keyframe_wanted = threading.Event()
        """Set it to have the next picture encoded as a keyframe."""
        self.watch = ClockWatch(source.info.live)
        self.thinner = Thinner()
        self.read = 0
        """Pictures read from the source."""
        self.thinned = 0
        """Pictures left out because the gateway asked for fewer."""
        self.error: CourtsideError | None = None
        """Why the source ended early."""
        self.format_changed = False
        """The source goes on in another format."""

    def finish(self) -> None:
        """Stop reading; what is in the queue will still be sent. Safe from any thread."""
        self._stopped.set()
        self._queue.end()  # a source that gives no picture would end it only when one came

    def stop(self) -> None:
        """End soon and close the queue; safe from any thread."""
        self._stopped.set()
        self._queue.close()

    def run(self) -> None:
        """Thread body."""
        try:
            for frame in self._passed() if self._encoder is None else self._coded(self._encoder):
                if self._stopped.is_set():
                    break
                self._queue.put(frame)
                if self._queue.ended:
                    break
        except FormatChanged:
            self.format_changed = True
        except CourtsideError as failure:
            self.error = failure
        except Exception as failure:
            self.error = SourceLost(f"{self._source.info.name}: {failure}", self._source.info.name)
        finally:
            self._queue.end()

    def _coded(self, encoder: Encoder) -> Iterator[CodedFrame]:
        info, last_keyframe = self._source.info, 0.0
        for offset in self._rounds():
            for frame in self._source.frames():
                pts = self._newest = frame.pts + offset
                media = float((pts - info.first_pts) * info.time_base)
                if self._over(media):
                    return
                self.read += 1
                capture = self._due(media, media)
                if self._stopped.is_set():
                    return
                if not self.thinner.keep(media * self._options.time_scale):
                    self.thinned += 1
                    continue
                # By time, too: the encoder counts pictures, and how many there are in a second nobody knows.
                due = (media - last_keyframe) * self._options.time_scale >= KEYFRAME_EVERY_S
                wanted = due or self.keyframe_wanted.is_set() or self._queue.skipping
                self.keyframe_wanted.clear()
                coded = encoder.encode(frame.picture(), keyframe=wanted)
                last_keyframe = media if coded.keyframe else last_keyframe
                yield CodedFrame(pts, pts, coded.keyframe, False, coded.data, capture, media)

    def _passed(self) -> Iterator[CodedFrame]:
        info = self._source.info
        for offset in self._rounds():
            for packet in self._source.packets():
                pts = packet.pts + offset
                dts = None if packet.dts is None else packet.dts + offset
                self._newest = max(self._newest, pts)
                media = float((pts - info.first_pts) * info.time_base)
                # After a reordered picture earlier ones may follow: then only a keyframe is a clean end.
                if self._over(media) and (packet.keyframe or not info.reordered):
                    return
                self.read += not packet.decode_only
                # Paced in coding order: a picture that others depend on must not wait for its own time.
                coding = pts if dts is None else min(dts, pts)
                capture = self._due(max(0.0, float((coding - info.first_pts) * info.time_base)), media)
                if self._stopped.is_set():
                    return
                yield CodedFrame(
                    pts, dts, packet.keyframe, packet.decode_only, packet.data, capture, media, packet.damaged
                )

    def _rounds(self) -> Iterator[int]:
        """The pts offset of each pass over the source."""
        info = self._source.info
        step = max(1, round(1 / ((info.frame_rate or 30) * info.time_base)))
        offset = 0
        while not self._stopped.is_set():
            yield offset
            if not self._options.loop:
                return
            offset = self._newest - info.first_pts + step

    def _due(self, paced: float, media: float) -> float:
        """Wait until the frame at ``paced`` media seconds is due; returns the picture's capture time."""
        scale = self._options.time_scale
        realtime = self._options.pace is Pace.REALTIME
        if realtime and not self._source.info.live:
            self._pacer.wait(paced * scale)
        wall = self._clock.wall()
        self.watch.update(paced, self._clock.monotonic(), wall)
        if realtime:
            return wall + (media - paced) * scale
        # At full speed: the film counts as starting now and running at its own speed.
        self._began = wall if self._began is None else self._began
        return self._began + media * scale

    def _over(self, media: float) -> bool:
        return self._options.duration is not None and media >= self._options.duration
