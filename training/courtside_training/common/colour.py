"""Colour changes of images that several augmentations share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tone_table(gamma: float, gain: float, lift: float, channel_gains: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A lookup table (1, 256, channels) for `cv2.LUT`, from gamma, contrast and brightness.

    Args:
        gamma: exponent of the input, which is 0 to 1.
        gain: contrast around the middle.
        lift: added brightness, relative to the full range.
        channel_gains: further factor of the contrast for each channel.
    """
    ramp = np.arange(256) / 255.0
    tables = [(ramp**gamma - 0.5) * gain * own + 0.5 + lift for own in channel_gains]
    return np.clip(np.stack(tables, -1) * 255, 0, 255).astype(np.uint8)[None]
