"""Player types: the poses of one player over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PoseTrack:
    """One player's poses over time.

    Attributes:
        camera: resource name of the camera.
        track: the player's track id.
        times: (T,) float64, media seconds, ascending.
        keypoints: (T, 17, 4) float32 in COCO's order: x, y pixels (camera motion removed), z pixels, visibility 0 to 1;
            NaN where a joint was not seen.
        heights: (T,) float32, height of the player's box, pixels.
    """

    camera: str
    track: int
    times: NDArray[np.float64]
    keypoints: NDArray[np.float32]
    heights: NDArray[np.float32]
