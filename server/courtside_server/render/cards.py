"""Cards: what is known of the newest shots, in words, from when it was told until a while after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from courtside_server.render.brush import GOLD, GREY, INK, WHITE, Brush, Colour, Picture
from courtside_server.render.chart import result_colour
from courtside_server.render.record import ShotHistory
from courtside_server.types import EventDraft, Lifecycle, Shot, ShotResult, Zone

STAY_S, FADE_S, IN_S = 4.0, 1.2, 0.15
"""Real seconds a card stays after the last change that a viewer sees, goes in, comes in."""
MOST = 3
"""Cards at a time: the newest."""


@dataclass(frozen=True, slots=True)
class Card:
    """One shot's card at one moment.

    Attributes:
        draft: the revision then known.
        alpha: 0 to 1: cards come and go softly.
    """

    draft: EventDraft
    alpha: float

    @property
    def retracted(self) -> bool:
        """It was no shot: struck through."""
        return self.draft.lifecycle is Lifecycle.RETRACTED


def cards(shots: Sequence[ShotHistory], media: float, time_scale: float = 1.0) -> list[Card]:
    """The cards to be seen at a media time, oldest shot first.

    Args:
        shots: every shot of the film.
        media: seconds.
        time_scale: real seconds a media second.
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
            alpha = min(1.0, left / FADE_S, 0.25 + (media - shot.revisions[0][0]) * time_scale / IN_S)
        if alpha > 0:
            out.append(Card(draft, alpha))
    return out[-MOST:]


def _last_change(shot: ShotHistory, media: float) -> float:
    """When the lifecycle or the result last changed: figures that shift a little keep no card alive."""
    changed, known = shot.revisions[0][0], None
    for when, draft in shot.revisions:
        said = (draft.lifecycle, draft.payload.result if isinstance(draft.payload, Shot) else None)
        if when <= media and said != known:
            changed, known = when, said
    return changed


def card_text(shot: Shot) -> str:
    """What a card says under its headline."""
    parts = []
    if shot.zone is not Zone.UNSPECIFIED:
        parts.append(shot.zone.words)
    if shot.shooter is not None:
        parts.append(f"player {shot.shooter}")
    parts.append(f"make {shot.make_probability:.0%}".replace("%", " %"))
    return "  ·  ".join(parts)


class CardStack:
    """Draws cards one under the other in a corner.

    Args:
        brush: draws.
        corner: x, y of the stack's outer corner, pixels.
        right: it is a right-hand corner.
        bottom: it is a lower corner; the newest card is always the one nearest to it.
    """

    def __init__(self, brush: Brush, corner: tuple[float, float], right: bool, bottom: bool) -> None:
        self._brush, self._corner, self._right, self._bottom = brush, corner, right, bottom

    @property
    def card_height(self) -> float:
        """Pixels of one card."""
        return self._brush.font * 2.9

    def draw(self, picture: Picture, shown: Sequence[Card]) -> None:
        """Draw the cards, the newest nearest to the corner."""
        y = self._corner[1]
        for card in reversed(shown):
            top = y - self.card_height if self._bottom else y
            self._card(picture, card, top)
            step = self.card_height + 3 * self._brush.unit
            y += -step if self._bottom else step

    def _card(self, picture: Picture, card: Card, top: float) -> None:
        shot, brush = card.draft.payload, self._brush
        assert isinstance(shot, Shot)
        sure = card.draft.lifecycle is Lifecycle.CONFIRMED
        head = f"SHOT {shot.probability:.2f}" if sure else f"SHOT? {shot.probability:.2f}"
        told = "" if shot.result is ShotResult.UNKNOWN else shot.result.name
        words = card_text(shot)
        pad, bar = 6 * brush.unit, 3 * brush.unit
        first = brush.width(head, 1.05, True) + (brush.width(told, 0.9, True) + 4 * pad if told else 0.0)
        wide = max(first, brush.width(words, 0.9)) + 2 * pad + bar
        left = self._corner[0] - wide if self._right else self._corner[0]
        right, bottom = left + wide, top + self.card_height
        upper, lower = top + self.card_height * 0.31, top + self.card_height * 0.73
        accent = GREY if card.retracted else result_colour(shot.result) if told else GOLD
        ink = WHITE if sure else (225, 225, 225)
        brush.plate(picture, (left, top, right, bottom), alpha=(0.72 if sure else 0.5) * card.alpha)
        if sure:
            brush.plate(picture, (left, top, left + bar, bottom), accent, card.alpha, 1.0)
        else:
            _dashed(brush, picture, (left, top, right, bottom), accent, 0.9 * card.alpha)
        x = left + bar + pad
        brush.words(picture, head, (x, upper), accent if not told else ink, card.alpha, 1.05, True)
        brush.words(picture, words, (x, lower), ink, card.alpha * 0.95, 0.9)
        if told and not card.retracted:
            pill = brush.width(told, 0.9, True) + 2 * pad
            box = (right - pad - pill, upper - brush.font * 0.62, right - pad, upper + brush.font * 0.62)
            brush.plate(picture, box, accent, card.alpha)
            brush.words(picture, told, (right - pad - pill / 2, upper), INK, card.alpha, 0.9, True, "middle")
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
