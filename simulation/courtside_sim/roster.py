"""The players of a game: bodies, shooting forms, skills and jersey numbers, drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from .forms import Form, draw_form
from .skills import draw_skills


@dataclass(frozen=True)
class Roster:
    """P players as a struct of arrays.

    Attributes:
        teams: (P,) int64, 0 or 1; decides the kit.
        heights: (P,) float64 metres.
        girths: (P,) float64, limb thickness factor, about 1.
        handed: (P,) float64, +1 for a right-handed shooter, -1 for a left-handed one.
        tempo: (P,) float64, speed factor of the shooting motion, about 1.
        leap: (P,) float64, height of the jump shot, metres.
        numbers: (P,) int64 jersey numbers.
        forms: P shooting forms with the same handed, tempo and leap.
        skills: (P, 20) int64 levels 0 to 4 in the order of `skills.SKILLS`.
    """

    teams: np.ndarray
    heights: np.ndarray
    girths: np.ndarray
    handed: np.ndarray
    tempo: np.ndarray
    leap: np.ndarray
    numbers: np.ndarray
    forms: tuple[Form, ...]
    skills: np.ndarray

    def __len__(self) -> int:
        """Number of players."""
        return len(self.teams)

    def take(self, players: np.ndarray) -> Roster:
        """A roster of the players with these indices (N,), in this order."""
        arrays = {
            field.name: getattr(self, field.name)[players] for field in fields(self) if field.name != "forms"
        }
        return Roster(**arrays, forms=tuple(self.forms[p] for p in players))


def draw_roster(players: int, rng: np.random.Generator) -> Roster:
    """Draw a roster of `players` players with alternating teams."""
    teams = np.arange(players) % 2
    heights = rng.uniform(1.76, 2.1, players)
    girths = rng.uniform(0.9, 1.2, players)
    handed = np.where(rng.random(players) < 0.85, 1.0, -1.0)
    tempo = rng.uniform(0.85, 1.2, players)
    leap = rng.uniform(0.16, 0.48, players)
    numbers = rng.choice(56, players, replace=False)
    # A child generator leaves the game's own stream unchanged, so that older seeds still give the same games.
    own = rng.spawn(1)[0]
    forms = tuple(
        replace(draw_form(own), handed=float(handed[p]), tempo=float(tempo[p]), leap=float(leap[p]))
        for p in range(players)
    )
    return Roster(teams, heights, girths, handed, tempo, leap, numbers, forms, draw_skills(rng.spawn(1)[0], players))
