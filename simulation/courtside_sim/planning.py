"""Plans of an attack: who shoots next, from which area, when, and after which pass."""

from __future__ import annotations

import math

import numpy as np

from .areas import AREAS, Area, area_spot
from .footwork import approach_to
from .play import Plan, Play
from .truth import ShotType

FAKES, LOBS = 0.22, 0.3
"""Share of plans with a pump fake, and share of passes that are lobbed."""
PASSES, FIRST_PASSES = 0.6, 0.35
"""Share of plans in which another player than the ball handler shoots, and that share at the start of a game."""
LAYUPS, SCREENS = 0.5, 0.45
"""Share of shots from the paint that are layups, and share of plans with a pick when a third attacker is free."""
OWN_STEPS, PASSED_STEPS = 0.62, 0.22
"""Share of shots with a step first: by the ball handler, and after a pass."""


class Planner:
    """Draws plans; the seven areas are used in shuffled order, so that each of them appears."""

    def __init__(self, shot_interval: float, rng: np.random.Generator):
        """Aim for a release about every `shot_interval` seconds."""
        self._interval, self._rng = shot_interval, rng
        self._bag: list[Area] = []

    def draw(self, play: Play, first: bool = False) -> Plan:
        """The next plan of the side with the ball; the `first` plan of a game is short and simple."""
        rng, court = self._rng, play.court
        if not self._bag:
            self._bag = [AREAS[i] for i in rng.permutation(len(AREAS))]
        area = self._bag.pop()
        play.off_ball.basket = play.basket_of(play.team)
        spot = play.own_side(area_spot(court, area, play.basket, rng))
        mates, shooter = play.mates(play.holder), play.holder
        if mates and rng.random() < (FIRST_PASSES if first else PASSES):
            shooter = mates[int(rng.integers(len(mates)))]
        if first:
            due = rng.uniform(3.2, 4.8)
        else:
            due = play.last_release + max(1.6, self._interval * rng.gamma(9.0, 1 / 9.0) - 0.6)
        area_to_wait = Area.TOP if rng.random() < 0.5 else Area.MID_RANGE
        waiting = play.own_side(area_spot(court, area_to_wait, play.basket, rng))
        for _ in range(6):
            if math.dist(waiting, spot) > 3.0:
                break
            waiting = play.own_side(area_spot(court, AREAS[int(rng.integers(1, 7))], play.basket, rng))
        fake = bool(rng.random() < FAKES) and not first
        plan = Plan(shooter, spot, due, waiting, fake, bool(rng.random() < LOBS), approach=spot)
        self._shape(play, plan, area)
        if not first and not play.drill:
            self._screen(play, plan)
        return plan

    def _shape(self, play: Play, plan: Plan, area: Area) -> None:
        """Choose how the shot comes about: a layup, a step first, or straight up."""
        rng, own = self._rng, plan.shooter == play.holder
        if area is Area.PAINT and rng.random() < LAYUPS:
            plan.layup, plan.fake = True, False
            ahead, left = rng.uniform(0.9, 1.5), rng.uniform(-0.8, 0.8)
            plan.spot = play.own_side(play.court.from_local(ahead, left, play.basket))
            angle, far = rng.uniform(-1.0, 1.0), rng.uniform(4.2, 6.2)
            start = play.court.from_local(far * math.cos(angle), far * math.sin(angle), play.basket)
            plan.approach = play.own_side(start)
        elif rng.random() < (OWN_STEPS if own else PASSED_STEPS):
            back = bool(rng.random() < 0.5)
            plan.shot_type = ShotType.STEP_BACK if back else ShotType.SIDE_STEP
            plan.fake = plan.fake and bool(rng.random() < 0.3)
            plan.approach = approach_to(plan.spot, play.court.rim_centre(play.basket), back, rng)

    def _screen(self, play: Play, plan: Plan) -> None:
        """Send a third attacker to set a pick, in a share of `SCREENS` of the plans."""
        free = [p for p in play.mates(play.holder) if p != plan.shooter]
        if free and self._rng.random() < SCREENS:
            plan.screener = free[int(self._rng.integers(len(free)))]
            plan.due = max(plan.due, play.now + 4.0)
