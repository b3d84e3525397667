"""Seasons and leagues of highlight films: the court, the colours, the light and the rates of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .game import stream
from .style import Style, draw_style, hsv

WORLD_STREAM = 22


@dataclass(frozen=True)
class World:
    """One season or one league: how its games look and which plays are common in them.

    Attributes:
        name: As in a folder name.
        court: 'nba', 'fiba', or None for either.
        threes: Factor on how often three-point shots are taken.
        pace: Factor on the number of plays shown per minute.
        seed: Draws the colours and the light.
    """

    name: str
    court: str | None
    threes: float
    pace: float
    seed: int


SEASONS: tuple[World, ...] = tuple(
    World(name, None, threes, 1.0, 500 + index)
    for index, (name, threes) in enumerate(
        (("18-19", 0.9), ("19-20", 0.95), ("20-21", 1.0), ("21-22", 1.05), ("22-23", 1.1), ("23-24", 1.25))
    )
)
LEAGUES: tuple[World, ...] = (
    World("Harbour League", "nba", 1.15, 1.0, 600),
    World("Highland Cup", "fiba", 0.9, 0.95, 601),
    World("River Conference", "nba", 1.0, 1.05, 602),
    World("Northern Basketliga", "fiba", 1.0, 1.0, 603),
    World("Island Series", "nba", 0.8, 1.1, 604),
    World("Capital Division", "fiba", 1.2, 0.9, 605),
)


def world_style(style: Style, season: World, league: World) -> Style:
    """A game's style with the light of its season and the colours of its league."""
    light, colour = stream(season.seed, WORLD_STREAM), stream(league.seed, WORLD_STREAM)
    own = draw_style(1, stream(league.seed, WORLD_STREAM))
    warm = light.uniform(-0.10, 0.10)
    return replace(
        style,
        outdoor=False,
        floor=own.floor if not own.outdoor else style.floor if not style.outdoor else (110, 168, 212),
        apron=hsv(colour.random(), 0.7, colour.uniform(0.25, 0.6)),
        paint=hsv(colour.random(), 0.7, colour.uniform(0.3, 0.65)),
        seats=own.seats,
        pad=own.pad,
        light=float(np.clip(style.light * light.uniform(0.85, 1.1), 0.7, 1.15)),
        tint=np.array([1 - warm, 1.0, 1 + warm]),
        haze=float(light.uniform(0.0, 0.15)),
        detail=1.0,
    )
