"""Teams: which players wear the same kit, by the colours of shirts and shorts, without being taught any team.

Every crop of a player gives one description of his kit, and a track's description is the median of its newest ones.
Two groups are searched among the tracks. How much the descriptions of one and the same track differ from crop to crop
is what light, shadow and pose do; distances are measured in units of that. Players who fit neither group, such as a
referee whom the detector takes for a player, belong to no team, and neither does anybody while there is no second kit.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.skeleton import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from courtside_server.players.config import TeamConfig
from courtside_server.types.players import PlayerCrop

NAMES = ("A", "B")
"""Names of the teams, in the order in which their first players were seen."""
_SHIRT, _SHORTS = (0.22, 0.46), (0.50, 0.64)
"""Heights of shirt and shorts as shares of a standing player's box, from its top."""
_MIDDLE = 0.4
"""Share of the box's width in its middle that is body."""
_SIZE = 6
"""Numbers of a description: lightness, green to red, blue to yellow of shirt and of shorts (CIELAB)."""
_ROUNDS = 12
"""Rounds of the search for two groups; it is settled after a few."""


@dataclass(slots=True)
class _Player:
    """What is known of a track's kit."""

    kits: deque[NDArray[np.float64]]
    first: int
    team: int | None = None
    """Number of the group; None where he fits neither."""


@dataclass(frozen=True, slots=True)
class _Groups:
    """Two kits (2, 6), and the spread (6,) of one player's descriptions."""

    kits: NDArray[np.float64]
    spread: NDArray[np.float64] = field(default_factory=lambda: np.ones(_SIZE))

    def distances(self, kits: NDArray[np.float64]) -> NDArray[np.float64]:
        """From N descriptions (N, 6) to both kits: (N, 2), in spreads, as a mean over the numbers."""
        off = (kits[:, np.newaxis] - self.kits) / self.spread
        distances: NDArray[np.float64] = np.sqrt((off**2).mean(2))
        return distances


def kit_colours(crop: PlayerCrop, keypoints: NDArray[np.float32] | None = None) -> NDArray[np.float64] | None:
    """The colours of a player's kit: (6,) CIELAB of shirt and shorts; None where too little of him is in the crop.

    The median of the pixels in the middle of the body leaves out numbers, arms and what is behind him.

    Args:
        crop: of the player.
        keypoints: (17, 2 or more) x, y in pixels of the frame; where shoulders and hips are known, the shirt lies
            between them.
    """
    scale = crop.pixels.shape[2] / crop.side
    left, top, right, bottom = ((crop.box - np.tile(crop.origin, 2)) * scale).tolist()
    middle, half, tall = (left + right) / 2, (right - left) * _MIDDLE / 2, bottom - top
    shirt = [middle - half, top + _SHIRT[0] * tall, middle + half, top + _SHIRT[1] * tall]
    shorts = [middle - half, top + _SHORTS[0] * tall, middle + half, top + _SHORTS[1] * tall]
    if keypoints is not None:
        corners = keypoints[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP], :2].astype(np.float64)
        if np.isfinite(corners).all():
            corners = (corners - crop.origin) * scale
            shoulders, hips = corners[:2].mean(0), corners[2:].mean(0)
            wide = max(float(np.ptp(corners[:, 0])) / 2, half) * 0.6
            x, long = float((shoulders[0] + hips[0]) / 2), float(hips[1] - shoulders[1])
            if long > 4:
                shirt = [x - wide, shoulders[1] + 0.15 * long, x + wide, hips[1] - 0.1 * long]
                shorts = [float(hips[0]) - wide, hips[1] + 0.1 * long, float(hips[0]) + wide, hips[1] + 0.5 * long]
    parts = [_median_colour(crop.pixels, part) for part in (shirt, shorts)]
    if parts[0] is None or parts[1] is None:
        return None
    return np.concatenate([parts[0], parts[1]])


def _median_colour(pixels: NDArray[np.uint8], part: list[float]) -> NDArray[np.float64] | None:
    size = pixels.shape[1]
    x0, y0, x1, y1 = (min(max(round(value), 0), size) for value in part)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    # A small picture is enough for a median, and costs a tenth.
    step = max(1, (x1 - x0) // 12), max(1, (y1 - y0) // 12)
    patch = np.ascontiguousarray(pixels[:, y0 : y1 : step[1], x0 : x1 : step[0]].transpose(1, 2, 0))
    if not patch.any():
        return None  # outside the frame
    lab = cv2.cvtColor(patch.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    return np.asarray(np.median(lab, axis=0), np.float64)


class Teams:
    """Sorts the players of one camera into two teams. Used on one thread.

    Players who are seen again keep their team while their kit fits. Groups are searched anew as crops come, and go on
    from those before, so that A stays A: it is the team whose player was seen first when two kits were known.

    Args:
        config: the numbers that decide.
        remember: tracks that are kept; the one seen longest ago is forgotten.
    """

    def __init__(self, config: TeamConfig, remember: int = 256) -> None:
        self._config, self._remember = config, remember
        self._players: OrderedDict[int, _Player] = OrderedDict()
        self._groups: _Groups | None = None
        self._seen = self._since = 0

    def add(self, crop: PlayerCrop, keypoints: NDArray[np.float32] | None = None) -> None:
        """Take a crop of a player, who is no referee to the detector.

        Args:
            crop: of the player.
            keypoints: (17, 2 or more) x, y in pixels of the frame, where a pose is known.
        """
        kit = kit_colours(crop, keypoints)
        if kit is None:
            return
        player = self._players.pop(crop.track, None)
        if player is None:
            player = _Player(deque(maxlen=self._config.kits), self._seen)
        self._players[crop.track] = player
        while len(self._players) > self._remember:
            self._players.popitem(last=False)
        player.kits.append(kit)
        self._seen += 1
        self._since += 1
        if self._since >= self._config.search_every:
            self._since = 0
            self._search()
        elif self._groups is not None:
            self._place([player], self._groups)

    def team(self, track: int) -> str:
        """``A`` or ``B``; empty where it is not known, or the player belongs to neither."""
        player = self._players.get(track)
        return "" if player is None or player.team is None else NAMES[player.team]

    def _search(self) -> None:
        known = [player for player in self._players.values() if len(player.kits) >= self._config.min_crops]
        if len(known) < 2:
            return
        kits = np.array([np.median(player.kits, axis=0) for player in known])
        weights = np.sqrt([len(player.kits) for player in known])
        own = np.concatenate([np.array(player.kits) - kit for player, kit in zip(known, kits, strict=True)])
        # Half of the deviations count: a crop with somebody else before the player is no shadow.
        spread = np.maximum(np.median(np.abs(own), axis=0) * 1.48, self._config.least_spread)
        start = self._groups.kits if self._groups is not None else _farthest(kits / spread) * spread
        groups = self._settled(_Groups(start, spread), kits, weights)
        apart = float(np.sqrt((((groups.kits[0] - groups.kits[1]) / spread) ** 2).mean()))
        nearest = groups.distances(kits).argmin(1)
        if apart < self._config.min_apart or len(set(nearest.tolist())) < 2:
            self._groups = None
            for player in self._players.values():
                player.team = None
            return
        if self._groups is None:
            first = [min(player.first for player, own in zip(known, nearest, strict=True) if own == team)
                     for team in (0, 1)]  # fmt: skip
            if first[1] < first[0]:
                groups = _Groups(groups.kits[::-1].copy(), spread)
        self._groups = groups
        self._place(list(self._players.values()), groups)

    def _settled(self, groups: _Groups, kits: NDArray[np.float64], weights: NDArray[np.float64]) -> _Groups:
        """Move both kits to the middle of those who wear them, who are far from neither."""
        for _ in range(_ROUNDS):
            distances = groups.distances(kits)
            nearest, near = distances.argmin(1), distances.min(1)
            moved = groups.kits.copy()
            for team in (0, 1):
                mine = nearest == team
                if mine.any():
                    # Who stands out of the group pulls it less: a referee does not move a team.
                    pull = weights[mine] / (1 + (near[mine] / max(float(np.median(near[mine])), 0.3)) ** 2)
                    moved[team] = (kits[mine] * pull[:, np.newaxis]).sum(0) / pull.sum()
            if np.allclose(moved, groups.kits, atol=1e-3):
                break
            groups = _Groups(moved, groups.spread)
        return groups

    def _place(self, players: list[_Player], groups: _Groups) -> None:
        for player in players:
            if len(player.kits) < self._config.min_crops:
                player.team = None
                continue
            near = groups.distances(np.median(player.kits, axis=0)[np.newaxis])[0]
            best = int(near.argmin())
            apart = math.sqrt(float((((groups.kits[0] - groups.kits[1]) / groups.spread) ** 2).mean()))
            fits = near[best] <= self._config.max_distance * apart and near[best] <= self._config.max_ratio * near.max()
            player.team = best if fits else None


def _farthest(kits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two (2, D) of N descriptions (N, D) to begin with: the pair for which all others are nearest to one of them."""
    between = np.linalg.norm(kits[:, np.newaxis] - kits, axis=2)
    rows, columns = np.triu_indices(len(kits), 1)
    costs = np.minimum(between[rows], between[columns]).sum(1)
    best = int(costs.argmin())
    return np.asarray(kits[[rows[best], columns[best]]])
