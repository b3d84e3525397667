"""The search for a court: which pose over which court fits a picture's lines, its people and its rim best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import FIBA, HIGH_SCHOOL, NBA, NCAA, Court
from courtside_server.court.camera_pose import (
    AZIMUTH,
    FOCAL,
    PITCH,
    POSE_VALUES,
    RIM_SCALE,
    RimView,
    homographies,
    people_support,
    prior,
    upright_support,
)
from courtside_server.court.line_evidence import COARSE, FINE, WIDE, LineEvidence
from courtside_server.court.line_samples import line_samples

COURTS: tuple[Court, ...] = (FIBA, NBA, NCAA, HIGH_SCHOOL)
"""The courts that are tried."""
_FOCALS = (0.55, 0.75, 1.0, 1.35, 1.8, 2.5, 3.4)
"""Focal lengths of the coarse search, in the picture's longer side."""
_RIM_SCALES = (-0.22, -0.07, 0.08, 0.23)
_PITCHES = np.radians(np.arange(-24.0, 50.0, 1.0))
_AZIMUTHS = np.radians(np.arange(-180.0, 180.0, 6.0))
_BASES = 5
"""Pitches that are kept of each focal length and rim scale."""
_WORSE = 10.0
"""Combinations whose people are less likely by more than this many nats are dropped."""
_LINE_WEIGHT, _COARSE_WEIGHT = 0.25, 0.3
"""Weight of the lines beside people and prior: pieces of one line are not independent. In the coarse search, whose
poses lie beside the best ones, on evidence so wide that its values are low, they count a little more."""
_SEEDS, _SEEDS_OF_COURT, _KEPT = 90, 30, 36
"""Poses that are refined on coarse evidence: in all, and of one court; and those of them refined on fine evidence."""
_DRAWS = 40
"""Poses drawn round each pose in every round of its refinement."""
_COARSE_ROUNDS, _FINE_ROUNDS = 3, 4
_POLISHED, _POLISH_ROUNDS, _POLISH_DRAWS, _ELITE = 4, 8, 120, 20
"""Poses that are polished at last; rounds, draws in each, and the best of them that the next round draws from."""
_CARRIED_ON = 2
"""Poses of an earlier picture that are polished."""
_POLISH_SPREAD = 0.35
"""Part of `_SPREAD` that the first of these rounds draws from."""
_STEPS = {COARSE: 0.5, FINE: 0.3}
"""Metres between the samples of lines, by the width of the evidence."""
_SPREAD = np.array([0.12, 0.02, 0.008, 0.06, 0.06, 1.0, 1.0])
"""Standard deviations of the first round's draws, in a pose's units; each round they shrink by `_SHRINK`."""
_SHRINK = 0.75
_COARSE_STEP = 0.9
"""Metres between samples of the coarse search."""
_CORRELATED = 10.0
"""Pixels of a line that are one piece of evidence."""
_LONGEST = 40.0
"""Pixels that one sample can stand for."""
_CROWDED, _CLEAR = 2.5, 10.5
"""Pixels across a line per metre of floor: below the first, lines lie on one another and say nothing; from the second
on they say all."""
_NEAREST = 0.3
"""Metres in front of the camera from which a line is seen."""
_CHUNK = 256
"""Poses whose lines are scored at a time: what they need stays in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundPose:
    """One pose over one court.

    Attributes:
        score: log-probability up to a constant, nats.
        court: whose lines.
        pose: (7,), see `camera_pose`.
    """

    score: float
    court: Court
    pose: NDArray[np.float64]


def line_support(
    poses: NDArray[np.float64], rim: RimView, court: Court, evidence: LineEvidence, sigma: float, step: float
) -> NDArray[np.float64]:
    """(P,) evidence that a court's lines lie where poses (P, 7) put them, nats."""
    if len(poses) > _CHUNK:
        parts = [poses[first : first + _CHUNK] for first in range(0, len(poses), _CHUNK)]
        return np.concatenate([line_support(part, rim, court, evidence, sigma, step) for part in parts])
    samples = line_samples(court, step)
    count = len(samples.points)
    floor = homographies(poses, rim)
    flat = floor.reshape(-1, 3).astype(np.float32)
    shape = (len(poses), 3, count)
    at = (flat @ np.column_stack([samples.points, np.ones(count, np.float32)]).T).reshape(shape)
    along = (flat[:, :2] @ samples.tangents.T).reshape(shape)
    depth = at[:, 2]
    seen = depth > _NEAREST
    inverse = 1.0 / np.where(seen, depth, 1.0)
    right, down = at[:, 0] * inverse, at[:, 1] * inverse
    seen &= (right >= 0) & (right < rim.width - 1) & (down >= 0) & (down < rim.height - 1)
    x, y = _single(np.where(seen, right, 0)), _single(np.where(seen, down, 0))
    dx, dy = _single((along[:, 0] - x * along[:, 2]) * inverse), _single((along[:, 1] - y * along[:, 2]) * inverse)
    length = np.sqrt(dx * dx + dy * dy)
    # The area of a floor's square metre in the picture is det(H) / depth³: over the line's scale, the scale across it.
    area = np.abs(np.linalg.det(floor)).astype(np.float32)[:, np.newaxis] * inverse**3
    metres = np.hypot(*samples.tangents.T)
    across = area * metres / np.maximum(length, 1e-6)
    weight = np.minimum(length, _LONGEST) * np.clip((across - _CROWDED) / (_CLEAR - _CROWDED), 0, 1) * seen
    value = evidence.at(x, y, dx, dy, sigma)
    return np.asarray((value * weight).sum(1) / _CORRELATED, np.float64)


def _single(values: NDArray[Any]) -> NDArray[np.float32]:
    return values.astype(np.float32, copy=False)


def search(
    evidence: LineEvidence, rim: RimView, people: NDArray[np.float64], earlier: Sequence[FoundPose] = ()
) -> list[FoundPose]:
    """The poses that fit best, best first; empty where no pose has people of a person's height.

    A grid over focal length, pitch and rim distance is thinned by the people's heights, then crossed with the court's
    direction; the best poses of each court are refined by random draws from a fixed seed.

    Args:
        evidence: the picture's lines.
        rim: the rim in it.
        people: (N, 4) boxes xyxy of whole persons on the same floor.
        earlier: poses of an earlier picture, moved on with the camera; they are refined too.
    """
    grid = _coarse_grid(evidence, rim, people)
    poses = np.repeat(grid, len(_AZIMUTHS), 0)
    poses[:, AZIMUTH] = np.tile(_AZIMUTHS, len(grid))
    other = _other_support(poses, evidence, rim, people)
    seeds: list[tuple[float, int, int]] = []
    for number, court in enumerate(COURTS):
        lines = line_support(poses, rim, court, evidence, WIDE, _COARSE_STEP)
        score = _COARSE_WEIGHT * lines + other
        seeds += [(float(score[row]), number, row) for row in _distinct(poses, score)]
    seeds = sorted(seeds, key=lambda seed: -seed[0])[:_SEEDS]
    found = [FoundPose(score, COURTS[number], poses[row]) for score, number, row in seeds]
    found = refine(found, evidence, rim, people, COARSE, _COARSE_ROUNDS, _SPREAD)
    spread = _SPREAD * _SHRINK**_COARSE_ROUNDS
    found = [*_distinct_poses(found)[:_KEPT], *earlier]
    found = refine(found, evidence, rim, people, FINE, _FINE_ROUNDS, spread)
    best = [polish(one, evidence, rim, people) for one in _distinct_poses(found)[:_POLISHED]]
    return sorted([*best, *found], key=lambda one: -one.score)


def carry_on(
    evidence: LineEvidence, rim: RimView, people: NDArray[np.float64], earlier: Sequence[FoundPose]
) -> list[FoundPose]:
    """The poses of an earlier picture in this one, best first; takes a third of what a search takes.

    Args:
        evidence: the picture's lines.
        rim: the same rim in it.
        people: (N, 4) boxes xyxy of whole persons on the same floor.
        earlier: poses of the earlier picture, moved on with the camera.
    """
    spread = _SPREAD * _SHRINK**_COARSE_ROUNDS
    found = refine(earlier, evidence, rim, people, FINE, _FINE_ROUNDS, spread)
    best = [polish(one, evidence, rim, people) for one in _distinct_poses(found)[:_CARRIED_ON]]
    return sorted([*best, *found], key=lambda one: -one.score)


def polish(one: FoundPose, evidence: LineEvidence, rim: RimView, people: NDArray[np.float64]) -> FoundPose:
    """The best pose near a good one, by the cross-entropy method.

    Focal length, distance and direction make up for one another, so that draws must follow the valley in which the
    best ones lie: each round draws from the normal distribution of the last round's best (Rubinstein, 1999).
    """
    random = np.random.default_rng(1)
    mean, spread = one.pose, np.diag((_SPREAD * _POLISH_SPREAD) ** 2)
    best = one
    for _ in range(_POLISH_ROUNDS):
        drawn = np.concatenate([best.pose[np.newaxis], random.multivariate_normal(mean, spread, _POLISH_DRAWS)])
        scores = _score(drawn, one.court, evidence, rim, people, FINE)
        elite = np.argsort(-scores, kind="stable")[:_ELITE]
        best = FoundPose(float(scores[elite[0]]), one.court, drawn[elite[0]])
        mean, spread = drawn[elite].mean(0), np.cov(drawn[elite].T) + np.diag((_SPREAD * 0.01) ** 2)
    return best


def refine(
    found: Sequence[FoundPose], evidence: LineEvidence, rim: RimView, people: NDArray[np.float64], sigma: float,
    rounds: int, spread: NDArray[np.float64],
) -> list[FoundPose]:  # fmt: skip
    """Move every pose to the best place near it, by random draws from a fixed seed; best first.

    Args:
        found: poses over courts.
        evidence: the picture's lines.
        rim: the rim in it.
        people: (N, 4) boxes of whole persons.
        sigma: width of the lines' evidence, pixels.
        rounds: how often poses are drawn round the best ones so far.
        spread: (7,) standard deviations of the first round's draws, in a pose's units.
    """
    out: list[FoundPose] = []
    for court in COURTS:
        best = np.array([one.pose for one in found if one.court is court])
        if not len(best):
            continue
        random, width, rows = np.random.default_rng(1), spread, np.arange(len(best))
        score = _score(best, court, evidence, rim, people, sigma)
        for _ in range(rounds):
            drawn = best[:, np.newaxis] + random.normal(0, 1, (len(best), _DRAWS, POSE_VALUES)) * width
            scores = _score(drawn.reshape(-1, POSE_VALUES), court, evidence, rim, people, sigma)
            scores = scores.reshape(len(best), _DRAWS)
            at = scores.argmax(1)
            better = scores[rows, at] > score
            best[better] = drawn[rows, at][better]
            score = np.where(better, scores[rows, at], score)
            width = width * _SHRINK
        out += [FoundPose(float(value), court, pose) for value, pose in zip(score, best, strict=True)]
    return sorted(out, key=lambda one: -one.score)


def _score(
    poses: NDArray[np.float64], court: Court, evidence: LineEvidence, rim: RimView, people: NDArray[np.float64],
    sigma: float,
) -> NDArray[np.float64]:  # fmt: skip
    lines = line_support(poses, rim, court, evidence, sigma, _STEPS[sigma])
    return np.asarray(_LINE_WEIGHT * lines + _other_support(poses, evidence, rim, people))


def _other_support(
    poses: NDArray[np.float64], evidence: LineEvidence, rim: RimView, people: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(P,) what all but the floor's lines says of poses, nats."""
    found = people_support(poses, people, rim) + upright_support(poses, evidence.uprights, rim) + prior(poses, rim)
    return np.asarray(found)


def _coarse_grid(evidence: LineEvidence, rim: RimView, people: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, 7) poses of all focal lengths, pitches and rim distances that the people allow; without direction."""
    longer = math.log(max(rim.width, rim.height))
    poses = np.zeros((len(_FOCALS) * len(_RIM_SCALES) * len(_PITCHES), POSE_VALUES))
    focal, scale, pitch = np.meshgrid(longer + np.log(_FOCALS), _RIM_SCALES, _PITCHES, indexing="ij")
    poses[:, FOCAL], poses[:, RIM_SCALE], poses[:, PITCH] = focal.ravel(), scale.ravel(), pitch.ravel()
    poses[:, AZIMUTH] = -math.pi / 2  # The court lies towards the camera; it matters for people beside it only.
    score = _other_support(poses, evidence, rim, people)
    # The best pitches of each focal length and distance: people say little about these, lines much.
    table = score.reshape(-1, len(_PITCHES))
    best = np.argsort(-table, axis=1, kind="stable")[:, :_BASES]
    rows = (best + np.arange(len(table))[:, np.newaxis] * len(_PITCHES)).ravel()
    return np.asarray(poses[rows[score[rows] > score.max() - _WORSE]])


def _distinct(poses: NDArray[np.float64], score: NDArray[np.float64]) -> list[int]:
    """Rows of the best poses that differ in direction or focal length."""
    chosen: list[int] = []
    for row in np.argsort(-score, kind="stable")[:200].tolist():
        differs = [
            abs(poses[row, AZIMUTH] - poses[other, AZIMUTH]) > 0.09
            or abs(poses[row, FOCAL] - poses[other, FOCAL]) > 0.2
            for other in chosen
        ]
        if all(differs):
            chosen.append(row)
        if len(chosen) >= _SEEDS_OF_COURT:
            break
    return chosen


def _distinct_poses(found: Sequence[FoundPose]) -> list[FoundPose]:
    """The poses without those that lie beside a better one."""
    kept: list[FoundPose] = []
    for one in found:
        off = [np.abs((one.pose - other.pose) / _SPREAD)[[FOCAL, PITCH, AZIMUTH]].max() for other in kept]
        if all(distance > 1.0 or one.court is not other.court for distance, other in zip(off, kept, strict=True)):
            kept.append(one)
    return kept
