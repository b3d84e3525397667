"""A court that was recognised in a picture, without clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import Calibration


@dataclass(frozen=True, slots=True, eq=False)
class RecognisedCourt:
    """The court under a camera as it was recognised.

    Attributes:
        calibration: from pixels of the picture to metres of the court; `COURTS` names the court.
        width: pixels of the picture.
        height: pixels of the picture.
        basket: which basket is in the picture.
        confidence: probability that it is right, 0 to 1.
        certain: whether the gateway would use it.

    Example:
        >>> from courtside.court.measures import FIBA
        >>> metres_per_pixel = np.diag([0.1, -0.1, 1.0])
        >>> court = RecognisedCourt(Calibration(FIBA, metres_per_pixel, 0.2), 640, 360, 0, 0.97, True)
        >>> court.for_size(1280, 720).calibration.to_floor(100, 20).x
        5.0
    """

    calibration: Calibration
    width: int
    height: int
    basket: int
    confidence: float
    certain: bool

    def for_size(self, width: int, height: int) -> RecognisedCourt:
        """The same court in a picture of another size.

        Args:
            width: pixels.
            height: pixels.
        """
        scale: NDArray[np.float64] = np.diag([self.width / width, self.height / height, 1.0])
        found = self.calibration
        calibration = Calibration(found.court, found.matrix @ scale, found.error)
        return RecognisedCourt(calibration, width, height, self.basket, self.confidence, self.certain)
