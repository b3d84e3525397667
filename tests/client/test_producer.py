"""The producer: packets as they are, at the right pace, in media time."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from client_support import FakeClock, produced

from courtside.media import SourceFrame, SourceInfo
from courtside_client.encode import make_encoder
from courtside_client.options import Pace
from courtside_client.sources import open_source


def test_own_packets_pass_through_byte_for_byte(plain):
    frames, producer = produced(open_source(str(plain)), pace=Pace.MAX)
    with av.open(str(plain)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    assert [frame.data for frame in frames] == packets
    assert producer.read == len(packets) == 60
    assert frames[0].keyframe and frames[0].media == 0.0


def test_real_time_pace_waits_for_each_frame(plain):
    clock = FakeClock()
    frames, _ = produced(open_source(str(plain)), clock=clock)
    assert clock.now - 100 == pytest.approx(59 / 30, abs=1e-3)
    gaps = np.diff([frame.capture_time for frame in frames])
    assert gaps == pytest.approx([1 / 30] * 59, abs=1e-3)


def test_film_that_runs_at_twice_real_speed_takes_twice_as_long(plain):
    clock = FakeClock()
    produced(open_source(str(plain)), clock=clock, time_scale=2.0)
    assert clock.now - 100 == pytest.approx(2 * 59 / 30, abs=1e-3)


def test_a_loop_goes_on_in_media_time(plain):
    frames, _ = produced(open_source(str(plain)), pace=Pace.MAX, loop=True, duration=5.0)
    media = [frame.media for frame in frames]
    assert len(frames) == 150 and np.diff(media) == pytest.approx([1 / 30] * 149, abs=1e-3)


class Pictures:
    """A source whose pictures come at given times, in milliseconds, and whose label says another rate."""

    def __init__(self, times, frame_rate, time_base=Fraction(1, 1000)):
        self.info = SourceInfo("pictures", 64, 48, frame_rate, time_base, times[0])
        self.times = times

    def frames(self):
        for time in self.times:
            yield SourceFrame(time, lambda: av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24"))


@pytest.mark.parametrize("label", [0.0, 1e-9, 0.5, 30.0, 240.0, 90_000.0])
def test_keyframes_come_by_time_whatever_the_label_says(label):
    """Two pictures per second: a camera in the dark, a screen that hardly changes."""
    source = Pictures(list(range(0, 20_000, 500)), label)
    frames, _ = produced(source, make_encoder("h264", 64, 48, label), pace=Pace.MAX)
    keyframes = [frame.media for frame in frames if frame.keyframe]
    assert len(frames) == 40 and np.diff(keyframes) == pytest.approx(2.0)


def test_a_label_learned_from_a_still_does_not_make_a_keyframe_of_every_other_picture():
    source = Pictures([*range(0, 8000, 1000), *range(8000, 12_000, 33)], 1.0)
    frames, _ = produced(source, make_encoder("h264", 64, 48, 1.0), pace=Pace.MAX)
    moving = [frame for frame in frames if frame.media >= 8]
    assert sum(frame.keyframe for frame in moving) <= 1 + len(moving) / 60 + 1


def test_a_loop_goes_on_where_the_label_is_finer_than_the_time_base():
    source = Pictures(list(range(0, 100, 10)), 90_000.0)
    frames, _ = produced(source, make_encoder("jpeg", 64, 48, 0.0), pace=Pace.MAX, loop=True, duration=0.25)
    assert np.diff([frame.pts for frame in frames]).min() > 0
