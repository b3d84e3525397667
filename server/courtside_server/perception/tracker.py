"""Tracking: one camera's detections in, tracked balls, rims and players out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.appearance import appearances
from courtside_server.perception.balls import BallTracker
from courtside_server.perception.carried import CarriedPeople
from courtside_server.perception.config import TrackingConfig
from courtside_server.perception.players import PlayerTracker
from courtside_server.perception.regions import Regions, choose_regions
from courtside_server.perception.rim_crop import rim_crop
from courtside_server.perception.rims import RimTracker
from courtside_server.perception.views import view
from courtside_server.types import UNTRACKED, Detections, DetectorFrame, ObjectClass, Observations


@dataclass(frozen=True, slots=True)
class TrackIds:
    """Sources of new ids of each kind; one for all cameras of a service, so that no two share an id."""

    players: Iterator[int]
    balls: Iterator[int]
    rims: Iterator[int]

    @classmethod
    def fresh(cls) -> TrackIds:
        """Ids that count from 1."""
        return cls(count(1), count(1), count(1))


class Tracker:
    """Tracks balls, rims and players of one segment, detector frame by detector frame in order.

    Args:
        ids: sources of track ids.
        time_scale: real seconds per media second.
        config: the numbers that decide.
    """

    def __init__(
        self, ids: TrackIds, time_scale: float = 1.0, config: TrackingConfig = TrackingConfig()
    ) -> None:
        self._ids, self._config = ids, config
        self._balls = BallTracker(ids.balls, time_scale, config.balls)
        self._players = PlayerTracker(ids.players, time_scale, config.players)
        self._rims = RimTracker(ids.rims, config.rims)
        self._people, self._referees = CarriedPeople(time_scale), CarriedPeople(time_scale)
        self._before: DetectorFrame | None = None

    def regions(self, frame: DetectorFrame) -> Regions | None:
        """Where the balls of the next frame are expected; None where it must be searched whole."""
        if frame.cut:
            return None
        return choose_regions(self._balls.predictions(frame.media), frame, self._config.regions)

    def with_time_scale(self, time_scale: float, seen: Sequence[Observations]) -> tuple[Tracker, list[Observations]]:
        """This scene's tracker at another speed, and what was seen with its balls tracked anew by it.

        Players and rims keep their tracks.

        Args:
            time_scale: real seconds per media second.
            seen: all observations of the scene so far.
        """
        other = Tracker(self._ids, time_scale, self._config)
        other._players, other._rims, other._before = self._players, self._rims, self._before
        return other, [other._with_balls(one) for one in seen]

    def _with_balls(self, seen: Observations) -> Observations:
        rows, tracks = seen.rows(ObjectClass.BALL), seen.tracks.copy()
        boxes = seen.boxes[rows].astype(np.float64)
        wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        tracks[rows] = self._balls.update(
            (boxes[:, :2] + boxes[:, 2:]) / 2.0 - np.array(seen.pan), np.sqrt(np.maximum(wide * tall, 1.0)),
            seen.scores[rows], seen.media, seen.whole,
        )  # fmt: skip
        return replace(seen, tracks=tracks)

    def update(self, frame: DetectorFrame, detections: Detections) -> Observations:
        """Track what the detector found in one frame. A scene cut starts every track anew, but
        for the players of a scene that comes back.

        Where it did not see the whole frame, people and rims are where their tracks say.
        """
        whole = frame.whole
        if frame.cut:
            self._balls.reset()
            if self._before is not None:
                self._players.cut(view(self._before.pixels), view(frame.pixels), self._before.pan)
            self._rims.reset()
            self._people.reset()
            self._referees.reset()
        self._before = replace(frame, frame=None)
        least = self._config.detection
        pan = np.array(frame.pan)
        both = np.concatenate([pan, pan])
        balls = detections.of(ObjectClass.BALL, least.ball)
        wide, tall = balls.boxes[:, 2] - balls.boxes[:, 0], balls.boxes[:, 3] - balls.boxes[:, 1]
        ball_ids = self._balls.update(
            (balls.boxes[:, :2] + balls.boxes[:, 2:]) / 2.0 - pan, np.sqrt(np.maximum(wide * tall, 1.0)),
            balls.scores, frame.media, whole,
        )  # fmt: skip
        found_rims = detections.of(ObjectClass.RIM, least.rim if whole else np.inf)
        seen = np.array([0.0, 0.0, frame.width, frame.height]) - both
        rims, rim_scores, rim_ids = self._rims.update(
            found_rims.boxes - both, found_rims.scores, frame.media, seen, whole
        )
        if whole:
            players = detections.of(ObjectClass.PLAYER, least.player)
            referees = detections.of(ObjectClass.REFEREE, least.player)
            player_ids = self._players.update(
                players.boxes - both, players.scores, frame.media, appearances(frame, players.boxes)
            )
            untracked = np.full(len(referees.scores), UNTRACKED, np.int64)
            self._people.keep((players.boxes, players.scores, player_ids), frame.media, both)
            self._referees.keep((referees.boxes, referees.scores, untracked), frame.media, both)
        size = (frame.width, frame.height)
        people = (
            (players.boxes, players.scores, player_ids) if whole else self._people.at(frame.media, both, size)
        )
        officials = (
            (referees.boxes, referees.scores, untracked) if whole else self._referees.at(frame.media, both, size)
        )
        parts = [
            (balls.boxes, balls.scores, ball_ids, ObjectClass.BALL),
            ((rims + both).astype(np.float32), rim_scores, rim_ids, ObjectClass.RIM),
            (*people, ObjectClass.PLAYER),
            (*officials, ObjectClass.REFEREE),
        ]
        best = np.argsort(-rim_scores, kind="stable")[: self._config.rims.crops]
        crops: dict[int, NDArray[np.uint8]] = {int(rim_ids[row]): rim_crop(frame, rims[row] + both) for row in best}
        return Observations(
            frame.camera, frame.media_segment, frame.media, frame.capture_time, frame.arrival,
            frame.width, frame.height, frame.pan,
            np.concatenate([boxes for boxes, *_ in parts]), np.concatenate([scores for _, scores, *_ in parts]),
            np.concatenate([np.full(len(ids), kind, np.int64) for *_, ids, kind in parts]),
            np.concatenate([ids for *_, ids, _ in parts]), frame.cut, crops, frame.whole,
        )  # fmt: skip
