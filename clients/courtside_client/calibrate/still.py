"""One picture of a source as the gateway sees it: decoded and turned upright."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.film import Film
from courtside.media import SourceInfo
from courtside.orientation import upright
from courtside.redact import redact
from courtside_client.errors import BadOption, SourceLost
from courtside_client.sources import open_source

Picture = tuple[float, NDArray[np.uint8]]
"""Seconds since the source's first picture, and (H, W, 3) BGR pixels."""
_QUALITY = 95
"""Of the JPEG, 0 to 100."""
_AROUND_S = 1.0
"""Seconds before and after a still in which its court is recognised."""
_SMALL, _PER_SECOND = 960, 15
"""Longer side in pixels, and most pictures per second, of those that a court is recognised in."""


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
    """Decode one picture of a source; see :func:`take_pictures`."""
    return take_pictures(source, at, 0.0)[0]


def take_pictures(source: str, at: float, around: float = _AROUND_S) -> tuple[Still, list[Picture]]:
    """Decode one picture of a source, and small ones round it.

    Args:
        source: any source of ``courtside stream``.
        at: seconds since its first picture; a film is searched, any other source is read up to then.
        around: seconds before and after it of which small pictures are wanted too, as far as the source has them.

    Returns:
        The still; seconds and BGR pixels of pictures up to `_SMALL` pixels wide, at most `_PER_SECOND` per second.

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
        base = float(info.time_base)
        # Half a frame of tolerance: a time that is read from a video player is rounded.
        slack = 0.5 / (info.frame_rate or 30)
        start = info.first_pts + round(max(0.0, at - around) / base)
        frames = opened.frames(start) if isinstance(opened, Film) and start > info.first_pts else opened.frames()
        still, pictures = None, list[Picture]()
        for frame in frames:
            now = (frame.pts - info.first_pts) * base
            wanted = still is None and now >= at - slack
            due = now >= at - around and (not pictures or now - pictures[-1][0] >= 1 / _PER_SECOND)
            if wanted or due:
                pixels = _pixels(info, frame.picture())
                pictures.append((now, _small(pixels)))
                still = _still(info, now, pixels) if wanted else still
            if still is not None and now >= at + around - slack:
                break
    except SourceLost:
        if still is None:
            raise
    finally:
        opened.close()
    if still is None:
        raise BadOption(f"--at {at:g}: {redact(source)} ends before that")
    return still, pictures


def _pixels(info: SourceInfo, frame: Any) -> NDArray[np.uint8]:
    return np.asarray(upright(frame.to_ndarray(format="bgr24"), info.rotation, info.mirrored))


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = min(1.0, _SMALL / max(width, height))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _still(info: SourceInfo, at: float, pixels: NDArray[np.uint8]) -> Still:
    height, width = pixels.shape[:2]
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Still(info.name, max(at, 0.0), width, height, data.tobytes())
