"""One picture of a source as the gateway sees it: decoded and turned upright."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2

from courtside.film import Film
from courtside.media import SourceInfo
from courtside.orientation import upright
from courtside.redact import redact
from courtside_client.errors import BadOption
from courtside_client.sources import open_source

_QUALITY = 95
"""Of the JPEG, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Still:
    """A still picture.

    Attributes:
        name: the source as it was given.
        at: seconds since the source's first picture.
        width: pixels, rotation applied.
        height: pixels, rotation applied.
        jpeg: the encoded picture.
    """

    name: str
    at: float
    width: int
    height: int
    jpeg: bytes


def take_still(source: str, at: float) -> Still:
    """Decode one picture of a source.

    Args:
        source: any source of ``courtside stream``.
        at: seconds since its first picture; a film is searched, any other source is read up to then.

    Raises:
        SourceError: the source cannot be used.
        SourceLost: it broke off before ``at``.
        BadOption: it ends before ``at``.
    """
    if not (math.isfinite(at) and at >= 0):
        raise BadOption(f"--at {at} must not be negative")
    opened = open_source(source)
    try:
        info = opened.info
        wanted = info.first_pts + round(at / float(info.time_base))
        # Half a frame of tolerance: a time that is read from a video player is rounded.
        slack = round(0.5 / (info.frame_rate or 30) / float(info.time_base))
        frames = opened.frames(wanted) if isinstance(opened, Film) and at > 0 else opened.frames()
        for frame in frames:
            if frame.pts >= wanted - slack:
                return _still(info, (frame.pts - info.first_pts) * float(info.time_base), frame.picture())
    finally:
        opened.close()
    raise BadOption(f"--at {at:g}: {redact(source)} ends before that")


def _still(info: SourceInfo, at: float, frame: Any) -> Still:
    pixels = upright(frame.to_ndarray(format="bgr24"), info.rotation, info.mirrored)
    height, width = pixels.shape[:2]
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Still(info.name, max(at, 0.0), width, height, data.tobytes())
