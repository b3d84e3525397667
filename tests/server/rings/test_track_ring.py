"""The track ring: found by media time, bounded in seconds and in number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.rings.tracks import TrackRing
from courtside_server.types import Observations

EMPTY = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64))


def at(media: float) -> Observations:
    return Observations("c", 0, media, media, media, 640, 360, (0.0, 0.0), *EMPTY)


@given(
    gaps=st.lists(st.floats(0.001, 3), min_size=1, max_size=60), seconds=st.floats(0.5, 20),
    max_frames=st.integers(1, 50), first=st.floats(-5, 60), length=st.floats(0, 30),
)  # fmt: skip
def test_the_ring_keeps_the_newest_and_a_span_returns_exactly_its_content(gaps, seconds, max_frames, first, length):
    ring, times = TrackRing(seconds, max_frames), np.cumsum(gaps)
    for time in times:
        ring.append(at(float(time)))
    kept = [t for t in times if times[-1] - t <= seconds][-max_frames:]
    assert len(ring) == len(kept) and ring.newest.media == times[-1]
    assert [o.media for o in ring.between(first, first + length)] == [t for t in kept if first <= t <= first + length]


def test_time_that_stands_still_is_refused_and_a_clear_ring_takes_any():
    ring = TrackRing(5)
    ring.append(at(1.0))
    with pytest.raises(ValueError, match="after those of 1"):
        ring.append(at(1.0))
    ring.clear()
    ring.append(at(0.5))
    assert ring.newest.media == 0.5


@pytest.mark.parametrize(("seconds", "max_frames"), [(0, 5), (-1, 5), (5, 0)])
def test_a_ring_that_holds_nothing_is_refused(seconds, max_frames):
    with pytest.raises(ValueError, match="holds nothing"):
        TrackRing(seconds, max_frames)
