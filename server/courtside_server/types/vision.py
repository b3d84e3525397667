"""Vision types: frames for the detector, and what was tracked in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from courtside.detections import ObjectClass
from courtside_server.types.media import Frame


@dataclass(frozen=True, slots=True, eq=False)
class DetectorFrame:
    """One frame prepared for the detector.

    Attributes:
        number: counts a segment's detector frames from 0.
        pixels: RGB, uint8, ``(3, H, W)``, the detector's input size.
        scale: input pixels per frame pixel.
        margin: x, y of the frame's corner in the input.
        width: frame width, pixels.
        height: frame height, pixels.
        pan: x, y by which the picture has moved since the scene's first detector frame, frame pixels.
        cut: this frame starts a new scene.
        whole: the detector sees all of it; otherwise only where balls are expected, and people and rims are carried on.
        frame: the decoded frame itself, from which players are cut out; of a live camera in its ring, where it may be
            overwritten, of a film a copy. None where players are not cut out.
    """

    camera: str
    media_segment: int
    number: int
    media: float
    capture_time: float
    arrival: float
    pixels: NDArray[np.uint8]
    scale: float
    margin: tuple[int, int]
    width: int
    height: int
    pan: tuple[float, float]
    cut: bool
    whole: bool = True
    frame: Frame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """What was tracked in one frame: rows of boxes with class, score and track.

    Attributes:
        pan: x, y by which the picture has moved since the scene's first detector frame. An object at rest keeps
            its pixel minus ``pan``.
        boxes: (N, 4) float32 xyxy, pixels of the frame.
        scores: (N,) float32, 0 to 1; of a rim, the confidence of its track.
        classes: (N,) int64, :class:`ObjectClass` values.
        tracks: (N,) int64 ids, `UNTRACKED` where there is none; unique across cameras within a class.
        cut: this frame starts a new scene.
        rim_crops: by a rim's track, its (3, 64, 64) uint8 RGB crop.
        whole: the detector saw all of the frame; otherwise only where balls were expected.
    """

    camera: str
    media_segment: int
    media: float
    capture_time: float
    arrival: float
    width: int
    height: int
    pan: tuple[float, float]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    tracks: NDArray[np.int64]
    cut: bool = False
    rim_crops: Mapping[int, NDArray[np.uint8]] = field(default_factory=dict)
    whole: bool = True
    _steady: dict[ObjectClass, NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False)

    def rows(self, wanted: ObjectClass) -> NDArray[np.intp]:
        """Row numbers of one class."""
        return np.flatnonzero(self.classes == wanted)

    def steady(self, wanted: ObjectClass) -> NDArray[np.float64]:
        """Rows (N, 6) of one class with camera motion removed: xyxy pixels, score, track.

        Computed once: every window and every open shot reads the same frames again.
        """
        found = self._steady.get(wanted)
        if found is None:
            rows, (x, y) = self.rows(wanted), self.pan
            found = np.empty((len(rows), 6))
            found[:, :4] = self.boxes[rows]
            found[:, :4] -= (x, y, x, y)
            found[:, 4], found[:, 5] = self.scores[rows], self.tracks[rows]
            found.setflags(write=False)
            self._steady[wanted] = found
        return found
