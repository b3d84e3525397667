"""What the simulation uses of the court that the whole project shares, ``courtside.court``."""

from __future__ import annotations

from courtside.court.measures import FIBA, FOOT, INCH, NBA, Court, court_lines, make_court
from courtside.court.zones import CLOSE_RANGE, MIDDLE_THREE_ANGLE, ZONES, Zone, zone_at

__all__ = [
    "CLOSE_RANGE", "FIBA", "FOOT", "INCH", "MIDDLE_THREE_ANGLE", "NBA", "ZONES", "Court", "Zone", "court_lines",
    "make_court", "zone_at",
]  # fmt: skip
