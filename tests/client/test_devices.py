"""Webcams: by index and by path, unplugged and plugged in again, silent, and what is no camera."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest

from courtside.errors import SourceFailure
from courtside_client.errors import SourceError, SourceLost, SourceNotFound
from courtside_client.sources import open_source
from courtside_client.sources.device import DeviceSource
from courtside_client.sources.reopening import FormatChanged, ReopeningSource


class Device:
    """The layer of OpenCV: gives ``pictures``, then nothing."""

    def __init__(self, pictures=10**9, size=(90, 160), opened=True):
        self._left, self._size, self._opened, self.released = pictures, size, opened, False

    def isOpened(self):
        return self._opened

    def set(self, key, value):
        return False

    def get(self, key):
        return 30.0

    def read(self):
        self._left -= 1
        return (True, np.zeros((*self._size, 3), np.uint8)) if self._left >= 0 else (False, None)

    def release(self):
        self.released = True


def clock(step=1 / 30):
    return itertools.count(0.0, step).__next__


def plugged(*devices):
    """Whatever is plugged in, opening after opening; then the same for ever."""
    left = list(devices)
    notices = []

    def open_once():
        return DeviceSource(0, lambda index: left.pop(0) if len(left) > 1 else left[0], clock())

    source = ReopeningSource("camera 0", open_once, on_notice=notices.append)
    source._stopped.wait = lambda seconds: False  # no test waits for a back-off
    return source, notices


def test_a_webcam_that_is_unplugged_is_opened_again_when_it_is_back():
    first, away = Device(pictures=6), Device(opened=False)
    source, notices = plugged(first, away, away, Device())
    source.open()
    frames = [frame for frame, _ in zip(source.frames(), range(12), strict=False)]
    source.close()
    assert len(frames) == 12 and source.losses == 1 and first.released
    pts = [frame.pts for frame in frames]
    assert pts == sorted(set(pts)) and frames[-1].picture().width == 160
    assert notices[0] == "camera 0 gives no more pictures; opening it again" and "back after" in notices[1]


def test_another_webcam_in_its_place_is_another_format():
    source, _ = plugged(Device(pictures=6), Device(size=(120, 160)))
    source.open()
    with pytest.raises(FormatChanged):
        list(source.frames())
    assert (source.info.width, source.info.height) == (160, 120)


def test_a_webcam_that_says_nothing_is_lost_within_some_seconds():
    """A read of a device that hangs takes seconds; thirty of them would take minutes."""
    hanging = Device(pictures=1)
    source = DeviceSource(0, lambda index: hanging, clock(step=3.0))
    with pytest.raises(SourceLost) as caught:
        list(source.frames())
    assert caught.value.failure is SourceFailure.STALLED and hanging._left > -5


@pytest.mark.parametrize(
    ("name", "kind", "failure", "text"),
    [
        ("/dev/video93", SourceNotFound, SourceFailure.NOT_FOUND, "no such device"),
        ("/dev/null", SourceNotFound, SourceFailure.NOT_FOUND, "no camera"),
        ("93", SourceNotFound, SourceFailure.NOT_FOUND, "no such device"),
    ],
)
def test_what_is_no_camera_is_one_clear_error(name, kind, failure, text, capfd):
    with pytest.raises(kind) as caught:
        open_source(name)
    assert caught.value.failure is failure and text in caught.value.message and name in caught.value.message
    assert "\n" not in caught.value.message and capfd.readouterr().err == ""


def test_a_device_of_another_group_says_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "video0"
    path.touch()
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(SourceError, match="add your user to the group") as caught:
        DeviceSource(str(path))
    assert caught.value.failure is SourceFailure.AUTH
