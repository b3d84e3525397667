"""Assignment: the pairs that SciPy's solver finds, without SciPy in the service."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from courtside_server.assignment import assign


def pairs_by_scipy(cost: np.ndarray) -> set[tuple[int, int]]:
    rows, columns = linear_sum_assignment(np.where(np.isfinite(cost), cost, 1e6))
    return {(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if np.isfinite(cost[r, c])}


@settings(max_examples=400, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)), seed=st.integers(0, 2**32 - 1),
    forbidden=st.sampled_from([0.0, 0.3, 0.7, 0.95, 1.0]), low=st.sampled_from([-0.5, 0.0, 5.0]),
)  # fmt: skip
def test_the_pairs_are_those_of_scipy(shape, seed, forbidden, low):
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random(shape) < forbidden, np.inf, low + rng.random(shape))
    found = assign(cost)
    assert set(found) == pairs_by_scipy(cost) and len(found) == len(set(found))


def test_more_pairs_come_before_a_lower_cost():
    assert assign(np.array([[0.0, 1.0], [1.0, np.inf]])) == [(0, 1), (1, 0)]


def test_nothing_to_pair_gives_nothing():
    assert assign(np.zeros((0, 3))) == assign(np.zeros((3, 0))) == assign(np.full((2, 2), np.inf)) == []
