"""Temporal non-maximum suppression: the predictions of overlapping windows become one candidate per shot."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import Lifecycle, WindowPrediction
from courtside_server.windows.config import NmsConfig

_SPANS = 64
"""Window spans that are kept to count coverage; more than the windows that can contain one release."""


@dataclass(frozen=True, slots=True, eq=False)
class ShotCandidate:
    """One shot as the windows so far see it.

    Attributes:
        key: number of the candidate; the same through all its changes.
        lifecycle: provisional until every window that could see the release has been scored.
        score: highest shot probability among the agreeing windows.
        media: release, media seconds.
        wall: release, Unix seconds by the camera's clock.
        spread: half width of the agreeing windows' release times, seconds; at least a quarter step for one window.
        zone: mean zone distribution, ``(7,)``; None where no window saw the floor.
        make: mean make probability.
        agreeing: windows at or above the threshold with their release here.
        covering: windows whose counted samples contain the release.
        model: ``name:version`` of the first agreeing window.
        due: when the last sample of the window that brought this change was in (server monotonic seconds);
            None when the end of the stream brought it.
        interrupted: the stream ended before all windows were scored.
        tracks: ball tracks of the agreeing windows, the one of the highest probability first; empty where the model
            follows no ball.
        position: x, y of the first one at the release, frame heights, camera motion removed.
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
    position: tuple[float, float] | None = None


def release_position(release: NDArray[np.float32]) -> float:
    """Expected sample position of the release, finer than a sample.

    The expectation is taken over the mode and its two neighbours only. A second, smaller peak elsewhere in the window
    (another shot) then does not pull the estimate between the two.

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
    """One agreeing window: its score, its release (media and wall), and the samples it has after the release."""

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
        # Plain NMS would keep the best window only. The mean weighted by score uses all: windows with the release
        # near their edge see less of the flight and score lower.
        weights = np.array([v.score for v in self.votes])
        # Windows may follow several balls. The ball with the highest sum of scores sets the release time.
        by_track: dict[int | None, float] = defaultdict(float)
        for vote in self.votes:
            by_track[vote.prediction.track] += vote.score
        leading = max(by_track, key=by_track.__getitem__)
        weights *= [vote.prediction.track == leading for vote in self.votes]
        weights /= weights.sum()
        self.best = max(self.votes, key=lambda v: v.score)
        self.media = float(weights @ [v.media for v in self.votes])
        self.wall = float(weights @ [v.wall for v in self.votes])
        self.spread = float(max(abs(v.media - self.media) for v, w in zip(self.votes, weights, strict=True) if w))
        zones = [v.prediction.zone for v in self.votes if v.prediction.zone is not None]
        self.zone = weights @ np.array(zones, np.float64) if len(zones) == len(self.votes) else None
        # A window that continues longer after the release sees more of the flight to the rim.
        seen_after = weights * np.array([v.after for v in self.votes]) ** 2
        self.make = float(seen_after @ [v.prediction.make for v in self.votes] / seen_after.sum())

    def shot(self, lifecycle: Lifecycle, covering: int, due: float | None, interrupted: bool) -> ShotCandidate:
        step = float(np.median(np.diff(self.votes[-1].prediction.media)))
        agreeing = len({v.prediction.index for v in self.votes})
        return ShotCandidate(
            self.key, lifecycle, self.best.score, self.media, self.wall, max(self.spread, step / 4),
            self.zone, self.make, agreeing, max(covering, agreeing),
            self.model, due, interrupted, self._tracks(), self.best.prediction.position,
        )

    def _tracks(self) -> tuple[int, ...]:
        best = sorted(self.votes, key=lambda vote: -vote.score)
        return tuple(dict.fromkeys(v.prediction.track for v in best if v.prediction.track is not None))


class TemporalNms:
    """Merges the predictions of one scene, window by window in order.

    Live service and evaluation use this same class: :meth:`update` for each prediction, :meth:`flush` at the end.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        keys: source of the candidates' keys; instances that share it never repeat a key.
    """

    def __init__(
        self, config: NmsConfig = NmsConfig(), time_scale: float = 1.0, keys: Iterator[int] | None = None
    ) -> None:
        self._config = config
        self._radius = config.radius / time_scale
        self._keys = count() if keys is None else keys
        self._open: list[_Candidate] = []
        self._due: float | None = None
        self._spans: deque[tuple[float, float]] = deque(maxlen=_SPANS)

    def update(self, prediction: WindowPrediction) -> list[ShotCandidate]:
        """Take the next window's prediction; return the candidates that it changed, oldest first."""
        counted = self._counted(prediction)
        span = (float(prediction.media[counted.start]), float(prediction.media[counted.stop - 1]))
        return self.update_window([prediction], span, prediction.due)

    def update_window(
        self, predictions: Sequence[WindowPrediction], span: tuple[float, float], due: float
    ) -> list[ShotCandidate]:
        """Take the next window's predictions: none, or one for each ball that is followed.

        Args:
            predictions: of this window.
            span: media time of the first and the last sample that count.
            due: when the window's last sample was in (server monotonic seconds).
        """
        self._spans.append(span)
        self._due = due
        changed: list[ShotCandidate] = []
        for prediction in predictions:
            position = release_position(prediction.release)
            if prediction.shot >= self._config.threshold and round(position) in self._counted(prediction):
                grid = np.arange(len(prediction.media))
                vote = _Vote(
                    prediction.shot,
                    float(np.interp(position, grid, prediction.media)),
                    float(np.interp(position, grid, prediction.wall)),
                    len(grid) - position,
                    prediction,
                )
                changed.extend(self._vote(vote))
        changed.extend(self._close(before=span[0] - self._radius))
        return changed

    def flush(self, interrupted: bool = False) -> list[ShotCandidate]:
        """Close every open candidate: no more windows will come.

        Args:
            interrupted: the stream ended early, so a candidate is decided by the windows so far.
        """
        self._due = None
        return self._close(before=float("inf"), interrupted=interrupted)

    def _counted(self, prediction: WindowPrediction) -> range:
        """Sample indices in which a release of this window counts."""
        return prediction.counted if self._config.middle_only else range(len(prediction.media))

    def _vote(self, vote: _Vote) -> list[ShotCandidate]:
        near = [c for c in self._open if self._same(c, vote)]
        if not near:
            candidate = _Candidate(next(self._keys), vote)
            self._open.append(candidate)
            return [self._shot(candidate, Lifecycle.PROVISIONAL)]
        winner = min(near, key=lambda c: abs(c.media - vote.media))
        winner.add(vote)
        changed = []
        for other in [c for c in self._open if c is not winner]:
            if not self._same(other, winner.best) or abs(other.media - winner.media) > self._radius:
                continue
            # The two estimates have come together: the one with the higher score stays.
            loser, winner = (other, winner) if other.best.score <= winner.best.score else (winner, other)
            self._open.remove(loser)
            changed.append(self._shot(loser, Lifecycle.RETRACTED))
        changed.append(self._shot(winner, Lifecycle.PROVISIONAL))
        return changed

    def _same(self, candidate: _Candidate, vote: _Vote) -> bool:
        """Whether a vote belongs to a candidate: near in time and, where balls are followed, near in position."""
        if abs(candidate.media - vote.media) > self._radius:
            return False
        here, there = candidate.best.prediction, vote.prediction
        if here.position is None or there.position is None or here.track == there.track:
            return True
        # A broken track continues where it ended; another player's shot starts elsewhere.
        distance = np.hypot(here.position[0] - there.position[0], here.position[1] - there.position[1])
        return float(distance) <= self._config.min_distance

    def _close(self, before: float, interrupted: bool = False) -> list[ShotCandidate]:
        closing = [c for c in self._open if c.media < before]
        self._open = [c for c in self._open if c.media >= before]
        out = []
        for candidate in sorted(closing, key=lambda c: c.media):
            shot = self._shot(candidate, Lifecycle.CONFIRMED, interrupted)
            if shot.agreeing < self._config.min_support * shot.covering:
                shot = self._shot(candidate, Lifecycle.RETRACTED, interrupted)
            out.append(shot)
        return out

    def _shot(self, candidate: _Candidate, lifecycle: Lifecycle, interrupted: bool = False) -> ShotCandidate:
        covering = sum(first <= candidate.media <= last for first, last in self._spans)
        return candidate.shot(lifecycle, covering, self._due, interrupted)
