"""Merging: overlapping windows' predictions → one candidate a shot (middle-eight rule and temporal NMS)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import MIDDLE, WINDOW_SAMPLES, Lifecycle, WindowPrediction


@dataclass(frozen=True, slots=True)
class MergeRules:
    """How predictions become shots.

    Attributes:
        threshold: least shot probability that announces a shot (source system: 0.8).
        nms_radius: two releases closer than this are one shot, media seconds.
        middle_only: count a release only in the window's middle eight samples (source system's rule).
        min_support: least share of the windows that could see a release that must agree, else it is retracted.
    """

    threshold: float = 0.8
    nms_radius: float = 1.0
    middle_only: bool = True
    min_support: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class MergedShot:
    """One shot as the windows so far see it.

    Attributes:
        key: counts the candidates of one merger, from 0; the same through all changes of one candidate.
        lifecycle: provisional until every window that could speak of it has spoken.
        score: highest shot probability among the agreeing windows.
        media: release, media seconds.
        wall: release, Unix seconds by the camera's clock.
        spread: half width of the agreeing windows' release times, seconds; at least a quarter stride for one.
        zone: mean zone distribution, ``(7,)``.
        make: mean make probability.
        agreeing: windows at or above the threshold with their release here.
        covering: windows whose counted samples span the release.
        due: when the last sample of the window that brought this change was in (server monotonic seconds);
            ``None`` when the end of the stream brought it.
    """

    key: int
    lifecycle: Lifecycle
    score: float
    media: float
    wall: float
    spread: float
    zone: NDArray[np.float64]
    make: float
    agreeing: int
    covering: int
    model: str
    due: float | None
    interrupted: bool = False


def release_position(release: NDArray[np.float32]) -> float:
    """Expected sample position of the release, finer than a sample.

    The expectation is taken over the mode and its two neighbours only, so that a second, smaller bump elsewhere in
    the window (another shot) does not pull the estimate between the two.

    Args:
        release: distribution over the samples, ``(16,)``.

    Returns:
        A position in ``[0, 15]``.
    """
    mode = int(np.argmax(release))
    low, high = max(0, mode - 1), min(len(release), mode + 2)
    weights = release[low:high].astype(np.float64)
    return float(np.dot(weights, np.arange(low, high)) / weights.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Vote:
    score: float
    media: float
    wall: float
    after: float
    prediction: WindowPrediction


class _Candidate:
    """The votes for one release."""

    def __init__(self, key: int, vote: _Vote) -> None:
        self.key = key
        self.votes = [vote]
        self.model = vote.prediction.model
        self._estimate()

    def add(self, vote: _Vote) -> None:
        self.votes.append(vote)
        self._estimate()

    def _estimate(self) -> None:
        # Windows closer to their edge see less of the flight and score lower: NMS would choose by score: weigh by it.
        weights = np.array([v.score for v in self.votes])
        weights /= weights.sum()
        self.best = max(self.votes, key=lambda v: v.score)
        self.media = float(weights @ [v.media for v in self.votes])
        self.wall = float(weights @ [v.wall for v in self.votes])
        self.spread = float(max(abs(v.media - self.media) for v in self.votes))
        self.zone = weights @ np.array([v.prediction.zone for v in self.votes], np.float64)
        # A window that goes on longer after the release sees more of the ball's way to the rim, and its end.
        sight = weights * np.array([v.after for v in self.votes]) ** 2
        self.make = float(sight @ [v.prediction.make for v in self.votes] / sight.sum())

    def shot(self, lifecycle: Lifecycle, covering: int, due: float | None, interrupted: bool) -> MergedShot:
        step = float(np.median(np.diff(self.votes[-1].prediction.media)))
        return MergedShot(
            self.key, lifecycle, self.best.score, self.media, self.wall, max(self.spread, step / 4),
            self.zone, self.make, len(self.votes), max(covering, len(self.votes)),
            self.model, due, interrupted,
        )


class ShotMerger:
    """Merges the predictions of one segment, window by window in order.

    Live service and evaluation use this same class: :meth:`update` for each prediction, :meth:`flush` at the end.
    """

    def __init__(self, rules: MergeRules = MergeRules()) -> None:
        self._rules = rules
        self._open: list[_Candidate] = []
        self._due: float | None = None
        self._next_key = 0
        # Counted spans of the latest windows: more than can touch one release at the smallest hop.
        self._spans: deque[tuple[float, float]] = deque(maxlen=2 * WINDOW_SAMPLES)

    def update(self, prediction: WindowPrediction) -> list[MergedShot]:
        """Take the next window's prediction; give the candidates that it changed, oldest first."""
        rules = self._rules
        counted = MIDDLE if rules.middle_only else range(WINDOW_SAMPLES)
        first, last = float(prediction.media[counted.start]), float(prediction.media[counted.stop - 1])
        self._spans.append((first, last))
        self._due = prediction.due
        changed: list[MergedShot] = []
        position = release_position(prediction.release)
        if prediction.shot >= rules.threshold and round(position) in counted:
            grid = np.arange(WINDOW_SAMPLES)
            vote = _Vote(
                prediction.shot,
                float(np.interp(position, grid, prediction.media)),
                float(np.interp(position, grid, prediction.wall)),
                WINDOW_SAMPLES - position,
                prediction,
            )
            changed.extend(self._vote(vote))
        changed.extend(self._close(before=first - rules.nms_radius))
        return changed

    def flush(self, interrupted: bool = False) -> list[MergedShot]:
        """Close every open candidate: no more windows will come.

        Args:
            interrupted: the stream ended before its time, so a candidate is judged by what agreed so far.
        """
        self._due = None
        return self._close(before=float("inf"), interrupted=interrupted)

    def _vote(self, vote: _Vote) -> list[MergedShot]:
        near = [c for c in self._open if abs(c.media - vote.media) <= self._rules.nms_radius]
        if not near:
            candidate = _Candidate(self._next_key, vote)
            self._next_key += 1
            self._open.append(candidate)
            return [self._shot(candidate, Lifecycle.PROVISIONAL)]
        winner = min(near, key=lambda c: abs(c.media - vote.media))
        winner.add(vote)
        changed = []
        for other in [c for c in self._open if c is not winner]:
            if abs(other.media - winner.media) > self._rules.nms_radius:
                continue
            # Estimates drifted together: temporal NMS keeps the one with the higher score.
            loser, winner = (other, winner) if other.best.score <= winner.best.score else (winner, other)
            self._open.remove(loser)
            changed.append(self._shot(loser, Lifecycle.RETRACTED))
        changed.append(self._shot(winner, Lifecycle.PROVISIONAL))
        return changed

    def _close(self, before: float, interrupted: bool = False) -> list[MergedShot]:
        closing = [c for c in self._open if c.media < before]
        self._open = [c for c in self._open if c.media >= before]
        out = []
        for candidate in sorted(closing, key=lambda c: c.media):
            shot = self._shot(candidate, Lifecycle.CONFIRMED, interrupted)
            if shot.agreeing < self._rules.min_support * shot.covering:
                shot = self._shot(candidate, Lifecycle.RETRACTED, interrupted)
            out.append(shot)
        return out

    def _shot(self, candidate: _Candidate, lifecycle: Lifecycle, interrupted: bool = False) -> MergedShot:
        covering = sum(first <= candidate.media <= last for first, last in self._spans)
        return candidate.shot(lifecycle, covering, self._due, interrupted)


def merge_all(predictions: Iterable[WindowPrediction], rules: MergeRules = MergeRules()) -> list[MergedShot]:
    """The confirmed shots of one segment's predictions, by release time: what the live service would have left."""
    merger = ShotMerger(rules)
    changes = [change for prediction in predictions for change in merger.update(prediction)]
    changes.extend(merger.flush())
    final = {change.key: change for change in changes}
    return sorted((s for s in final.values() if s.lifecycle is Lifecycle.CONFIRMED), key=lambda s: s.media)
