"""Jersey numbers: read in single crops, voted on over time, and the roster's name for them.

crop + pose ──► torso (large enough, within the budget) ──► JerseyModel ──► reading
readings ──► Jerseys (several equal ones, else unknown) ──► number ──► roster ──► name
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.jersey_digits import agreement, read_number, vote
from courtside.plays import Jersey
from courtside.torso import TORSO_SIDE, TorsoSquare, torso_square
from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.players.jersey_config import JerseyConfig
from courtside_server.players.roster import Roster
from courtside_server.types.players import PlayerCrop, Pose

_GRID = 16
"""Cells of the map of digits, in each direction."""
_WAITING_S = 1.0
"""A player who was not seen for so many real seconds waits for no reading."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model reads in one crop.

    Attributes:
        number: the digits; "" where none shows.
        probability: of that, 0 to 1.
    """

    number: str
    probability: float


class JerseyModel:
    """The model of numbers: ``crop`` uint8 3x64x64 in; ``digits`` float32 11x16x16 out, see `courtside.jersey_digits`.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Raises:
        ModelNotFound: the engine has no such model.
        ModelInvalid: the model's tensors are not those; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self.name, self._timeout = name, timeout
        crop = TensorSpec("crop", np.dtype(np.uint8), (3, TORSO_SIDE, TORSO_SIDE))
        digits = TensorSpec("digits", np.dtype(np.float32), (11, _GRID, _GRID))
        check_signature(engine.info(name), inputs=[crop], outputs=[digits])

    def request(self, torso: NDArray[np.uint8]) -> InferenceRequest[Reading]:
        """Read a torso's crop (3, 64, 64) RGB."""
        return InferenceRequest(self.name, {"crop": torso[np.newaxis]}, self._timeout, self._parse)

    def _parse(self, outputs: Outputs) -> Reading:
        digits = outputs["digits"][0]
        if not np.isfinite(digits).all():
            raise EngineError(f"model {self.name} answered with NaN; export it again")
        return Reading(*read_number(digits))


def torso_of(crop: PlayerCrop, pose: Pose, pan: tuple[float, float]) -> TorsoSquare:
    """Where a player's torso is in his crop, pixels of the crop.

    Args:
        crop: of the player.
        pose: in it.
        pan: x, y by which the picture had moved by then, pixels.
    """
    scale = crop.pixels.shape[2] / crop.side
    keypoints = pose.keypoints.copy()
    keypoints[:, :2] = (keypoints[:, :2] + np.array(pan) - np.array(crop.origin) + 0.5) * scale - 0.5
    return torso_square((crop.box - np.tile(np.array(crop.origin, np.float32), 2)) * scale, keypoints)


def cut_torso(crop: PlayerCrop, torso: TorsoSquare) -> NDArray[np.uint8]:
    """A player's torso, (3, 64, 64) RGB."""
    pixels = np.ascontiguousarray(crop.pixels.transpose(1, 2, 0))
    found = cv2.warpAffine(pixels, torso.matrix(), (TORSO_SIDE, TORSO_SIDE), flags=cv2.INTER_LINEAR)
    return np.ascontiguousarray(found.transpose(2, 0, 1))


@dataclass(slots=True)
class _Player:
    """What was read of a track."""

    readings: deque[str]
    first: float
    last: float
    requested: float = -np.inf
    seen: float = -np.inf
    number: str = ""


class Jerseys:
    """The numbers of one camera's players. Used on one thread.

    A number is output once enough readings agree, and withdrawn when they do not any more. Nobody is named by anything
    but a number and the kit.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        kit: gives the team of a track by its kit (see `players.teams`), "" where it is not known.
        roster: the players of the game; None: numbers have no names.
        live: a budget of readings per second holds; film has none.
        remember: tracks that are kept; the one read longest ago is forgotten.

    Attributes:
        on_change: called with a track whose number or name has become known, or was withdrawn.
    """

    def __init__(
        self, config: JerseyConfig, time_scale: float, kit: Callable[[int], str], roster: Roster | None = None,
        live: bool = True, remember: int = 256,
    ) -> None:  # fmt: skip
        self._config, self._scale, self._kit, self._roster = config, time_scale, kit, roster
        self._live, self._remember = live, remember
        self._players: OrderedDict[int, _Player] = OrderedDict()
        self._budget, self._clock = config.live_rate, -np.inf
        self._teams: dict[str, str] = {}
        self._read: set[int] = set()
        self.on_change: Callable[[int], None] = lambda track: None

    def wants(self, track: int, media: float, side: float) -> bool:
        """Whether a torso is to be read now; if so, it is counted as read.

        Args:
            track: the player's.
            media: seconds of the frame.
            side: of the torso's square, pixels of the frame.
        """
        config, now = self._config, media * self._scale
        if side < config.min_side:
            return False
        player = self._players.get(track)
        if player is None:
            player = self._players[track] = _Player(deque(maxlen=config.window), now, now)
            while len(self._players) > self._remember:
                self._players.popitem(last=False)
        player.seen = now
        if 0 <= now - player.requested < self._pause(player, now):
            return False
        if self._live:
            if now != self._clock:
                passed = min(max(now - self._clock, 0.0), 1.0)
                self._budget, self._clock = min(self._budget + config.live_rate * passed, config.live_rate), now
            # Players whose number is known leave a part of the budget to the others.
            if self._budget < (config.live_rate / 2 if player.number else 1.0):
                return False
            self._budget -= 1.0
        player.requested = now
        return True

    def _pause(self, player: _Player, now: float) -> float:
        """Least time from one reading of a player to the next, real seconds."""
        if not self._live:
            # Which frames of a film are read must not depend on how fast answers come.
            return self._config.interval
        if player.number:
            return self._config.decided_interval
        # As many as are waiting share the budget, each in turn.
        waiting = sum(not one.number and now - one.seen < _WAITING_S for one in self._players.values())
        return max(self._config.interval, waiting / self._config.live_rate)

    def add(self, track: int, media: float, reading: Reading) -> None:
        """Take what was read of a player; :meth:`decide` says what follows from it."""
        config, now = self._config, media * self._scale
        player = self._players.get(track)
        if player is None or not reading.number or reading.probability < config.min_probability:
            return
        self._players.move_to_end(track)
        if not player.readings:
            player.first = now
        player.readings.append(reading.number)
        player.last = now
        self._read.add(track)

    def decide(self) -> None:
        """Decide about the numbers of all players of whom something was read since the last call."""
        read, self._read = sorted(self._read), set()
        for track in read:
            if track in self._players:
                self._decide(track, self._players[track])

    def jersey(self, track: int | None) -> Jersey | None:
        """What is known of a player's jersey; None where that is nothing."""
        player = None if track is None else self._players.get(track)
        if track is None or player is None or not player.number:
            return None
        team, name = self._named(player.number, self._kit(track))
        share = agreement(player.number, player.readings, self._config.hidden)
        return Jersey(
            number=player.number, agreement=round(share, 4), readings=player.readings.count(player.number), name=name,
            team=team,
        )  # fmt: skip

    def _decide(self, track: int, player: _Player) -> None:
        config, before = self._config, player.number
        if player.number and agreement(player.number, player.readings, config.hidden) < config.keep_share:
            player.number = ""
        if not player.number:
            player.number, _ = vote(player.readings, config.min_readings, config.min_share, config.hidden)
        if player.number and self._contradicted(track, player):
            player.number = ""
        if player.number != before:
            changed = {track} | self._assign()
            for one in sorted(changed):
                self.on_change(one)

    def _contradicted(self, track: int, player: _Player) -> bool:
        """Whether a teammate who is seen at the same time wears the number; the one with fewer readings loses it."""
        kit, mine = self._kit(track), player.readings.count(player.number)
        for other, one in self._players.items():
            if other == track or one.number != player.number or not kit or self._kit(other) != kit:
                continue
            if min(one.last, player.last) - max(one.first, player.first) < self._config.together:
                continue
            theirs = one.readings.count(one.number)
            if theirs <= mine:
                one.number = ""
                self.on_change(other)
            if theirs >= mine:
                return True
        return False

    # ---- the roster ----------------------------------------------------------------------------------------------

    def _named(self, number: str, kit: str) -> tuple[str, str]:
        """Team and name of the roster; empty where more than one player may be meant."""
        if self._roster is None:
            return "", ""
        team = self._teams.get(kit, "")
        if not team and len(self._roster.teams) > 1 and not any(self._kit(other) for other in self._players):
            # Kits that are not told apart: only one player of the whole roster may wear it.
            wearing = self._roster.teams_with(number)
            team = wearing[0] if len(wearing) == 1 else ""
        return (team, self._roster.teams[team][number]) if team and number in self._roster.teams[team] else ("", "")

    def _assign(self) -> set[int]:
        """Find which team of the roster wears which kit, by all numbers that were read; unknown where it is unclear.

        Returns:
            The tracks for which that changes something.
        """
        if self._roster is None:
            return set()
        numbered = {track: player.number for track, player in self._players.items() if player.number}
        before = self._teams
        self._teams = worn_kits(
            {(self._kit(track), number) for track, number in numbered.items()}, self._roster, self._config.min_evidence
        )
        return set(numbered) if self._teams != before else set()


def worn_kits(read: set[tuple[str, str]], roster: Roster, min_evidence: int) -> dict[str, str]:
    """Which team of a roster wears which kit.

    Every way to give the teams to the kits is rated: a kit's number that its team has counts for it, one that its team
    lacks against it. The best way holds where it is better by enough than every other one for the kit in question.

    Args:
        read: kit ("A", "B", or "" where kits are not told apart) and number of each player.
        roster: the teams.
        min_evidence: numbers by which the best way must be better.

    Returns:
        The team by kit.
    """
    kits = sorted({kit for kit, _ in read})
    if len(kits) > 1:
        kits = [kit for kit in kits if kit]  # a player of neither kit is a referee, or not known yet
    elif kits == [""] and len(roster.teams) > 1:
        return {}
    ways: list[tuple[int, Mapping[str, str]]] = [(0, {})]
    # A roster of one team says nothing of its opponents; otherwise it has those who play.
    teams = [*([""] if len(roster.teams) == 1 else []), *roster.teams]
    for kit in kits[:2]:
        numbers = [number for worn, number in read if worn == kit]
        ways = [
            (rating + (0 if not team else sum(1 if number in roster.teams[team] else -1 for number in numbers)),
             {**way, kit: team} if team else way)
            for rating, way in ways
            for team in teams if not team or team not in way.values()
        ]  # fmt: skip
    best, chosen = max(ways, key=lambda way: way[0])
    return {
        kit: team for kit, team in chosen.items()
        if all(best - rating >= min_evidence for rating, way in ways if way.get(kit) != team)
    }  # fmt: skip
