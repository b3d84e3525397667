"""A bank of simulated games that many highlight films take their plays from."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

from .camera import SimulatedCamera
from .config import CameraConfig, GameConfig
from .game import Game, simulate
from .game_plays import GamePlay, PlayKind, find_plays
from .seasons import World, world_style

BEFORE, AFTER = 4.0, 2.5
"""Seconds shown before and after the moment of a play."""
FRAMING = 0.62
"""Share of the camera's view that a highlight shows."""
CAMERAS_KEPT = 120
"""Cameras kept ready; each holds its painted scenery."""


class Bank:
    """Simulated games with their plays, and a cache of cameras.

    Simulating a game is slow and filming one moment of it is fast, so the games are simulated once and shared.

    Attributes:
        games: The games, five against five.
        plays: Kind to list of (game index, play).
        size: Picture (width, height) in pixels.
    """

    def __init__(self, first_seed: int, games: int, duration: float = 60.0, size: tuple[int, int] = (256, 144)):
        """Simulate `games` games of seeds from `first_seed` on; each takes about 1 s per minute of play."""
        self.size = size
        self.games = tuple(_bank_game(first_seed + i, i, duration) for i in range(games))
        self.plays: dict[PlayKind, list[tuple[int, GamePlay]]] = {kind: [] for kind in PlayKind}
        for index, game in enumerate(self.games):
            for play in find_plays(game):
                if BEFORE / 2 < play.time < duration - AFTER / 2:
                    self.plays[play.kind].append((index, play))
        self._cameras: OrderedDict[tuple, SimulatedCamera] = OrderedDict()

    def candidates(self, kind: PlayKind, court: str | None) -> list[tuple[int, GamePlay]]:
        """The plays of a kind, on a court of that name where there are any; None for any court."""
        found = self.plays[kind]
        return [(g, play) for g, play in found if court is None or self.games[g].court.name == court] or found

    def camera(self, game: int, season: World, league: World) -> SimulatedCamera:
        """The camera of one game in the style of that season and league; recent ones are kept ready."""
        key = (game, season.name, league.name)
        if key in self._cameras:
            self._cameras.move_to_end(key)
            return self._cameras[key]
        filmed = self.games[game]
        width, height = (round(side / FRAMING) for side in self.size)
        # Highlights are cut from broadcast film and scaled down, so compression would not show at this size.
        camera = SimulatedCamera(filmed, CameraConfig(None, width, height, compression=False), seed=filmed.seed)
        camera.style = world_style(camera.style, season, league)
        # Paint the scenery now, so that every copy of this camera shares it.
        camera.render(0.0)
        self._cameras[key] = camera
        while len(self._cameras) > CAMERAS_KEPT:
            self._cameras.popitem(last=False)
        return camera


def _bank_game(seed: int, index: int, duration: float) -> Game:
    config = GameConfig(
        duration=duration, players=10, court=("nba", "fiba")[index % 2], half=index % 6 < 5, shot_interval=5.0
    )
    return simulate(seed, config)


@lru_cache(maxsize=4)
def bank(first_seed: int, games: int, duration: float = 60.0, size: tuple[int, int] = (256, 144)) -> Bank:
    """The bank of these games, simulated at the first call and then shared by the whole process."""
    return Bank(first_seed, games, duration, size)
