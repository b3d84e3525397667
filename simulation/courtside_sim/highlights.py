"""Simulated highlight films of one player: eight to ten minutes of plays that show twenty skills.

A highlight (after BASKET, CVPR 2025) is a row of short cuts from many games, each a play of the same player, in the
same kit, number, skin and build. Which plays, how often and how they end follow the player's skill levels; season and
league change the look, the court and the rates, so that a model can be measured on a season or a league it has not
seen. As an editor of highlights does, the picture is framed on the play: a window of the camera's view around the
player and the ball. Plays come from a `Bank` of simulated games shared by many players: simulating is dear, filming a
moment is cheap, and only the moments asked for are filmed.

Steals, turnovers and fouls do not happen in the simulation: those three skills show only through the skills they go
together with (see `skills.LOADINGS`).
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .camera import SimulatedCamera
from .config import CameraConfig, GameConfig
from .court import Zone, zone_at
from .cuts import SHOTS, GamePlay, PlayKind, find_plays
from .game import Game, simulate, stream
from .look import HAIRS, SKINS, Look, draw_look, hsv
from .skills import SKILLS, draw_skills, size_of
from .truth import Action

HIGHLIGHT_STREAM, WORLD_STREAM, BANK_STREAM = 21, 22, 23
BEFORE, AFTER = 4.0, 2.5
SHORTEST, LONGEST = 480.0, 600.0
SAME_HEIGHT = 0.06
FRAMING = 0.62
"""Share of the camera's view that is shown."""
BALL_PULL = 0.3
"""How far the framing moves from the player towards the ball."""


@dataclass(frozen=True)
class World:
    """A season or a league: how its games look and what is played in them.

    Attributes:
        name: As in a folder name.
        court: 'nba', 'fiba' or None for either.
        threes, pace: Factors on how often threes are taken and how many plays a minute are shown.
        seed: Draws its colours and light.
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

# How often a play is shown to begin with, and how much a level more of a skill changes that (log odds).
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
# Chance of success at an average level, and what a level more of a skill adds to it.
SUCCESS: dict[PlayKind, tuple[float, dict[str, float]]] = {
    PlayKind.FREE_THROW: (0.70, {"Free Throw": 0.10, "Efficiency": 0.02}),
    PlayKind.TWO: (0.50, {"2-PTs": 0.09, "Overall Shooting": 0.03, "Efficiency": 0.03, "Impact": 0.02}),
    PlayKind.THREE: (
        0.36, {"3-PTs": 0.08, "Overall Shooting": 0.03, "Efficiency": 0.03, "Offensive Consistency": 0.02}
    ),
    PlayKind.CONTEST: (0.55, {"Points-allowed": 0.12, "Impact": 0.02}),
}
CONTESTED = (0.45, 0.13)
SHOWN_MORE = {"Contribution": 0.06, "Impact": 0.03}


@dataclass(frozen=True)
class Cut:
    """One play in a highlight: which of the bank's games, whose play, and where it stands in both films (s)."""

    game: int
    play: GamePlay
    start: float
    length: float

    def game_time(self, time: float) -> float:
        """The moment in the game (s) shown at `time` of the highlight."""
        return self.play.time - BEFORE * self.length / (BEFORE + AFTER) + (time - self.start)


@dataclass(frozen=True)
class Moment:
    """The truth of one frame.

    Attributes:
        cut: The play shown.
        action: What the star does.
        has_ball: Whether the star has the ball.
        zone: Where on the court the star is.
        since: Seconds since the play's moment, negative before it.
        player: (2,) pixel of the star's chest.
        ball: (2,) pixel of the ball; may lie outside the picture, as may the player's.
    """

    cut: Cut
    action: Action
    has_ball: bool
    zone: Zone
    since: float
    player: np.ndarray
    ball: np.ndarray


@dataclass(frozen=True)
class Star:
    """The player a highlight is about: levels (20,) int64, height (m), girth, number and BGR colours."""

    levels: np.ndarray
    height: float
    girth: float
    number: int
    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    kit: tuple[int, int, int]
    trim: tuple[int, int, int]


class Bank:
    """Simulated games with their plays, and a cache of cameras.

    Attributes:
        games: The games, five against five.
        plays: Kind to list of (game index, play).
        size: Picture (width, height) in pixels.
    """

    def __init__(self, first_seed: int, games: int, duration: float = 60.0, size: tuple[int, int] = (256, 144)):
        """Simulate `games` games of seeds from `first_seed` on; about a second each per minute of play."""
        self.size = size
        self.games = tuple(_bank_game(first_seed + i, i, duration) for i in range(games))
        self.plays: dict[PlayKind, list[tuple[int, GamePlay]]] = {kind: [] for kind in PlayKind}
        for index, game in enumerate(self.games):
            for play in find_plays(game):
                if BEFORE / 2 < play.time < duration - AFTER / 2:
                    self.plays[play.kind].append((index, play))
        self._cameras: OrderedDict[tuple, SimulatedCamera] = OrderedDict()

    def camera(self, game: int, season: World, league: World) -> SimulatedCamera:
        """The camera of one game as that season and league look; the latest few hundred are kept ready."""
        key = (game, season.name, league.name)
        if key in self._cameras:
            self._cameras.move_to_end(key)
            return self._cameras[key]
        filmed = self.games[game]
        width, height = (round(side / FRAMING) for side in self.size)
        # Highlights are cut from broadcast film and scaled down: what compression does is lost at this size.
        camera = SimulatedCamera(filmed, CameraConfig(None, width, height, compression=False), seed=filmed.seed)
        camera.look = _world_look(camera.look, season, league)
        # Paint the scenery now, so that every copy of this camera shares it.
        camera.render(0.0)
        self._cameras[key] = camera
        while len(self._cameras) > 120:
            self._cameras.popitem(last=False)
        return camera


def _bank_game(seed: int, index: int, duration: float) -> Game:
    config = GameConfig(
        duration=duration, players=10, court=("nba", "fiba")[index % 2], half=index % 6 < 5, shot_interval=5.0
    )
    return simulate(seed, config)


@lru_cache(maxsize=4)
def bank(first_seed: int, games: int, duration: float = 60.0, size: tuple[int, int] = (256, 144)) -> Bank:
    """The process's bank of these games, simulated at the first call."""
    return Bank(first_seed, games, duration, size)


def _world_look(look: Look, season: World, league: World) -> Look:
    """A game's look moved towards its season's light and its league's colours."""
    light, colour = stream(season.seed, WORLD_STREAM), stream(league.seed, WORLD_STREAM)
    own = draw_look(1, stream(league.seed, WORLD_STREAM))
    warm = light.uniform(-0.10, 0.10)
    return replace(
        look,
        outdoor=False,
        floor=own.floor if not own.outdoor else look.floor if not look.outdoor else (110, 168, 212),
        apron=hsv(colour.random(), 0.7, colour.uniform(0.25, 0.6)),
        paint=hsv(colour.random(), 0.7, colour.uniform(0.3, 0.65)),
        seats=own.seats,
        pad=own.pad,
        light=float(np.clip(look.light * light.uniform(0.85, 1.1), 0.7, 1.15)),
        tint=np.array([1 - warm, 1.0, 1 + warm]),
        haze=float(light.uniform(0.0, 0.15)),
        detail=1.0,
    )


class Highlight:
    """The highlight film of one player.

    Attributes:
        star: The player.
        season, league: Where and when.
        cuts: The plays, in order.
        duration: Seconds.
    """

    def __init__(self, seed: int, source: Bank, season: World, league: World, levels: np.ndarray | None = None):
        """Draw a player and the plays that show them.

        Args:
            seed: Of the player.
            source: Where plays are taken from.
            season: One of `SEASONS`.
            league: One of `LEAGUES`.
            levels: (20,) skill levels 0..4; drawn when None.
        """
        self._seed, self._bank, self.season, self.league = seed, source, season, league
        rng = stream(seed, HIGHLIGHT_STREAM)
        self.star = _draw_star(rng, levels)
        self.cuts = tuple(self._draw_cuts(rng))
        self.duration = self.cuts[-1].start + self.cuts[-1].length
        self._starts = np.array([cut.start for cut in self.cuts])

    def cut_at(self, time: float) -> Cut:
        """The cut shown at `time` seconds."""
        return self.cuts[max(int(np.searchsorted(self._starts, time, side="right")) - 1, 0)]

    def render(self, times: np.ndarray) -> np.ndarray:
        """The pictures at `times` (N,) seconds: (N, height, width, 3) uint8 BGR."""
        width, height = self._bank.size
        frames = np.empty((len(times), height, width, 3), np.uint8)
        for index, time in enumerate(np.asarray(times, float).tolist()):
            cut = self.cut_at(time)
            camera, moment = self._camera(cut), cut.game_time(time)
            (left, top), _ = self._frame(camera, cut.play.player, moment)
            frames[index] = camera.render(moment)[top : top + height, left : left + width]
        return frames

    def moments(self, times: np.ndarray) -> list[Moment]:
        """The truth at `times` (N,) seconds."""
        found = []
        for time in np.asarray(times, float).tolist():
            cut = self.cut_at(time)
            camera, now = self._bank.camera(cut.game, self.season, self.league), cut.game_time(time)
            game, player = camera.game, cut.play.player
            state = game.state(now)
            basket = 0 if game.court.half or state.ball[0] > 0 else 1
            corner, pixels = self._frame(camera, player, now)
            found.append(
                Moment(
                    cut=cut,
                    action=Action(int(state.actions[player])),
                    has_ball=int(state.holder) == player,
                    zone=zone_at(game.court, *(float(v) for v in state.xy[player]), basket),
                    since=now - cut.play.time,
                    player=pixels[0] - corner,
                    ball=pixels[1] - corner,
                )
            )
        return found

    def _frame(self, camera: SimulatedCamera, player: int, moment: float) -> tuple[np.ndarray, np.ndarray]:
        """Left and top pixel of the shown window in the camera's picture, and player and ball (2, 2) there."""
        state = camera.game.state(moment)
        points = np.array([[*state.xy[player], 1.2], state.ball])
        pixels, _ = camera.lens(moment).project(points)
        centre = pixels[0] + BALL_PULL * (pixels[1] - pixels[0])
        room = np.array([camera.width, camera.height]) - self._bank.size
        return np.clip(centre - np.array(self._bank.size) / 2, 0, room).astype(int), pixels

    def _camera(self, cut: Cut) -> SimulatedCamera:
        """The cut's camera with the star dressed as ever, and the other side in a kit of its own."""
        camera = copy.copy(self._bank.camera(cut.game, self.season, self.league))
        game, player, star = camera.game, cut.play.player, self.star
        roster, look = game.roster, camera.look
        team = int(roster.teams[player])
        numbers, heights, girths = roster.numbers.copy(), roster.heights.copy(), roster.girths.copy()
        numbers[player], heights[player], girths[player] = star.number, star.height, star.girth
        rivals = hsv(game.seed * 0.37, 0.75, 0.45) if sum(star.kit) > 380 else hsv(game.seed * 0.37, 0.08, 0.92)
        kits = (star.kit, rivals) if team == 0 else (rivals, star.kit)
        skins, hairs = list(look.skins), list(look.hairs)
        skins[player], hairs[player] = star.skin, star.hair
        camera.look = replace(
            look, kits=kits, shorts=kits, trims=kits[::-1], skins=tuple(skins), hairs=tuple(hairs)
        )
        dressed = replace(roster, numbers=numbers, heights=heights, girths=girths)
        camera.game = copy.copy(game)
        camera.game.roster = dressed
        camera.dress(dressed)
        return camera

    def _draw_cuts(self, rng: np.random.Generator) -> list[Cut]:
        level = {name: float(value) - 2.0 for name, value in zip(SKILLS, self.star.levels, strict=True)}
        kinds = [kind for kind in PlayKind if self._candidates(kind)]
        weights = np.array([BASE[k] * np.exp(sum(w * level[s] for s, w in MORE[k].items())) for k in kinds])
        weights *= [self.season.threes * self.league.threes if k is PlayKind.THREE else 1.0 for k in kinds]
        # Players who matter more have more plays, so theirs are shown in less time each.
        pace = self.league.pace * np.exp(sum(w * level[s] for s, w in SHOWN_MORE.items()))
        length = (BEFORE + AFTER) * 1.3 / pace
        duration = rng.uniform(SHORTEST, LONGEST)
        cuts, start = [], 0.0
        for kind in rng.choice(len(kinds), size=int(duration / length) + 1, p=weights / weights.sum()):
            game, play = self._draw_play(kinds[int(kind)], level, rng)
            cuts.append(Cut(game, play, start, length))
            start += length
        return cuts

    def _candidates(self, kind: PlayKind) -> list[tuple[int, GamePlay]]:
        found, court = self._bank.plays[kind], self.league.court
        fitting = [(g, play) for g, play in found if court is None or self._bank.games[g].court.name == court]
        return fitting or found

    def _draw_play(
        self, kind: PlayKind, level: dict[str, float], rng: np.random.Generator
    ) -> tuple[int, GamePlay]:
        """A play of the bank with the outcome the star's skills bring about, by a player of about their build."""
        found = self._candidates(kind)
        if kind in SUCCESS:
            chance, more = SUCCESS[kind]
            success = bool(rng.random() < np.clip(chance + sum(w * level[s] for s, w in more.items()), 0.05, 0.97))
            found = [c for c in found if c[1].success == success] or found
        if kind in SHOTS:
            contested = bool(rng.random() < np.clip(CONTESTED[0] + CONTESTED[1] * level["Contested-shots"], 0.05, 0.95))
            found = [c for c in found if c[1].contested == contested] or found
        heights = np.array([self._bank.games[g].roster.heights[play.player] for g, play in found])
        odds = np.exp(-0.5 * ((heights - self.star.height) / SAME_HEIGHT) ** 2) + 1e-3
        return found[int(rng.choice(len(found), p=odds / odds.sum()))]


def _draw_star(rng: np.random.Generator, levels: np.ndarray | None) -> Star:
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
