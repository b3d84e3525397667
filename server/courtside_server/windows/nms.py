"""Merging: overlapping windows' predictions → one candidate a shot (middle-eight rule and temporal NMS)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import Lifecycle, WindowPrediction

APART = 0.25
"""Picture heights between two releases at the same time from which they are two shots."""
_SPANS = 64
"""More windows than can touch one release at the smallest hop of any window model."""


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
        zone: mean zone distribution, ``(7,)``; None where no window saw the floor.
        make: mean make probability.
        agreeing: windows at or above the threshold with their release here.
        covering: windows whose counted samples span the release.
        due: when the last sample of the window that brought this change was in (server monotonic seconds);
            ``None`` when the end of the stream brought it.
        tracks: of the balls that agreeing windows speak of, the one of the highest probability first; where windows
            follow none, empty.
        place: x, y of the first one at the release, picture heights, camera motion taken out.
    """

    key: int
    lifecycle: Lifecycle
    score: float
    media: float
    wall: float
    spread: float
    zone: NDArray[np.float64] | None
    make: float
    agreeing: int
    covering: int
    model: str
    due: float | None
    interrupted: bool = False
    tracks: tuple[int, ...] = ()
    place: tuple[float, float] | None = None


def release_position(release: NDArray[np.float32]) -> float:
    """Expected sample position of the release, finer than a sample.

    The expectation is taken over the mode and its two neighbours only, so that a second, smaller bump elsewhere in
    the window (another shot) does not pull the estimate between the two.

    Args:
        release: distribution over the T samples, ``(T,)``.

    Returns:
        A position in ``[0, T - 1]``.
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
        # Windows may speak of several balls, released when others are caught: the one most speak of tells when.
        for_track: dict[int | None, float] = defaultdict(float)
        for vote in self.votes:
            for_track[vote.prediction.track] += vote.score
        leading = max(for_track, key=for_track.__getitem__)
        weights *= [vote.prediction.track == leading for vote in self.votes]
        weights /= weights.sum()
        self.best = max(self.votes, key=lambda v: v.score)
        self.media = float(weights @ [v.media for v in self.votes])
        self.wall = float(weights @ [v.wall for v in self.votes])
        self.spread = float(max(abs(v.media - self.media) for v, w in zip(self.votes, weights, strict=True) if w))
        zones = [v.prediction.zone for v in self.votes if v.prediction.zone is not None]
        self.zone = weights @ np.array(zones, np.float64) if len(zones) == len(self.votes) else None
        # A window that goes on longer after the release sees more of the ball's way to the rim, and its end.
        sight = weights * np.array([v.after for v in self.votes]) ** 2
        self.make = float(sight @ [v.prediction.make for v in self.votes] / sight.sum())

    def shot(self, lifecycle: Lifecycle, covering: int, due: float | None, interrupted: bool) -> MergedShot:
        step = float(np.median(np.diff(self.votes[-1].prediction.media)))
        agreeing = len({v.prediction.index for v in self.votes})
        return MergedShot(
            self.key, lifecycle, self.best.score, self.media, self.wall, max(self.spread, step / 4),
            self.zone, self.make, agreeing, max(covering, agreeing),
            self.model, due, interrupted, self._tracks(), self.best.prediction.place,
        )

    def _tracks(self) -> tuple[int, ...]:
        best = sorted(self.votes, key=lambda vote: -vote.score)
        return tuple(dict.fromkeys(v.prediction.track for v in best if v.prediction.track is not None))


class ShotMerger:
    """Merges the predictions of one segment, window by window in order.

    Live service and evaluation use this same class: :meth:`update` for each prediction, :meth:`flush` at the end.

    Args:
        rules: how.
        keys: where the candidates' keys come from; mergers that share it give no key twice.
    """

    def __init__(self, rules: MergeRules = MergeRules(), keys: Iterator[int] | None = None) -> None:
        self._rules = rules
        self._keys = count() if keys is None else keys
        self._open: list[_Candidate] = []
        self._due: float | None = None
        self._spans: deque[tuple[float, float]] = deque(maxlen=_SPANS)

    def update(self, prediction: WindowPrediction) -> list[MergedShot]:
        """Take the next window's prediction; give the candidates that it changed, oldest first."""
        counted = prediction.counted if self._rules.middle_only else range(len(prediction.media))
        span = (float(prediction.media[counted.start]), float(prediction.media[counted.stop - 1]))
        return self.update_window([prediction], span, prediction.due)

    def update_window(
        self, predictions: Sequence[WindowPrediction], span: tuple[float, float], due: float
    ) -> list[MergedShot]:
        """Take what is said of the next window: nothing, or one prediction for each ball that is followed.

        Args:
            predictions: of this window.
            span: media time of the first and the last sample that count.
            due: when the window's last sample was in (server monotonic seconds).
        """
        self._spans.append(span)
        self._due = due
        changed: list[MergedShot] = []
        for prediction in predictions:
            counted = prediction.counted if self._rules.middle_only else range(len(prediction.media))
            position = release_position(prediction.release)
            if prediction.shot >= self._rules.threshold and round(position) in counted:
                grid = np.arange(len(prediction.media))
                vote = _Vote(
                    prediction.shot,
                    float(np.interp(position, grid, prediction.media)),
                    float(np.interp(position, grid, prediction.wall)),
                    len(grid) - position,
                    prediction,
                )
                changed.extend(self._vote(vote))
        changed.extend(self._close(before=span[0] - self._rules.nms_radius))
        return changed

    def flush(self, interrupted: bool = False) -> list[MergedShot]:
        """Close every open candidate: no more windows will come.

        Args:
            interrupted: the stream ended before its time, so a candidate is judged by what agreed so far.
        """
        self._due = None
        return self._close(before=float("inf"), interrupted=interrupted)

    def _vote(self, vote: _Vote) -> list[MergedShot]:
        near = [c for c in self._open if self._same(c, vote)]
        if not near:
            candidate = _Candidate(next(self._keys), vote)
            self._open.append(candidate)
            return [self._shot(candidate, Lifecycle.PROVISIONAL)]
        winner = min(near, key=lambda c: abs(c.media - vote.media))
        winner.add(vote)
        changed = []
        for other in [c for c in self._open if c is not winner]:
            if not self._same(other, winner.best) or abs(other.media - winner.media) > self._rules.nms_radius:
                continue
            # Estimates drifted together: temporal NMS keeps the one with the higher score.
            loser, winner = (other, winner) if other.best.score <= winner.best.score else (winner, other)
            self._open.remove(loser)
            changed.append(self._shot(loser, Lifecycle.RETRACTED))
        changed.append(self._shot(winner, Lifecycle.PROVISIONAL))
        return changed

    def _same(self, candidate: _Candidate, vote: _Vote) -> bool:
        """Whether a vote speaks of this candidate: near in time and, of balls that are followed, near in place."""
        if abs(candidate.media - vote.media) > self._rules.nms_radius:
            return False
        here, there = candidate.best.prediction, vote.prediction
        if here.place is None or there.place is None or here.track == there.track:
            return True
        # A track that broke goes on where it broke; another player's shot leaves from elsewhere.
        return float(np.hypot(here.place[0] - there.place[0], here.place[1] - there.place[1])) <= APART

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
