"""What is trained on: summaries of clips of real film, of pictures set in motion, of games and captured motion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from courtside_training.actions.anchored import anchored
from courtside_training.actions.broadcast import Moments, Still, Track, clips
from courtside_training.actions.classes import LABELS
from courtside_training.actions.network import measures, summary
from courtside_training.actions.stored import Stored
from courtside_training.actions.views import seen
from courtside_training.actions.windows import Array, Window, varied
from courtside_training.errors import TrainingInputError

PART = 2000
"""Clips that are made at a time."""
REFEREES = 0.3
"""How often a referee is drawn relative to a player of the same class."""
EQUAL = 0.5
"""Share of the draws of real clips that are equal over classes; the others follow the labels' own shares."""
FEW = 40
"""A class with fewer real moments is not made equal, and counts as open, see `Pool`."""
FEW_WEIGHT = 0.12
"""How often a moment of such a class is drawn relative to an equal share: its few moments are no sample of it."""


@dataclass(frozen=True)
class Sources:
    """Where clips come from; any may be empty.

    Attributes:
        tracks: real tracks.
        moments: of `tracks`, those to train on.
        stills: real pictures to set in motion.
        stored: windows in three dimensions, in the order games, captured motion.
    """

    tracks: list[Track]
    moments: Moments
    stills: list[Still]
    stored: list[Stored]


@dataclass(frozen=True)
class Pool:
    """N clips, ready to train on.

    Attributes:
        summaries: (N, C) float32, see `summary`.
        labels: (N,) class numbers.
        source: (N,) 0 real film, 1 pictures set in motion, 2 and more: `Sources.stored` in order.
        films: (N,) index of the film, -1 where none.
        open_classes: (10,) bool. Classes with hardly any real clip: most real clips leave them out of the loss, or the
            network would learn that real players never pass.
    """

    summaries: Array
    labels: NDArray[np.int64]
    source: NDArray[np.int64]
    films: NDArray[np.int64]
    open_classes: NDArray[np.bool_]

    def without(self, films: NDArray[np.int64]) -> Pool:
        """The pool without the clips of some films."""
        kept = ~np.isin(self.films, films)
        return Pool(
            self.summaries[kept], self.labels[kept], self.source[kept], self.films[kept], self.open_classes
        )


def shares(moments: Moments, tracks: list[Track]) -> NDArray[np.float64]:
    """(N,) how often each moment is drawn; they sum to 1."""
    referee = np.array([track.referee for track in tracks])[moments.track]
    weight = np.where(referee, REFEREES, 1.0)
    # Overlapping clips of one stretch are hardly more than one observation: a stretch counts by its root.
    _, group, size = np.unique(
        np.stack([moments.track, moments.labels]), axis=1, return_inverse=True, return_counts=True
    )
    weight /= np.sqrt(size[group.reshape(-1)])
    weight /= weight.sum()
    total = np.bincount(moments.labels, weight, len(LABELS))
    share = EQUAL * weight / total[moments.labels] / (total > 0).sum() + (1 - EQUAL) * weight
    share *= np.where(_few(moments)[moments.labels], FEW_WEIGHT, 1.0)
    return share / share.sum()


def _few(moments: Moments) -> NDArray[np.bool_]:
    return np.bincount(moments.labels, minlength=len(LABELS)) < FEW


def draw_stored(stored: Stored, count: int, rng: np.random.Generator) -> tuple[Window, NDArray[np.int64]]:
    """About `count` clips of stored windows through random cameras, every class that occurs as often."""
    there = np.unique(stored.labels)
    wanted = np.bincount(rng.choice(there, count), minlength=len(LABELS))
    chosen = np.concatenate([rng.choice(np.flatnonzero(stored.labels == label), wanted[label]) for label in there])
    joints, ball = (array[chosen].astype(np.float32) for array in (stored.joints, stored.ball))
    return seen(joints, ball, rng), stored.labels[chosen]


def summaries(window: Window) -> Array:
    """Summaries (N, C) of clips."""
    with torch.inference_mode():
        found = [
            summary(*measures(torch.from_numpy(window.keypoints[at : at + PART]),
                              torch.from_numpy(window.context[at : at + PART]))).numpy()
            for at in range(0, len(window.keypoints), PART)
        ]  # fmt: skip
    return np.concatenate(found)


def make_pool(
    sources: Sources, count: int, rng: np.random.Generator, augment: bool = True,
    report: Callable[[], None] | None = None,
) -> Pool:
    """Make clips of all sources.

    Args:
        sources: where they come from.
        count: clips of real film; of each other source there are half as many.
        rng: source of all choices.
        augment: apply random changes.
        report: called after every `PART` clips.

    Raises:
        TrainingInputError: there is no source.
    """
    open_classes = _few(sources.moments)
    open_classes[[still.label for still in sources.stills]] = False
    parts: list[tuple[Array, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []

    def add(window: Window, labels: NDArray[np.int64], source: int, films: NDArray[np.int64] | None = None) -> None:
        read = summaries(varied(window, rng) if augment else window)
        none = np.full(len(labels), -1)
        parts.append((read, labels, np.full(len(labels), source), none if films is None else films))
        if report:
            report()

    if len(sources.moments):
        chance = shares(sources.moments, sources.tracks)
        for start in range(0, count, PART):
            chosen = sources.moments.where(rng.choice(len(chance), min(PART, count - start), p=chance))
            add(clips(sources.tracks, chosen, rng), chosen.labels, 0, chosen.films)
    for start in range(0, count // 2 if sources.stills and sources.stored else 0, PART):
        found = anchored(sources.stills, sources.stored, min(PART, count // 2 - start), rng)
        add(found.window, found.labels, 1, found.films)
    for index, stored in enumerate(sources.stored):
        for start in range(0, count // 2, PART):
            window, labels = draw_stored(stored, min(PART, count // 2 - start), rng)
            add(window, labels, 2 + index)
    if not parts:
        raise TrainingInputError("nothing to train on: no film, no games, no captured motion")
    read, labels, source, films = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Pool(read, labels, source, films, open_classes)
