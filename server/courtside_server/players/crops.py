"""Crops: players cut out of a frame at its own resolution, and which of them are cut out of which frame.

observations + frame ──► CropPlan (whom, with what budget) ──► cut ──► PlayerCrop
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.players.config import CropConfig
from courtside_server.rings.slots import RingFrame
from courtside_server.types import UNTRACKED, Frame, ObjectClass, Observations
from courtside_server.types.players import PlayerCrop

SIDE = 256
"""Width and height of a crop, pixels; part of the pose model's signature."""
MARGIN = 1.25
"""Side of a crop relative to the longer side of the player's box; the pose model is evaluated with this value."""
SHOOTER_MARGIN, UPWARDS = 1.5, 0.8
"""The same for players near a ball, and the share of the additional room that is above them: a detector's box ends at
the head, and a shooter's hands are above it. Of 210 crops of real shooters the hands at the release are in nearly all
with 1.5, in half with 1.25; of small players in broadcasts fewer joints are right with 1.5 (agreement .57, not .66)."""
_FORGET_S = 2.0
"""Real seconds after which a player who is gone is forgotten."""


class CropSkip(enum.StrEnum):
    """Why a player was not cut out: the bounded label of ``courtside_crops_skipped_total``."""

    BUDGET = "budget"
    """The camera's crops per second are used up."""
    BUSY = "busy"
    """The pose model has as many crops of the camera as it may."""
    SMALL = "small"
    """The player is too small."""
    OVERTAKEN = "overtaken"
    """The frame was overwritten in the ring before it was read."""


@dataclass(slots=True)
class _Player:
    """What is remembered of a player: when last cut out, and the smoothed size."""

    side: float
    updated: float
    cut: float = -np.inf


class CropPlan:
    """Chooses the players of each frame: those near a ball first, then the ones whose last crop is oldest.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
        live: a budget of crops per second holds; film has none.
    """

    def __init__(self, config: CropConfig, time_scale: float, live: bool) -> None:
        self._config, self._scale, self._live = config, time_scale, live
        self._players: dict[int, _Player] = {}
        self._near: set[int] = set()
        self._budget, self._last = 0.0, -np.inf
        self._turn = 0
        self.skipped: dict[CropSkip, int] = {}
        """How many were left out since this was emptied, by reason."""

    def choose(
        self, observations: Observations, room: int, wanted: Collection[int] | None = None, headroom: float = 1.0
    ) -> list[int]:
        """Row numbers of the players to cut out of a frame, the most important first.

        Args:
            observations: what was tracked in it.
            room: most crops.
            wanted: of these tracks alone; all by default.
            headroom: share of the detector's time that is left, 0 to 1; the budget shrinks with it.
        """
        config, now = self._config, observations.media * self._scale
        self._refill(now, headroom)
        rows = [row for row in observations.rows(ObjectClass.PLAYER) if observations.tracks[row] != UNTRACKED]
        rows = [row for row in rows if wanted is None or int(observations.tracks[row]) in wanted]
        heights = observations.boxes[:, 3] - observations.boxes[:, 1]
        tall = [row for row in rows if heights[row] >= config.min_height]
        self._skip(CropSkip.SMALL, len(rows) - len(tall))
        near = _near_ball(observations, tall, config.near_ball)
        self._near = {int(observations.tracks[row]) for row in near}
        # A small share of the step may be missing: detector frames come at 15 per second, not at 10.
        due = [
            row for row in tall
            if row in near or now - self._known(observations, row, now).cut >= 0.75 / config.player_rate
        ]  # fmt: skip
        due.sort(key=lambda row: (row not in near, self._known(observations, row, now).cut))
        if self._live:
            allowed = int(self._budget)
            due = self._shared(due, near, min(allowed, room))
            self._skip(CropSkip.BUDGET, len(due) - allowed)
            due = due[:allowed]
        self._skip(CropSkip.BUSY, len(due) - room)
        chosen = due[:room]
        for row in chosen:
            self._known(observations, row, now).cut = now
        self._budget -= len(chosen)
        return chosen

    def side(self, observations: Observations, row: int) -> float:
        """Side of a player's crop, pixels of the frame, smoothed over time."""
        return self._known(observations, row, observations.media * self._scale).side

    def _known(self, observations: Observations, row: int, now: float) -> _Player:
        track, box = int(observations.tracks[row]), observations.boxes[row]
        side = float(max(box[2] - box[0], box[3] - box[1])) * (SHOOTER_MARGIN if track in self._near else MARGIN)
        player = self._players.get(track)
        if player is None:
            player = self._players[track] = _Player(side, now)
        elif now > player.updated:
            share = 1.0 if self._config.size_smoothing <= 0 else (
                1 - np.exp(-(now - player.updated) / self._config.size_smoothing)
            )  # fmt: skip
            player.side += float(share) * (side - player.side)
            player.updated = now
        return player

    def _refill(self, now: float, headroom: float) -> None:
        config = self._config
        share = min(max(headroom / config.full_headroom, 0.0), 1.0)
        rate = config.least_rate + (max(config.live_rate, config.least_rate) - config.least_rate) * share
        self._budget = min(rate / 4, self._budget + rate * min(now - self._last, 1.0))
        if self._last == -np.inf:
            self._budget = rate / 4
        self._last = now
        if len(self._players) > 64:
            self._players = {t: p for t, p in self._players.items() if now - p.updated < _FORGET_S}

    def _shared(self, due: list[int], near: Collection[int], places: int) -> list[int]:
        """Every third place goes to those who are not near a ball, however many are: nobody is left out for good."""
        first, others = [row for row in due if row in near], [row for row in due if row not in near]
        if not first or not others or len(due) <= places or not places:
            return due
        # Of a frame with fewer than three places all are theirs, in every third such frame.
        kept = places // 3
        if not kept:
            self._turn = (self._turn + 1) % 3
            kept = 0 if self._turn else places
        return [*first[: places - kept], *others[:kept], *first[places - kept :], *others[kept:]]

    def _skip(self, reason: CropSkip, count: int) -> None:
        if count > 0:
            self.skipped[reason] = self.skipped.get(reason, 0) + count


def _near_ball(observations: Observations, rows: Collection[int], reach: float) -> set[int]:
    """The rows of players whose box is near a ball."""
    balls = observations.boxes[observations.rows(ObjectClass.BALL)]
    middles = (balls[:, :2] + balls[:, 2:]) / 2
    near = set()
    for row in rows:
        box = observations.boxes[row]
        outside = np.maximum(np.maximum(box[:2] - middles, middles - box[2:]), 0)
        if len(middles) and np.linalg.norm(outside, axis=1).min() <= reach * (box[3] - box[1]):
            near.add(row)
    return near


def cut_crop(frame: Frame, track: int, box: NDArray[np.float32], side: float) -> PlayerCrop | None:
    """Cut a player out of a frame: the square of ``side`` pixels round the middle of the box, or a little above it.

    Args:
        frame: the frame; the planes are scaled before the colour conversion, which takes a third of the time.
        track: the player's track.
        box: (4,) xyxy, pixels of the frame.
        side: pixels of the frame; never less than `MARGIN` times the box's longer side.

    Returns:
        None where the ring has overwritten the frame.
    """
    least = MARGIN * float(max(box[2] - box[0], box[3] - box[1]))
    side = max(side, least, 8.0)
    # Even corners, so that the chroma planes are cut at the same place.
    half = round(side / 4) * 2
    x, y = ((float(box[axis]) + float(box[axis + 2])) / 2 for axis in (0, 1))
    y -= UPWARDS * (side - max(least, 8.0)) / 2
    left, top = round(x / 2) * 2 - half, round(y / 2) * 2 - half
    height = frame.planes.shape[0] * 2 // 3
    width = frame.planes.shape[1]
    chroma = frame.planes[height:].reshape(2, height // 2, width // 2)
    scaled = np.empty((SIDE * 3 // 2, SIDE), np.uint8)
    _fill(scaled[:SIDE], frame.planes[:height], left, top, 2 * half, 0)
    small = scaled[SIDE:].reshape(2, SIDE // 2, SIDE // 2)
    for plane, target in zip(chroma, small, strict=True):
        _fill(target, plane, left // 2, top // 2, half, 128)
    if isinstance(frame, RingFrame) and frame.overtaken:
        return None
    rgb = cv2.cvtColor(scaled, cv2.COLOR_YUV2RGB_I420)
    return PlayerCrop(track, np.ascontiguousarray(rgb.transpose(2, 0, 1)), (float(left), float(top)), 2.0 * half, box)


def _fill(target: NDArray[np.uint8], plane: NDArray[np.uint8], left: int, top: int, side: int, outside: int) -> None:
    """Scale the square of a plane into ``target``; ``outside`` where it lies beyond the plane."""
    high, wide = plane.shape
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, wide), min(top + side, high)
    if x1 <= x0 or y1 <= y0:
        target[:] = outside
        return
    part = plane[y0:y1, x0:x1]
    if (x1 - x0, y1 - y0) != (side, side):
        part = cv2.copyMakeBorder(
            part, y0 - top, top + side - y1, x0 - left, left + side - x1, cv2.BORDER_CONSTANT, value=outside
        )
    shrinks = side > target.shape[0]
    cv2.resize(part, target.shape[::-1], dst=target, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
