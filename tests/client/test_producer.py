"""The producer: packets as they are, at the right pace, in media time."""

from __future__ import annotations

import av
import numpy as np
import pytest
from client_support import FakeClock, produced

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
