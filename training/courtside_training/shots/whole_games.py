"""Releases over whole games: windows vote, and what they agree on is compared with the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from courtside_training.common.measures import brier, roc_auc
from courtside_training.shots.footage import Footage
from courtside_training.shots.geometry import MIDDLE, STRIDE_S, THRESHOLD
from courtside_training.shots.metrics import match_times, release_position
from courtside_training.shots.predictions import Predictions, counted

TOLERANCE_S = 0.3
"""Seconds. A found release this near to a true one is right."""
RADIUS_S = 1.0
"""Seconds. Found releases closer than this are one."""
SUPPORT = 0.5
"""Of the windows that could count a release, the least share that must agree on it."""


@dataclass(frozen=True)
class FoundShot:
    """A release on which several windows agree.

    Attributes:
        time: seconds.
        zone: index into ``ZONE_LABELS``.
        make: probability.
        score: mean shot probability.
        support: share of the windows that agree, of those that could.
    """

    time: float
    zone: int
    make: float
    score: float
    support: float


def find_shots(
    predictions: Predictions, game: int, threshold: float = THRESHOLD, support: float = SUPPORT
) -> list[FoundShot]:
    """Releases of one game, by non-maximum suppression: counted windows vote, and the strongest second wins.

    Args:
        predictions: windows of a regular hop.
        game: index of the game.
        threshold: of the shot probability.
        support: least share that must agree, of the windows with the release in their middle.
    """
    mine = predictions.pick(predictions.game == game)
    if not len(mine.shot):
        return []
    votes = mine.pick(counted(mine, threshold))
    times = votes.start + release_position(votes.release) * STRIDE_S
    alive = np.ones(len(times), bool)
    found = []
    while alive.any():
        near = (np.abs(times[:, None] - times[None]) <= RADIUS_S / 2) & alive[None]
        weight = np.where(alive, (near * votes.shot[None]).sum(1), -1.0)
        group = near[int(np.argmax(weight))]
        time = float(np.median(times[group]))
        position = (time - mine.start) / STRIDE_S
        able = (position >= MIDDLE[0] - 0.5) & (position <= MIDDLE[1] + 0.5)
        share = int(group.sum()) / max(int(able.sum()), 1)
        if share >= support:
            zone = int(votes.zone[group].sum(0).argmax())
            # Windows that start later show more of what follows the release.
            latest = votes.make[group][np.argsort(votes.start[group])[-4:]]
            found.append(FoundShot(time, zone, float(latest.mean()), float(votes.shot[group].mean()), share))
        alive &= np.abs(times - time) > RADIUS_S
        alive &= ~group
    return sorted(found, key=lambda shot: shot.time)


def shot_figures(predictions: Predictions, games: Sequence[Footage], support: float = SUPPORT) -> dict[str, float]:
    """Precision, recall and F1 of releases within ±0.3 s over whole games; zones and makes of the right ones."""
    hits = total_found = total_true = zones = with_zone = 0
    errors: list[float] = []
    made: list[bool] = []
    make: list[float] = []
    for index, game in enumerate(games):
        found = find_shots(predictions, index, support=support)
        real = np.flatnonzero((game.releases >= 0) & (game.releases <= game.duration))
        pairs = match_times([shot.time for shot in found], game.releases[real].tolist(), TOLERANCE_S)
        hits, total_found, total_true = hits + len(pairs), total_found + len(found), total_true + len(real)
        for i, j in pairs:
            errors.append(abs(found[i].time - game.releases[real[j]]))
            if game.zones[real[j]] >= 0:
                zones, with_zone = zones + int(found[i].zone == game.zones[real[j]]), with_zone + 1
            if game.result_known[real[j]]:
                make.append(found[i].make)
                made.append(bool(game.made[real[j]]))
    return {
        "true": total_true,
        "found": total_found,
        "right": hits,
        "precision": hits / total_found if total_found else float("nan"),
        "recall": hits / total_true if total_true else float("nan"),
        "F1": 2 * hits / (total_found + total_true) if total_found + total_true else float("nan"),
        "release error, mean s": float(np.mean(errors)) if errors else float("nan"),
        "release error, median s": float(np.median(errors)) if errors else float("nan"),
        "zone accuracy": zones / with_zone if with_zone else float("nan"),
        "made or missed right": float(np.mean((np.array(make) >= 0.5) == np.array(made))) if made else float("nan"),
        "make ROC-AUC": roc_auc(made, make) if made else float("nan"),
        "make Brier": brier(make, made),
    }
