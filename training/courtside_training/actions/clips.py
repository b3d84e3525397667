"""A set of clips, whatever they came from, and how it is split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import FRAMES, HEIGHT, WIDTH
from courtside_training.errors import TrainingInputError

SHARES = (0.7, 0.2, 0.1)
"""Of training, validation and test, as published for SpaceJam."""
_COLUMNS = 4
_QUALITY = 85


class Clips(Protocol):
    """What training and evaluation need of a data set.

    Attributes:
        labels: (N,) int64 class numbers 0 to 9.
        groups: (N,) int64; clips of one group (a game, a stretch of broadcast) may never be on two sides of a split.
        names: (N,) text to find a clip by.
        points: (N, 16, 18, 3) as in `courtside_training.actions.points`, or None where nobody knows.
    """

    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    names: NDArray[np.str_]
    points: NDArray[np.float16] | None

    def read(self, index: int) -> NDArray[np.uint8]:
        """Clip `index`: (16, H, W, 3) uint8 RGB."""
        ...


@dataclass(frozen=True)
class StoredClips:
    """Clips in memory, each one JPEG of its 16 crops in a 4 x 4 sheet: under a tenth of the raw size.

    Crops are multiples of 16 pixels, so no tile's compression touches its neighbour. The loss is of the kind that any
    recorded film has.
    """

    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    names: NDArray[np.str_]
    sheets: list[NDArray[np.uint8]]
    points: NDArray[np.float16] | None = None

    def read(self, index: int) -> NDArray[np.uint8]:
        """Clip `index`: (16, 112, 80, 3) uint8 RGB."""
        return unpack(self.sheets[index])


def pack(clip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(16, 112, 80, 3) uint8 RGB to the bytes of one JPEG."""
    rows = FRAMES // _COLUMNS
    sheet = clip.reshape(rows, _COLUMNS, HEIGHT, WIDTH, 3).swapaxes(1, 2).reshape(rows * HEIGHT, _COLUMNS * WIDTH, 3)
    done, code = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("a clip could not be compressed")
    return code.reshape(-1)


def unpack(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The clip `pack` was given, up to compression."""
    sheet = cv2.imdecode(code, cv2.IMREAD_COLOR)
    rows = FRAMES // _COLUMNS
    tiles = sheet.reshape(rows, HEIGHT, _COLUMNS, WIDTH, 3).swapaxes(1, 2).reshape(FRAMES, HEIGHT, WIDTH, 3)
    return np.ascontiguousarray(tiles[..., ::-1])


def join(parts: Sequence[StoredClips]) -> StoredClips:
    """One set out of several."""
    if not parts:
        raise TrainingInputError("no clips: render some games first")
    return StoredClips(
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.groups for part in parts]),
        np.concatenate([part.names for part in parts]),
        [sheet for part in parts for sheet in part.sheets],
        np.concatenate([part.points for part in parts]) if all(part.points is not None for part in parts) else None,
    )


def cut_by_share(weights: NDArray[np.int64], order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Deal things of given weights, in the given order, to training, validation and test by `SHARES`."""
    done = np.cumsum(weights[order]) / weights.sum()
    # What straddles a border goes to the side that holds its middle.
    middle = done - weights[order] / weights.sum() / 2
    side = np.searchsorted(np.cumsum(SHARES)[:2], middle, side="right")
    return [order[side == part] for part in range(3)]


def split_groups(groups: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], ...]:
    """Clip indices of training, validation and test, 70/20/10 of the clips, no group on two sides.

    Raises:
        TrainingInputError: fewer than three groups cannot be split.
    """
    names, counts = np.unique(groups, return_counts=True)
    if len(names) < 3:
        raise TrainingInputError(f"{len(names)} group(s) of clips cannot be split three ways: add data")
    order = np.random.default_rng(seed).permutation(len(names))
    sides = cut_by_share(counts, order)
    return tuple(np.flatnonzero(np.isin(groups, names[side])) for side in sides)
