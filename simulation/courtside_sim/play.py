"""A game in progress: the state that director, steering and bodies share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from courtside.court.measures import Court

from .footwork import Glide
from .movement import Movers
from .roster import Roster
from .tactics import OffBall
from .truth import ShotTruth, ShotType


@dataclass
class Plan:
    """The next shot that the attack plans.

    Attributes:
        shooter: Who shoots.
        spot: Floor position of the shot, metres.
        due: When the release is planned, seconds.
        waiting_spot: Where the ball handler goes until the shooter is ready, metres.
        fake: Whether a pump fake comes first.
        lob: Whether the pass to the shooter is a lob.
        approach: Where the shooter goes first: the `spot` itself, or where a step to it begins, metres.
        shot_type: How the shot comes about.
        layup: Whether it is a layup.
        screener: Who sets a pick for the ball handler; -1 for nobody.
        screen: (2,) where the pick is set, metres; None before the place is chosen.
        screen_until: When the ball handler stops waiting for the pick, seconds.
    """

    shooter: int
    spot: tuple[float, float]
    due: float
    waiting_spot: tuple[float, float]
    fake: bool
    lob: bool
    approach: tuple[float, float] = (0.0, 0.0)
    shot_type: ShotType = ShotType.CATCH_AND_SHOOT
    layup: bool = False
    screener: int = -1
    screen: np.ndarray | None = None
    screen_until: float = -9.0


@dataclass(frozen=True)
class Station:
    """Where a group warms up.

    Attributes:
        basket: The basket it shoots at.
        side: The half of the floor in front of it: 1 for the left as an attacker sees it, -1 for the right, 0 for both.
    """

    basket: int
    side: int


@dataclass
class Play:
    """The present state of a game in progress; times are seconds from its start, -9 for never.

    Attributes:
        court: The court.
        roster: The players.
        movers: Their positions and strides.
        off_ball: Where players without the ball go.
        drill: Whether all players are on one side, as in practice.
        plan: The next shot planned.
        holder: Who has the ball; -1 for nobody.
        receiver: Who a pass or a rebound goes to.
        team: The side in attack.
        ball: (3,) metres.
        mode: 'handle', 'windup', 'flight', 'fake', 'step', 'layup', 'shoot' or 'loose'.
        now: The present time.
        since: When the mode was entered.
        bounce: Phase of the dribble, above 0 up to 1; 0 when not dribbling.
        residual_at: When the ball last changed hands or grip.
        pass_end: When the pass in flight arrives.
        catch_point: (3,) where the receiver meets the ball, metres.
        catch_time: When the receiver meets the ball.
        jump: (P,) metres off the floor.
        take_off: (P,) when each player last jumped.
        leap: (P,) height of that jump, metres.
        contesting: (P,) when each player last went up against a shot.
        followed: (P,) when each player last let go of the ball.
        glide: The movement of the holder's feet in a step or a layup.
        blocker: The defender who is about to block the present shot; -1 for nobody.
        block_at: When the latest block began.
        last_release: When the latest shot was released.
        shots: The shots so far.
        station: Where everybody stays in a warm-up; None in a game.
    """

    court: Court
    roster: Roster
    movers: Movers
    off_ball: OffBall
    drill: bool
    plan: Plan
    holder: int
    ball: np.ndarray
    jump: np.ndarray
    take_off: np.ndarray
    leap: np.ndarray
    contesting: np.ndarray
    followed: np.ndarray
    team: int = 0
    receiver: int = -1
    mode: str = "handle"
    now: float = 0.0
    since: float = 0.0
    bounce: float = 0.0
    residual_at: float = -9.0
    pass_end: float = 0.0
    catch_point: np.ndarray = field(default_factory=lambda: np.zeros(3))
    catch_time: float = 0.0
    glide: Glide | None = None
    blocker: int = -1
    block_at: float = -9.0
    last_release: float = 0.0
    shots: list[ShotTruth] = field(default_factory=list)
    station: Station | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the mode was entered."""
        return self.now - self.since

    @property
    def basket(self) -> int:
        """The basket under attack."""
        return self.off_ball.basket

    def enter(self, mode: str) -> None:
        """Change the mode."""
        self.mode, self.since = mode, self.now

    def basket_of(self, team: int) -> int:
        """The basket a team attacks."""
        if self.station is not None:
            return self.station.basket
        return 0 if self.court.half else team

    def own_side(self, spot: tuple[float, float]) -> tuple[float, float]:
        """A floor position (m), mirrored when it lies on the side that the station leaves to the other group."""
        if self.station is None or self.court.to_local(*spot, self.station.basket)[1] * self.station.side >= 0:
            return spot
        return spot[0], -spot[1]

    def mates(self, player: int) -> list[int]:
        """All other players on a player's side."""
        same = [p for p in range(len(self.roster)) if p != player]
        return same if self.drill else [p for p in same if self.roster.teams[p] == self.roster.teams[player]]

    def passed(self, player: int) -> bool:
        """Whether a player last let go of the ball in a pass rather than a shot."""
        if not self.shots or self.shots[-1].shooter != player:
            return True
        return bool(self.followed[player] != self.last_release)
