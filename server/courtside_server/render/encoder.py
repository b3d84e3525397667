"""Encoder: writes frames into an H.264 film, which gets its final name only when it is complete."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.error
from av.video.reformatter import Interpolation

from courtside.film import file_address
from courtside_server.errors import FilmUnwritable
from courtside_server.render.brush import Picture

PART = ".part"
"""Suffix of a film that is not complete."""
_CRF, _PRESET = "20", "veryfast"
"""Quality and speed of x264."""
BT709, UNSPECIFIED, BT601 = 1, 2, 6
"""Colour matrices, as numbered by H.264. Players take an unspecified one for BT.601, or guess it from the size."""
_SCALER = {BT709: 1, UNSPECIFIED: 5, BT601: 5}
"""The same matrices as numbered by libswscale."""
EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""Conversion flags for both directions. Without them every pixel would come out slightly darker."""


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """The format that all frames of a film share.

    Attributes:
        width: pixels, even.
        height: pixels, even.
        rate: frames per second, for the container; a variable rate is in the time stamps.
        time_base: seconds per unit of time stamps.
        aspect: width of a pixel over its height; None where unspecified.
        matrix: `BT709`, `BT601` or `UNSPECIFIED`.
    """

    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    aspect: Fraction | None = None
    matrix: int = UNSPECIFIED


def partial_path(path: Path) -> Path:
    """The path of a film while it is written."""
    return path.with_name(path.name + PART)


class FilmWriter:
    """Writes one MP4 film of H.264, yuv420p. A context manager: leaving it normally completes the film.

    Leaving it by an exception, including cancellation, removes the unfinished file; an older film stays.

    Args:
        path: path of the film; an older film is replaced at the end.
        video: format of its frames.

    Raises:
        FilmUnwritable: no such folder, no permission, or the disk is full.
    """

    def __init__(self, path: Path, video: VideoFormat) -> None:
        self._path, self._part, self._format = path, partial_path(path), video
        self._open = False
        try:
            address, options = file_address(self._part), {"movflags": "+faststart"}
            self._container: Any = av.open(address, "w", format="mp4", options=options)
            self._open = True
            stream = self._container.add_stream("libx264", rate=video.rate, options={"crf": _CRF, "preset": _PRESET})
            stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
            stream.time_base = stream.codec_context.time_base = video.time_base
            stream.codec_context.colorspace, stream.codec_context.color_range = video.matrix, 1
            if video.aspect:
                stream.codec_context.sample_aspect_ratio = video.aspect
            self._stream = stream
        except (OSError, av.error.FFmpegError) as error:
            self.discard()
            raise self._unwritable(error) from None

    def write(self, picture: Picture, pts: int) -> None:
        """Add a frame.

        Args:
            picture: (height, width, 3) uint8 BGR.
            pts: its time stamp, later than the last one.

        Raises:
            FilmUnwritable: the disk is full or gone.
        """
        frame = av.VideoFrame.from_ndarray(picture, "bgr24")
        frame = frame.reformat(
            format="yuv420p", dst_colorspace=_SCALER[self._format.matrix], dst_color_range="MPEG",
            interpolation=EXACT,
        )  # fmt: skip
        frame.pts, frame.time_base = pts, self._format.time_base
        try:
            self._container.mux(self._stream.encode(frame))
        except (OSError, av.error.FFmpegError) as error:
            raise self._unwritable(error) from None

    def finish(self) -> None:
        """Flush the encoder and give the film its final name.

        Raises:
            FilmUnwritable: the disk is full or gone; no file remains.
        """
        try:
            self._container.mux(self._stream.encode(None))
            self._open = False
            self._container.close()
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(self._part, self._path)
        except (OSError, av.error.FFmpegError) as error:
            self.discard()
            raise self._unwritable(error) from None

    def discard(self) -> None:
        """Remove the unfinished file."""
        if self._open:
            self._open = False
            with contextlib.suppress(OSError, av.error.FFmpegError):
                self._container.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> FilmWriter:
        """The writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the film, or discard it after an exception."""
        if kind is None:
            self.finish()
        else:
            self.discard()

    def _unwritable(self, error: Exception) -> FilmUnwritable:
        reason = getattr(error, "strerror", None) or str(error)
        return FilmUnwritable(f"{self._path}: the drawn film cannot be written: {reason}", film=self._path)
