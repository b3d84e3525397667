"""Drift of a form: distances to a shooter's own good shots, a limit calibrated on these, and alerts."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.players.comparison import Baseline, worst_joints
from courtside_server.players.form import Form
from courtside_server.players.form_config import FormConfig
from courtside_server.types import FormAlert

_TRIALS = 200
"""Runs of a shooter's own good shots that calibrate the limit."""
_CALIBRATED_ON = 120
"""Good shots that calibrate the limit, at most: twice as many take four times as long and change it by little."""
_QUANTILE = 0.99
"""Share of these runs that stay below it."""


def distances(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean distances (N, M) between vectors (N, D) and (M, D)."""
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2.0 * one @ other.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)), np.float64)


def _nearest(apart: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    """Mean (N,) of the smallest finite distances of each row (N, M)."""
    count = max(1, min(neighbours, int(np.isfinite(apart[0]).sum())))
    return np.asarray(np.partition(apart, count - 1, axis=1)[:, :count].mean(1), np.float64)


def _among(gallery: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (M, M) among the shots of a gallery; a shot is not its own neighbour."""
    apart = distances(gallery, gallery)
    np.fill_diagonal(apart, np.inf)
    return apart


def _statistic(now: NDArray[np.float64], usual: NDArray[np.float64]) -> float:
    """One-sided z statistic of the mean of distances `now` (N,) against that of `usual` ones (M,).

    The standard error includes the uncertainty of the gallery's own mean.
    """
    spread = max(float(usual.std(ddof=1)), 1e-6)
    return float((now.mean() - usual.mean()) / (spread * np.sqrt(1 / len(now) + 1 / len(usual))))


@dataclass(frozen=True, slots=True, eq=False)
class OwnShots:
    """What is usual of a shooter.

    Attributes:
        gallery: (M, D) embeddings of good shots: the part that distinguishes shooters.
        mean: mean distance of a good shot to its nearest others.
        spread: standard deviation of these distances.
        limit: statistic that runs of good shots stay below; infinite where the gallery is too small to watch the form.
    """

    gallery: NDArray[np.float64]
    mean: float
    spread: float
    limit: float

    @classmethod
    def of(cls, gallery: NDArray[np.floating], config: FormConfig) -> OwnShots | None:
        """What is usual in a gallery (M, D); None with fewer than `FormConfig.min_shots`."""
        known = np.asarray(gallery, np.float64)
        if len(known) < config.min_shots:
            return None
        apart = _among(known)
        usual = _nearest(apart, config.neighbours)
        spread = max(float(usual.std(ddof=1)), 1e-6)
        limit = np.inf if len(known) < config.min_drift_shots else _calibrated(apart, config)
        return cls(known, float(usual.mean()), spread, limit)

    def near(self, embedding: NDArray[np.floating], config: FormConfig) -> float:
        """Mean distance of a shot (D,) to its nearest good shots."""
        return float(_nearest(distances(embedding[np.newaxis], self.gallery), config.neighbours)[0])

    def distance(self, embedding: NDArray[np.floating], config: FormConfig) -> float:
        """How much farther a shot (D,) is than usual, in standard deviations; 0 as usual."""
        return (self.near(embedding, config) - self.mean) / self.spread

    def statistic(self, run: NDArray[np.floating], config: FormConfig) -> float:
        """How much farther a run of shots (N, D) is than usual, in standard errors of the mean distance."""
        usual = _nearest(_among(self.gallery), config.neighbours)
        return _statistic(_nearest(distances(run, self.gallery), config.neighbours), usual)


def _calibrated(apart: NDArray[np.float64], config: FormConfig) -> float:
    """The limit of a shooter: runs of his own good shots, compared with the others, stay below it.

    Args:
        apart: (M, M) distances among the good shots, infinite to themselves.
        config: limits.
    """
    rng = np.random.default_rng(len(apart))
    if len(apart) > _CALIBRATED_ON:  # a camera's shots wait for this
        chosen = rng.permutation(len(apart))[:_CALIBRATED_ON]
        apart = apart[np.ix_(chosen, chosen)]
    size = min(config.run, len(apart) // 3)
    found = []
    for _ in range(_TRIALS):
        order = rng.permutation(len(apart))
        run, rest = order[:size], order[size:]
        usual = _nearest(apart[np.ix_(rest, rest)], config.neighbours)
        found.append(_statistic(_nearest(apart[np.ix_(run, rest)], config.neighbours), usual))
    return max(config.least_limit, float(np.quantile(found, _QUANTILE)))


class DriftMonitor:
    """Watches the form of one shooter; alerts once when a run of shots has left his baseline.

    It alerts again only after a run that was usual. It keeps the last `FormConfig.run` shots; older ones are forgotten.

    Args:
        name: of the shooter.
        own: what is usual of him.
        baseline: his good shots, for what an alert says about joints.
        config: limits.
    """

    def __init__(self, name: str, own: OwnShots, baseline: Baseline, config: FormConfig) -> None:
        self._name, self._own, self._baseline, self._config = name, own, baseline, config
        self._run: OrderedDict[str, tuple[NDArray[np.floating], Form]] = OrderedDict()
        self._alerted = False

    def update(self, event_id: str, embedding: NDArray[np.floating], form: Form) -> FormAlert | None:
        """Add a shot of the shooter; gives an alert when the run that ends with it has drifted."""
        self._run[event_id] = embedding, form  # also in place of an earlier revision
        while len(self._run) > self._config.run:
            self._run.popitem(last=False)
        if len(self._run) < self._config.run:
            return None
        statistic = self._own.statistic(np.stack([vector for vector, _ in self._run.values()]), self._config)
        drifted, before = statistic > self._own.limit, self._alerted
        self._alerted = drifted
        if not drifted or before:
            return None
        differences = np.concatenate([form.joints - self._baseline.joints for _, form in self._run.values()])
        return FormAlert(
            shooter=self._name, event_ids=tuple(self._run), statistic=statistic,
            limit=self._own.limit, joints=worst_joints(differences),
        )  # fmt: skip

    def forget(self, event_id: str) -> None:
        """Leave a shot out that turned out to be none."""
        self._run.pop(event_id, None)
