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
    """Columns of a window (48, 19), in pixels of one image from which camera motion has been removed.

    ``*_SEEN`` is 1 where the values that follow are known, and 0 where they are all zero. RIM is the rim that the track
    comes nearest to; its ``SEEN`` is how well it is known, above 0 to 1. PLAYER is, at each time step, the player
    nearest to the ball. FRAME is where the edges of the picture lie: what is beyond cannot be seen.
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
    FRAME_LEFT = 15
    FRAME_TOP = 16
    FRAME_RIGHT = 17
    FRAME_BOTTOM = 18


COLUMNS = len(Column)
"""Columns of a window."""
RIM_COLUMNS = 15
"""Columns that the rim model reads, the first ones. There RIM_SEEN is 0 or 1."""
