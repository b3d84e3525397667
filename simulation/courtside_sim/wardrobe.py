"""The colours that players, referees and the ball are drawn with."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from .roster import Roster
from .style import Color, Style, shade


class Skin(IntEnum):
    """Rows of a player's palette; the row after each is its darker shade, for the far side of the body."""

    JERSEY = 0
    SHORTS = 2
    SKIN = 4
    SHOE = 6


class Wardrobe:
    """Every colour that people and the ball are drawn with, under the light of a style."""

    def __init__(self, style: Style, roster: Roster):
        """Compute the colours of everybody in `roster`."""
        gain = style.tint * style.light * (1 - style.haze)

        def lit(color: Color, factor: float = 1.0) -> Color:
            return tuple(
                int(v) for v in np.clip(np.array(color) * gain * factor + 255 * style.haze * 0.8, 0, 255)
            )

        teams = roster.teams
        shoes = ((225, 225, 225), (52, 52, 62), (30, 30, 32))
        kits, shorts = (*style.kits, (205, 205, 205)), (*style.shorts, (34, 34, 36))
        self.palette = [
            [
                lit(color, factor)
                for color, near, far in (
                    (kits[t], 1.0, 0.82),
                    (shorts[t], 0.95, 0.75),
                    (style.skins[p], 1.0, 0.8),
                    (shoes[t], 1.0, 0.75),
                )
                for factor in (near, far)
            ]
            for p, t in enumerate(teams)
        ]
        trims, stripes = (*style.trims, (24, 24, 26)), (*style.stripes, 3)
        self.trim = [lit(trims[t]) for t in teams]
        self.stripes = [stripes[t] for t in teams]
        # Referees wear long black trousers.
        self.shin = [Skin.SHORTS if t == 2 else Skin.SKIN for t in teams]
        self.hair = [lit(c) for c in style.hairs]
        self.eye = lit((30, 30, 34))
        self.ball = (lit(style.ball), lit(style.ball, 0.62), lit(shade(style.ball, 1.25)))
        self.numbers = ["" if t == 2 else str(int(n)) for n, t in zip(roster.numbers, teams, strict=True)]
        self.lit = lit
