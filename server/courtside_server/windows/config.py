"""The numbers of temporal non-maximum suppression; both window models have their own values (`shots.criteria`)."""

from __future__ import annotations

from courtside_server.parameters import ParameterGroup, parameter

_BY_HAND = "Set by hand."


class NmsConfig(ParameterGroup):
    """How the predictions of overlapping windows become one shot (temporal non-maximum suppression)."""

    threshold: float = parameter(
        0.8, unit="probability", meaning="Lowest shot probability of a window that announces a shot.",
        evidence="Source system: 0.8 for browsing.", search=(0.3, 0.95), low=0, high=1,
    )  # fmt: skip
    radius: float = parameter(
        1.0, unit="s", meaning="Two releases closer than this are one shot.", evidence=_BY_HAND, search=(0.4, 2.0),
        low=0, high=4,
    )  # fmt: skip
    middle_only: bool = parameter(
        True, unit="1", meaning="Count a release only in the middle samples of a window.",
        evidence="Source system: precision .61 to .70. On 10 simulated games: F1 .68 without, .92 with.",
    )  # fmt: skip
    min_support: float = parameter(
        0.0, unit="1",
        meaning="Lowest share of the windows that could see a release that must agree. Otherwise it is retracted.",
        evidence=_BY_HAND, search=(0.0, 0.8), low=0, high=1,
    )  # fmt: skip
    min_distance: float = parameter(
        0.25, unit="frame heights",
        meaning="Two releases at the same time and farther apart than this are two shots (of two balls).",
        evidence=_BY_HAND, search=(0.1, 0.5), low=0,
    )  # fmt: skip
