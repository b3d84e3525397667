"""What the maps should be: an elliptical peak at every object, and where the box distances are learnt.

TTFNet (Liu et al. 2020, arXiv:1909.00700): peaks as wide as the object, distances learnt over the whole peak.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import CLASSES, STRIDE
from courtside_training.detector.pictures import Picture

REACH = 0.54
"""Half width of a peak as a share of half the box."""


def _peak(centre: float, half: float, length: int) -> NDArray[np.float32]:
    """One axis of a peak, 1 at the cell that holds the centre, 0 beyond its reach."""
    # A ball is hardly two cells wide: were its neighbours plain background, half a cell's error would cost as much as
    # a miss.
    radius = max(int(half * REACH), 1)
    sigma = (2 * radius + 1) / 6
    offset = np.arange(length) - int(centre)
    values = np.exp(-(offset**2) / (2 * sigma * sigma))
    return np.where(np.abs(offset) <= radius, values, 0.0).astype(np.float32)


def make_targets(picture: Picture) -> dict[str, NDArray[np.float32]]:
    """The maps of one picture whose sides are multiples of the stride.

    Returns:
        heat: (4, h, w) peaks.
        known: (4, h, w) 0 where it is unknown whether an object is there, else 1.
        box: (4, 4, h, w) class, xyxy: pixels of the object of that class a cell answers for.
        weight: (4, h, w) what each cell's box counts; sums to about one an object.
    """
    h, w = picture.image.shape[0] // STRIDE, picture.image.shape[1] // STRIDE
    heat, known = np.zeros((len(CLASSES), h, w), np.float32), np.ones((len(CLASSES), h, w), np.float32)
    box, weight = np.zeros((len(CLASSES), 4, h, w), np.float32), np.zeros((len(CLASSES), h, w), np.float32)
    for x0, y0, x1, y1, kind in picture.ignore:
        low, high = np.floor([x0 / STRIDE, y0 / STRIDE]).astype(int), np.ceil([x1 / STRIDE, y1 / STRIDE]).astype(int)
        known[int(kind), max(low[1], 0) : max(high[1], 0), max(low[0], 0) : max(high[0], 0)] = 0.0
    sizes = (picture.boxes[:, 2:] - picture.boxes[:, :2]).prod(1)
    # Small objects last: where two of a class overlap, the cell answers for the smaller.
    for index in np.argsort(-sizes):
        x0, y0, x1, y1 = picture.boxes[index]
        cx, cy = (x0 + x1) / 2 / STRIDE, (y0 + y1) / 2 / STRIDE
        if not (0 <= cx < w and 0 <= cy < h):
            continue
        peak = np.outer(_peak(cy, (y1 - y0) / 2 / STRIDE, h), _peak(cx, (x1 - x0) / 2 / STRIDE, w))
        kind = int(picture.classes[index])
        np.maximum(heat[kind], peak, out=heat[kind])
        known[kind][peak > 0] = 1.0
        here = peak > 0
        box[kind][:, here] = picture.boxes[index][:, None]
        weight[kind][here] = peak[here] / peak.sum()
    return {"heat": heat, "known": known, "box": box, "weight": weight}
