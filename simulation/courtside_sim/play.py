"""A game in progress: everything the director, the steering and the bodies share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .court import Court
from .footwork import Glide
from .movement import Movers
from .roster import Roster
from .tactics import OffBall
from .truth import ShotTruth, ShotType


@dataclass
class Plan:
    """What the attack wants next: who shoots, from where, how and when, and whether a pass leads there.

    `approach` is where the shooter goes first: the `spot` itself, or where a step to it begins. `screener`
    sets a pick at `screen` for the handler, who waits for it until `screen_until`; -1 and None for none.
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
    """Where a group warms up: its `basket`, and the half of the floor before it.

    `side` is 1 for the left as an attacker sees it, -1 for the right, 0 for both.
    """

    basket: int
    side: int


@dataclass
class Play:
    """The moment a game is in; times are seconds from its start, -9 for never.

    Attributes:
        court, roster, movers, off_ball: Where, who, how they move and where they go without the ball.
        drill: Everybody is on one side, as in practice.
        plan: What the attack wants.
        holder: Who has the ball, -1 for nobody.
        receiver: Who a pass or a rebound goes to.
        team: The side in attack.
        ball: (3,) metres.
        mode: 'handle', 'windup', 'flight', 'fake', 'step', 'layup', 'shoot' or 'loose', entered at `since`.
        bounce: Dribble phase, 0 when not dribbling, else up to 1.
        residual_at: When the ball last changed hands or holds.
        pass_end: When the pass in flight arrives.
        catch_point, catch_time: (3,) metres and when the receiver meets the ball.
        jump: (P,) metres off the floor.
        take_off, leap: (P,) when each last jumped, and how high in metres.
        contesting, followed: (P,) when each last went up against a shot, and last let go of the ball.
        glide: What carries the holder's feet in a step or a layup.
        blocker, block_at: The defender on the way to block the present shot, -1 for none, and when the
            latest block began.
        last_release: Of the latest shot.
        shots: So far.
        station: Where everybody stays in a warm-up, None in a game.
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
        """Seconds since the present mode was entered."""
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
        """A floor spot (m), mirrored where it lies on the side that the station leaves to others."""
        if self.station is None or self.court.to_local(*spot, self.station.basket)[1] * self.station.side >= 0:
            return spot
        return spot[0], -spot[1]

    def mates(self, player: int) -> list[int]:
        """Everybody else on a player's side."""
        same = [p for p in range(len(self.roster)) if p != player]
        return same if self.drill else [p for p in same if self.roster.teams[p] == self.roster.teams[player]]

    def passed(self, player: int) -> bool:
        """Whether what a player last let go of was a pass rather than a shot."""
        if not self.shots or self.shots[-1].shooter != player:
            return True
        return bool(self.followed[player] != self.last_release)
