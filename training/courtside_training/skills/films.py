"""Films as stored for training: 128 uniformly spaced JPEG frames, the 20 levels, and labels of simulated frames."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from courtside.court.zones import ZONES, Zone
from courtside_sim.game_bank import Bank, bank
from courtside_sim.game_plays import SHOTS, PlayKind
from courtside_sim.highlights import Highlight, Moment
from courtside_sim.truth import Action
from courtside_training.common.arrays import reading_arrays, write_arrays
from courtside_training.errors import TrainingInputError
from courtside_training.skills.geometry import BANKS, HEIGHT, SPLITS, STORED, WIDTH, worlds

QUALITY = 82
"""JPEG quality of stored frames, 0 to 100."""
UNKNOWN = -1
"""Play label of a frame for which the label has no meaning, and of all frames of real films."""
CELL = 16
"""Side of a cell of the encoder's map in pixels."""
CELLS = (HEIGHT // CELL, WIDTH // CELL)
"""Rows and columns of the encoder's map."""
HEIGHT_LIMITS = (1.865, 1.911, 1.957, 2.0)
"""Quintiles of the players' heights in metres."""
ZONE_LABELS = (Zone.UNSPECIFIED, *ZONES)
"""Zones of the player in the order of the label's classes."""
PLAY_LABELS: dict[str, int] = {
    "kind": len(PlayKind),
    "action": len(Action),
    "ball": 2,
    "success": 2,
    "zone": len(ZONE_LABELS),
    "height": len(HEIGHT_LIMITS) + 1,
    "player cell": CELLS[0] * CELLS[1],
    "ball cell": CELLS[0] * CELLS[1],
}
"""Labels of a frame that the frame encoder learns, and the number of classes of each."""
CELL_LABELS = ("player cell", "ball cell")
"""Labels whose classes are the cells of the encoder's map."""
MIRRORED_ZONE = (0, 1, 4, 3, 2, 7, 6, 5)
"""Index into `ZONE_LABELS` after the frame was flipped left to right."""


@dataclass(frozen=True)
class Film:
    """One film.

    Attributes:
        name: unique in its split.
        jpeg: encoded frames, in order.
        levels: (20,) int64, 4 is the best.
        plays: (frames, len(PLAY_LABELS)) int64, `UNKNOWN` where there is no label.
        counts: (C,) float64 true counts of the plays shown, empty for real films.
    """

    name: str
    jpeg: tuple[bytes, ...]
    levels: np.ndarray
    plays: np.ndarray
    counts: np.ndarray

    def frames(self, which: np.ndarray) -> np.ndarray:
        """Decode frames `which` (N,): (N, 3, height, width) uint8 RGB."""
        images = [cv2.imdecode(np.frombuffer(self.jpeg[i], np.uint8), cv2.IMREAD_COLOR_RGB) for i in which]
        return np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2))


def contact_sheet(film: Film) -> np.ndarray:
    """The first 64 frames of a film in rows of eight: (H, W, 3) uint8 BGR."""
    frames = film.frames(np.arange(0, 64)).transpose(0, 2, 3, 1)[..., ::-1]
    return np.vstack([np.hstack(frames[start : start + 8]) for start in range(0, len(frames) - 7, 8)])


def encode(frames: np.ndarray) -> tuple[bytes, ...]:
    """Encode frames (N, height, width, 3) uint8 BGR as JPEG."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    return tuple(cv2.imencode(".jpg", frame, quality)[1].tobytes() for frame in frames)


def save(film: Film, path: Path) -> None:
    """Write a film. A reader never sees an incomplete file.

    Raises:
        TrainingInputError: the disk is full or the folder cannot be written.
    """
    arrays = {
        "name": film.name, "jpeg": np.frombuffer(b"".join(film.jpeg), np.uint8),
        "sizes": [len(data) for data in film.jpeg], "levels": film.levels, "plays": film.plays, "counts": film.counts,
    }  # fmt: skip
    write_arrays(path, arrays)


def load(path: Path) -> Film:
    """Read a film.

    Raises:
        TrainingInputError: the file is damaged or not a film.
    """
    with reading_arrays(path, "film") as found:
        ends = np.cumsum(found["sizes"])
        data = found["jpeg"].tobytes()
        jpeg = tuple(data[end - size : end] for end, size in zip(ends, found["sizes"], strict=True))
        return Film(str(found["name"]), jpeg, found["levels"], found["plays"], found["counts"])


def load_all(folder: Path, limit: int | None = None) -> list[Film]:
    """The films of a folder, ordered by the number in the name; names without a number come last, by name."""
    found = sorted(folder.glob("*.npz"), key=lambda path: (*map(int, re.findall(r"\d+", path.stem)[:1]), path.stem))
    return [load(path) for path in found[:limit]]


def stored_times(duration: float, count: int = STORED) -> np.ndarray:
    """The middles of `count` equal parts of a film of `duration` seconds."""
    return (np.arange(count) + 0.5) * duration / count


def simulated(seed: int, source: Bank, pair: tuple, count: int = STORED) -> Film:
    """The film of simulated player `seed` in a (season, league) `pair`."""
    highlight = Highlight(seed, source, *pair)
    times = stored_times(highlight.duration, count)
    plays = [play_labels(moment, highlight.star.height) for moment in highlight.moments(times)]
    return Film(
        name=str(seed), jpeg=encode(highlight.render(times)), levels=highlight.star.levels,
        plays=np.array(plays, np.int64), counts=count_plays(highlight),
    )  # fmt: skip


def play_labels(moment: Moment, height: float) -> tuple[int, ...]:
    """The labels of one frame in the order of `PLAY_LABELS`; success has a label only while it can be seen.

    Args:
        moment: the moment of the film.
        height: height of the player in metres. It correlates with skills, and many frames together show it.
    """
    kind = moment.cut.play.kind
    decided = kind in (*SHOTS, PlayKind.CONTEST) and 0.5 < moment.since < 2.5
    return (
        int(kind),
        int(moment.action),
        int(moment.has_ball),
        int(moment.cut.play.success) if decided else UNKNOWN,
        ZONE_LABELS.index(moment.zone),
        int(np.searchsorted(HEIGHT_LIMITS, height)),
        _cell(moment.player),
        _cell(moment.ball),
    )


def mirrored(labels: np.ndarray) -> np.ndarray:
    """Play labels (N, len(PLAY_LABELS)) after the frames were flipped left to right."""
    labels = labels.copy()
    zone = list(PLAY_LABELS).index("zone")
    labels[:, zone] = np.array(MIRRORED_ZONE)[labels[:, zone]]
    for column in (list(PLAY_LABELS).index(name) for name in CELL_LABELS):
        cell = labels[:, column]
        labels[:, column] = np.where(cell < 0, cell, cell + CELLS[1] - 1 - 2 * (cell % CELLS[1]))
    return labels


def _cell(pixel: np.ndarray) -> int:
    """Index of the encoder's cell that contains a pixel (x, y), row by row; `UNKNOWN` outside the frame."""
    column, row = (int(np.floor(v / CELL)) for v in pixel)
    inside = 0 <= column < CELLS[1] and 0 <= row < CELLS[0]
    return row * CELLS[1] + column if inside else UNKNOWN


def count_plays(highlight: Highlight) -> np.ndarray:
    """True counts of a film: share and success rate of each kind of play, contested shots, plays, player's height.

    Returns:
        (2 * kinds + 3,) float64. A success rate is a share of the plays of that kind, 0.5 if there was none.
    """
    kinds = len(PlayKind)
    shown, good, contested = np.zeros(kinds), np.zeros(kinds), 0
    for cut in highlight.cuts:
        shown[cut.play.kind] += 1
        good[cut.play.kind] += cut.play.success
        contested += cut.play.contested and cut.play.kind is not PlayKind.CONTEST
    shots = max(1.0, float(shown[[PlayKind.FREE_THROW, PlayKind.TWO, PlayKind.THREE]].sum()))
    rates = (good + 1) / (shown + 2)
    total = len(highlight.cuts)
    return np.array([*(shown / total), *rates, contested / shots, total, highlight.star.height])


def _bank(split: str) -> Bank:
    first, games = BANKS.get(split, BANKS["test"])
    return bank(first, games, 60.0, (WIDTH, HEIGHT))


def ensure(folder: Path, split: str, count: int) -> Iterator[Path]:
    """Make films of the first `count` simulated players of a split in `folder`/`split`; existing films are kept.

    Players of one season and league follow each other, so that their cameras are set up only once.

    Yields:
        The path of each film.

    Raises:
        TrainingInputError: the split has fewer players.
    """
    low, high = SPLITS[split]
    if count > high - low:
        raise TrainingInputError(f"the {split} split has {high - low} players, not {count}: lower the number of films")
    pairs = worlds(split)
    run = -(-count // len(pairs))
    for index in range(count):
        path = folder / split / f"{low + index}.npz"
        if not path.exists():
            save(simulated(low + index, _bank(split), pairs[index // run]), path)
        yield path


def ensure_published(samples: Iterable, folder: Path, size: int) -> Iterator[Path]:
    """Decode published films (see `basket.Sample`) into `folder` with the shorter side `size`; existing ones are kept.

    Yields:
        The path of each film.
    """
    from courtside_training.skills.video import read_frames

    for sample in samples:
        path = folder / f"{sample.name}.npz"
        if not path.exists():
            frames = read_frames(sample.video, partial(stored_times, count=STORED), size)
            unknown = np.full((len(frames), len(PLAY_LABELS)), UNKNOWN)
            save(Film(sample.name, encode(frames), sample.levels, unknown, np.zeros(0)), path)
        yield path
