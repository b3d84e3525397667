"""The seventeen COCO keypoints, from the core, where the server has them too."""

from __future__ import annotations

from courtside.skeleton import (
    ANKLES,
    BONES,
    HIPS,
    JOINTS,
    LEFT_HIP,
    LEFT_SHOULDER,
    MIRRORED,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    SHOULDERS,
    SIGMAS,
    WRISTS,
)

__all__ = [
    "ANKLES", "BONES", "HIPS", "JOINTS", "LEFT_HIP", "LEFT_SHOULDER", "MIRRORED", "RIGHT_HIP", "RIGHT_SHOULDER",
    "SHOULDERS", "SIGMAS", "WRISTS",
]  # fmt: skip
