"""Ground truth of shots and of single frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from courtside.court.zones import Zone


class Action(IntEnum):
    """What a player is doing."""

    STAND = 0
    WALK = 1
    RUN = 2
    DRIBBLE = 3
    HOLD = 4
    PASS = 5
    CATCH = 6
    GATHER = 7
    SHOOT = 8
    FOLLOW_THROUGH = 9
    PUMP_FAKE = 10
    REBOUND = 11
    GUARD = 12
    CONTEST = 13
    BLOCK = 14
    PICK = 15


class ShotType(IntEnum):
    """How a shot came about."""

    CATCH_AND_SHOOT = 0
    STEP_BACK = 1
    SIDE_STEP = 2


@dataclass(frozen=True)
class ShotTruth:
    """One shot; times are seconds from the game's start.

    Attributes:
        shot_id: Number in the game, from 0 in order of release.
        release_time: First moment the ball is free of the hand.
        shooter: Player id.
        team: The shooter's team, 0 or 1.
        x, y: The shooter's position on the court, metres.
        zone: The zone of that position.
        three: Whether the shot is worth three points.
        made: Whether the ball went in.
        result_time: When the ball last fell past the ring's plane, through the ring when `made`, outside otherwise; for
            a blocked shot, when the blocker touched it.
        basket: The basket aimed at.
        shot_type: CATCH_AND_SHOOT for every shot without a step before it, whether after a pass or not.
        gather_time: Start of the gather, when both hands take the ball for the shot.
        layup: Whether it is released on the run near the rim.
        blocked_by: Player id of the blocker, -1 for none.
    """

    shot_id: int
    release_time: float
    shooter: int
    team: int
    x: float
    y: float
    zone: Zone
    three: bool
    made: bool
    result_time: float
    basket: int
    shot_type: ShotType = ShotType.CATCH_AND_SHOOT
    gather_time: float = 0.0
    layup: bool = False
    blocked_by: int = -1


@dataclass(frozen=True)
class FrameTruth:
    """One frame of a camera: P players (all of them, in id order), R rims, pixels with y down.

    Attributes:
        time: Seconds from the game's start.
        boxes: (P, 4) float32 xyxy, clipped to the frame; all zero for a player out of view.
        players: (P,) int64 ids.
        teams: (P,) int64, 0 or 1.
        keypoints: (P, 17, 3) float32 x, y, visibility in COCO order; visibility is 0 outside the frame,
            1 hidden, 2 seen.
        actions: (P,) int64 `Action` values.
        ball: (4,) float32 x, y, radius, visible (1 or 0).
        rims: (R, 4) float32 xyxy around each ring (without board or net), clipped; all zero out of view.
        ball_holder: Id of the player with the ball (dribbling counts), or None.
        in_view: (P,) bool.
        ball_position: (3,) float64 court metres.
        positions: (P, 2) float64 court metres.
        referees: (R, 4) float32 xyxy boxes of the R referees, who are not among the players; all zero out of view.
        second_ball: (4,) float32 like `ball`, the second ball of a warm-up; all zero in a game of one ball. A model
            trained on `ball` alone must use games of one ball, because a second ball would count as background.
        second_holder: Id of the player with the second ball, or None.
    """

    time: float
    boxes: np.ndarray
    players: np.ndarray
    teams: np.ndarray
    keypoints: np.ndarray
    actions: np.ndarray
    ball: np.ndarray
    rims: np.ndarray
    ball_holder: int | None
    in_view: np.ndarray
    ball_position: np.ndarray
    positions: np.ndarray
    referees: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    second_ball: np.ndarray = field(default_factory=lambda: np.zeros(4, np.float32))
    second_holder: int | None = None
