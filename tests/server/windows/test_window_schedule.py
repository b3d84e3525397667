"""Staggered windows: right starts, full coverage by the middle eight, padding at both ends."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.types import MIDDLE, WINDOW_SAMPLES, Sample
from courtside_server.windows.scheduler import WindowScheduler


def sample(index, held=False):
    return Sample(index, index * 0.3, 50 + index * 0.3, np.zeros((3, 2, 2), np.uint8), held, index * 0.3)


def schedule(count, hop, held=()):
    scheduler = WindowScheduler("games/g/cameras/c", 0, hop)
    live = [w for i in range(count) for w in scheduler.add(sample(i, i in held))]
    return live, list(scheduler.flush()), scheduler


def test_half_window_hop_is_the_source_systems_stagger():
    live, flushed, _ = schedule(40, hop=8)
    assert [w.index for w in live + flushed] == [-4, 4, 12, 20, 28]
    assert [s.index for s in live[1].samples] == list(range(4, 20))


def test_a_window_is_due_the_moment_its_last_sample_is_in():
    live, _, _ = schedule(40, hop=1)
    assert [w.samples[-1].index for w in live] == list(range(11, 40))
    assert all(w.due == pytest.approx(w.samples[-1].index * 0.3) for w in live)


@given(st.integers(1, 100), st.integers(1, 8))
def test_every_sample_lies_in_the_middle_of_a_window(count, hop):
    live, flushed, _ = schedule(count, hop)
    windows = live + flushed
    assert [b.index - a.index for a, b in itertools.pairwise(windows)] == [hop] * (len(windows) - 1)
    seen = {w.index + position for w in windows for position in MIDDLE}
    assert set(range(count)) <= seen
    for window in windows:
        assert len(window.samples) == WINDOW_SAMPLES
        assert [s.index for s in window.samples] == list(range(window.index, window.index + WINDOW_SAMPLES))
        media = [s.media for s in window.samples]
        assert media == sorted(media) and media[-1] <= (count - 1) * 0.3 + 1e-9, "padding repeats the ends"


def test_a_window_of_held_pictures_is_skipped_and_counted():
    live, _, scheduler = schedule(32, hop=8, held=range(14, 19))
    assert [w.index for w in live] == [-4]
    assert scheduler.skipped == 2


@pytest.mark.parametrize("hop", [0, 9, -1])
def test_a_hop_that_would_leave_moments_out_is_refused(hop):
    with pytest.raises(ValueError, match=r"hop must be 1\.\.8"):
        WindowScheduler("c", 0, hop)


def test_a_hole_in_the_grid_is_refused():
    scheduler = WindowScheduler("c", 0, 1)
    list(scheduler.add(sample(0)))
    with pytest.raises(ValueError, match="no holes"):
        list(scheduler.add(sample(2)))


def test_nothing_in_nothing_out():
    assert list(WindowScheduler("c", 0, 1).flush()) == []
