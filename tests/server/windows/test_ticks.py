"""Ticks come on their grid, once each, as soon as a look has passed them, whatever the looks' rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.types import Observations
from courtside_server.windows.grid import TickGrid

EMPTY = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64))


def at(media: float) -> Observations:
    return Observations("c", 0, media, 1000 + media, media, 640, 360, (0.0, 0.0), *EMPTY)


@given(st.lists(st.floats(0.004, 0.6), min_size=1, max_size=80), st.sampled_from([1.0, 2.0]), st.floats(0, 50))
def test_every_tick_comes_once_in_order_and_not_before_its_time(gaps, scale, start):
    grid, times = TickGrid(0.05, scale), start + np.concatenate([[0], np.cumsum(gaps)])
    ticks = []
    for time in times:
        fresh = list(grid.offer(at(float(time))))
        assert all(tick.media <= time + 1e-6 for tick in fresh)
        ticks += fresh
    assert [tick.index for tick in ticks] == list(range(len(ticks)))
    assert np.allclose([tick.media for tick in ticks], start + np.arange(len(ticks)) * 0.05 / scale)
    assert times[-1] - ticks[-1].media < 0.05 / scale + 1e-5
    assert np.allclose([tick.capture_time - tick.media for tick in ticks], 1000)


def test_ticks_without_a_look_near_them_are_held():
    grid = TickGrid(0.05)
    list(grid.offer(at(0.0)))
    assert all(tick.held for tick in grid.offer(at(1.0)))
    assert not any(tick.held for tick in grid.offer(at(1.1)))


def test_a_padded_tick_has_a_time_too():
    grid = TickGrid(0.05)
    list(grid.offer(at(3.0)))
    assert grid.media(-4) == pytest.approx(2.8)
