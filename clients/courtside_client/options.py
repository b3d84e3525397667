"""Stream options, and the plan of what is sent that follows from them for a source."""

from __future__ import annotations

import enum
import math
import time
from dataclasses import dataclass, field

from courtside.media import SourceInfo
from courtside.v1 import ingest_pb2
from courtside_client.errors import BadOption

_YEAR_2000 = 946_684_800.0
"""Unix seconds. The gateway believes no time before it, and none more than a day ahead of its clock."""
_DAY_S = 86_400.0


class Pace(enum.StrEnum):
    """At which speed a film is sent."""

    REALTIME = "realtime"
    """At the speed of real life."""
    MAX = "max"
    """As fast as the gateway takes it."""


class Mode(enum.StrEnum):
    """What matters more when the gateway cannot keep up: the newest frame, or every frame."""

    LIVE = "live"
    """The newest frame: older ones may be dropped."""
    FILM = "film"
    """Every frame: the source waits."""


class PassThrough(enum.StrEnum):
    """Whether a source's own packets are sent as they are."""

    AUTO = "auto"
    """Where the gateway takes them and nothing is lost by it."""
    ALWAYS = "always"
    NEVER = "never"


_PASSED_THROUGH = {"h264": ingest_pb2.CODEC_H264, "hevc": ingest_pb2.CODEC_HEVC}


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How to stream.

    Attributes:
        codec: ``h264``, ``jpeg`` or ``raw``; ``None`` lets the client choose.
        pace: speed of a film; a live source has its own.
        mode: ``None`` means film at pace max, live otherwise.
        passthrough: whether packets are sent as they are.
        loop: start a film again when it ends.
        duration: stop after this many seconds of media.
        time_scale: true seconds per media second: 2 for film at twice real speed.
        epoch: fencing token; by default milliseconds since 1970, so that the newest client wins.
        retry_for: seconds to go on trying while the gateway is away.
        source_retry_for: seconds to go on trying while a camera is away; by default for ever.
        film_start: Unix seconds of a film's first frame; ``None`` means now.
        idle_timeout: seconds without a message after which the connection counts as dead.
        done_timeout: seconds without progress after which to give up waiting for the gateway to process the rest.

    Raises:
        BadOption: a value is out of range.

    Example:
        >>> StreamOptions(pace=Pace.MAX).effective_mode.value
        'film'
        >>> StreamOptions(duration=-1)
        Traceback (most recent call last):
        courtside_client.errors.BadOption: duration -1 must be more than 0 seconds
    """

    codec: str | None = None
    pace: Pace = Pace.REALTIME
    mode: Mode | None = None
    passthrough: PassThrough = PassThrough.AUTO
    loop: bool = False
    duration: float | None = None
    time_scale: float = 1.0
    epoch: int = field(default_factory=lambda: int(time.time() * 1000))
    retry_for: float = 60.0
    source_retry_for: float = math.inf
    film_start: float | None = None
    idle_timeout: float = 15.0
    done_timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.codec not in (None, "h264", "jpeg", "raw"):
            raise BadOption(f"codec {self.codec!r} is not one of h264, jpeg, raw")
        if self.codec is not None and self.passthrough is PassThrough.ALWAYS:
            raise BadOption("--codec and --passthrough always exclude each other: leave one out")
        if self.duration is not None and not (math.isfinite(self.duration) and self.duration > 0):
            raise BadOption(f"duration {self.duration} must be more than 0 seconds")
        if not (math.isfinite(self.time_scale) and 0.001 <= self.time_scale <= 1000):
            raise BadOption(f"playback speed {self.time_scale} must be 0.001 to 1000")
        if not 0 < self.epoch < 2**64:
            raise BadOption(f"epoch {self.epoch} must be 1 to 2^64 - 1")
        if self.film_start is not None and not _YEAR_2000 <= self.film_start <= time.time() + _DAY_S:
            raise BadOption(f"film-start {self.film_start} must lie between the year 2000 and tomorrow, Unix seconds")
        if not self.retry_for >= 0 or not self.source_retry_for >= 0:
            raise BadOption(f"retry-for {min(self.retry_for, self.source_retry_for)} must not be negative")

    @property
    def effective_mode(self) -> Mode:
        """The mode as chosen, or as it follows from the pace."""
        return self.mode or (Mode.FILM if self.pace is Pace.MAX else Mode.LIVE)


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be sent.

    Attributes:
        passthrough: the source's own packets are sent as they are.
        codec: value of ``courtside.v1.Codec``.
        encoder: ``h264``, ``jpeg`` or ``raw``; empty with passthrough.
        why: one clause for a person.
    """

    passthrough: bool
    codec: ingest_pb2.Codec
    encoder: str
    why: str


_CODECS = {"h264": ingest_pb2.CODEC_H264, "jpeg": ingest_pb2.CODEC_JPEG, "raw": ingest_pb2.CODEC_RAW_RGB}


def plan_stream(info: SourceInfo, options: StreamOptions) -> Plan:
    """Decide between passthrough and encoding.

    Packets are sent as they are where the gateway takes their codec and nothing is lost by it. B-frames delay a live
    stream by their reordering, so such a source is encoded again unless it is film.

    Raises:
        BadOption: this source cannot be sent like that.
    """
    if info.live and options.loop:
        raise BadOption(f"{info.name} is live and has no end: leave out --loop")
    if info.live and options.pace is Pace.MAX:
        raise BadOption(f"{info.name} is live and sets its own pace: leave out --pace max")
    codec = _PASSED_THROUGH.get(info.codec)
    if options.passthrough is PassThrough.ALWAYS:
        if codec is None:
            have = f"its codec is {info.codec}" if info.codec else "it has pictures, not packets"
            raise BadOption(f"{info.name} cannot be passed through ({have}): use --passthrough auto")
        return Plan(True, codec, "", "as requested")
    if options.codec is not None:
        return Plan(False, _CODECS[options.codec], options.codec, "as requested")
    if options.passthrough is PassThrough.NEVER:
        return Plan(False, ingest_pb2.CODEC_H264, "h264", "as requested")
    if codec is None:
        return Plan(False, ingest_pb2.CODEC_H264, "h264", f"the gateway does not take {info.codec or 'pictures'}")
    if not info.reordered:
        return Plan(True, codec, "", "no B-frames")
    if options.effective_mode is Mode.FILM:
        return Plan(True, codec, "", "film: delay does not matter")
    return Plan(False, ingest_pb2.CODEC_H264, "h264", "its B-frames would add delay")
