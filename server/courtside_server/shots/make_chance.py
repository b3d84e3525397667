"""How likely a shot goes in, before the rim decides: from its context, and from what was made before in this game.

A logistic regression over a small table of weights. What is not known adds nothing: every term is zero where a usual
shot of the simulation is, so an unknown one counts as usual. The weights were fitted on simulated games
(`benchmarks/shot_quality.py --fit`); their rate of shots made is replaced by the one of real games.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from courtside_server.shots.context import ShotContext
from courtside_server.shots.quality_criteria import MakeConfig
from courtside_server.types import ShotType

_DISTANCE, _DEFENDER, _ARC = 6.0, 1.0, 52.0
"""A usual shot: metres from the rim, metres to the next player, degrees at the release."""


@dataclass(frozen=True, slots=True)
class MakeWeights:
    """Log odds that a term adds.

    Attributes:
        usual: of a usual shot, at the rate of the simulation.
        below: per metre of the distance below 3 m.
        near: per metre of the distance from 3 to 6 m.
        far: per metre of the distance beyond 6 m.
        guarded: per unit of the nearness of the next player.
        arc: per ten degrees of the release above the usual.
        layup: of a layup or a dunk, by its probability.
        rate: share of shots made in the games of the fit.
    """

    usual: float
    below: float
    near: float
    far: float
    guarded: float
    arc: float
    layup: float
    rate: float


WEIGHTS = MakeWeights(
    usual=-0.326, below=-0.016, near=-0.166, far=-0.161, guarded=-0.594, arc=0.003, layup=1.379, rate=0.433
)  # fmt: skip
"""Fitted by `benchmarks/shot_quality.py --fit` on 818 shots of 130 simulated games, seeds from 700000."""


def make_terms(
    context: ShotContext, release_angle: float | None, types: Mapping[ShotType, float]
) -> tuple[float, ...]:
    """The terms of the weights ``below`` to ``layup``, in their order.

    Args:
        context: of the shot.
        release_angle: degrees above the horizontal, where the view shows it.
        types: the probability of each type.
    """
    distance = _DISTANCE if context.distance is None else context.distance
    defender = _DEFENDER if context.defender is None else context.defender
    return (
        min(distance, 3.0) - 3.0,
        min(max(distance, 3.0), 6.0) - 6.0,
        min(max(distance, 6.0), 12.0) - 6.0,
        math.exp(-defender) - math.exp(-_DEFENDER),
        0.0 if release_angle is None else (min(max(release_angle, 40.0), 65.0) - _ARC) / 10.0,
        types[ShotType.LAYUP] + types[ShotType.DUNK],
    )


def make_log_odds(
    context: ShotContext, release_angle: float | None, types: Mapping[ShotType, float], config: MakeConfig,
    weights: MakeWeights = WEIGHTS,
) -> float:
    """Log odds that a shot goes in, by its context alone and the base rate of real games.

    Args:
        context: of the shot.
        release_angle: degrees above the horizontal, where the view shows it.
        types: the probability of each type.
        config: the numbers that decide.
        weights: of the terms.
    """
    own = (weights.below, weights.near, weights.far, weights.guarded, weights.arc, weights.layup)
    terms = make_terms(context, release_angle, types)
    of_field = weights.usual + _logit(config.base_rate) - _logit(weights.rate)
    of_field += sum(weight * term for weight, term in zip(own, terms, strict=True))
    # Free throws are no shots from the field: nobody guards them, and they have a rate of their own.
    free = types[ShotType.FREE_THROW]
    return (1 - free) * of_field + free * _logit(config.free_throw_rate)


@dataclass(slots=True)
class _Made:
    """Shots made more than expected, and what the expectation varied by."""

    surplus: float = 0.0
    variance: float = 0.0

    def add(self, expected: float, made: bool) -> None:
        self.surplus += made - expected
        self.variance += expected * (1 - expected)

    def shift(self, spread: float) -> float:
        """Log odds by which shots go in more often than expected: the first step to the most probable value."""
        return self.surplus / (self.variance + 1 / spread**2)


class ShootingRecord:
    """What was made and missed in a game so far, by all and by each shooter. Used on one thread.

    Args:
        config: the numbers that decide.
        remember: shooters that are kept; the one who shot longest ago is forgotten.
    """

    def __init__(self, config: MakeConfig, remember: int = 256) -> None:
        self._config, self._remember = config, remember
        self._all = _Made()
        self._shooters: OrderedDict[int, _Made] = OrderedDict()

    def probability(self, log_odds: float, shooter: int | None) -> float:
        """The probability that a shot goes in, with the record of the game and of its shooter.

        Args:
            log_odds: by its context alone.
            shooter: track of the shooter; None where he is not known.
        """
        shift = self._all.shift(self._config.game_spread)
        if shooter is not None and shooter in self._shooters:
            shift += self._shooters[shooter].shift(self._config.shooter_spread)
        return _share(log_odds + shift)

    def add(self, log_odds: float, shooter: int | None, made: bool) -> None:
        """Add a shot whose result is known."""
        if shooter is not None:
            record = self._shooters.pop(shooter, None) or _Made()
            self._shooters[shooter] = record
            # The game's own rate is no merit of his.
            record.add(_share(log_odds + self._all.shift(self._config.game_spread)), made)
            while len(self._shooters) > self._remember:
                self._shooters.popitem(last=False)
        self._all.add(_share(log_odds), made)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(log_odds, -30.0), 30.0)))
