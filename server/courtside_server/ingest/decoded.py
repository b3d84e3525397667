"""Decoded pictures on their way into the frame ring; each is written into a ring slot with one copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from courtside.orientation import upright
from courtside_server.rings.slots import Slot
from courtside_server.types import EncodedPacket

# The gateway already runs one decode thread per camera; OpenCV's own thread pool would compete with them.
cv2.setNumThreads(0)

_JPEG_RANGE = 2
"""FFmpeg's AVCOL_RANGE_JPEG: full range."""
_Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


class PixelSource(Protocol):
    """Decoded pixels before rotation."""

    width: int
    """Pixels, even."""
    height: int
    """Pixels, even."""

    def planes(self) -> _Planes:
        """Y, U and V, uint8, ``(height, width)`` and twice ``(height // 2, width // 2)``."""

    def fill(self, planes: NDArray[np.uint8]) -> None:
        """Write I420 into ``planes``, uint8, ``(height * 3 // 2, width)``, contiguous."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPicture:
    """One decoded picture and the packet it came from.

    Attributes:
        corrupt: the decoder concealed damaged parts.
        rotation: clockwise rotation still to be applied, degrees.
        mirrored: to be mirrored left to right before it is rotated.
    """

    packet: EncodedPacket
    source: PixelSource
    corrupt: bool
    rotation: int
    mirrored: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height after rotation, pixels, even."""
        width, height = self.source.width, self.source.height
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def copy_to(self, slot: Slot) -> None:
        """Write the upright picture into a slot of :attr:`size`."""
        if not self.rotation and not self.mirrored:
            self.source.fill(slot.planes)
            return
        for plane, out in zip(self.source.planes(), (slot.y, slot.u, slot.v), strict=True):
            upright(plane, self.rotation, self.mirrored, out)


class YuvSource:
    """A frame as the decoder returned it. Formats other than limited-range yuv420p are converted on demand."""

    def __init__(self, frame: av.VideoFrame, reformatter: VideoReformatter) -> None:
        self._frame, self._reformatter = frame, reformatter
        self.width, self.height = frame.width & ~1, frame.height & ~1

    def planes(self) -> _Planes:
        """Y, U and V as views without the decoder's line padding."""
        frame = self._frame
        full_range = frame.color_range == _JPEG_RANGE or frame.format.name.startswith("yuvj")
        if full_range or frame.format.name != "yuv420p":
            frame = self._reformatter.reformat(
                frame,
                format="yuv420p",
                src_color_range="JPEG" if full_range else "MPEG",
                dst_color_range="MPEG",
                threads=1,
            )
        y, u, v = (
            np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: self.height // shrink, : self.width // shrink]
            for plane, shrink in zip(frame.planes, (1, 2, 2), strict=True)
        )
        return y, u, v

    def fill(self, planes: NDArray[np.uint8]) -> None:
        """Copy plane by plane."""
        flat, luma = planes.reshape(-1), self.width * self.height
        y, u, v = self.planes()
        np.copyto(planes[: self.height], y)
        np.copyto(flat[luma : luma * 5 // 4].reshape(u.shape), u)
        np.copyto(flat[luma * 5 // 4 :].reshape(v.shape), v)


class RgbSource:
    """Packed 8-bit RGB, ``(height, width, 3)``, converted directly into the slot (BT.601, limited range)."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.height, self.width = pixels.shape[0] & ~1, pixels.shape[1] & ~1
        self._pixels = pixels[: self.height, : self.width]

    def planes(self) -> _Planes:
        """Y, U and V of a converted copy."""
        planes = np.empty((self.height * 3 // 2, self.width), np.uint8)
        self.fill(planes)
        flat, luma = planes.reshape(-1), self.width * self.height
        half = (self.height // 2, self.width // 2)
        return planes[: self.height], flat[luma : luma * 5 // 4].reshape(half), flat[luma * 5 // 4 :].reshape(half)

    def fill(self, planes: NDArray[np.uint8]) -> None:
        """Convert in place."""
        cv2.cvtColor(self._pixels, cv2.COLOR_RGB2YUV_I420, dst=planes)
