"""How a shot was taken and how it ended."""

from __future__ import annotations

from courtside.enums import WireEnum


class ShotResult(WireEnum):
    """Whether a shot went in.

    Example:
        >>> print(ShotResult.MISSED)
        missed
    """

    UNKNOWN = 0
    """Not known, or not known yet."""
    MADE = 1
    MISSED = 2


class ShotType(WireEnum):
    """How a ball was shot.

    Example:
        >>> print(ShotType.CATCH_AND_SHOOT)
        catch and shoot
    """

    UNKNOWN = 0
    """Not known, or not known yet."""
    JUMP_SHOT = 1
    """Any shot from where the shooter stands or jumps that is none of the others."""
    LAYUP = 2
    """From below the rim, or on the run to it."""
    DUNK = 3
    FREE_THROW = 4
    CATCH_AND_SHOOT = 5
    """At most 2 s after a catch, without a dribble."""
    STEP_BACK = 6
    """After a step away from the rim, with the ball."""
    SIDE_STEP = 7
    """After a step to the side, with the ball."""
