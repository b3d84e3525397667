"""Appearance of players: colour histograms of head, shirt, shorts and legs, by which two players differ.

Nothing is learnt, so a kit, a gym or a light that nobody has seen before is as good as any other. The picture is the
detector's own input, which every frame has; a crop costs a tenth of a millisecond at most.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.types import DetectorFrame

_WIDTH, _HEIGHT = 16, 64
"""Size to which a box is scaled, pixels."""
_MIDDLE = slice(3, 13)
"""Columns of it that are mostly body."""
_PARTS = (slice(0, 10), slice(10, 30), slice(30, 43), slice(43, 64))
"""Its rows of head, shirt, shorts and legs."""
_BINS = 8
"""Bins of a histogram, from dark to light, green to red or blue to yellow."""
_LOW, _STEP = np.array([0, 80, 80]), np.array([32, 12, 12])
"""Where the first bin begins and how wide one is, in 8-bit CIELAB: kits and skin lie within 48 of grey."""
APPEARANCE_SIZE = len(_PARTS) * 3 * _BINS
"""Numbers of an appearance."""
_LEAST = 2.0
"""Pixels of the detector's input: a box that is narrower or lower shows nothing."""


def appearances(frame: DetectorFrame, boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the players in some boxes look like.

    Args:
        frame: with its pixels.
        boxes: (N, 4) xyxy, pixels of the frame.

    Returns:
        (N, `APPEARANCE_SIZE`) square roots of shares; the distance of two appearances is 0 to ``sqrt(24)``, Hellinger's
        but for a factor. NaN where a box is not finite, empty or outside the picture.
    """
    found = np.full((len(boxes), APPEARANCE_SIZE), np.nan)
    rows, crops = [], []
    high, wide = frame.pixels.shape[1:]
    scaled = boxes.reshape(-1, 4).astype(np.float64) * frame.scale + np.tile(np.array(frame.margin, float), 2)
    for row in np.flatnonzero(np.isfinite(scaled).all(1)):
        left, top = np.clip(scaled[row, :2], 0, (wide, high))
        right, bottom = np.clip(scaled[row, 2:], 0, (wide, high))
        if right - left < _LEAST or bottom - top < _LEAST:
            continue
        part = frame.pixels[:, int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
        crops.append(cv2.resize(part.transpose(1, 2, 0), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA))
        rows.append(row)
    if rows:
        found[rows] = _histograms(np.stack(crops))
    return found


def _histograms(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Appearances (N, `APPEARANCE_SIZE`) of crops (N, 64, 16, 3)."""
    count = len(crops)
    lab = cv2.cvtColor(crops.reshape(-1, _WIDTH, 3), cv2.COLOR_RGB2LAB).reshape(crops.shape)[:, :, _MIDDLE]
    bins = np.clip((lab.astype(np.int64) - _LOW) // _STEP, 0, _BINS - 1)
    # One count for all: a bin's number is its crop's, then its channel's, then its value's.
    bins += (np.arange(count)[:, np.newaxis, np.newaxis, np.newaxis] * 3 + np.arange(3)) * _BINS
    shares = np.stack([
        np.bincount(bins[:, part].reshape(-1), minlength=count * 3 * _BINS).reshape(count, 3, _BINS)
        / (bins[:, part].shape[1] * bins.shape[2])
        for part in _PARTS
    ], axis=1)  # fmt: skip
    # A shade that lies at the border of two bins is in both.
    softened = shares / 2
    softened[..., 1:] += shares[..., :-1] / 4
    softened[..., :-1] += shares[..., 1:] / 4
    roots: NDArray[np.float64] = np.sqrt(softened).reshape(count, APPEARANCE_SIZE)
    return roots
