"""What speaks for a player as the shooter beside his box: possession, the action "shoot", hands near the ball.

boxes and ball ──► shares ──┐
├──► combine ──► one probability for each player
players' evidence ──────────┘
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from courtside_server.shots.criteria import ShooterConfig
from courtside_server.types import Observations, PlayerEvidence

_UNKNOWN_ACTION = 0.1
"""Probability of one of ten actions for a player whose actions were not read."""
_UNKNOWN_HANDS = 0.25
"""Distance of hands that were not seen, player heights: about that of a defender."""


class ReleaseEvidence(Protocol):
    """Gives what is known of the players round a release."""

    def progress(self, release: float) -> int:
        """Grows while more becomes known of the players round a release at this media time."""

    def at(
        self, media: NDArray[np.float64], balls: NDArray[np.float64], seen: Sequence[Observations], release: float
    ) -> Mapping[int, PlayerEvidence]:
        """The evidence by track.

        Args:
            media: (N,) seconds at which the ball was seen, ascending.
            balls: (N, 4) its boxes, xyxy pixels, camera motion removed.
            seen: observations round the release.
            release: media seconds.
        """


def combine(
    shares: Mapping[int, float], evidence: Mapping[int, PlayerEvidence], config: ShooterConfig
) -> dict[int, float]:
    """One probability for each player who may have released a ball: a log-linear model of all that is known.

    Args:
        shares: by track, the probability by boxes alone; empty where the ball was near to none.
        evidence: by track; empty: ``shares`` stay as they are.
        config: the weights.

    Returns:
        By track, sums to 1; empty where nobody may be the shooter.
    """
    if not evidence:
        return dict(shares)
    nothing = PlayerEvidence()
    tracks = [*shares, *(track for track, one in evidence.items() if track not in shares and _may_shoot(one, config))]
    if not tracks:
        return {}
    logits = [_logit(shares.get(track, 0.0), evidence.get(track, nothing), config) for track in tracks]
    weights = [math.exp(logit - max(logits)) for logit in logits]
    return {track: weight / sum(weights) for track, weight in zip(tracks, weights, strict=True)}


def _may_shoot(one: PlayerEvidence, config: ShooterConfig) -> bool:
    """Whether a player whose box is not near to the ball may have released it all the same."""
    shoots = one.shoots is not None and one.shoots >= config.least_evidence
    return one.held >= config.least_evidence or (shoots and one.hands is not None and one.hands < _UNKNOWN_HANDS)


def _logit(share: float, one: PlayerEvidence, config: ShooterConfig) -> float:
    floor = config.evidence_floor
    shoots = _UNKNOWN_ACTION if one.shoots is None else one.shoots
    hands = _UNKNOWN_HANDS if one.hands is None else one.hands
    return (
        config.box_weight * math.log(share + floor)
        + config.held_weight * math.log(one.held + floor)
        + config.action_weight * math.log(shoots + floor)
        - config.hands_weight * hands
    )
