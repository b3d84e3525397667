"""Chooses the plays of a highlight film by the player's skill levels: how often each kind is shown and how it ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .game_bank import AFTER, BEFORE, Bank
from .game_plays import SHOTS, GamePlay, PlayKind
from .seasons import World
from .skills import SKILLS, draw_skills, size_of
from .style import HAIRS, SKINS, hsv

SHORTEST, LONGEST = 480.0, 600.0
"""Shortest and longest film, seconds."""
SAME_HEIGHT = 0.06
"""Standard deviation, metres, of the height of players whose plays stand for the film's player."""
BASE = {
    PlayKind.FREE_THROW: 0.05,
    PlayKind.TWO: 0.20,
    PlayKind.THREE: 0.18,
    PlayKind.OFFENSIVE_REBOUND: 0.06,
    PlayKind.DEFENSIVE_REBOUND: 0.12,
    PlayKind.PASS: 0.10,
    PlayKind.ASSIST: 0.08,
    PlayKind.CONTEST: 0.10,
    PlayKind.SCREEN: 0.05,
    PlayKind.DRIVE: 0.06,
}
"""How often a kind of play is shown at average skills, relative to the others."""
MORE: dict[PlayKind, dict[str, float]] = {
    PlayKind.FREE_THROW: {"Free Throw": 0.45, "Overall Shooting": 0.1},
    PlayKind.TWO: {"2-PTs": 0.40, "Overall Shooting": 0.15, "Contested-shots": 0.1},
    PlayKind.THREE: {"3-PTs": 0.50, "Overall Shooting": 0.15},
    PlayKind.OFFENSIVE_REBOUND: {"Offensive Rebounds": 0.50, "Rebounds": 0.2},
    PlayKind.DEFENSIVE_REBOUND: {"Defensive Rebounds": 0.45, "Rebounds": 0.25},
    PlayKind.PASS: {"Passing Accuracy": 0.45, "Teamwork": 0.1},
    PlayKind.ASSIST: {"Assists": 0.55, "Teamwork": 0.1},
    PlayKind.CONTEST: {"Defensive Consistency": 0.40, "Points-allowed": 0.2},
    PlayKind.SCREEN: {"Teamwork": 0.40},
    PlayKind.DRIVE: {"Turnovers": 0.35},
}
"""How much one more level of a skill adds to the logarithm of `BASE`."""
SUCCESS: dict[PlayKind, tuple[float, dict[str, float]]] = {
    PlayKind.FREE_THROW: (0.70, {"Free Throw": 0.10, "Efficiency": 0.02}),
    PlayKind.TWO: (0.50, {"2-PTs": 0.09, "Overall Shooting": 0.03, "Efficiency": 0.03, "Impact": 0.02}),
    PlayKind.THREE: (
        0.36, {"3-PTs": 0.08, "Overall Shooting": 0.03, "Efficiency": 0.03, "Offensive Consistency": 0.02}
    ),
    PlayKind.CONTEST: (0.55, {"Points-allowed": 0.12, "Impact": 0.02}),
}
"""Chance of success at average skills, and what one more level of a skill adds to it."""
CONTESTED = (0.45, 0.13)
"""Share of contested shots at average skills, and what one more level of Contested-shots adds to it."""
SHOWN_MORE = {"Contribution": 0.06, "Impact": 0.03}
"""How much one more level of a skill adds to the logarithm of the number of plays per minute."""


@dataclass(frozen=True)
class Star:
    """The player a highlight film is about.

    Attributes:
        levels: (20,) int64 skill levels 0 to 4, in the order of `SKILLS`.
        height: Metres.
        girth: Limb thickness factor, about 1.
        number: On the jersey.
        skin, hair, kit, trim: BGR colours.
    """

    levels: np.ndarray
    height: float
    girth: float
    number: int
    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    kit: tuple[int, int, int]
    trim: tuple[int, int, int]


@dataclass(frozen=True)
class Cut:
    """One play in a highlight film.

    Attributes:
        game: Index of the bank's game it is taken from.
        play: The play and its player.
        start: Seconds from the film's start.
        length: Seconds.
    """

    game: int
    play: GamePlay
    start: float
    length: float

    def game_time(self, time: float) -> float:
        """The moment in the game (s) shown at `time` of the highlight."""
        return self.play.time - BEFORE * self.length / (BEFORE + AFTER) + (time - self.start)


def draw_star(rng: np.random.Generator, levels: np.ndarray | None) -> Star:
    """A random player with skill `levels` (20,), drawn too when None; bodies fit skills, see `size_of`."""
    drawn = draw_skills(rng, 1)[0]
    levels = drawn if levels is None else np.asarray(levels, np.int64)
    light = bool(rng.integers(2))
    kit = hsv(rng.random(), rng.choice([0.0, 0.08]), 0.95) if light else hsv(rng.random(), 0.85, rng.uniform(0.4, 0.7))
    return Star(
        levels=levels,
        height=float(np.clip(1.94 + 0.075 * size_of(levels[None])[0] + rng.normal(0, 0.02), 1.74, 2.14)),
        girth=float(rng.uniform(0.95, 1.15)),
        number=int(rng.integers(56)),
        skin=SKINS[int(rng.integers(len(SKINS)))],
        hair=HAIRS[int(rng.integers(len(HAIRS)))],
        kit=kit,
        trim=(20, 20, 24) if light else (240, 240, 240),
    )


def draw_cuts(star: Star, source: Bank, season: World, league: World, rng: np.random.Generator) -> list[Cut]:
    """The plays of a film, in order, from its start to its end without gaps."""
    level = {name: float(value) - 2.0 for name, value in zip(SKILLS, star.levels, strict=True)}
    kinds = [kind for kind in PlayKind if source.candidates(kind, league.court)]
    weights = np.array([BASE[k] * np.exp(sum(w * level[s] for s, w in MORE[k].items())) for k in kinds])
    weights *= [season.threes * league.threes if k is PlayKind.THREE else 1.0 for k in kinds]
    # Players who matter more have more plays, so each of theirs is shown for a shorter time.
    pace = league.pace * np.exp(sum(w * level[s] for s, w in SHOWN_MORE.items()))
    length = (BEFORE + AFTER) * 1.3 / pace
    duration = rng.uniform(SHORTEST, LONGEST)
    cuts, start = [], 0.0
    for kind in rng.choice(len(kinds), size=int(duration / length) + 1, p=weights / weights.sum()):
        game, play = _draw_play(kinds[int(kind)], star, level, source, league, rng)
        cuts.append(Cut(game, play, start, length))
        start += length
    return cuts


def _draw_play(
    kind: PlayKind, star: Star, level: dict[str, float], source: Bank, league: World, rng: np.random.Generator
) -> tuple[int, GamePlay]:
    """A play with the outcome that the skills (`level`, 0 is average) bring about, by a player of about this height."""
    found = source.candidates(kind, league.court)
    if kind in SUCCESS:
        chance, more = SUCCESS[kind]
        success = bool(rng.random() < np.clip(chance + sum(w * level[s] for s, w in more.items()), 0.05, 0.97))
        found = [c for c in found if c[1].success == success] or found
    if kind in SHOTS:
        contested = bool(rng.random() < np.clip(CONTESTED[0] + CONTESTED[1] * level["Contested-shots"], 0.05, 0.95))
        found = [c for c in found if c[1].contested == contested] or found
    heights = np.array([source.games[g].roster.heights[play.player] for g, play in found])
    odds = np.exp(-0.5 * ((heights - star.height) / SAME_HEIGHT) ** 2) + 1e-3
    return found[int(rng.choice(len(found), p=odds / odds.sum()))]
