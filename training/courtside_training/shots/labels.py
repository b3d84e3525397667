"""Labels of one window: shot, release, zone and result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.shots.geometry import MIDDLE, MIRRORED_ZONE, SAMPLES, STRIDE_S


@dataclass(frozen=True)
class WindowLabel:
    """The targets of a window.

    Attributes:
        shot: 1.0 if a release lies in the window, else 0.0.
        release: float32 ``(16,)``, linear weights on the two samples around the labelled release; zeros without one.
        events: float32 ``(16,)``, the same for all releases in the window, summed and clipped to 1.
        zone: index into ``ZONE_LABELS``, -1 without a release or if unknown.
        made: 1.0 or 0.0, -1.0 without a release or if unknown.
        position: the labelled release, in samples from the first; NaN without one.
        middle: whether the labelled release lies in the middle eight samples.
    """

    shot: float
    release: NDArray[np.float32]
    events: NDArray[np.float32]
    zone: int
    made: float
    position: float
    middle: bool


def spread(position: float) -> NDArray[np.float32]:
    """A position in samples as weights (16,) on its two neighbours, whose expectation is the position."""
    weights = np.zeros(SAMPLES, np.float32)
    low = min(int(np.floor(position)), SAMPLES - 1)
    share = position - low
    weights[low] = 1.0 - share
    if low + 1 < SAMPLES:
        weights[low + 1] = share
    else:
        weights[low] = 1.0
    return weights


def in_middle(position: float) -> bool:
    """Whether the sample nearest to a position is one of the middle eight."""
    return MIDDLE[0] <= round(position) <= MIDDLE[1]


def label(
    start: float, releases: NDArray[np.float64], zones: NDArray[np.int64], made: NDArray[np.int64]
) -> WindowLabel:
    """Label the window whose first sample is taken at `start` seconds.

    The window is positive if a release lies between its first and last sample (source system). Of several, the one
    nearest to the middle is labelled, since the service counts only the middle samples.
    """
    positions = (releases - start) / STRIDE_S
    inside = np.flatnonzero((positions >= 0.0) & (positions <= SAMPLES - 1))
    events = np.zeros(SAMPLES, np.float32)
    if not len(inside):
        return WindowLabel(0.0, events.copy(), events, -1, -1.0, float("nan"), False)
    for index in inside:
        events += spread(float(positions[index]))
    chosen = inside[np.argmin(np.abs(positions[inside] - (SAMPLES - 1) / 2))]
    position = float(positions[chosen])
    return WindowLabel(
        1.0, spread(position), np.minimum(events, 1.0), int(zones[chosen]), float(made[chosen]), position,
        in_middle(position),
    )


def mirror_zone(zone: int) -> int:
    """The zone after the image is mirrored; -1 stays -1."""
    return MIRRORED_ZONE[zone] if zone >= 0 else zone
