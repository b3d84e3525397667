"""Decides what an attack wants: who shoots next, from which zone, when and off which pass."""

from __future__ import annotations

import math

import numpy as np

from .court import ZONES, Zone, zone_spot
from .play import Plan, Play

FAKES, LOBS = 0.22, 0.3
PASSES, FIRST_PASSES = 0.6, 0.35


class Planner:
    """Draws plans; zones come from a shuffled bag of all seven, so that each appears."""

    def __init__(self, shot_interval: float, rng: np.random.Generator):
        """Aim for a release every `shot_interval` seconds or so."""
        self._interval, self._rng = shot_interval, rng
        self._bag: list[Zone] = []

    def draw(self, play: Play, first: bool = False) -> Plan:
        """The holder's side's next plan; the `first` of a game is quick and simple."""
        rng, court = self._rng, play.court
        if not self._bag:
            self._bag = [ZONES[i] for i in rng.permutation(len(ZONES))]
        zone = self._bag.pop()
        play.off_ball.basket = play.basket_of(play.team)
        spot = zone_spot(court, zone, play.basket, rng)
        mates, shooter = play.mates(play.holder), play.holder
        if mates and rng.random() < (FIRST_PASSES if first else PASSES):
            shooter = mates[int(rng.integers(len(mates)))]
        if first:
            due = rng.uniform(3.2, 4.8)
        else:
            due = play.last_release + max(1.6, self._interval * rng.gamma(9.0, 1 / 9.0) - 0.6)
        waiting = zone_spot(court, Zone.TOP_THREE if rng.random() < 0.5 else Zone.MID_RANGE, play.basket, rng)
        for _ in range(6):
            if math.dist(waiting, spot) > 3.0:
                break
            waiting = zone_spot(court, ZONES[int(rng.integers(1, 7))], play.basket, rng)
        fake = bool(rng.random() < FAKES) and not first
        return Plan(shooter, spot, due, waiting, fake, bool(rng.random() < LOBS))
