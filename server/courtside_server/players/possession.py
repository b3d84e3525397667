"""Possession: which player has the ball, by a hidden Markov model over the tracked players and "nobody".

What is seen of one frame speaks for the players whose hands, or else whose boxes, are near a ball. A frame without a
ball speaks for nobody: not seeing is no evidence. Who had the ball is decided `lag` seconds later, from what came
before and after (the forward-backward algorithm with a fixed lag; Rabiner, "A Tutorial on Hidden Markov Models", 1989).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import HIPS, WRISTS
from courtside_server.players.config import PossessionConfig
from courtside_server.types import UNTRACKED, ObjectClass, Observations
from courtside_server.types.players import Pose

_MAX_LOG_ODDS = 4.0
"""One frame speaks for or against a player with at most this."""
POSE_AGE_S = 0.25
"""Real seconds for which a pose stands for the player's hands."""
_SEEN = 0.3
"""Least visibility of a wrist that is used."""
_UNSEEN_SCORE = 0.2
"""The ball is as likely not tracked as it is a track with this mean score."""
_SCORE_SHARE = 0.2
"""Weight of the newest score in the mean score of a ball's track."""
_FLIGHT_S = 0.6
"""Real seconds after a shot's release in which nobody has the ball."""
_MERGE_S = 0.5
"""A gap of so many real seconds in which nobody has the ball is part of a possession: a dribble seen badly."""
_TRACKS, _BOXES = 256, 64
"""Tracks that are remembered, and boxes of each: more than the time by which a decision lags."""
_SUCCESSOR_HEIGHTS = 0.6
"""A track that begins where another one ended, so many player heights away at most, is the same player."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the ball at a time.

    Attributes:
        media: seconds.
        track: the player's track; None: nobody.
        probability: of that, 0 to 1.
    """

    media: float
    track: int | None
    probability: float


@dataclass(frozen=True, slots=True)
class _Step:
    """One frame: log odds for each player against nobody."""

    media: float
    evidence: Mapping[int, float]


def ball_distance(
    ball: NDArray[np.floating], box: NDArray[np.floating], keypoints: NDArray[np.floating] | None
) -> float:
    """Distance from a ball to a player who may have it, in player heights.

    Args:
        ball: (4,) xyxy of the ball, pixels.
        box: (4,) xyxy of the player.
        keypoints: (17, 4) of his newest pose; None where it is too old.
    """
    height = max(float(box[3] - box[1]), 1.0)
    middle, radius = (ball[:2] + ball[2:]) / 2, float(ball[2] - ball[0] + ball[3] - ball[1]) / 4
    outside = np.maximum(np.maximum(box[:2] - middle, middle - box[2:]), 0)
    beside = max(float(np.hypot(*outside)) - radius, 0.0) / height
    if keypoints is None:
        return beside + 0.08
    seen = [joint for joint in WRISTS if keypoints[joint, 3] >= _SEEN and np.isfinite(keypoints[joint, :2]).all()]
    if not seen:
        return beside + 0.08
    hands = keypoints[seen, :2]
    hand = max(float(np.linalg.norm(hands - middle, axis=1).min()) - radius, 0.0) / height
    hips = keypoints[HIPS, 1]
    if np.isfinite(hips).all() and middle[1] > hips.mean():
        # Below the hips a ball may be dribbled: only how far it is to the side of a hand counts.
        hand = min(hand, max(float(np.abs(hands[:, 0] - middle[0]).min()) - radius, 0.0) / height + 0.05)
    return 0.4 * beside + 0.6 * hand


class PossessionFilter:
    """Follows who has the ball in one scene.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        pose_at: gives a player's pose nearest to a media time.
    """

    def __init__(
        self, config: PossessionConfig, time_scale: float, pose_at: Callable[[int, float], Pose | None]
    ) -> None:
        self._config, self._scale, self._pose_at = config, time_scale, pose_at
        self._steps: deque[_Step] = deque()
        self._before: dict[int | None, float] = {None: 1.0}
        self._scores: dict[int, float] = {}
        self._releases: deque[float] = deque(maxlen=8)
        self._last: float | None = None
        self._decided: float | None = None

    def push(self, observations: Observations) -> list[Holder]:
        """Take the next observations; returns who had the ball in the frames that are decided now, oldest first."""
        gap = 1.0 if self._last is None else (observations.media - self._last) * self._scale
        self._last = observations.media
        self._steps.append(_Step(observations.media, self._evidence(observations, min(max(gap, 0.0), 0.2))))
        decided = []
        while len(self._steps) > 1 and self._age(self._steps[0]) >= self._config.lag:
            decided.append(self._decide())
        return decided

    def released(self, media: float) -> None:
        """Take a shot's release: for a moment after it nobody has the ball, also where it is not seen to fly."""
        self._releases.append(media)

    def flush(self) -> list[Holder]:
        """Who had the ball in the frames that are left."""
        decided = []
        while self._steps:
            decided.append(self._decide())
        return decided

    def _age(self, step: _Step) -> float:
        return (self._steps[-1].media - step.media) * self._scale

    def _evidence(self, observations: Observations, gap: float) -> dict[int, float]:
        """Log odds of every tracked player against nobody."""
        config = self._config
        players = observations.steady(ObjectClass.PLAYER)
        balls = observations.steady(ObjectClass.BALL)
        balls = balls[balls[:, 5] != UNTRACKED]
        found: dict[int, float] = {}
        weights = self._ball_weights(balls)
        for row in players[players[:, 5] != UNTRACKED]:
            track, log_odds = int(row[5]), 0.0
            if len(balls):
                pose = self._pose_at(track, observations.media)
                fresh = pose is not None and abs(observations.media - pose.media) * self._scale <= POSE_AGE_S
                keypoints = pose.keypoints if pose is not None and fresh else None
                distances = np.array([ball_distance(ball[:4], row[:4], keypoints) for ball in balls])
                odds = np.clip(config.steepness * (config.reach - distances), -_MAX_LOG_ODDS, _MAX_LOG_ODDS)
                log_odds = float(np.log(weights[0] + weights[1:] @ np.exp(odds)))
                # Frames that follow one another show nearly the same: they do not count as independent.
                log_odds *= min(1.0, gap * 5)
            found[track] = log_odds
        return found

    def _ball_weights(self, balls: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that the ball is none of those that are tracked, and that it is each of them: (1 + B,).

        Heads and lamps are tracked as balls, too, with lower scores.
        """
        scores = np.array([_UNSEEN_SCORE, *self._mean_scores(balls)])
        weights = np.exp(self._config.score_weight * (scores - scores.max()))
        return np.asarray(weights / weights.sum())

    def _mean_scores(self, balls: NDArray[np.float64]) -> list[float]:
        """Mean score of each ball's track, of late."""
        kept = {}
        for row in balls:
            before = self._scores.get(int(row[5]), float(row[4]))
            kept[int(row[5])] = before + _SCORE_SHARE * (float(row[4]) - before)
        self._scores = {**self._scores, **kept} if len(self._scores) < 256 else kept
        return [kept[int(row[5])] for row in balls]

    def _decide(self) -> Holder:
        """Decide the oldest frame, from all that is known, and carry its probabilities on."""
        step = self._steps[0]
        states: list[int | None] = [None, *sorted({track for one in self._steps for track in one.evidence})]
        forward = self._forward(step, states)
        backward = np.ones(len(states))
        steps = list(self._steps)
        for earlier, later in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
            weight = self._weights(later, states) * backward
            backward = self._moves(states, (later.media - earlier.media) * self._scale) @ weight
            backward /= backward.sum()
        posterior = forward * backward
        posterior /= posterior.sum()
        self._before = dict(zip(states, forward.tolist(), strict=True))
        self._decided = step.media
        self._steps.popleft()
        best = int(posterior.argmax())
        return Holder(step.media, states[best], float(posterior[best]))

    def _forward(self, step: _Step, states: list[int | None]) -> NDArray[np.float64]:
        gap = 0.1 if self._decided is None else (step.media - self._decided) * self._scale
        prior = np.array([self._before.get(state, 0.0) for state in states])
        lost = 1.0 - prior.sum()  # who is not tracked any more may have it still: nobody that is known
        prior[0] += max(lost, 0.0)
        forward = (prior @ self._moves(states, gap)) * self._weights(step, states)
        total = forward.sum()
        return forward / total if total > 0 else np.full(len(states), 1 / len(states))

    def _weights(self, step: _Step, states: list[int | None]) -> NDArray[np.float64]:
        """Likelihood of a frame in each state; players who are not tracked in it are as likely as nobody."""
        if any(0 < (step.media - release) * self._scale <= _FLIGHT_S for release in self._releases):
            return np.array([1.0, *[np.exp(-_MAX_LOG_ODDS)] * (len(states) - 1)])
        return np.exp([0.0 if state is None else step.evidence.get(state, 0.0) for state in states])

    def _moves(self, states: list[int | None], gap: float) -> NDArray[np.float64]:
        """(S, S) probabilities of a change from row to column within so many real seconds."""
        config, players = self._config, len(states) - 1
        change = 1 - np.exp(-config.change_rate * gap)
        hand_over = 1 - np.exp(-config.hand_over_rate * gap)
        moves = np.full((len(states), len(states)), hand_over / max(players - 1, 1))
        moves[:, 0], moves[0, :] = change, change / max(players, 1)
        np.fill_diagonal(moves, 0.0)
        np.fill_diagonal(moves, 1.0 - moves.sum(axis=1))
        return moves


@dataclass(slots=True)
class Stretch:
    """A player has the ball for a while.

    Attributes:
        track: the player's track now; it may change while he is the same.
        start: media seconds.
        end: media seconds.
        total: sum of the probabilities of its frames.
        frames: number of its frames.
        first: his track at the beginning: the one of its events.
        place: (4,) xyxy of his box at the end, pixels, camera motion removed.
        announced: an event of it was drafted.
    """

    track: int
    start: float
    end: float
    total: float
    frames: int
    first: int
    place: NDArray[np.float64]
    announced: bool = False

    @property
    def confidence(self) -> float:
        """Mean probability, 0 to 1."""
        return self.total / self.frames


@dataclass(slots=True)
class _Seen:
    """Where a track was: media seconds and box, of late and at its beginning."""

    boxes: deque[tuple[float, NDArray[np.float64]]]
    first: tuple[float, NDArray[np.float64]] | None = None


class PossessionStretches:
    """Puts decided frames together to stretches.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
    """

    def __init__(self, config: PossessionConfig, time_scale: float) -> None:
        self._config, self._scale = config, time_scale
        self._open: Stretch | None = None
        self._seen: dict[int, _Seen] = {}

    def see(self, observations: Observations) -> None:
        """Remember where players are, to find out which track goes on as which."""
        for row in observations.steady(ObjectClass.PLAYER):
            if row[5] != UNTRACKED:
                known = self._seen.pop(int(row[5]), None) or _Seen(deque(maxlen=_BOXES))
                known.first = known.first or (observations.media, row[:4].copy())
                known.boxes.append((observations.media, row[:4].copy()))
                self._seen[int(row[5])] = known  # the newest last
        while len(self._seen) > _TRACKS:
            del self._seen[next(iter(self._seen))]

    def push(self, holder: Holder) -> tuple[Stretch | None, Stretch | None]:
        """Take the next decided frame.

        Returns:
            The stretch that has ended, if one has, and the one that goes on, if it has lasted long enough.
        """
        ended = None
        if holder.track is not None:
            now = self._open
            if now is not None and (holder.track == now.track or self._is_successor(now, holder)):
                now.track, now.end = holder.track, holder.media
                now.total, now.frames = now.total + holder.probability, now.frames + 1
                now.place = self._box(holder.track, holder.media)
            else:
                ended = self._close()
                self._open = Stretch(holder.track, holder.media, holder.media, holder.probability, 1, holder.track,
                                     self._box(holder.track, holder.media))  # fmt: skip
        elif self._open is not None and (holder.media - self._open.end) * self._scale > _MERGE_S:
            ended = self._close()
        lasting = self._open if self._open is not None and self._is_long(self._open) else None
        return ended, lasting

    def flush(self) -> Stretch | None:
        """End the stretch that is open."""
        return self._close()

    def _close(self) -> Stretch | None:
        ended, self._open = self._open, None
        return ended if ended is not None and self._is_long(ended) else None

    def _box(self, track: int, media: float) -> NDArray[np.float64]:
        """A player's box at a media time; NaN where it is not known."""
        known = self._seen.get(track)
        if known is None:
            return np.full(4, np.nan)
        return min(known.boxes, key=lambda box: abs(box[0] - media))[1]

    def _is_long(self, stretch: Stretch) -> bool:
        return (stretch.end - stretch.start) * self._scale >= self._config.min_duration

    def _is_successor(self, now: Stretch, holder: Holder) -> bool:
        """Whether the new holder is the old one under another track: it began where the old one ended."""
        before, after = self._seen.get(now.track), self._seen.get(holder.track or UNTRACKED)
        if before is None or after is None or after.first is None:
            return False
        (ended, last), (began, first) = before.boxes[-1], after.first
        height = max(last[3] - last[1], 1.0)
        apart = float(np.linalg.norm((last[:2] + last[2:] - first[:2] - first[2:]) / 2))
        return began >= ended and apart <= _SUCCESSOR_HEIGHTS * height
