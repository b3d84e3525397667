"""Frame overlay: draws tracked objects, and the shots as known at that moment, on one frame after another."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from courtside.court.measures import FIBA, Court
from courtside_server.render.brush import BALL, GOLD, INK, RIM, WHITE, Brush, Picture, track_colour
from courtside_server.render.cards import CardStack, cards
from courtside_server.render.chart import Mark, ShotChart
from courtside_server.render.layout import CARD_WIDTH, choose_layout, corner_box, drawn_height
from courtside_server.render.record import FilmRecord, FrameRecord, ShotHistory
from courtside_server.render.skeleton import draw_skeleton
from courtside_server.render.timeline import Clock, Timeline
from courtside_server.types import UNTRACKED, Lifecycle, ObjectClass, Shot

TRAIL_S = 1.0
"""Real seconds of the trail behind a ball."""
MAX_GAP_S = 0.2
"""Real seconds without a detection after which a trail is interrupted."""
SPOTLIGHT_S = 1.0
"""Real seconds after a release during which the shooter is highlighted."""
BEFORE_SHOT_S = 1.5
"""Real seconds before a release for which the shooter's skeleton is drawn."""
HIDDEN_S = 0.4
"""Real seconds for which a shooter is highlighted although he is not detected."""


class FrameOverlay:
    """Draws on the frames of one film, in any order.

    The ring around a shooter is drawn in hindsight, from the release on. Cards, chart and coloured markers show only
    what was known at that moment.

    Args:
        record: the tracked objects and shots of the film.
        width: width of the frames, pixels.
        height: height of the frames, pixels.
        seconds: length of the film, media seconds.
        time_scale: real seconds per media second.
        court: the court whose lines the chart shows.
    """

    def __init__(
        self, record: FilmRecord, width: int, height: int, seconds: float, time_scale: float = 1.0, court: Court = FIBA
    ) -> None:
        self._record, self._scale = record, time_scale
        self._shots = record.shots
        size = drawn_height(width, height)
        self._brush = brush = Brush(size)
        self._timeline = Timeline(brush, width, height, seconds)
        margin = 8 * brush.unit
        area = (margin, margin, width - margin, height - self._timeline.height - margin)
        chart = ShotChart.size(brush, size * 0.34, court)
        clock = Clock(brush, (0, 0), (False, False), seconds, time_scale)
        card = (brush.font * CARD_WIDTH, brush.font * 6)
        layout = choose_layout(record.frames, area, chart, card, (clock.width, clock.height))
        left, top, *_ = corner_box(layout.chart, chart, area)
        self.chart = ShotChart(brush, (left, top, chart[1]), court)
        self._cards = CardStack(brush, _corner_point(layout.cards, area), *layout.cards)
        self._clock = Clock(brush, _corner_point(layout.clock, area), layout.clock, seconds, time_scale)

    def draw(self, picture: Picture, media: float) -> None:
        """Draw on a frame, (H, W, 3) uint8 BGR, at its media time."""
        frame = self._record.at(media)
        if frame is not None:
            shooters = self._shooters(frame, media)
            self._people(picture, frame, {track for track, _, _ in shooters})
            for _, box, score in frame.of(ObjectClass.RIM):
                self._brush.rectangle(picture, box.tolist(), RIM, _opacity(score), 1.1 * self._brush.unit)
            self._balls(picture, frame)
            for track, box, age in shooters:
                self._spotlight(picture, track, self._who(track, media), box, age)
            for track in self._filmed_shooters(frame, media):
                keypoints = self._record.pose(track, media, frame.pan)
                if keypoints is not None:
                    draw_skeleton(self._brush, picture, keypoints)
        self._timeline.draw(picture, self._shots, media)
        self._clock.draw(picture, media)
        self.chart.draw(picture, self._marks(media))
        self._cards.draw(picture, cards(self._shots, media, self._scale))

    # ---- tracked objects -----------------------------------------------------------------------------------------

    def _people(self, picture: Picture, frame: FrameRecord, shooters: set[int]) -> None:
        brush = self._brush
        for _, box, _ in frame.of(ObjectClass.REFEREE):
            brush.rectangle(picture, box.tolist(), WHITE, 0.35, 1.0)
        for track, box, _ in frame.of(ObjectClass.PLAYER):
            if track in shooters:
                continue
            if track == UNTRACKED:
                brush.rectangle(picture, box.tolist(), WHITE, 0.25, 1.0)
                continue
            colour = track_colour(track)
            brush.rectangle(picture, box.tolist(), colour, 0.85)
            action = self._record.action(track, frame.media)
            who = self._who(track, frame.media)
            self._tag(picture, box, who if action is None else f"{who} {action.action}", colour)

    def _who(self, track: int, media: float) -> str:
        """A player's jersey number and name where they are known, or else the track."""
        jersey = self._record.jersey(track, media)
        return str(track) if jersey is None else str(jersey)

    def _tag(self, picture: Picture, box: NDArray[np.float32], text: str, colour: tuple[int, int, int]) -> None:
        brush = self._brush
        wide, high = brush.width(text, 0.72, True) + 5 * brush.unit, brush.pixels(0.72) * 1.2
        left, top = float(box[0]), max(0.0, float(box[1]) - high)
        brush.plate(picture, (left, top, left + wide, top + high), colour, 0.85, 2.0)
        brush.words(picture, text, (left + wide / 2, top + high / 2), INK, size=0.72, bold=True, align="middle")

    def _balls(self, picture: Picture, frame: FrameRecord) -> None:
        brush, line = self._brush, max(2.0, 2.6 * self._brush.unit)
        for points, strengths in self._trails(frame):
            brush.fading(picture, points, 0.85 * strengths, BALL, line)
        for track, box, score in frame.of(ObjectClass.BALL):
            if track != UNTRACKED:
                room = 2.0 * brush.unit
                x0, y0, x1, y1 = box.tolist()
                brush.rectangle(picture, (x0 - room, y0 - room, x1 + room, y1 + room), BALL, _opacity(score))

    def _trails(self, frame: FrameRecord) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Every ball's path in the last second, in pixels of this frame, with opacities 0 to 1; split at gaps."""
        span = TRAIL_S / self._scale
        paths: dict[int, list[tuple[float, float, float, float]]] = defaultdict(list)
        for other in [*self._record.between(frame.media - span, frame.media), frame]:
            if other.view != frame.view:
                continue
            dx, dy = np.subtract(frame.pan, other.pan)
            for track, box, score in other.of(ObjectClass.BALL):
                if track != UNTRACKED:
                    x, y = float(box[0] + box[2]) / 2 + dx, float(box[1] + box[3]) / 2 + dy
                    paths[track].append((other.media, x, y, _opacity(score)))
        out = []
        for path in paths.values():
            points = np.array(path)
            for part in np.split(points, np.flatnonzero(np.diff(points[:, 0]) * self._scale > MAX_GAP_S) + 1):
                if len(part) > 1:
                    fresh = 1.0 - np.clip((frame.media - part[:, 0]) / span, 0.0, 1.0)
                    out.append((part[:, 1:3], fresh**1.3 * part[:, 3]))
        return out

    # ---- shots ---------------------------------------------------------------------------------------------------

    def _filmed_shooters(self, frame: FrameRecord, media: float) -> set[int]:
        """Tracks of the players who are about to shoot, or just did."""
        return {
            shot.last.payload.shooter
            for shot in self._shots
            if isinstance(shot.last.payload, Shot) and shot.last.payload.shooter is not None
            and shot.last.lifecycle is not Lifecycle.RETRACTED
            and -BEFORE_SHOT_S <= (media - shot.last.media_offset) * self._scale <= SPOTLIGHT_S
        }  # fmt: skip

    def _shooters(self, frame: FrameRecord, media: float) -> list[tuple[int, NDArray[np.float32], float]]:
        """Track, box and seconds since the release of every shooter who is highlighted now."""
        out = []
        for shot in self._shots:
            draft = shot.last
            age = (media - draft.media_offset) * self._scale
            shooter = draft.payload.shooter if isinstance(draft.payload, Shot) else None
            if draft.lifecycle is Lifecycle.RETRACTED or not 0 <= age < SPOTLIGHT_S or shooter is None:
                continue
            box = self._record.player(shooter, frame, HIDDEN_S / self._scale)
            if box is not None:
                out.append((shooter, box, age))
        return out

    def _spotlight(
        self, picture: Picture, track: int, who: str, box: NDArray[np.float32], age: float
    ) -> None:
        """Draw a gold box and a widening ring at the feet; both fade to the player's own colour."""
        brush, alpha = self._brush, min(1.0, 2.5 * (1.0 - age / SPOTLIGHT_S))
        brush.rectangle(picture, box.tolist(), track_colour(track), 0.85 * (1.0 - alpha))
        brush.rectangle(picture, box.tolist(), GOLD, alpha, 2.4 * brush.unit)
        middle, wide = float(box[0] + box[2]) / 2, max(float(box[2] - box[0]), 8.0)
        grown = wide * (0.55 + 0.35 * min(1.0, 2.5 * age))
        feet = (middle, float(box[3]) - 0.05 * wide)
        brush.ellipse(picture, feet, (grown, 0.32 * grown), GOLD, alpha, 2.2 * brush.unit)
        text, size = f"{who}  SHOT", 0.85
        wide, high = brush.width(text, size, True) + 8 * brush.unit, brush.pixels(size) * 1.35
        left, bottom = float(box[0]), max(high, float(box[1]) - brush.unit)
        brush.plate(picture, (left, bottom - high, left + wide, bottom), GOLD, max(alpha, 0.3), 2.0)
        brush.words(picture, text, (left + wide / 2, bottom - high / 2), INK, max(alpha, 0.3), size, True, "middle")

    def _marks(self, media: float) -> list[Mark]:
        return [mark for shot in self._shots if (mark := self._mark(shot, media)) is not None]

    def _mark(self, shot: ShotHistory, media: float) -> Mark | None:
        draft = shot.at(media)
        if draft is None or draft.lifecycle is Lifecycle.RETRACTED or not isinstance(draft.payload, Shot):
            return None
        age = (media - shot.revisions[0][0]) * self._scale
        return Mark(draft.payload, draft.lifecycle is Lifecycle.CONFIRMED, age)


def _opacity(score: float) -> float:
    """The opacity of an object with this score: uncertain objects are drawn faintly."""
    return float(np.interp(score, (0.1, 0.6), (0.25, 1.0)))


def _corner_point(corner: tuple[bool, bool], area: tuple[float, float, float, float]) -> tuple[float, float]:
    """x, y of a corner of an area (x0, y0, x1, y1)."""
    right, bottom = corner
    return area[2] if right else area[0], area[3] if bottom else area[1]
