"""Refuting: what a ball's way after a release says against its having been a shot.

Every function takes the ball's path, the rim (4,) it came nearest to or None, the release in media seconds, and how
many real seconds a media second has. Where too little was seen they say nothing against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.trajectory import BallPath, from_rim
from courtside_server.types import ObjectClass, Observations

NEAR_RIM = 3.0
"""Rim widths within which a shot's ball comes to a rim, air balls too."""
OTHER_RIM, NEARER = 16.0, 0.8
"""Rim widths, 7 m, from a rim from which on a ball may be shot at another one, unless it comes nearer by a fifth."""
FLIGHT_S, FLIGHT_SEEN_S = 2.2, 0.5
"""Real seconds that a flight to the rim takes at most, and of which it must have been seen."""
RISE, RISE_OVER = 1.0, 0.3
"""A shot goes up: so many ball sizes above where it was let go, and so many where it gets over the rim: lay-ups are
let go just below their highest."""
RISE_S, RISE_SEEN_S = 1.2, 0.3
"""Real seconds within which it does, and of which it must have been seen."""
OVER_RIM, HIGH_OVER_RIM = 0.5, 1.5
"""Rim widths over the rim from which a ball is over it, and from which it has gone up, whatever was seen of it."""
OFF_RIM, OFF_RIM_OVER = 2.0, 0.3
"""Rim widths from a rim, and over it, from which a ball that goes up may have come off that rim."""
FASTEST = 60.0
"""Ball sizes a second, 14 m/s, that no shot's ball flies at: it leaves a free throw's hand at 7, half court's at 11."""
GLIMPSED = 0.4
"""Share of the looks at a flight's first `RISE_S` seconds in which a ball must be seen: fewer sightings, strung
together, go anywhere."""
OUT_OF_SIGHT = 2.0
"""Ball sizes from the picture's edge at which a ball may be on its way out of it."""
EARLIER_S = 0.05
"""Real seconds by which a sighting may lie before the release and still show where the ball began."""


def strays(path: BallPath, seen: Sequence[Observations], release: float, time_scale: float) -> bool:
    """Whether the ball never came near any rim in ``seen``: a pass, a lob, a bounce.

    One that stays far from the only rim in sight, and does not fly to it, may be on its way to the other.
    """
    flown = within(path, release, FLIGHT_S, time_scale)
    if _seconds(path, flown) * time_scale < FLIGHT_SEEN_S:
        return False
    least, nears = np.inf, False
    for observations in seen:
        for box in observations.steady(ObjectClass.RIM)[:, :4]:
            far = np.hypot(*from_rim(path.places[flown], box).T)
            nears |= bool(far.min() < NEARER * far[0])
            least = min(least, float(far.min()))
    return NEAR_RIM < least < np.inf and (nears or least < OTHER_RIM)


def sinks(path: BallPath, rim: NDArray[np.float64] | None, release: float, time_scale: float) -> bool:
    """Whether the ball never rose above where it was let go, nor stood high over the rim: dropped, rolled, no ball."""
    flown = within(path, release, RISE_S, time_scale)
    if _seconds(path, flown) * time_scale < RISE_SEEN_S:
        return False
    height = path.places[flown, 1]
    rise = float(height[0] - height.min()) / max(float(np.median(path.sizes[flown])), 1.0)
    over = 0.0 if rim is None else float(from_rim(path.places[flown], rim)[:, 1].max())
    return over < HIGH_OVER_RIM and rise < (RISE_OVER if over >= OVER_RIM else RISE)


def hurtles(path: BallPath, release: float, time_scale: float) -> bool:
    """Whether what was seen lies too far apart for one ball: sightings of several things, taken for a flight."""
    flown = within(path, release - EARLIER_S / time_scale, RISE_S, time_scale)
    span = _seconds(path, flown) * time_scale
    if not span:
        return False
    way = float(np.hypot(*np.diff(path.places[flown], axis=0).T).sum())
    return way / span > FASTEST * float(np.median(path.sizes[flown]))


def glimpsed(path: BallPath, seen: Sequence[Observations], release: float, time_scale: float) -> bool:
    """Whether the ball was hardly seen in its flight, and not because it left the picture."""
    looks = [o for o in seen if 0 <= (o.media - release) * time_scale <= RISE_S]
    flown = within(path, release, RISE_S, time_scale)
    if int(flown.sum()) >= GLIMPSED * len(looks):
        return False
    for place, size, media in zip(path.places[flown], path.sizes[flown], path.media[flown], strict=True):
        look = min(looks, key=lambda o: abs(o.media - media))
        x, y = place + look.pan
        if min(x, y, look.width - x) <= OUT_OF_SIGHT * size:
            return False
    return True


def leaves_rim(path: BallPath, rim: NDArray[np.float64] | None, release: float, time_scale: float) -> bool:
    """Whether the ball began right over the rim: a rebound, if there was a shot before."""
    flown = np.flatnonzero(path.media >= release - EARLIER_S / time_scale)
    if rim is None or not len(flown):
        return False
    across, over = from_rim(path.places[flown[:1]], rim)[0].tolist()
    return bool(over >= OFF_RIM_OVER and np.hypot(across, over) <= OFF_RIM)


def within(path: BallPath, release: float, span: float, time_scale: float) -> NDArray[np.bool_]:
    """Which sightings (N,) lie at most ``span`` real seconds after the release."""
    after = (path.media - release) * time_scale
    inside: NDArray[np.bool_] = (after >= 0) & (after <= span)
    return inside


def _seconds(path: BallPath, which: NDArray[np.bool_]) -> float:
    """Media seconds between the first and the last of some sightings."""
    return float(np.ptp(path.media[which])) if which.any() else 0.0
