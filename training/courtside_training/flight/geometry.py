"""The flight window: which time steps it holds and what its columns mean. The server builds the same window."""

from __future__ import annotations

from enum import IntEnum

TIME_STEPS = 48
"""Time steps of a window."""
TIME_STEP_S = 0.05
"""Seconds between two time steps; a window spans 2.35 s from the first to the last."""
COUNTED = (12, 41)
"""First time step, and one past the last, in which a release counts. The window then shows 0.35 s or more of flight."""
BRIDGE_S = 0.2
"""Seconds. Gaps between two detections up to this long are filled by linear interpolation."""
EDGE_S = 0.035
"""Seconds. Before its first and after its last detection, a track is extended to time steps this near."""


class Column(IntEnum):
    """Columns of a window (48, 15), in pixels of one image from which camera motion has been removed.

    ``*_SEEN`` is 1 where the values that follow are known, and 0 where they are all zero. RIM is the rim that the track
    comes nearest to. PLAYER is, at each time step, the player nearest to the ball.
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
"""Columns of a window."""
