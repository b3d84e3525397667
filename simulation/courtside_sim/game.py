"""A simulated game: its court and players, the ground truth of every shot, and the state at any moment."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from courtside.court.measures import Court, make_court

from .config import WARM_UP_PLAYERS, GameConfig
from .director import Director
from .officials import Officials, join_states
from .play import Station
from .recording import Recording, State
from .roster import Roster, draw_roster
from .truth import ShotTruth

GAME_STREAM, STYLE_STREAM, CAMERA_STREAM, FILM_STREAM, OFFICIALS_STREAM = 1, 2, 3, 4, 5
WARM_UP_STREAMS = (6, 7)
"""Purposes of the random streams of the two groups of a warm-up."""


def stream(seed: int, purpose: int) -> np.random.Generator:
    """An independent random generator for one purpose, such as `GAME_STREAM`, of one seed."""
    return np.random.default_rng(np.random.SeedSequence([seed, purpose]))


class Game:
    """A finished game; build one with `simulate`.

    Attributes:
        seed: The seed it was drawn from.
        config: The settings, with every None replaced by what the seed drew.
        court: The court's geometry.
        roster: The players.
        shots: Every shot in order of release.
        recording: States at the step rate; in a warm-up with the first group's ball and its holder.
        second: The same people with the second group's ball and its holder; None in a game of one ball.
    """

    def __init__(
        self,
        seed: int,
        config: GameConfig,
        court: Court,
        roster: Roster,
        shots: tuple[ShotTruth, ...],
        record: Recording,
        second: Recording | None = None,
    ):
        """Keep the parts of a finished game."""
        self.seed, self.config, self.court, self.roster = seed, config, court, roster
        self.shots, self.recording, self.second = shots, record, second

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.config.duration

    @cached_property
    def officials(self) -> Officials:
        """The referees: up to three in a full-court game, fewer on a half court, none in a drill of three."""
        rng = stream(self.seed, OFFICIALS_STREAM)
        players = len(self.roster)
        most = 3 if not self.court.half else (2 if players >= 6 else 1 if players > 3 else 0)
        count = int(rng.integers(1 if not self.court.half and players > 3 else 0, most + 1))
        return Officials(self.court, self.recording, count, rng)

    def state(self, time: float) -> State:
        """The interpolated state at `time` seconds, clamped to the game's start and end."""
        return self.recording.at(time)


def simulate(seed: int, config: GameConfig | None = None) -> Game:
    """Simulate one game; the same seed and config always give the identical game.

    With two balls it is a warm-up: each team practises with a ball of its own, at the two baskets of a full court or
    on the two sides of a half court's one basket. The groups are simulated independently, so people and balls of
    different groups may pass through one another.

    Args:
        seed: Non-negative.
        config: Settings; a setting of None is drawn from the seed.

    Raises:
        ValueError: The seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    config = config or GameConfig()
    rng = stream(seed, GAME_STREAM)
    half, name, count = (
        bool(rng.random() < 0.65),
        ("nba", "fiba")[int(rng.integers(2))],
        int(rng.integers(2, 11)),
    )
    count = WARM_UP_PLAYERS if config.balls == 2 else count
    config = replace(
        config,
        half=half if config.half is None else config.half,
        court=name if config.court is None else config.court,
        players=count if config.players is None else config.players,
    )
    court = make_court(config.court, config.half)
    roster = draw_roster(config.players, rng)
    if config.balls == 2:
        return _warm_up(seed, config, court, roster)
    director = Director(court, roster, config, rng)
    recording = director.run()
    return Game(seed, config, court, roster, tuple(director.shots), recording)


def _warm_up(seed: int, config: GameConfig, court: Court, roster: Roster) -> Game:
    """Simulate both teams' drills separately and join them; the second team's ids follow the first team's."""
    groups = [roster.take(np.flatnonzero(roster.teams == team)) for team in (0, 1)]
    stations = [Station(0, 1), Station(0, -1)] if court.half else [Station(0, 0), Station(1, 0)]
    directors = [
        Director(court, group, config, stream(seed, purpose), station)
        for group, purpose, station in zip(groups, WARM_UP_STREAMS, stations, strict=True)
    ]
    one, two = (director.run().states for director in directors)
    first = len(groups[0])
    net = np.maximum(one.net, two.net)
    holder = np.where(two.holder >= 0, two.holder + first, -1)
    for array in (net, holder):
        array.setflags(write=False)
    both = replace(join_states(one, two), net=net)
    shots = [*directors[0].shots, *(replace(shot, shooter=shot.shooter + first) for shot in directors[1].shots)]
    shots.sort(key=lambda shot: shot.release_time)
    return Game(
        seed,
        config,
        court,
        roster.take(np.concatenate([np.flatnonzero(roster.teams == team) for team in (0, 1)])),
        tuple(replace(shot, shot_id=number) for number, shot in enumerate(shots)),
        Recording(config.step_rate, both),
        Recording(config.step_rate, replace(both, ball=two.ball, holder=holder)),
    )
