"""Cards: text on the newest shots, shown from their announcement until a few seconds after their last change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from courtside_server.render.brush import GOLD, GREY, INK, WHITE, Brush, Colour, Picture
from courtside_server.render.chart import result_colour
from courtside_server.render.record import ShotHistory
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult, ShotType, Zone

STAY_S = 4.0
"""Real seconds a card stays after its last visible change."""
FADE_S = 1.2
"""Real seconds in which a card fades out."""
APPEAR_S = 0.15
"""Real seconds in which a card appears."""
MAX_CARDS = 3
"""Most cards at a time; the newest are shown."""


@dataclass(frozen=True, slots=True)
class Card:
    """One shot's card at one moment.

    Attributes:
        draft: the revision known at that moment.
        alpha: opacity, 0 to 1, for fading in and out.
    """

    draft: EventDraft
    alpha: float

    @property
    def retracted(self) -> bool:
        """The shot was retracted; the card is struck through."""
        return self.draft.lifecycle is Lifecycle.RETRACTED


def cards(shots: Sequence[ShotHistory], media: float, time_scale: float = 1.0) -> list[Card]:
    """The visible cards at a media time, oldest shot first.

    Args:
        shots: every shot of the film.
        media: seconds.
        time_scale: real seconds per media second.
    """
    out = []
    for shot in shots:
        draft = shot.at(media)
        if draft is None:
            continue
        retracted = shot.retracted(media)
        if retracted is not None:
            alpha = 1.0 - (media - retracted) * time_scale / FADE_S
        else:
            left = STAY_S - (media - _last_change(shot, media)) * time_scale
            alpha = min(1.0, left / FADE_S, 0.25 + (media - shot.revisions[0][0]) * time_scale / APPEAR_S)
        if alpha > 0:
            out.append(Card(draft, alpha))
    return out[-MAX_CARDS:]


def _last_change(shot: ShotHistory, media: float) -> float:
    """When the lifecycle or the result last changed. Small changes of the probabilities do not count."""
    changed, known = shot.revisions[0][0], None
    for when, draft in shot.revisions:
        visible = (draft.lifecycle, draft.payload.result if isinstance(draft.payload, Shot) else None)
        if when <= media and visible != known:
            changed, known = when, visible
    return changed


def card_text(shot: Shot) -> str:
    """The text of a card below its headline."""
    parts = []
    if shot.type not in (ShotType.UNKNOWN, ShotType.JUMP_SHOT):
        parts.append(shot.type.words)
    if shot.zone is not Zone.UNSPECIFIED:
        parts.append(shot.zone.words)
    if shot.shooter is not None:
        parts.append(f"player {shot.shooter}" if shot.jersey is None else str(shot.jersey))
    parts.append(f"make {shot.make_probability:.0%}".replace("%", " %"))
    return "  ·  ".join(parts)


class CardStack:
    """Draws cards above one another in a corner. The newest is always nearest to the corner.

    Args:
        brush: the brush to draw with.
        corner: x, y of the stack's outer corner, pixels.
        right: it is a right-hand corner.
        bottom: it is a lower corner.
    """

    def __init__(self, brush: Brush, corner: tuple[float, float], right: bool, bottom: bool) -> None:
        self._brush, self._corner, self._right, self._bottom = brush, corner, right, bottom

    @property
    def card_height(self) -> float:
        """Height of one card, pixels."""
        return self._brush.font * 2.9

    def draw(self, picture: Picture, shown: Sequence[Card]) -> None:
        """Draw the cards."""
        y = self._corner[1]
        for card in reversed(shown):
            top = y - self.card_height if self._bottom else y
            self._card(picture, card, top)
            step = self.card_height + 3 * self._brush.unit
            y += -step if self._bottom else step

    def _card(self, picture: Picture, card: Card, top: float) -> None:
        shot, brush = card.draft.payload, self._brush
        assert isinstance(shot, Shot)
        confirmed = card.draft.lifecycle is Lifecycle.CONFIRMED
        head = f"SHOT {shot.probability:.2f}" if confirmed else f"SHOT? {shot.probability:.2f}"
        result = "" if shot.result is ShotResult.UNKNOWN else shot.result.name
        words = card_text(shot)
        pad, bar = 6 * brush.unit, 3 * brush.unit
        first = brush.width(head, 1.05, True) + (brush.width(result, 0.9, True) + 4 * pad if result else 0.0)
        wide = max(first, brush.width(words, 0.9)) + 2 * pad + bar
        left = self._corner[0] - wide if self._right else self._corner[0]
        right, bottom = left + wide, top + self.card_height
        upper, lower = top + self.card_height * 0.31, top + self.card_height * 0.73
        accent = GREY if card.retracted else result_colour(shot.result) if result else GOLD
        ink = WHITE if confirmed else (225, 225, 225)
        brush.plate(picture, (left, top, right, bottom), alpha=(0.72 if confirmed else 0.5) * card.alpha)
        if confirmed:
            brush.plate(picture, (left, top, left + bar, bottom), accent, card.alpha, 1.0)
        else:
            _dashed(brush, picture, (left, top, right, bottom), accent, 0.9 * card.alpha)
        x = left + bar + pad
        brush.words(picture, head, (x, upper), accent if not result else ink, card.alpha, 1.05, True)
        brush.words(picture, words, (x, lower), ink, card.alpha * 0.95, 0.9)
        if result and not card.retracted:
            pill = brush.width(result, 0.9, True) + 2 * pad
            box = (right - pad - pill, upper - brush.font * 0.62, right - pad, upper + brush.font * 0.62)
            brush.plate(picture, box, accent, card.alpha)
            brush.words(picture, result, (right - pad - pill / 2, upper), INK, card.alpha, 0.9, True, "middle")
        if card.retracted:
            for y, text, size in ((upper, head, 1.05), (lower, words, 0.9)):
                ends = np.array([(x - 2 * brush.unit, y), (x + brush.width(text, size, size > 1) + 2 * brush.unit, y)])
                brush.polyline(picture, ends, WHITE, card.alpha, max(1.0, 1.3 * brush.unit))


def _dashed(
    brush: Brush, picture: Picture, box: tuple[float, float, float, float], colour: Colour, alpha: float
) -> None:
    x0, y0, x1, y1 = box
    dash = 5 * brush.unit
    lines = []
    for start, end in (((x0, y0), (x1, y0)), ((x1, y0), (x1, y1)), ((x1, y1), (x0, y1)), ((x0, y1), (x0, y0))):
        along = np.subtract(end, start)
        length = float(np.hypot(*along))
        for at in np.arange(0.0, length, 2 * dash):
            lines.append(np.array([start + along * (at / length), start + along * (min(at + dash, length) / length)]))
    brush.strokes(picture, lines, colour, alpha)
