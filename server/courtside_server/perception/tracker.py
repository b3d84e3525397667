"""Observing: one camera's frames to looks for the detector, and its detections to tracked observations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_server.perception.balls import BallTracker
from courtside_server.perception.scene_cut import CutDetector
from courtside_server.perception.detector import GREY
from courtside_server.perception.camera_motion import CameraMotion
from courtside_server.perception.players import PlayerTracker
from courtside_server.perception.rims import RimKeeper
from courtside_server.pixels import letterbox
from courtside_server.types import Detections, Frame, Look, ObjectClass, Observations

RIM_SIDE = 64
"""Pixels of a rim's picture."""
RIM_SPAN, RIM_DROP = 3.2, 0.3
"""A rim's picture is a square of so many rim widths, and its middle so many below the rim's."""
RIM_PICTURES = 2
"""Rims that are pictured, the best known ones."""
BALL_LEAST, RIM_LEAST, PLAYER_LEAST, PLAYER_SURE = 0.1, 0.3, 0.2, 0.5


class Looker:
    """Chooses which frames of one segment the detector sees and makes them ready; runs on the decode thread.

    Args:
        size: width and height of the detector's input.
        rate: looks a real second at most.
        time_scale: real seconds a media second.
    """

    def __init__(self, size: tuple[int, int], rate: float, time_scale: float = 1.0) -> None:
        self._size, self._step = size, 1.0 / (rate * time_scale)
        self._cuts, self._motion = CutDetector(), CameraMotion()
        self._next = -np.inf
        self._number = 0

    def offer(self, frame: Frame) -> Look | None:
        """Take the next frame; give the look at it, or None where it is left out."""
        if frame.media < self._next - 0.25 * self._step:
            return None
        # From the frame's own time: a rate just below the film's must not leave out every other frame.
        self._next = max(self._next + self._step, frame.media + 0.5 * self._step)
        boxed = letterbox(frame.planes, *self._size, grey=GREY)
        # A cut on a frame that was left out shows on this one just as well.
        cut = self._cuts.offer(boxed.planes)
        if cut:
            self._motion.reset()
        x, y = self._motion.offer(boxed.planes)
        look = Look(
            frame.camera, frame.segment, self._number, frame.media, frame.capture_time, frame.arrival,
            boxed.pixels, boxed.scale, boxed.margin, frame.width, frame.height,
            (x / boxed.scale, y / boxed.scale), cut,
        )  # fmt: skip
        self._number += 1
        return look


@dataclass(frozen=True, slots=True)
class TrackIds:
    """Where fresh ids of each kind come from; one for all cameras of a service, so that no two share an id."""

    players: Iterator[int]
    balls: Iterator[int]
    rims: Iterator[int]

    @classmethod
    def fresh(cls) -> TrackIds:
        """Counting from 1."""
        return cls(count(1), count(1), count(1))


class Observer:
    """Tracks what the detector finds in the looks of one segment, look by look in order.

    Args:
        ids: where track ids come from.
        time_scale: real seconds a media second.
    """

    def __init__(self, ids: TrackIds, time_scale: float = 1.0) -> None:
        self._balls = BallTracker(ids.balls, time_scale)
        self._players = PlayerTracker(ids.players, memory_s=1.5 / time_scale, sure=PLAYER_SURE)
        self._rims = RimKeeper(ids.rims)

    def observe(self, look: Look, found: Detections) -> Observations:
        """The tracked observations of one look; a cut makes everything begin anew."""
        if look.cut:
            self._balls.reset()
            self._players.reset()
            self._rims.reset()
        pan = np.array(look.pan)
        both = np.concatenate([pan, pan])
        balls = found.of(ObjectClass.BALL, BALL_LEAST)
        wide, tall = balls.boxes[:, 2] - balls.boxes[:, 0], balls.boxes[:, 3] - balls.boxes[:, 1]
        ball_ids = self._balls.update(
            (balls.boxes[:, :2] + balls.boxes[:, 2:]) / 2.0 - pan, np.sqrt(np.maximum(wide * tall, 1.0)),
            balls.scores, look.media,
        )  # fmt: skip
        players = found.of(ObjectClass.PLAYER, PLAYER_LEAST)
        player_ids = self._players.update(players.boxes, players.scores, look.media)
        seen = found.of(ObjectClass.RIM, RIM_LEAST)
        view = np.array([0.0, 0.0, look.width, look.height]) - both
        rims, worth, rim_ids = self._rims.update(seen.boxes - both, seen.scores, look.media, view)
        referees = found.of(ObjectClass.REFEREE, PLAYER_LEAST)
        parts = [
            (balls.boxes, balls.scores, ball_ids, ObjectClass.BALL),
            ((rims + both).astype(np.float32), worth, rim_ids, ObjectClass.RIM),
            (players.boxes, players.scores, player_ids, ObjectClass.PLAYER),
            (referees.boxes, referees.scores, np.full(len(referees.scores), -1, np.int64), ObjectClass.REFEREE),
        ]
        return Observations(
            look.camera, look.segment, look.media, look.capture_time, look.arrival, look.width, look.height, look.pan,
            np.concatenate([boxes for boxes, *_ in parts]), np.concatenate([scores for _, scores, *_ in parts]),
            np.concatenate([np.full(len(ids), kind, np.int64) for *_, ids, kind in parts]),
            np.concatenate([ids for *_, ids, _ in parts]), look.cut,
            {int(rim): rim_picture(look, box + both) for rim, box in _best(rim_ids, rims, worth)},
        )  # fmt: skip


def _best(
    ids: NDArray[np.int64], boxes: NDArray[np.float32], worth: NDArray[np.float32]
) -> list[tuple[int, NDArray[np.float32]]]:
    order = np.argsort(-worth, kind="stable")[:RIM_PICTURES]
    return [(int(ids[row]), boxes[row]) for row in order]


def rim_picture(look: Look, box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """What happens round a rim: (3, 64, 64) uint8 RGB, grey where it lies outside the picture.

    Args:
        look: the frame.
        box: (4,) xyxy of the rim, pixels of the frame.
    """
    wide = max(float(box[2] - box[0]), 2.0) * look.scale
    x = float(box[0] + box[2]) / 2 * look.scale + look.margin[0]
    y = float(box[1] + box[3]) / 2 * look.scale + look.margin[1] + RIM_DROP * wide
    half = RIM_SPAN * wide / 2
    zoom = RIM_SIDE / (2 * half)
    # Only what is needed is turned into rows of pixels; its corner is then the origin.
    high, wide_in = look.pixels.shape[1:]
    left, top = (int(np.clip(np.floor(v - half) - 1, 0, size)) for v, size in ((x, wide_in), (y, high)))
    right, bottom = (int(np.clip(np.ceil(v + half) + 2, 0, size)) for v, size in ((x, wide_in), (y, high)))
    if right <= left or bottom <= top:
        return np.full((3, RIM_SIDE, RIM_SIDE), GREY, np.uint8)
    part = np.ascontiguousarray(look.pixels[:, top:bottom, left:right].transpose(1, 2, 0))
    # Pixel centres: output (i + .5) / zoom + corner = input + .5.
    turn = np.array(
        [[1 / zoom, 0, x - half + 0.5 / zoom - 0.5 - left], [0, 1 / zoom, y - half + 0.5 / zoom - 0.5 - top]]
    )
    picture = cv2.warpAffine(
        part, turn, (RIM_SIDE, RIM_SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(GREY, GREY, GREY),
    )  # fmt: skip
    return np.ascontiguousarray(picture.transpose(2, 0, 1))
