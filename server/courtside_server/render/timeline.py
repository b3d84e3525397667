"""Timeline along the bottom of the frame, with a marker for each shot and the play head; and the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from courtside_server.render.brush import GOLD, GREY, WHITE, Brush, Colour, Picture
from courtside_server.render.chart import result_colour
from courtside_server.render.record import ShotHistory
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult

_DIGIT = re.compile(r"\d")


class Timeline:
    """The timeline.

    Args:
        brush: the brush to draw with.
        width: width of the frame, pixels.
        height: height of the frame, pixels.
        seconds: length of the film, media seconds.
    """

    def __init__(self, brush: Brush, width: int, height: int, seconds: float) -> None:
        self._brush, self._seconds = brush, max(seconds, 1e-3)
        self.height = max(10.0, 12 * brush.unit)
        self._width, self._top, self._bottom = width, height - self.height, height
        self._margin = 8 * brush.unit

    def x(self, media: float) -> float:
        """The x position of a media time, pixels."""
        share = min(max(media / self._seconds, 0.0), 1.0)
        return self._margin + share * (self._width - 2 * self._margin)

    def draw(self, picture: Picture, shots: Sequence[ShotHistory], media: float) -> None:
        """Draw the timeline at a media time: shots known by then in their colours, later ones faint."""
        brush, middle = self._brush, (self._top + self._bottom) / 2
        brush.plate(picture, (0, self._top, self._width, self._bottom), alpha=0.55, radius=0.0)
        ends = np.array([(self.x(0.0), middle), (self.x(self._seconds), middle)])
        brush.polyline(picture, ends, WHITE, 0.35, 1.5 * brush.unit)
        played = np.array([(self.x(0.0), middle), (self.x(media), middle)])
        brush.polyline(picture, played, WHITE, 0.9, 2.0 * brush.unit)
        for shot in shots:
            self._marker(picture, shot, media)
        head = self.x(media)
        ends = np.array([(head, self._top + brush.unit), (head, self._bottom - brush.unit)])
        brush.polyline(picture, ends, WHITE, 1.0, 1.6 * brush.unit)
        brush.disc(picture, (head, middle), 3.4 * brush.unit, WHITE)

    def _marker(self, picture: Picture, shot: ShotHistory, media: float) -> None:
        brush, known = self._brush, shot.at(media)
        draft = shot.last if known is None else known
        if draft.lifecycle is Lifecycle.RETRACTED:
            return
        x, edge = self.x(draft.media_offset), 2.0 * brush.unit
        ends = np.array([(x, self._top + edge), (x, self._bottom - edge)])
        confirmed = known is not None and known.lifecycle is Lifecycle.CONFIRMED
        colour = marker_colour(draft) if known is not None else GREY
        alpha = 1.0 if confirmed else 0.75 if known is not None else 0.4
        brush.polyline(picture, ends, colour, alpha, (3.0 if confirmed else 1.8) * brush.unit)


def marker_colour(draft: EventDraft) -> Colour:
    """Green for made, red for missed, gold while the result is unknown."""
    result = draft.payload.result if isinstance(draft.payload, Shot) else ShotResult.UNKNOWN
    return GOLD if result is ShotResult.UNKNOWN else result_colour(result)


def clock_text(media: float) -> tuple[str, str]:
    """A media time as a clock, and as the events' ``mediaOffset``."""
    tenths = int(max(media, 0.0) * 10 + 1e-6)
    hours, minutes, seconds = tenths // 36000, tenths // 600 % 60, tenths // 10 % 60
    front = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{front}:{seconds:02}.{tenths % 10}", f"{media:.3f} s"


class Clock:
    """The clock in a corner: the media time, as a clock and in seconds.

    Args:
        brush: the brush to draw with.
        corner: x, y of the corner, pixels.
        side: whether it is a right-hand corner, and whether it is a lower one.
        seconds: length of the film, media seconds.
        speed: real seconds per media second; shown where it is not 1.
    """

    def __init__(
        self, brush: Brush, corner: tuple[float, float], side: tuple[bool, bool], seconds: float, speed: float = 1.0
    ) -> None:
        self._brush, self._speed = brush, "" if speed == 1 else f"{speed:g}x   "
        # As wide as its widest text, so that changing digits do not change its width.
        clock, offset = (_DIGIT.sub("0", text) for text in clock_text(seconds))
        wide = brush.width(clock, 1.0, True) + brush.width(self._speed + offset, 0.8)
        self.width, self.height = wide + 22 * brush.unit, brush.font * 1.5
        self._left = corner[0] - self.width if side[0] else corner[0]
        self._top = corner[1] - self.height if side[1] else corner[1]

    def draw(self, picture: Picture, media: float) -> None:
        """Draw the time."""
        brush, (clock, offset) = self._brush, clock_text(media)
        right, middle = self._left + self.width, self._top + self.height / 2
        brush.plate(picture, (self._left, self._top, right, self._top + self.height))
        brush.words(picture, clock, (self._left + 6 * brush.unit, middle), bold=True)
        brush.words(
            picture, self._speed + offset, (right - 6 * brush.unit, middle), GREY, size=0.8, align="right"
        )
