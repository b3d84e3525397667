"""What a film, a camera or a network stream gives: its description, its pictures, its packets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source is.

    Attributes:
        name: the source as it was given.
        width: coded size in pixels.
        height: coded size in pixels.
        frame_rate: frames per second, of a film as its first pictures come, otherwise nominal; 0 when unknown.
        time_base: seconds per pts unit.
        first_pts: pts at which the source begins: its first picture, or a film's sound where that begins earlier.
        rotation: degrees by which pictures must be turned clockwise: 0, 90, 180 or 270.
        frames: number of pictures, where the source announces it.
        live: the source runs in real time by itself (a camera); it cannot be paced or repeated.
        codec: FFmpeg's name of the codec of its packets; empty for a source that has pictures only.
        codec_config: decoder configuration of those packets.
        mirrored: pictures must be mirrored left to right before they are turned.
        reordered: pictures are coded in another order than that in which they are shown (B-frames).
    """

    name: str
    width: int
    height: int
    frame_rate: float
    time_base: Fraction
    first_pts: int
    rotation: int = 0
    frames: int | None = None
    live: bool = False
    codec: str = ""
    codec_config: bytes = b""
    reordered: bool = False
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One picture of a source; it is made only when it is asked for.

    Attributes:
        pts: in the source's time base.
        picture: makes the ``av.VideoFrame``; call it at most once, before the next frame is taken.
    """

    pts: int
    picture: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class SourcePacket:
    """One coded picture of a source, in coding order.

    Attributes:
        pts: in the source's time base.
        dts: decoding time in the same unit, when known.
        keyframe: decoding can start here.
        decode_only: cut away by an edit list; needed only to decode others.
        data: the bytes; where parameter sets changed in mid-stream, with those before each keyframe.
        damaged: bytes of it, or packets before it, were lost on the way here.
    """

    pts: int
    dts: int | None
    keyframe: bool
    decode_only: bool
    data: bytes
    damaged: bool = False
