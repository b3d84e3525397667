"""Film regions: the parts of a film's frame in which a ball moves between the whole frames before and after it.

Nobody waits for a film, so the detector can see a later frame first. What two whole frames show says where a ball can
be in between, better than a prediction from the past: it is as certain where the ball bounces or leaves a hand, and
what is at rest in both need not be seen again.

    whole frame ──► balls ─┐
    frame between          ├─► regions of the frame between ──► balls
    whole frame ──► balls ─┘
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.config import TrackingConfig
from courtside_server.perception.regions import Regions, place_regions
from courtside_server.types import Detections, DetectorFrame, ObjectClass

_FASTEST_BONUS = 0.5
"""How much more a fast ball matters than one at rest, in scores; as in ``BallPrediction.priority``."""

_NET = 0.3
"""Rim widths below a ring's middle: the ball is there for longest, in the net."""
KEPT = 6
"""Whole frames that say which rims a ball was near to: those of `FilmRegionConfig.rim_memory` at the usual rate."""


class WholeFrame(NamedTuple):
    """A frame that the detector saw whole, and what it found."""

    frame: DetectorFrame
    found: Detections


class _Balls(NamedTuple):
    """Balls of one frame: centres (N, 2) in pixels of the scene, sizes (N,) pixels, scores (N,)."""

    places: NDArray[np.float64]
    sizes: NDArray[np.float64]
    scores: NDArray[np.float32]


class _Place(NamedTuple):
    """Where a ball may be: pixels of the scene; how much it matters."""

    x: float
    y: float
    radius: float
    priority: float


def film_regions(
    before: Sequence[WholeFrame], after: WholeFrame, frame: DetectorFrame, time_scale: float = 1.0,
    config: TrackingConfig = TrackingConfig(),
) -> Regions | None:  # fmt: skip
    """The regions of a frame between two whole ones; None where it must be seen whole, empty where nothing moves.

    Args:
        before: the whole frames of its scene before it, oldest first, as many as `KEPT`.
        after: the whole frame after it; it must not follow a cut.
        frame: the frame between.
        time_scale: real seconds per media second.
        config: the numbers that decide.
    """
    numbers = config.film_regions
    if not before or after.frame.cut:
        return None
    begin = before[-1].frame.media
    span = (after.frame.media - begin) * time_scale
    if not begin <= frame.media <= after.frame.media or not 0 < span <= numbers.max_gap:
        return None
    share = (frame.media - begin) * time_scale / span
    *_, first, second = balls = [_balls(whole, config) for whole in (*before, after)]
    places = _between(first, second, share, span, config)
    recent = [
        found.places for found, whole in zip(balls, (*before, after), strict=True)
        if (frame.media - whole.frame.media) * time_scale <= numbers.rim_memory
    ]  # fmt: skip
    for whole in (before[-1], after):
        places += _at_rims(whole, np.concatenate(recent), config)
    places.sort(key=lambda place: -place.priority)
    return place_regions([place[:3] for place in places[: numbers.max_balls]], frame, config.regions)


def _balls(whole: WholeFrame, config: TrackingConfig) -> _Balls:
    found = whole.found.of(ObjectClass.BALL, config.detection.ball)
    sides = found.boxes[:, 2:] - found.boxes[:, :2]
    sizes = np.sqrt(np.maximum(sides[:, 0] * sides[:, 1], 1.0)).astype(np.float64)
    return _Balls((found.boxes[:, :2] + found.boxes[:, 2:]) / 2.0 - np.array(whole.frame.pan), sizes, found.scores)


def _between(first: _Balls, second: _Balls, share: float, span: float, config: TrackingConfig) -> list[_Place]:
    """Where the balls of two frames that move may be in between.

    Args:
        first: of the frame before.
        second: of the frame after.
        share: 0 at the time of the frame before, 1 at that of the frame after.
        span: real seconds between the two.
        config: the numbers that decide.
    """
    numbers, least = config.film_regions, config.balls.min_size
    places: list[_Place] = []
    alone = [np.ones(len(first.sizes), bool), np.ones(len(second.sizes), bool)]
    for row, column, moved in _pairs(first, second, span, config):
        alone[0][row] = alone[1][column] = False
        if moved < numbers.at_rest:
            continue
        x, y = first.places[row] * (1 - share) + second.places[column] * share
        size = max((first.sizes[row] + second.sizes[column]) / 2, least)
        fast = min(moved / span / config.balls.fast, 1.0)
        score = max(float(first.scores[row]), float(second.scores[column]))
        # A bounce or a hand between the two takes it aside by a share of its way.
        places.append(
            _Place(x, y, size * (1 + config.balls.gate_per_travel / 2 * moved), score + _FASTEST_BONUS * fast)
        )
    for balls, single in zip((first, second), alone, strict=True):
        for index in np.flatnonzero(single & (balls.scores >= numbers.min_score)):
            radius = max(float(balls.sizes[index]), least) * numbers.radius
            x, y = balls.places[index]
            places.append(_Place(x, y, radius, float(balls.scores[index])))
    return places


def _pairs(first: _Balls, second: _Balls, span: float, config: TrackingConfig) -> list[tuple[int, int, float]]:
    """Rows of both that are one ball, and its way in ball sizes; the nearest first, each row once."""
    if not len(first.sizes) or not len(second.sizes):
        return []
    sizes = np.maximum((first.sizes[:, np.newaxis] + second.sizes) / 2, config.balls.min_size)
    moved = np.hypot(*(first.places[:, np.newaxis] - second.places).transpose(2, 0, 1)) / sizes
    alike = np.abs(np.log(first.sizes[:, np.newaxis] / second.sizes)) <= config.balls.max_size_change
    near = alike & (moved <= config.film_regions.max_speed * span)
    rows, columns = np.nonzero(near)
    order = np.argsort(moved[rows, columns], kind="stable")
    pairs: list[tuple[int, int, float]] = []
    free = [set(rows.tolist()), set(columns.tolist())]
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row in free[0] and column in free[1]:
            free[0].discard(row)
            free[1].discard(column)
            pairs.append((row, column, float(moved[row, column])))
    return pairs


def _at_rims(whole: WholeFrame, balls: NDArray[np.float64], config: TrackingConfig) -> list[_Place]:
    """The rims of a frame that one of some balls (N, 2) is near to; they come before everything else."""
    boxes = whole.found.of(ObjectClass.RIM, config.detection.rim).boxes - np.tile(np.array(whole.frame.pan), 2)
    found = []
    for left, top, right, bottom in boxes.tolist():
        x, y, width = (left + right) / 2, (top + bottom) / 2, right - left
        near = config.film_regions.near_rim * width
        if len(balls) and float(np.hypot(balls[:, 0] - x, balls[:, 1] - y).min()) < near:
            found.append(_Place(x, y + _NET * width, width, 1 + _FASTEST_BONUS))
    return found
