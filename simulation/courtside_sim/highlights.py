"""Simulated highlight films of one player: eight to ten minutes of plays that show twenty skills.

A highlight film (after BASKET, CVPR 2025) is a row of short cuts from many games. Each cut is a play of the same
player, in the same kit, number, skin and build. Which plays are shown, how often and how they end follow the player's
skill levels. Season and league change the style, the court and the rates, so that a model can be measured on a season
or a league it has not seen. As in an edited film, the picture is framed on the play: a window of the camera's view
around the player and the ball. Plays come from a `Bank` of simulated games that many players share. Only the moments
asked for are filmed.

Steals, turnovers and fouls do not happen in the simulation. These three skills show only through the skills they
correlate with (see `skills.LOADINGS`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import numpy as np

from courtside.court.zones import Zone, zone_at

from .camera import SimulatedCamera
from .game import stream
from .game_bank import Bank
from .play_choice import Cut, draw_cuts, draw_star
from .seasons import World
from .style import hsv
from .truth import Action

HIGHLIGHT_STREAM = 21
BALL_PULL = 0.3
"""How far the framing moves from the player towards the ball, as a share of the distance."""


@dataclass(frozen=True)
class Moment:
    """The ground truth of one frame; the star is the player the film is about.

    Attributes:
        cut: The play shown.
        action: The star's action.
        has_ball: Whether the star has the ball.
        zone: The zone of the court the star is in.
        since: Seconds since the moment of the play, negative before it.
        player: (2,) pixel of the star's chest; may lie outside the frame.
        ball: (2,) pixel of the ball; may lie outside the frame.
    """

    cut: Cut
    action: Action
    has_ball: bool
    zone: Zone
    since: float
    player: np.ndarray
    ball: np.ndarray


class Highlight:
    """The highlight film of one player.

    Attributes:
        star: The player.
        season, league: The season and the league of the film.
        cuts: The plays, in order.
        duration: Seconds.
    """

    def __init__(self, seed: int, source: Bank, season: World, league: World, levels: np.ndarray | None = None):
        """Draw a player and the plays that show them.

        Args:
            seed: Draws the player and the plays.
            source: The games that plays are taken from.
            season: One of `SEASONS`.
            league: One of `LEAGUES`.
            levels: (20,) skill levels 0..4; drawn when None.
        """
        self._seed, self._bank, self.season, self.league = seed, source, season, league
        rng = stream(seed, HIGHLIGHT_STREAM)
        self.star = draw_star(rng, levels)
        self.cuts = tuple(draw_cuts(self.star, source, season, league, rng))
        self.duration = self.cuts[-1].start + self.cuts[-1].length
        self._starts = np.array([cut.start for cut in self.cuts])

    def cut_at(self, time: float) -> Cut:
        """The cut shown at `time` seconds."""
        return self.cuts[max(int(np.searchsorted(self._starts, time, side="right")) - 1, 0)]

    def render(self, times: np.ndarray) -> np.ndarray:
        """Render the frames at `times` (N,) seconds: (N, height, width, 3) uint8 BGR."""
        width, height = self._bank.size
        frames = np.empty((len(times), height, width, 3), np.uint8)
        for index, time in enumerate(np.asarray(times, float).tolist()):
            cut = self.cut_at(time)
            camera, moment = self._camera(cut), cut.game_time(time)
            (left, top), _ = self._frame(camera, cut.play.player, moment)
            frames[index] = camera.render(moment)[top : top + height, left : left + width]
        return frames

    def moments(self, times: np.ndarray) -> list[Moment]:
        """The ground truth at `times` (N,) seconds."""
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
        """The shown window's left and top pixel in the camera's frame, and the pixels of player and ball (2, 2)."""
        state = camera.game.state(moment)
        points = np.array([[*state.xy[player], 1.2], state.ball])
        pixels, _ = camera.lens(moment).project(points)
        centre = pixels[0] + BALL_PULL * (pixels[1] - pixels[0])
        room = np.array([camera.width, camera.height]) - self._bank.size
        return np.clip(centre - np.array(self._bank.size) / 2, 0, room).astype(int), pixels

    def _camera(self, cut: Cut) -> SimulatedCamera:
        """The cut's camera, with the star in the star's own kit and the opponents in another."""
        camera = copy.copy(self._bank.camera(cut.game, self.season, self.league))
        game, player, star = camera.game, cut.play.player, self.star
        roster, style = game.roster, camera.style
        team = int(roster.teams[player])
        numbers, heights, girths = roster.numbers.copy(), roster.heights.copy(), roster.girths.copy()
        numbers[player], heights[player], girths[player] = star.number, star.height, star.girth
        opponents = hsv(game.seed * 0.37, 0.75, 0.45) if sum(star.kit) > 380 else hsv(game.seed * 0.37, 0.08, 0.92)
        kits = (star.kit, opponents) if team == 0 else (opponents, star.kit)
        skins, hairs = list(style.skins), list(style.hairs)
        skins[player], hairs[player] = star.skin, star.hair
        camera.style = replace(
            style, kits=kits, shorts=kits, trims=kits[::-1], skins=tuple(skins), hairs=tuple(hairs)
        )
        dressed = replace(roster, numbers=numbers, heights=heights, girths=girths)
        camera.game = copy.copy(game)
        camera.game.roster = dressed
        camera.set_roster(dressed)
        return camera
