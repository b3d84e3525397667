"""The rim model: what a ball's path and the pictures round the rim say of a shot's end, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import Engine
from courtside_server.shots.models.flight import check_track_face
from courtside_server.shots.trajectory import COLUMNS, TICK_S, TICKS, BallPath, from_rim, track_window
from courtside_server.types import ObjectClass, Observations, ShotResult

PICTURES = 24
"""Pictures a window: the last 1.15 s of it."""
SIDE = 64
GREY = 114
CLOSED = 0.5
"""Probability of being decided from which a look counts."""
SURE = 0.55
"""Share of the verdicts so far that must agree before a result is told."""
LEANING, CLEARLY = 0.1, 3.0
"""Probability of being decided from which the last look of all says something, and how much likelier one end must be
than the other then: a ball that bounced away was likely missed, though nobody saw it come down."""
WEIGHT = 1.2
"""Sum of closed verdicts before a result is told: one glimpse is not enough."""
NEAR = 1.5
"""Rim widths from a rim within which a ball is at it."""
PAST = 0.5
"""Rim widths over and under a rim that a ball which flew past it was seen at."""
WATCH_S = 1.3
"""Real seconds after the ball was first at the rim during which looks count: later ones see it bounce on the floor."""


class RimModel:
    """The ``rim`` face: ``crops`` uint8 24x3x64x64 and ``track`` float32 48x15 in; ``verdict`` (3) out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a rim model's; the message says which and how.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._engine, self._name, self._timeout = engine, name, timeout
        info = engine.info(name)
        check_track_face(info, {"verdict": (3,)})
        crops = info.inputs.get("crops")
        if crops is None or crops.dtype != np.uint8 or tuple(crops.shape) != (PICTURES, 3, SIDE, SIDE):
            found = "nothing" if crops is None else f"{crops.dtype} {list(crops.shape)}"
            raise ModelInvalid(
                f"model {name} sees no rim: input 'crops' must be uint8 [{PICTURES}, 3, {SIDE}, {SIDE}], found {found}",
                model=name,
            )

    async def judge(
        self, path: BallPath, seen: Sequence[Observations], now: float, time_scale: float
    ) -> NDArray[np.float64]:
        """Probabilities (3,) of open, made and missed at media time ``now``.

        Args:
            path: sightings of the shot's ball.
            seen: observations of the window that ends now.
            now: media seconds.
            time_scale: real seconds a media second.

        Raises:
            EngineError: the engine did not answer, or with NaN.
        """
        ticks = np.asarray(now - (TICKS - 1 - np.arange(TICKS)) * TICK_S / time_scale, np.float64)
        track = (
            track_window(path, seen, ticks, time_scale) if len(path) else np.zeros((TICKS, COLUMNS), np.float32)
        )
        crops = rim_crops(seen, track, ticks[-PICTURES:])
        inputs: dict[str, NDArray[Any]] = {"track": track[np.newaxis], "crops": crops[np.newaxis]}
        out = (await self._engine.infer(self._name, inputs, timeout=self._timeout))["verdict"][0]
        if not np.isfinite(out).all():
            raise EngineError(f"model {self._name} answered with NaN; re-export it")
        said: NDArray[np.float64] = out.astype(np.float64)
        return said


def rim_crops(
    seen: Sequence[Observations], track: NDArray[np.float32], ticks: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Pictures (24, 3, 64, 64) of the rim that ``track`` is measured by, at the looks nearest to ``ticks``."""
    out = np.full((len(ticks), 3, SIDE, SIDE), GREY, np.uint8)
    looks = [observations for observations in seen if observations.rim_pictures]
    if not looks or track[0, 5] < 0.5:
        return out
    media = np.array([observations.media for observations in looks])
    for row, tick in enumerate(ticks):
        near = int(np.argmin(np.abs(media - tick)))
        if abs(media[near] - tick) > 0.2:
            continue
        picture = _picture_at(looks[near], float(track[0, 6]), float(track[0, 7]), float(track[0, 8]))
        if picture is not None:
            out[row] = picture
    return out


def _picture_at(look: Observations, x: float, y: float, wide: float) -> NDArray[np.uint8] | None:
    """The picture of the rim that stands at (x, y), camera motion taken out."""
    for row in look.rows(ObjectClass.RIM):
        box = look.boxes[row]
        middle = (float(box[0] + box[2]) / 2 - look.pan[0], float(box[1] + box[3]) / 2 - look.pan[1])
        if abs(middle[0] - x) < wide and abs(middle[1] - y) < wide:
            picture = look.rim_pictures.get(int(look.tracks[row]))
            if picture is not None:
                return picture
    return None


def first_at_rim(path: BallPath, rim: NDArray[np.float64] | None, since: float) -> float | None:
    """Media time of the path's first sighting from ``since`` on that is at the rim's box (4,); None while it is not."""
    if rim is None or not len(path):
        return None
    there = (path.media >= since) & (np.hypot(*from_rim(path.places, rim).T) <= NEAR)
    return float(path.media[there][0]) if there.any() else None


def flew_past(path: BallPath, rim: NDArray[np.float64] | None, since: float) -> bool:
    """Whether the path was seen over the rim's box (4,) and then under it, and never at it: an air ball."""
    if rim is None or not len(path) or first_at_rim(path, rim, since) is not None:
        return False
    height = from_rim(path.places[path.media >= since], rim)[:, 1]
    over = np.flatnonzero(height > PAST)
    return bool(len(over)) and bool((height[over[0] :] < -PAST).any())


@dataclass(slots=True)
class Verdict:
    """What all looks at one shot's end come to.

    Attributes:
        made, missed: sums of the model's probabilities, weighted by how closed it took the shot to be.
        decided_at: media time of the first look that sufficed; None while nothing can be told.
        last: made and missed as the newest look has them.
    """

    made: float = 0.0
    missed: float = 0.0
    last: tuple[float, float] = (0.0, 0.0)
    decided_at: float | None = field(default=None)

    def add(self, said: NDArray[np.float64], now: float) -> None:
        """Take one look's probabilities (3,) of open, made and missed."""
        closed = 1.0 - float(said[0])
        self.last = float(said[1]), float(said[2])
        if closed > CLOSED:
            self.made += closed * float(said[1])
            self.missed += closed * float(said[2])
        if self.decided_at is None and self.result is not ShotResult.UNKNOWN:
            self.decided_at = now

    @property
    def result(self) -> ShotResult:
        """What can be told by now."""
        whole = self.made + self.missed
        if whole < WEIGHT or max(self.made, self.missed) < SURE * whole:
            return ShotResult.UNKNOWN
        return ShotResult.MADE if self.made > self.missed else ShotResult.MISSED

    @property
    def settled(self) -> ShotResult:
        """What is to be told when no more looks will come: what the few there were say, else how the last one leans."""
        if self.result is not ShotResult.UNKNOWN:
            return self.result
        made, missed = self.made, self.missed
        if made + missed <= 0:
            made, missed = self.last
            if made + missed < LEANING or max(made, missed) < CLEARLY * min(made, missed):
                return ShotResult.UNKNOWN
        return ShotResult.MADE if made > missed else ShotResult.MISSED

    @property
    def make_probability(self) -> float | None:
        """Share of made among what closed verdicts came to; None before any."""
        whole = self.made + self.missed
        return self.made / whole if whole >= WEIGHT else None
