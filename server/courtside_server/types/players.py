"""Player types: crops, poses, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PlayerCrop:
    """One player cut out of a frame at its own resolution.

    Attributes:
        track: the player's track.
        pixels: RGB, uint8, ``(3, 256, 256)``; black outside the frame.
        origin: x, y of the crop's corner, pixels of the frame.
        side: width and height of the crop, pixels of the frame.
        box: (4,) float32 xyxy of the player, pixels of the frame.
    """

    track: int
    pixels: NDArray[np.uint8]
    origin: tuple[float, float]
    side: float
    box: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One player's keypoints in one frame, camera motion removed.

    Attributes:
        track: the player's track.
        media: media time of the frame, seconds.
        keypoints: (17, 4) float32 in the order of `courtside.skeleton.JOINTS`: x, y and depth in pixels, visibility
            0 to 1; NaN and 0 where a joint was not found.
        person: probability that the crop showed a person.
        box: (4,) float32 xyxy of the player, pixels.
    """

    track: int
    media: float
    keypoints: NDArray[np.float32]
    person: float
    box: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PoseTrack:
    """One player's poses over time.

    Attributes:
        camera: resource name.
        track: the player's track.
        times: (T,) float64 media seconds, ascending.
        keypoints: (T, 17, 4) float32; see :class:`Pose`.
        heights: (T,) float32 height of the player's box, pixels.
    """

    camera: str
    track: int
    times: NDArray[np.float64]
    keypoints: NDArray[np.float32]
    heights: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of poses."""
        return len(self.times)


@dataclass(frozen=True, slots=True)
class PlayerEvidence:
    """What is known of one player round a release.

    Attributes:
        held: share of the time before the release in which he had the ball, 0 to 1.
        shoots: probability that he shoots, by his motion; None where it was not read.
        hands: distance from his hands to the ball before the release, player heights; None where one was not seen.
    """

    held: float = 0.0
    shoots: float | None = None
    hands: float | None = None
