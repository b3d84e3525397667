"""A set of clips from any source, and how it is split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.action_clips.classes import FRAMES, HEIGHT, WIDTH
from courtside_training.errors import TrainingInputError

SHARES = (0.7, 0.2, 0.1)
"""Shares of training, validation and test clips, as published for SpaceJam."""
_COLUMNS = 4
"""Columns of the sheet that stores a clip."""
_QUALITY = 85
"""JPEG quality of a stored clip, 0 to 100."""


class Clips(Protocol):
    """What training and evaluation need from a data set.

    Attributes:
        labels: (N,) int64 class numbers 0 to 9.
        groups: (N,) int64; all clips of one group (a game, a section of a broadcast) belong to the same split.
        names: (N,) text that identifies a clip.
        points: (N, 16, 18, 3) as in `courtside_training.action_clips.points`, or None if unknown.
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
    """Clips in memory. Each is one JPEG of its 16 crops in a 4 x 4 sheet, less than a tenth of the raw size.

    Crop sides are multiples of 16 pixels, so compression of one tile does not affect its neighbours. The compression
    loss is similar to that of recorded film.
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
    """Encode a (16, 112, 80, 3) uint8 RGB clip as the bytes of one JPEG."""
    rows = FRAMES // _COLUMNS
    sheet = clip.reshape(rows, _COLUMNS, HEIGHT, WIDTH, 3).swapaxes(1, 2).reshape(rows * HEIGHT, _COLUMNS * WIDTH, 3)
    done, code = cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("a clip could not be compressed")
    return code.reshape(-1)


def unpack(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Decode a clip encoded by `pack`; it differs from the original only by compression."""
    sheet = cv2.imdecode(code, cv2.IMREAD_COLOR)
    rows = FRAMES // _COLUMNS
    tiles = sheet.reshape(rows, HEIGHT, _COLUMNS, WIDTH, 3).swapaxes(1, 2).reshape(FRAMES, HEIGHT, WIDTH, 3)
    return np.ascontiguousarray(tiles[..., ::-1])


def join(parts: Sequence[StoredClips]) -> StoredClips:
    """Join several sets into one.

    Raises:
        TrainingInputError: there is no set.
    """
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
    """Divide items into training, validation and test by `SHARES`.

    Args:
        weights: (N,) size of each item.
        order: (N,) indices of items in the order in which they are divided.

    Returns:
        Three index arrays, in the order training, validation, test.
    """
    done = np.cumsum(weights[order]) / weights.sum()
    # An item that crosses a border goes to the part that contains its middle.
    middle = done - weights[order] / weights.sum() / 2
    side = np.searchsorted(np.cumsum(SHARES)[:2], middle, side="right")
    return [order[side == part] for part in range(3)]


def split_groups(groups: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], ...]:
    """Clip indices of training, validation and test: 70/20/10 of the clips, every group in one part only.

    Raises:
        TrainingInputError: there are fewer than three groups.
    """
    names, counts = np.unique(groups, return_counts=True)
    if len(names) < 3:
        raise TrainingInputError(f"{len(names)} group(s) of clips cannot be split into three parts: add data")
    order = np.random.default_rng(seed).permutation(len(names))
    sides = cut_by_share(counts, order)
    return tuple(np.flatnonzero(np.isin(groups, names[side])) for side in sides)
