"""Cameras of this machine by index or path, over OpenCV."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "4")  # seconds; before OpenCV is loaded

import av
import cv2
import numpy as np

from courtside.errors import SourceFailure
from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside_client.errors import SourceLost, SourceNotFound, UndecodableFilm

_TIME_BASE = Fraction(1, 90_000)
_MISSES = 30
"""Reads that may fail in a row before the camera counts as gone."""
_MISSES_S = 4.0
"""Seconds in which they may fail: people want to know within 5 s."""


class DeviceSource:
    """A webcam or capture card; pts is the monotonic clock since the first picture.

    Args:
        device: its index, or its path on Linux.
        open_device: makes the ``cv2.VideoCapture``.
        clock: monotonic seconds.

    Raises:
        SourceNotFound: no such device, or it is in use.
        UndecodableFilm: it gives no picture.
    """

    def __init__(
        self,
        device: int | str,
        open_device: Callable[[int | str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        name, self._label = str(device), f"camera {device}"
        cv2.utils.logging.setLogLevel(0)  # OpenCV reports an absent device on stderr in lines of its own
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        self._check(device)
        self._device = (open_device or _open)(device)
        if not self._device.isOpened():
            raise SourceNotFound(
                f"{self._label}: no such device, no camera, or it is in use", name, failure=SourceFailure.NOT_FOUND
            )
        self._device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        picture = self._read()
        if picture is None:
            self._device.release()
            raise UndecodableFilm(
                f"{self._label} opens but gives no picture", name, failure=SourceFailure.CODEC
            )
        height, width = picture.shape[:2]
        rate = float(self._device.get(cv2.CAP_PROP_FPS) or 0.0)
        self._info = SourceInfo(
            name, width, height, rate if 0 < rate <= 1000 else 0.0, _TIME_BASE, 0, live=True
        )

    @property
    def info(self) -> SourceInfo:
        """See :class:`~courtside_client.sources.base.Source`."""
        return self._info

    @property
    def undecodable(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return 0

    @property
    def damaged(self) -> int:
        """See :class:`~courtside_client.sources.base.Source`."""
        return 0

    def frames(self) -> Iterator[SourceFrame]:
        """See :class:`~courtside_client.sources.base.Source`."""
        start: float | None = None
        while True:
            picture = self._read()
            if picture is None:
                raise SourceLost(
                    f"{self._label} gives no more pictures", self._info.name, failure=SourceFailure.STALLED
                )
            now = self._clock()
            start = now if start is None else start
            yield SourceFrame(
                round((now - start) / _TIME_BASE),
                partial(av.VideoFrame.from_ndarray, picture, format="bgr24"),
            )

    def packets(self) -> Iterator[SourcePacket]:
        """A device has pictures only."""
        return iter(())

    def close(self) -> None:
        """See :class:`~courtside_client.sources.base.Source`."""
        self._closed = True
        # A device that gives no picture may hold its reader for long; then the reader releases it.
        if self._lock.acquire(blocking=False):
            try:
                self._device.release()
            finally:
                self._lock.release()

    def _check(self, device: int | str) -> None:
        if isinstance(device, int):
            return
        if not os.path.exists(device):
            raise SourceNotFound(f"{self._label}: no such device", device, failure=SourceFailure.NOT_FOUND)
        if not os.access(device, os.R_OK | os.W_OK):
            raise SourceNotFound(
                f"{self._label}: access denied; add your user to the group that owns it (video)", device,
                failure=SourceFailure.AUTH,
            )  # fmt: skip

    def _read(self) -> np.ndarray | None:
        due = self._clock() + _MISSES_S
        for _ in range(_MISSES):
            with self._lock:
                if self._closed:
                    self._device.release()
                    return None
                good, picture = self._device.read()
            if good and picture is not None and picture.ndim == 3:
                return np.ascontiguousarray(picture)
            if self._clock() > due:
                break
        return None


def _open(device: int | str) -> Any:
    # Of a path, OpenCV would otherwise also try to read a film.
    return cv2.VideoCapture(device) if isinstance(device, int) else cv2.VideoCapture(device, cv2.CAP_V4L2)
