"""Real players: tracks of keypoints in broadcast film (CC BY 4.0), with actions that were labelled by eye.

`broadcast_tracks.npz` holds the tracks, `broadcast_labels.csv` the actions: which steps of which track show which one.
The first file also has single pictures of players who dribble or hold the ball. Its boxes are those of the data set,
linked from frame to frame by overlap after the camera's motion (corners followed by Lucas-Kanade, a similarity by
RANSAC); `first_frame` and three frames per step say which frames of the film they are, x counts in frames of 1138 x 640
pixels, and each track's origin is the median of its first pose.
Neither pictures nor a pose network are needed to train. The model card has the source and the licence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import LABELS, NO_LABEL, RATE, STEPS
from courtside_training.actions.views import draw_steps
from courtside_training.actions.windows import Array, Window, context_of, cut
from courtside_training.common.arrays import reading_arrays
from courtside_training.errors import TrainingInputError

TRACKS, TABLE = (Path(__file__).with_name(name) for name in ("broadcast_tracks.npz", "broadcast_labels.csv"))
SUBPIXEL = 16.0
"""Stored positions are whole multiples of 1 / 16 pixel."""
UNKNOWN = -(2**15)
"""Stored position of what is not known."""
PURE = 1
"""Steps on each side of a clip's middle that must have the middle's label."""


@dataclass(frozen=True)
class Track:
    """One person in one film.

    Attributes:
        film: name of the film.
        keypoints: (T, 17, 4) float32 at `RATE`, camera motion removed; NaN in steps that were not labelled.
        ball: (T, 2) float32 pixels, likewise; NaN where not seen.
        labels: (T,) class numbers, `NO_LABEL` where none.
        referee: whether it is a referee.
    """

    film: str
    keypoints: Array
    ball: Array
    labels: NDArray[np.int64]
    referee: bool


@dataclass(frozen=True)
class Moments:
    """What can be a clip's middle.

    Attributes:
        track: (N,) index of the track.
        step: (N,) step of the track.
        labels: (N,) class number.
        films: (N,) index of the film.
    """

    track: NDArray[np.int64]
    step: NDArray[np.int64]
    labels: NDArray[np.int64]
    films: NDArray[np.int64]

    def where(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Moments:
        """The moments that a mask or indices select."""
        return Moments(self.track[kept], self.step[kept], self.labels[kept], self.films[kept])

    def __len__(self) -> int:
        """Number of moments."""
        return len(self.labels)


@dataclass(frozen=True)
class Still:
    """One player with the ball in one picture.

    Attributes:
        keypoints: (17, 4) float32, as in a track.
        ball: (2,) float32 pixels; NaN where not seen.
        label: class number.
        film: index of the film, as in `Moments`.
    """

    keypoints: Array
    ball: Array
    label: int
    film: int


def load_stills(tracks: Path = TRACKS) -> list[Still]:
    """All labelled single pictures.

    Raises:
        TrainingInputError: the file is missing or torn.
    """
    with reading_arrays(tracks, "tracks of players") as found:
        keypoints, ball = found["still_keypoints"].astype(np.float32), found["still_ball"].astype(np.float32)
        visible, films, actions = found["still_visibility"], found["still_film"], found["still_action"]
    ball[ball == UNKNOWN] = np.nan
    joined = np.concatenate([keypoints / SUBPIXEL, visible[..., None] / np.float32(255)], -1)
    return [
        Still(joined[i], ball[i] / SUBPIXEL, LABELS.index(str(actions[i])), int(films[i])) for i in range(len(joined))
    ]


def load_tracks(tracks: Path = TRACKS, table: Path = TABLE) -> list[Track]:
    """All tracks with their labels.

    Raises:
        TrainingInputError: a file is missing, torn, or its tables do not fit together.
    """
    with reading_arrays(tracks, "tracks of players") as found:
        keypoints, ball = found["keypoints"].astype(np.float32), found["ball"].astype(np.float32)
        visible, lengths = found["visibility"], found["lengths"]
        films, referee = found["films"][found["film"]], found["referee"]
    keypoints[keypoints == UNKNOWN], ball[ball == UNKNOWN] = np.nan, np.nan
    joined = np.concatenate([keypoints / SUBPIXEL, visible[..., None] / np.float32(255)], -1)
    ends = np.cumsum(lengths)
    labels = [np.full(length, NO_LABEL, np.int64) for length in lengths]
    try:
        with table.open(newline="") as file:
            for row in csv.DictReader(file):
                labels[int(row["track"])][int(row["first"]) : int(row["last"]) + 1] = LABELS.index(row["action"])
    except (OSError, KeyError, ValueError, IndexError) as error:
        why = type(error).__name__
        raise TrainingInputError(f"{table} does not fit {tracks} ({why}): take both files of one version") from error
    return [
        Track(str(films[i]), joined[end - n : end], ball[end - n : end] / SUBPIXEL, labels[i], bool(referee[i]))
        for i, (n, end) in enumerate(zip(lengths, ends, strict=True))
    ]


def moments(tracks: list[Track]) -> Moments:
    """Every step whose neighbours have the same label, and where at least half a clip is seen."""
    names = sorted({track.film for track in tracks})
    rows = []
    for index, track in enumerate(tracks):
        seen = np.isfinite(track.keypoints[:, 5, 0])
        for step in np.flatnonzero((track.labels != NO_LABEL) & seen):
            near = track.labels[max(0, step - PURE) : step + PURE + 1]
            half = STEPS // 2
            around = seen[max(0, step - half) : step + half]
            if (near == track.labels[step]).all() and around.sum() >= half - 1:
                rows.append((index, step, track.labels[step], names.index(track.film)))
    return Moments(*np.array(rows, np.int64).T)


def clips(tracks: list[Track], chosen: Moments, rng: np.random.Generator | None = None) -> Window:
    """Clips round moments.

    Args:
        tracks: all tracks.
        chosen: the moments.
        rng: draws the clips' steps and shifts their middles by up to half a step; None: as served, at `RATE`.
    """
    count = len(chosen)
    step = np.full(count, 1 / RATE) if rng is None else draw_steps(count, rng)
    shift = np.zeros(count) if rng is None else rng.uniform(-0.5, 0.5, count)
    keypoints, ball = [], []
    for index, middle, seconds in zip(chosen.track, chosen.step + shift, step, strict=True):
        track = tracks[index]
        keypoints.append(cut(track.keypoints, middle, seconds * RATE))
        ball.append(cut(track.ball, middle, seconds * RATE))
    found = np.stack(keypoints)
    found[..., 3] = np.nan_to_num(found[..., 3])
    return Window(found, context_of(found, np.stack(ball), 0.9, step.astype(np.float32)))
