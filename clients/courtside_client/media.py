"""A packet on its way from a source to the gateway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """One packet for the gateway, before it has a sequence.

    Attributes:
        pts: in the source's time base.
        dts: decoding time in the same unit, when known.
        keyframe: decoding can start here.
        decode_only: needed only to decode others.
        data: the bytes.
        capture_time: Unix seconds, the camera's clock.
        media: seconds since the camera's first frame, by pts.
        damaged: bytes of it, or packets before it, were lost on the way from the camera.
    """

    pts: int
    dts: int | None
    keyframe: bool
    decode_only: bool
    data: bytes
    capture_time: float
    media: float
    damaged: bool = False
