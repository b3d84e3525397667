"""Time steps come on their grid, once each, as soon as a detector frame has passed them, at any frame rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside_server.types import Observations
from courtside_server.windows.grid import TimeGrid

EMPTY = (np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64))


def at(media: float) -> Observations:
    return Observations("c", 0, media, 1000 + media, media, 640, 360, (0.0, 0.0), *EMPTY)


@given(st.lists(st.floats(0.004, 0.6), min_size=1, max_size=80), st.sampled_from([1.0, 2.0]), st.floats(0, 50))
def test_every_step_comes_once_in_order_and_not_before_its_time(gaps, scale, start):
    grid, times = TimeGrid(0.05, scale), start + np.concatenate([[0], np.cumsum(gaps)])
    steps = []
    for time in times:
        fresh = list(grid.update(at(float(time))))
        assert all(step.media <= time + 1e-6 for step in fresh)
        steps += fresh
    assert [step.index for step in steps] == list(range(len(steps)))
    assert np.allclose([step.media for step in steps], start + np.arange(len(steps)) * 0.05 / scale)
    assert times[-1] - steps[-1].media < 0.05 / scale + 1e-5
    assert np.allclose([step.capture_time - step.media for step in steps], 1000)


def test_time_steps_without_a_detector_frame_near_them_are_held():
    grid = TimeGrid(0.05)
    list(grid.update(at(0.0)))
    held = list(grid.update(at(1.0)))
    assert held and all(step.held for step in held)
    assert not any(step.held for step in grid.update(at(1.1)))


def test_a_padded_step_has_a_time_too():
    grid = TimeGrid(0.05)
    list(grid.update(at(3.0)))
    assert grid.media(-4) == pytest.approx(2.8)
