"""Cameras of this machine by index, over OpenCV."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import av
import cv2
import numpy as np

from courtside.errors import SourceFailure
from courtside.media import SourceFrame, SourceInfo, SourcePacket
from courtside_client.errors import SourceLost, SourceNotFound, UndecodableFilm

_TIME_BASE = Fraction(1, 90_000)
_MISSES = 30
"""Reads that may fail in a row before the camera counts as gone."""


class DeviceSource:
    """A webcam or capture card; pts is the monotonic clock since the first picture.

    Args:
        index: the device.
        open_device: makes the ``cv2.VideoCapture``.
        clock: monotonic seconds.

    Raises:
        SourceNotFound: no such device, or it is in use.
        UndecodableFilm: it gives no picture.
    """

    def __init__(
        self,
        index: int,
        open_device: Callable[[int], Any] = cv2.VideoCapture,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        name = str(index)
        cv2.utils.logging.setLogLevel(0)  # OpenCV reports an absent device on stderr in lines of its own
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        self._device = open_device(index)
        if not self._device.isOpened():
            raise SourceNotFound(
                f"camera {index}: no such device, or it is in use", name, failure=SourceFailure.NOT_FOUND
            )
        self._device.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        picture = self._read()
        if picture is None:
            self._device.release()
            raise UndecodableFilm(
                f"camera {index} opens but gives no picture", name, failure=SourceFailure.CODEC
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
                    f"camera {self._info.name} gives no more pictures", self._info.name, failure=SourceFailure.STALLED
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

    def _read(self) -> np.ndarray | None:
        for _ in range(_MISSES):
            with self._lock:
                if self._closed:
                    self._device.release()
                    return None
                good, picture = self._device.read()
            if good and picture is not None and picture.ndim == 3:
                return np.ascontiguousarray(picture)
        return None
