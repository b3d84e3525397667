"""The type of a shot: dunk, layup, free throw, step back, side step, catch and shoot, or jump shot.

The types exclude each other in this order, as people count them: a dunk is no layup, a shot after a step back no catch
and shoot. Each is weighed by what was measured of it, and what remains is a jump shot. What was not measured leaves a
type as likely as it is in games.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from courtside_server.shots.context import ShotContext
from courtside_server.shots.quality_criteria import ShotTypeConfig
from courtside_server.types import ShotType

_ORDER = (
    ShotType.DUNK, ShotType.LAYUP, ShotType.FREE_THROW, ShotType.STEP_BACK, ShotType.SIDE_STEP,
    ShotType.CATCH_AND_SHOOT,
)  # fmt: skip


def type_probabilities(context: ShotContext, config: ShotTypeConfig) -> dict[ShotType, float]:
    """The probability of each type; they add up to 1.

    Args:
        context: what was measured round the release.
        config: the numbers that decide.
    """
    weighed = {
        ShotType.DUNK: _dunk(context, config),
        ShotType.LAYUP: _layup(context, config),
        ShotType.FREE_THROW: _free_throw(context, config),
        ShotType.STEP_BACK: _step(context, config, context.away, context.across),
        ShotType.SIDE_STEP: _step(context, config, context.across, context.away),
        ShotType.CATCH_AND_SHOOT: _catch_and_shoot(context, config),
    }
    left, out = 1.0, {}
    for kind in _ORDER:
        out[kind] = left * weighed[kind]
        left -= out[kind]
    out[ShotType.JUMP_SHOT] = left
    return out


def likeliest(types: Mapping[ShotType, float], config: ShotTypeConfig) -> tuple[ShotType, float]:
    """The likeliest of all types and its probability; UNKNOWN and 0 where none is likely enough."""
    best = max(types, key=lambda kind: types[kind])
    return (best, types[best]) if types[best] >= config.min_probability else (ShotType.UNKNOWN, 0.0)


def shot_type(context: ShotContext, config: ShotTypeConfig) -> tuple[ShotType, float]:
    """The type of a shot and its probability; see :func:`likeliest`."""
    return likeliest(type_probabilities(context, config), config)


def _dunk(context: ShotContext, config: ShotTypeConfig) -> float:
    """In the hand above the rim, close to it, and through it at once."""
    if context.over_rim is None or context.flight is None:
        return config.dunk_share if context.distance is None else 0.0
    near = 1.0 if context.distance is None else _step_down(context.distance, config.layup_distance, 0.3)
    quick = _step_down(context.flight, config.dunk_flight, 0.04)
    return _step_up(context.over_rim, config.dunk_height, 0.08) * quick * near


def _layup(context: ShotContext, config: ShotTypeConfig) -> float:
    """Near the rim, and on the way to it or right below it."""
    if context.distance is None:
        return config.layup_share
    near = _step_down(context.distance, config.layup_distance, 0.3)
    below = _step_down(context.distance, config.below_rim, 0.2)
    if context.angle is None:  # Depth is a guess without a court: the flight must be short as well.
        below *= config.layup_share if context.flight is None else _step_down(context.flight, config.below_flight, 0.05)
    moving = config.layup_share if context.speed is None else _step_up(context.speed, config.layup_speed, 0.3)
    quick = 0.0
    if context.flight is not None:
        # A distance that is guessed by sizes in the picture errs by a metre.
        slack = 1.0 if context.angle is None else 0.0
        near_enough = _step_down(context.distance, config.layup_distance + slack, 0.3)
        quick = _step_down(context.flight, config.layup_flight, 0.05) * near_enough
        moving *= _step_down(context.flight, config.longest_layup, 0.05)
    return max(near * max(moving, below), quick)


def _free_throw(context: ShotContext, config: ShotTypeConfig) -> float:
    """From the free-throw line, straight before the basket, after a rest, with nobody near."""
    if context.distance is None or context.still is None:
        return 0.0
    spot = math.exp(-0.5 * ((context.distance - config.free_throw_distance) / config.free_throw_error) ** 2)
    rest = _step_up(context.still, config.free_throw_rest, 0.15)
    alone = 1.0 if context.defender is None else _step_up(context.defender, config.free_throw_alone, 0.2)
    straight = 1.0 if context.angle is None else _step_down(context.angle, config.free_throw_angle, 4.0)
    in_hands = 0.0 if context.arrived is not None and context.arrived < config.free_throw_rest else 1.0
    still = 0.0 if context.dribbled is not None and context.dribbled < config.free_throw_rest else 1.0
    if context.watched is not None and context.watched < config.free_throw_rest:
        in_hands *= config.free_throw_unseen
    return spot * rest * alone * straight * in_hands * still


def _step(context: ShotContext, config: ShotTypeConfig, along: float | None, other: float | None) -> float:
    """A step along one direction, with the ball in the hands."""
    if along is None or other is None:
        return config.step_share
    if context.arrived is not None and context.arrived < config.step_with_ball:
        return 0.0
    if context.dribbled is not None and context.dribbled < config.step_with_ball:
        return 0.0
    # Whoever was running before did not step out of a stand or a dribble.
    stood = config.step_unseen
    if context.before_step is not None:
        stood = _step_down(abs(context.before_step), config.step_run, 0.15)
    stepped = stood * _step_up(along, config.step_length, 0.08) * _step_down(along, config.step_longest, 0.08)
    return stepped * _step_up(along - abs(other), 0.0, 0.08)


def _catch_and_shoot(context: ShotContext, config: ShotTypeConfig) -> float:
    """At most two seconds from the catch to the release, and no dribble between."""
    if context.arrived is not None:
        return 0.0 if _dribbles(context) else _step_down(context.arrived, config.catch_time, 0.1)
    if context.watched is not None and (_dribbles(context) or context.watched >= config.catch_time):
        return 0.0
    return config.catch_share


def _dribbles(context: ShotContext) -> bool:
    return context.dribbled is not None and math.isfinite(context.dribbled)


def _step_up(value: float, at: float, width: float) -> float:
    """Rises from 0 to 1 about ``at``."""
    return 1.0 / (1.0 + math.exp(min(max((at - value) / width, -50.0), 50.0)))


def _step_down(value: float, at: float, width: float) -> float:
    return 1.0 - _step_up(value, at, width)
