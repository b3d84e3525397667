"""Finding: windows and looks of one camera's segment in, changes of its shots out, as a profile says."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

import numpy as np

from courtside_server.perception.court import Calibration
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.tracker import Observer, TrackIds
from courtside_server.rings.observations import ObservationRing
from courtside_server.shots.models.flight import SPAN_S, VISIBLE_S, FlightModel
from courtside_server.shots.state import UNTOLD, ShotFollower, ShotStory
from courtside_server.shots.models.clip import WindowModel
from courtside_server.shots.trajectory import COUNTED, TICK_S, TICKS, apart
from courtside_server.shots.filters import RISE_S, within
from courtside_server.shots.models.rim import RimModel
from courtside_server.types import (
    MIDDLE,
    WINDOW_SAMPLES,
    Detections,
    Lifecycle,
    Look,
    Observations,
    Sample,
    Tick,
    Window,
    WindowPrediction,
)
from courtside_server.windows.nms import MergedShot, MergeRules, ShotMerger
from courtside_server.windows.scheduler import WindowScheduler
from courtside_server.windows.grid import TickGrid

T = TypeVar("T")
Ask = Callable[[Callable[[], Awaitable[T]]], Awaitable[T | None]]
"""Calls a model with patience; None when it did not answer and the moment has passed."""

RING_S = 6.0
"""Real seconds of observations that are kept: a shot is followed for 3.5 s and looked back at for 2.4."""
TOGETHER_S = 0.8
"""A clip's shot and a flight's so close are one."""
RIVAL_S = 1.5
"""Real seconds within which of two shots the better attested one is kept, unless two known players took them with two
balls: one on its way, or falling from the rim, looks like one thrown anew more often than two people shoot at once."""
REBOUND_S = (0.5, 2.5)
"""Real seconds after a shot's release in which a ball that goes up over the rim is that shot's rebound."""
_WINDOWS = 16


class Profile(enum.StrEnum):
    """Which window model finds shots."""

    CLIP = "clip"
    FLIGHT = "flight"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class FlightRules:
    """How flight windows become shots.

    Attributes:
        hop: ticks of 0.05 s between window starts.
        merge: thresholds, in real seconds.
        alone: least probability of a clip's shot that no flight was found for, in profile ``both``.
    """

    hop: int = 2
    merge: MergeRules = field(default_factory=lambda: MergeRules(threshold=0.7, nms_radius=0.8, min_support=0.15))
    alone: float = 0.95


@dataclass(frozen=True, slots=True)
class Finders:
    """The models a camera's shots are found with; ``detector`` and ``flight`` are None in profile ``clip``."""

    clip: WindowModel
    detector: CourtDetector | None = None
    flight: FlightModel | None = None
    rim: RimModel | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ShotChange:
    """A shot as merged and followed so far."""

    shot: MergedShot
    story: ShotStory = UNTOLD


@dataclass(slots=True, eq=False)
class _Followed:
    shot: MergedShot
    follower: ShotFollower
    closed: bool = False
    zoned: bool = False


def scaled(rules: MergeRules, time_scale: float) -> MergeRules:
    """Rules are in real seconds, predictions in media seconds."""
    return replace(rules, nms_radius=rules.nms_radius / time_scale)


class ShotFinder:
    """Finds the shots of one segment.

    Args:
        profile: which models vote.
        models: them.
        clip: rules for clip windows.
        flight: rules for flight windows.
        ids: where track ids come from.
        rate: looks a media second.
        time_scale: real seconds a media second.
        calibration: the court under the camera, now; None without one.
        ask: how models are called.
        watch: told of every observation as it is made, for drawing.

    Attributes:
        windows_judged: flight windows that the model answered.
    """

    def __init__(
        self, profile: Profile, models: Finders, clip: MergeRules, flight: FlightRules, ids: TrackIds, rate: float,
        time_scale: float, calibration: Callable[[int, int], Calibration | None], ask: Ask[object],
        watch: Callable[[Observations], None] | None = None,
    ) -> None:
        self._profile, self._models, self._rules, self._scale = profile, models, flight, time_scale
        self._calibration, self._ask, self._watch = calibration, ask, watch
        keys = count()
        self._clips = ShotMerger(scaled(clip, time_scale), keys)
        self._flights = ShotMerger(scaled(flight.merge, time_scale), keys)
        self._observer = Observer(ids, time_scale)
        self._ring = ObservationRing(RING_S / time_scale)
        self._ticks = TickGrid(TICK_S, time_scale)
        self._grid: WindowScheduler[Tick] = WindowScheduler("", 0, flight.hop, TICKS, TICKS, COUNTED)
        self._windows: deque[Window[Sample]] = deque(maxlen=_WINDOWS)
        self._followed: dict[int, _Followed] = {}
        self._kept: deque[_Followed] = deque(maxlen=8)
        self._recent: deque[float] = deque(maxlen=32)
        self._size = (0, 0)
        self.windows_judged = 0

    @property
    def scores_clips(self) -> bool:
        """Whether every clip window is scored; otherwise they wait to be asked where a shot was from."""
        return self._profile is not Profile.FLIGHT

    # ---- clip windows --------------------------------------------------------------------------------------------

    async def on_window(self, window: Window[Sample], prediction: WindowPrediction | None) -> list[ShotChange]:
        """Take the next clip window, with what the model said of it if it was asked."""
        self._windows.append(window)
        changes = self._clips.update(prediction) if prediction is not None else []
        if self._profile is Profile.CLIP:
            return [ShotChange(shot) for shot in changes]
        return [*(await self._zones()), *self._vote(changes)]

    def _vote(self, changes: Sequence[MergedShot]) -> list[ShotChange]:
        """What clips say where flights say nothing: told once it is certain, and only when it is."""
        out = []
        for shot in changes:
            matched = any(abs(shot.media - media) * self._scale <= TOGETHER_S for media in self._recent)
            if shot.lifecycle is Lifecycle.CONFIRMED and not matched and shot.score >= self._rules.alone:
                out.append(ShotChange(shot))
        return out

    # ---- looks ---------------------------------------------------------------------------------------------------

    async def on_look(self, look: Look, found: Detections) -> list[ShotChange]:
        """Take the next look with what the detector found in it."""
        return await self.on_observations(await asyncio.to_thread(self._observer.observe, look, found))

    async def on_observations(self, observations: Observations) -> list[ShotChange]:
        """Take the next tracked observations, of looks tracked elsewhere too."""
        self._ring.append(observations)
        if self._watch is not None:
            self._watch(observations)
        changes: list[MergedShot] = []
        for tick in self._ticks.offer(observations):
            for window in self._grid.add(tick):
                changes += await self._judge(window)
        self._size = (observations.width, observations.height)
        return await self._follow(changes, observations.media)

    async def _judge(self, window: Window[Tick]) -> list[MergedShot]:
        """What the flight model says of one window's balls, merged."""
        media = np.array([self._ticks.media(window.index + row) for row in range(TICKS)])
        last = window.samples[-1]
        wall = last.capture_time + (media - last.media) * self._scale
        seen = self._ring.between(float(media[0]) - 0.02, float(media[-1]) + 0.05 / self._scale)
        late = VISIBLE_S / self._scale
        span = (float(media[COUNTED.start]) + late, float(media[COUNTED.stop - 1]) + late)
        predictions: list[WindowPrediction] = []
        flight = self._models.flight
        if seen and flight is not None:
            said = await self._ask(
                lambda: flight.predict(seen, window.index, media, wall, last.arrival, self._scale, self._ticks.origin)
            )
            predictions = said if isinstance(said, list) else []
            self.windows_judged += isinstance(said, list)
        return self._flights.update_window(predictions, span, last.arrival)

    async def _follow(
        self, changes: Sequence[MergedShot], now: float, end: bool = False
    ) -> list[ShotChange]:
        """Bring every open shot's story up to now; a shot is final when its windows and its story are."""
        out = []
        for shot in changes:
            known = self._followed.get(shot.key)
            if known is None:
                calibration = self._calibration(*self._size)
                known = _Followed(shot, ShotFollower(self._models.rim, calibration, self._scale))
                self._followed[shot.key] = known
                self._recent.append(shot.media)
            known.shot, known.closed = shot, shot.lifecycle is Lifecycle.CONFIRMED
            if shot.lifecycle is Lifecycle.RETRACTED:
                del self._followed[shot.key]
                out.append(ShotChange(shot, known.follower.story))
        for key, known in list(self._followed.items()):
            follower = known.follower
            story = await self._ask(lambda f=follower, k=known: f.follow(k.shot, self._ring, now, end))  # type: ignore[misc]
            if not isinstance(story, ShotStory):
                story = follower.story
            lifecycle = Lifecycle.PROVISIONAL
            if known.closed and (end or follower.final(known.shot, now)):
                lifecycle = Lifecycle.CONFIRMED
                # Never near a basket, from nobody's hand (thrown up by the floor), falling all the way: no shot.
                if story.refuted or self._outdone(known):
                    lifecycle = Lifecycle.RETRACTED
                else:
                    self._kept.append(known)
                del self._followed[key]
            out.append(ShotChange(replace(known.shot, lifecycle=lifecycle), story))
        return out

    def _outdone(self, known: _Followed) -> bool:
        """Whether another shot, kept or open, leaves no room for this one: it is its rebound, or better attested."""
        for other in (*self._kept, *self._followed.values()):
            if self._rebounds(known, other):
                return True
            far = abs(known.shot.media - other.shot.media) * self._scale > RIVAL_S
            if other is known or far or other.follower.story.refuted or self._rebounds(other, known):
                continue
            mine, theirs = known.follower.story.shooter, other.follower.story.shooter
            if mine is not None and theirs is not None and mine != theirs and self._two_balls(known, other):
                continue
            if _attested(other, self._scale) > _attested(known, self._scale):
                return True
        return False

    def _rebounds(self, known: _Followed, before: _Followed) -> bool:
        """Whether one shot is the rebound of another, and not of a ball that is seen elsewhere then."""
        later = (known.shot.media - before.shot.media) * self._scale
        if not known.follower.story.off_rim or not REBOUND_S[0] <= later <= REBOUND_S[1]:
            return False
        return not self._two_balls(known, before)

    def _two_balls(self, one: _Followed, other: _Followed) -> bool:
        """Whether two shots' balls are both seen, in different places, when the later of them is released."""
        later = max(one.shot.media, other.shot.media)
        return apart(one.follower.path, other.follower.path, later, 0.1 / self._scale)

    async def _zones(self) -> list[ShotChange]:
        """Ask the clip model where shots were from, as soon as a window has them in its middle."""
        for known in self._followed.values():
            if known.zoned:
                continue
            window = self._centred(known.shot.media)
            if window is None:
                continue
            known.zoned = True
            said = await self._ask(lambda w=window: self._models.clip.predict(w))  # type: ignore[misc]
            if isinstance(said, WindowPrediction) and said.zone is not None:
                known.follower.with_zone([float(share) for share in said.zone])
        return []

    def _centred(self, media: float) -> Window[Sample] | None:
        """The newest window with ``media`` in its sixth to eighth sample, or the last of the segment."""
        for window in reversed(self._windows):
            times = [sample.media for sample in window.samples]
            place = int(np.searchsorted(times, media))
            if MIDDLE.start <= place <= WINDOW_SAMPLES // 2:
                return window
        return None

    # ---- end -----------------------------------------------------------------------------------------------------

    async def flush(self, interrupted: bool = False) -> list[ShotChange]:
        """Close every open shot: nothing more will come of this segment."""
        if self._profile is Profile.CLIP:
            return [ShotChange(shot) for shot in self._clips.flush(interrupted)]
        changes: list[MergedShot] = []
        if not interrupted:
            for window in self._grid.flush():
                changes += await self._judge(window)
        changes += self._flights.flush(interrupted)
        await self._zones()
        latest = self._ring.newest
        now = 0.0 if latest is None else latest.media
        out = await self._follow(changes, now, end=True)
        return [*out, *self._vote(self._clips.flush(interrupted))]


def _attested(known: _Followed, time_scale: float) -> float:
    """How much speaks for a shot: a hand, its windows, and how surely its ball was seen on the way up."""
    shot, path = known.shot, known.follower.path
    hand = 1.0 if known.follower.story.shooter is not None else 0.5
    flown = within(path, shot.media, RISE_S, time_scale)
    seen = float(path.scores[flown].mean()) if flown.any() else 0.0
    return hand * seen * shot.score * shot.agreeing / max(shot.covering, 1)


assert SPAN_S < RING_S
