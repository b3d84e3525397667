"""A lower frame rate on request leaves out frames evenly."""

from __future__ import annotations

from courtside_client.pacing import Thinner


def test_a_lower_rate_on_request_is_even():
    thinner = Thinner()
    thinner.target = 10.0
    kept = [n for n in range(90) if thinner.keep(n / 30)]
    assert kept == list(range(0, 90, 3))
