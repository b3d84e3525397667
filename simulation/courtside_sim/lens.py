"""The pinhole camera: world metres to pixels, and planes of the world to homographies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR = 0.15
"""Smallest depth, metres; nearer points count as behind the camera."""


@dataclass(frozen=True)
class Lens:
    """A camera at one moment.

    Attributes:
        position: (3,) metres.
        rotation: (3, 3) rows are the picture's right, down and forward directions in the world; (N, 3, 3) for N
            moments of a turning camera, then `project` takes points (N, K, 3).
        focal: Pixels.
        width, height: Picture size in pixels; the optical axis meets its centre.
    """

    position: np.ndarray
    rotation: np.ndarray
    focal: float
    width: int
    height: int

    @property
    def matrix(self) -> np.ndarray:
        """The (3, 3) intrinsic matrix."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1.0]])

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Project world points (..., 3) to pixels (..., 2) and depths (...,), metres; below `NEAR` is behind."""
        seen = (points - self.position) @ np.swapaxes(self.rotation, -1, -2)
        depth = seen[..., 2]
        safe = np.maximum(depth, NEAR)[..., None]
        return seen[..., :2] / safe * self.focal + np.array([self.width / 2, self.height / 2]), depth

    def plane(self, origin: np.ndarray, across: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Homography (3, 3) from plane coordinates (a, b) of origin + a * across + b * along to pixels.

        Its third row gives the depth, so w is positive in front of the camera and negative behind it.
        """
        columns = np.stack([across, along, origin - self.position], axis=1)
        return self.matrix @ self.rotation @ columns

    def scaled(self, factor: float) -> Lens:
        """The same view at `factor` times the resolution."""
        return Lens(
            self.position,
            self.rotation,
            self.focal * factor,
            round(self.width * factor),
            round(self.height * factor),
        )


def look_at(position: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """Rotation (..., 3, 3) of a camera at `position` aimed at `target` (..., 3) metres, rolled by `roll` radians."""
    forward = np.asarray(target, float) - position
    forward = forward / np.sqrt((forward * forward).sum(-1, keepdims=True))
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right = right / np.sqrt((right * right).sum(-1, keepdims=True))
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([right * c + down * s, down * c - right * s, forward], -2)
