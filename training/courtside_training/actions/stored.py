"""Windows of players in three dimensions, cut from simulated games and from captured motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import JOINTS, NO_LABEL
from courtside_training.actions.views import STORED, STORED_RATE
from courtside_training.actions.windows import Array

AGREE, AROUND = 0.7, 0.2
"""The class at the middle must fill this share of the moments within so many seconds on each side of it."""


@dataclass(frozen=True)
class Stored:
    """N windows.

    Attributes:
        joints: (N, 49, 17, 3) metres, z up, at `STORED_RATE`; float16, relative to the middle of the hips on the floor.
        ball: (N, 49, 3) metres, likewise; NaN where there is none.
        labels: (N,) class numbers at the middle.
    """

    joints: NDArray[np.float16]
    ball: NDArray[np.float16]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.labels)


def joined(parts: list[Stored]) -> Stored:
    """The windows of several sources, in order."""
    return Stored(
        np.concatenate([part.joints for part in parts]), np.concatenate([part.ball for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )  # fmt: skip


def cut_all(joints: Array, ball: Array, labels: NDArray[np.int64], every: int) -> Stored:
    """All windows of one track that show one action in their middle.

    Args:
        joints: (T, 17, 3) metres at `STORED_RATE`.
        ball: (T, 3) metres.
        labels: (T,) class numbers, `NO_LABEL` where none.
        every: steps between two windows.

    Returns:
        The windows. At the track's ends they go on with its first or last pose.
    """
    reach, half = round(AROUND * STORED_RATE), (STORED - 1) // 2
    middles = np.arange(half // 2, len(joints) - half // 2, every)
    near = np.clip(middles[:, None] + np.arange(-reach, reach + 1), 0, len(joints) - 1)
    found = labels[middles]
    middles = middles[(found != NO_LABEL) & ((labels[near] == found[:, None]).mean(1) >= AGREE)]
    at = np.clip(middles[:, None] + np.arange(-half, half + 1), 0, len(joints) - 1)
    origin = joints[middles][:, None, [11, 12]].mean(2) * np.array([1, 1, 0], np.float32)
    return Stored(
        (joints[at] - origin[:, :, None]).astype(np.float16).reshape(-1, STORED, JOINTS, 3),
        np.clip(ball[at] - origin, -60, 60).astype(np.float16).reshape(-1, STORED, 3), labels[middles],
    )  # fmt: skip
