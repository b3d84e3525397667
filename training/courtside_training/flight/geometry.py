"""The flight window: which moments it holds and what its columns say. The server builds the same from its tracks."""

from __future__ import annotations

from enum import IntEnum

TICKS = 48
"""Moments a window."""
TICK_S = 0.05
"""Seconds between two moments: 2.35 s from first to last."""
COUNTED = (12, 41)
"""First and one-past-last tick in which a release counts: the ball has been gone for 0.35 s or longer."""
BRIDGE_S = 0.2
"""Gaps between two sightings up to this long are bridged in a straight line, seconds."""
EDGE_S = 0.035
"""A sighting stands for moments this near before the first or after the last one, seconds."""


class Column(IntEnum):
    """Columns of a window (48, 15), pixels of one picture with camera motion taken out.

    ``*_SEEN`` is 1 where the rest is known and 0 where it is all zero. RIM is the basket the track comes nearest
    to, PLAYER at each moment the player nearest to the ball.
    """

    BALL_SEEN = 0
    BALL_X = 1
    BALL_Y = 2
    BALL_SIZE = 3
    BALL_SCORE = 4
    RIM_SEEN = 5
    RIM_X = 6
    RIM_Y = 7
    RIM_WIDTH = 8
    RIM_HEIGHT = 9
    PLAYER_SEEN = 10
    PLAYER_LEFT = 11
    PLAYER_TOP = 12
    PLAYER_RIGHT = 13
    PLAYER_BOTTOM = 14


COLUMNS = len(Column)
