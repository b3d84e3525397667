"""Where a highlight looks: a window of fixed shape that follows one player through a film, from his tracked boxes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from courtside_server.players.skills_config import SkillsConfig
from courtside_server.types import ObjectClass, Observations

_STEP_S = 0.2
"""Media seconds between two boxes that are kept of a track: 1 kB per second for each player in view."""
_MAX_BOXES = 2_000_000
"""Boxes that are kept of one film, at most: those after them are left out, and the picture is shown whole there."""
_CHEST = 0.35
"""Height of the window's middle in the player's box, from its top."""
_SIZE_S = 3.0
"""Seconds before and after a time over which the window's size is averaged, so that it does not breathe."""


@dataclass(slots=True)
class _Track:
    times: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)


class PlayerBoxes:
    """Keeps where the players of a film were.

    Args:
        config: size and smoothness of the window.
    """

    def __init__(self, config: SkillsConfig) -> None:
        self._config = config
        self._tracks: dict[int, _Track] = {}
        self._kept = 0

    def add(self, observations: Observations) -> None:
        """Take what was tracked in the next frame."""
        for row in observations.rows(ObjectClass.PLAYER):
            track = self._tracks.setdefault(int(observations.tracks[row]), _Track())
            if self._kept < _MAX_BOXES and (not track.times or observations.media - track.times[-1] >= _STEP_S):
                track.times.append(observations.media)
                track.boxes.append(observations.boxes[row].copy())
                self._kept += 1

    def window(
        self, tracks: Collection[int], time: float, picture: tuple[int, int], shape: float
    ) -> tuple[int, int, int, int] | None:
        """The part of a picture that shows a player.

        Args:
            tracks: the player's.
            time: seconds on the film's clock.
            picture: its width and height, pixels.
            shape: width over height of the window.

        Returns:
            x0, y0, x1, y1 within the picture; None where he was not seen near that time.
        """
        config = self._config
        times, boxes = self._near(tracks, time, max(_SIZE_S, config.crop_hold_s))
        if not len(times) or np.abs(times - time).min() > config.crop_hold_s:
            return None
        height = config.crop_heights * float(np.median(boxes[:, 3] - boxes[:, 1]))
        height = min(height, picture[1], picture[0] / shape)
        width = shape * height
        # Close boxes count most; where none is close, the nearest ones decide.
        far = np.abs(times - time)
        weights = np.exp(-((far - far.min()) / config.crop_smoothing) ** 2)
        weights /= weights.sum()
        x = float(weights @ (boxes[:, 0] + boxes[:, 2])) / 2
        y = float(weights @ (boxes[:, 1] + _CHEST * (boxes[:, 3] - boxes[:, 1])))
        left = min(max(x - width / 2, 0.0), picture[0] - width)
        top = min(max(y - height / 2, 0.0), picture[1] - height)
        return round(left), round(top), round(left + width), round(top + height)

    def _near(
        self, tracks: Collection[int], time: float, reach: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Times (N,) and boxes (N, 4) of the tracks round a time."""
        times: list[float] = []
        boxes: list[NDArray[np.float32]] = []
        for number in tracks:
            track = self._tracks.get(number)
            if track is not None:
                part = slice(bisect_left(track.times, time - reach), bisect_right(track.times, time + reach))
                times += track.times[part]
                boxes += track.boxes[part]
        return np.array(times), np.array(boxes, np.float64).reshape(-1, 4)
