"""What the detector finds in a picture, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside.enums import WireEnum
from courtside.errors import CourtsideError

UNTRACKED = -1
"""Track id of a detection that belongs to no track (yet)."""


class ObjectClass(WireEnum):
    """What the detector tells apart; values equal its class numbers.

    Example:
        >>> [str(kind) for kind in ObjectClass]
        ['ball', 'rim', 'player', 'referee']
    """

    BALL = 0
    RIM = 1
    PLAYER = 2
    REFEREE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What was found in one picture, best first.

    Attributes:
        boxes: (N, 4) float32 xyxy, pixels of the frame.
        scores: (N,) float32, 0 to 1.
        classes: (N,) int64, :class:`ObjectClass` values.
        tracks: (N,) int64 track ids, `UNTRACKED` where there is none; ``None`` before tracking.

    Raises:
        ValueError: the lengths differ.

    Example:
        >>> boxes = np.array([[10, 20, 30, 60], [5, 5, 9, 9]], np.float32)
        >>> found = Detections(boxes, np.array([0.9, 0.6], np.float32), np.array([2, 0]))
        >>> found.of(ObjectClass.BALL).boxes.tolist()
        [[5.0, 5.0, 9.0, 9.0]]
        >>> len(found.of(ObjectClass.PLAYER, min_score=0.95))
        0
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    tracks: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check the shapes."""
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or len(self.classes) != count:
            raise ValueError(f"boxes {self.boxes.shape}, scores {count}, classes {len(self.classes)}")
        if self.tracks is not None and len(self.tracks) != count:
            raise ValueError(f"{len(self.tracks)} tracks for {count} boxes")

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, wanted: ObjectClass, min_score: float = 0.0) -> Detections:
        """Those of one class with at least this score."""
        keep = (self.classes == wanted) & (self.scores >= min_score)
        tracks = None if self.tracks is None else self.tracks[keep]
        return Detections(self.boxes[keep], self.scores[keep], self.classes[keep], tracks)

    def to_supervision(self) -> Any:
        """As ``supervision.Detections``, with class names under ``data["class_name"]``.

        Raises:
            CourtsideError: the supervision package is not installed.
        """
        try:
            import supervision
        except ModuleNotFoundError:
            raise CourtsideError("to_supervision needs supervision: pip install supervision") from None
        names = np.array([ObjectClass(number).words for number in self.classes.tolist()], dtype=str)
        return supervision.Detections(
            xyxy=np.asarray(self.boxes, np.float32),
            confidence=np.asarray(self.scores, np.float32),
            class_id=np.asarray(self.classes, np.int64),
            tracker_id=None if self.tracks is None else np.asarray(self.tracks, np.int64),
            data={"class_name": names},
        )
