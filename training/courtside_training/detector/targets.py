"""Targets of the maps: an elliptical peak at every object, and the box at every cell of a peak.

After TTFNet (Liu et al. 2020, arXiv:1909.00700): the width of a peak follows the object, and distances are learned over
the whole peak.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.classes import CLASSES, STRIDE
from courtside_training.detector.images import LabelledImage

REACH = 0.54
"""Half the width of a peak, as a share of half the width of the box."""


def _peak(centre: float, half: float, length: int) -> NDArray[np.float32]:
    """One axis of a peak: 1 at the cell that contains the centre, 0 outside the peak."""
    # A ball is about two cells wide. If its neighbour cells were background, an error of half a cell would cost as much
    # as a miss.
    radius = max(int(half * REACH), 1)
    sigma = (2 * radius + 1) / 6
    offset = np.arange(length) - int(centre)
    values = np.exp(-(offset**2) / (2 * sigma * sigma))
    return np.where(np.abs(offset) <= radius, values, 0.0).astype(np.float32)


def make_targets(labelled: LabelledImage) -> dict[str, NDArray[np.float32]]:
    """The target maps of one image, whose sides must be multiples of the stride.

    Returns:
        heat: (4, h, w) peaks.
        known: (4, h, w) 0 where it is unknown whether there is an object, else 1.
        box: (4, 4, h, w) class, xyxy: box in pixels of the object of that class that a cell belongs to.
        weight: (4, h, w) weight of each cell's box; the sum over an object is about 1.
    """
    h, w = labelled.image.shape[0] // STRIDE, labelled.image.shape[1] // STRIDE
    heat, known = np.zeros((len(CLASSES), h, w), np.float32), np.ones((len(CLASSES), h, w), np.float32)
    box, weight = np.zeros((len(CLASSES), 4, h, w), np.float32), np.zeros((len(CLASSES), h, w), np.float32)
    for x0, y0, x1, y1, kind in labelled.ignore:
        low, high = np.floor([x0 / STRIDE, y0 / STRIDE]).astype(int), np.ceil([x1 / STRIDE, y1 / STRIDE]).astype(int)
        known[int(kind), max(low[1], 0) : max(high[1], 0), max(low[0], 0) : max(high[0], 0)] = 0.0
    sizes = (labelled.boxes[:, 2:] - labelled.boxes[:, :2]).prod(1)
    # Small objects come last: where two objects of a class overlap, the cell belongs to the smaller one.
    for index in np.argsort(-sizes):
        x0, y0, x1, y1 = labelled.boxes[index]
        cx, cy = (x0 + x1) / 2 / STRIDE, (y0 + y1) / 2 / STRIDE
        if not (0 <= cx < w and 0 <= cy < h):
            continue
        peak = np.outer(_peak(cy, (y1 - y0) / 2 / STRIDE, h), _peak(cx, (x1 - x0) / 2 / STRIDE, w))
        kind = int(labelled.classes[index])
        np.maximum(heat[kind], peak, out=heat[kind])
        known[kind][peak > 0] = 1.0
        here = peak > 0
        box[kind][:, here] = labelled.boxes[index][:, None]
        weight[kind][here] = peak[here] / peak.sum()
    return {"heat": heat, "known": known, "box": box, "weight": weight}
