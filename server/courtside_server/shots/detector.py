"""Shot detection: one camera's windows and observations in, changes of its shots out."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from courtside.court.homography import Calibration
from courtside_server.court.scene_court import SceneCourt
from courtside_server.inference.request import Infer
from courtside_server.perception.detector import CourtDetector
from courtside_server.perception.people import PeopleDetector
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.make_chance import ShootingRecord
from courtside_server.shots.models.candidate import CandidateModel
from courtside_server.shots.models.clip import ClipModel
from courtside_server.shots.models.flight import FlightModel, FlightWindow
from courtside_server.shots.models.flight_input import COUNTED, SPAN_S, STEP_S, STEPS
from courtside_server.shots.models.rim import RimModel
from courtside_server.shots.overlap import ShotOverlap
from courtside_server.shots.playback import Replays
from courtside_server.shots.shooter_evidence import ReleaseEvidence
from courtside_server.shots.state import ShotState, ShotStateMachine
from courtside_server.types import (
    MIDDLE,
    WINDOW_SAMPLES,
    Lifecycle,
    Observations,
    Sample,
    ShotResult,
    TimeStep,
    Window,
    WindowPrediction,
)
from courtside_server.windows.grid import TimeGrid
from courtside_server.windows.nms import ShotCandidate, TemporalNms
from courtside_server.windows.scheduler import WindowScheduler

RING_S = 6.0
"""Real seconds of observations that are kept: a shot is followed for 3.5 s and looks back 2.4 s."""
_CLIP_WINDOWS = 16
"""Clip windows kept for the question where a shot was from."""
_CONFIRMED_SHOTS = 8
"""Confirmed shots kept to suppress later ones."""
_BEFORE_S = 0.02
"""Media seconds of observations before a flight window that are read with it."""
_MAX_GAP = 4 * STEPS
"""Time steps without observations after which flight windows start again instead of running through the gap."""
_ALIKE = 4
"""Of the windows that one detector frame completes, one in so many is scored, the newest among them: the others show
the same detections. A release still counts in several of them, even in a long gap."""
_RECENT_RELEASES = 32
"""Flight releases kept to match clip shots with, in profile both."""


class Profile(enum.StrEnum):
    """Which window model finds shots."""

    CLIP = "clip"
    FLIGHT = "flight"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ShotModels:
    """The models that find a camera's shots; only ``clip`` is needed in profile ``clip``, ``people`` never."""

    clip: ClipModel
    detector: CourtDetector | None = None
    flight: FlightModel | None = None
    rim: RimModel | None = None
    candidate: CandidateModel | None = None
    people: PeopleDetector | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ShotChange:
    """A shot as the windows and its state machine see it now."""

    candidate: ShotCandidate
    state: ShotState = ShotState()


class ShotDetector:
    """Finds the shots of one scene. Runs on one thread and waits there for its models.

    Args:
        profile: which models find shots.
        models: the models.
        criteria: the numbers that decide.
        time_scale: real seconds per media second.
        calibration: returns the calibration for a frame's width and height, now; None without one.
        infer: runs a model's request and waits for the result.
        replays: the camera's earlier shots; the caller informs it of every cut.
        court: recognises the scene's court where nobody calibrated the camera; the caller gives it every frame.
        record: what was made and missed in the camera's earlier scenes; shots of this one are added.
        evidence: what is known of the players beside their boxes; None: nothing.

    Attributes:
        flight_windows_scored: flight windows that were scored, those without a moving ball included.
    """

    def __init__(
        self, profile: Profile, models: ShotModels, criteria: ShotCriteria, time_scale: float,
        calibration: Callable[[int, int], Calibration | None], infer: Infer, replays: Replays | None = None,
        court: SceneCourt | None = None, record: ShootingRecord | None = None,
        evidence: ReleaseEvidence | None = None,
    ) -> None:
        self._court, self._evidence = court, evidence
        self._record = record or ShootingRecord(criteria.make)
        self._replays = replays or Replays(criteria.playback, time_scale)
        self._profile, self._models, self._criteria, self._scale = profile, models, criteria, time_scale
        self._calibration, self._infer = calibration, infer
        keys = count()
        self._clip_nms = TemporalNms(criteria.clip, time_scale, keys)
        self._flight_nms = TemporalNms(criteria.flight, time_scale, keys)
        self._overlap = ShotOverlap(criteria.overlap, criteria.filters, time_scale)
        self._ring = TrackRing(RING_S / time_scale)
        self._start_flight_windows()
        self._clip_windows: deque[Window[Sample]] = deque(maxlen=_CLIP_WINDOWS)
        self._open: dict[int, ShotStateMachine] = {}
        self._announced: set[int] = set()
        self._confirmed: deque[ShotStateMachine] = deque(maxlen=_CONFIRMED_SHOTS)
        self._recent: deque[float] = deque(maxlen=_RECENT_RELEASES)
        self._frame_size = (0, 0)
        self.flight_windows_scored = 0

    @property
    def scores_clips(self) -> bool:
        """Whether every clip window is scored. Otherwise clip windows only tell where a shot was from."""
        return self._profile is not Profile.FLIGHT

    @property
    def has_open_shots(self) -> bool:
        """Whether a shot is being followed."""
        return bool(self._open)

    # ---- clip windows --------------------------------------------------------------------------------------------

    def push_clip_window(self, window: Window[Sample], prediction: WindowPrediction | None) -> list[ShotChange]:
        """Take the next clip window, with the model's prediction if it was scored."""
        self._clip_windows.append(window)
        candidates = self._clip_nms.update(prediction) if prediction is not None else []
        if self._profile is Profile.CLIP:
            return [ShotChange(candidate) for candidate in candidates]
        self._request_zones()
        return self._clips_alone(candidates)

    def _clips_alone(self, candidates: Sequence[ShotCandidate]) -> list[ShotChange]:
        """The clip model's shots for which no flight was found: only certain ones, once they are confirmed."""
        config = self._criteria.clip
        out = []
        for candidate in candidates:
            matched = any(
                abs(candidate.media - media) * self._scale <= config.same_as_flight for media in self._recent
            )
            if candidate.lifecycle is Lifecycle.CONFIRMED and not matched and candidate.score >= config.alone:
                out.append(ShotChange(candidate))
        return out

    def _request_zones(self) -> None:
        """Ask the clip model where shots were from, as soon as a window has the release in its middle."""
        for shot in self._open.values():
            if shot.zone_requested:
                continue
            window = self._centred(shot.candidate.media)
            if window is None:
                continue
            shot.zone_requested = True
            prediction = self._infer(self._models.clip.request(window))
            if prediction is not None and prediction.zone is not None:
                shot.set_zone([float(share) for share in prediction.zone])

    def _centred(self, media: float) -> Window[Sample] | None:
        """The newest clip window with ``media`` in the first half of its middle samples."""
        for window in reversed(self._clip_windows):
            times = [sample.media for sample in window.samples]
            position = int(np.searchsorted(times, media))
            if MIDDLE.start <= position <= WINDOW_SAMPLES // 2:
                return window
        return None

    # ---- observations --------------------------------------------------------------------------------------------

    def push(self, observations: Observations) -> list[ShotChange]:
        """Take the next tracked observations."""
        self._ring.append(observations)
        candidates: list[ShotCandidate] = []
        if self._grid.missing(observations.media) > _MAX_GAP:
            # The detector was away: nothing was seen in between, so windows start again behind the gap.
            for window in self._scheduler.flush():
                candidates += self._score(window)
            self._start_flight_windows()
        complete = [window for step in self._grid.update(observations) for window in self._scheduler.add(step)]
        # At a low rate one frame completes several windows, and the newest holds what the others hold.
        for window in complete[(len(complete) - 1) % _ALIKE :: _ALIKE]:
            candidates += self._score(window)
        self._frame_size = (observations.width, observations.height)
        return self._advance(candidates, observations.media)

    def _start_flight_windows(self) -> None:
        self._grid = TimeGrid(STEP_S, self._scale)
        self._scheduler: WindowScheduler[TimeStep] = WindowScheduler(
            "", 0, self._criteria.flight.hop, STEPS, STEPS, COUNTED
        )

    def _score(self, window: Window[TimeStep]) -> list[ShotCandidate]:
        """Score one flight window and merge its predictions."""
        media = np.array([self._grid.media(window.index + row) for row in range(STEPS)])
        last = window.samples[-1]
        wall = last.capture_time + (media - last.media) * self._scale
        seen = self._ring.between(float(media[0]) - _BEFORE_S, float(media[-1]) + STEP_S / self._scale)
        delay = self._criteria.flight.visible_delay / self._scale
        span = (float(media[COUNTED.start]) + delay, float(media[COUNTED.stop - 1]) + delay)
        predictions: list[WindowPrediction] = []
        if seen and self._models.flight is not None:
            request = self._models.flight.request(
                FlightWindow(window.index, media, wall, last.arrival, self._scale, self._grid.origin, seen)
            )
            answer = [] if request is None else self._infer(request)
            if answer is not None:
                predictions = answer
                self.flight_windows_scored += 1
        return self._flight_nms.update_window(predictions, span, last.arrival)

    def _advance(self, candidates: Sequence[ShotCandidate], now: float, end: bool = False) -> list[ShotChange]:
        """Bring every open shot up to date; a shot is final when its windows and its flight are."""
        out = []
        for candidate in candidates:
            shot = self._open.get(candidate.key)
            if shot is None:
                calibration = self._calibration(*self._frame_size)
                shot = ShotStateMachine(
                    candidate, self._models.rim, self._models.candidate, calibration, self._scale, self._criteria,
                    self._court, self._record, self._evidence,
                )
                self._open[candidate.key] = shot
                self._recent.append(candidate.media)
            shot.take(candidate)
            if shot.lifecycle is Lifecycle.RETRACTED:
                del self._open[candidate.key]
                out += self._change(shot)
        for key, shot in list(self._open.items()):
            shot.update(self._ring, now, self._infer, end)
            if shot.is_final(now, end):
                shot.finish(self._overlap.is_suppressed(shot, (*self._confirmed, *self._open.values())), self._replays)
                if shot.lifecycle is Lifecycle.CONFIRMED:
                    self._confirmed.append(shot)
                    self._record_result(shot.state)
                del self._open[key]
            out += self._change(shot)
        return out

    def _record_result(self, state: ShotState) -> None:
        if state.expected is not None and state.result is not ShotResult.UNKNOWN:
            self._record.add(state.expected, state.shooter, state.result is ShotResult.MADE)

    def _change(self, shot: ShotStateMachine) -> list[ShotChange]:
        """What is emitted of a shot: a doubtful one nothing before it is confirmed, and then all."""
        key, lifecycle = shot.candidate.key, shot.lifecycle
        likely = shot.candidate.score >= self._criteria.candidate.announce
        if key not in self._announced and lifecycle is not Lifecycle.CONFIRMED:
            if lifecycle is Lifecycle.RETRACTED or not likely:
                return []
            self._announced.add(key)
        if lifecycle is not Lifecycle.PROVISIONAL:
            self._announced.discard(key)
        return [ShotChange(replace(shot.candidate, lifecycle=lifecycle), shot.state)]

    # ---- end -----------------------------------------------------------------------------------------------------

    def flush(self, interrupted: bool = False) -> list[ShotChange]:
        """Close every open shot: nothing more will come of this scene.

        Args:
            interrupted: the stream ended early; windows that are not complete are not scored.
        """
        if self._profile is Profile.CLIP:
            return [ShotChange(candidate) for candidate in self._clip_nms.flush(interrupted)]
        candidates: list[ShotCandidate] = []
        if not interrupted:
            for window in self._scheduler.flush():
                candidates += self._score(window)
        candidates += self._flight_nms.flush(interrupted)
        self._request_zones()
        latest = self._ring.newest
        now = 0.0 if latest is None else latest.media
        out = self._advance(candidates, now, end=True)
        return [*out, *self._clips_alone(self._clip_nms.flush(interrupted))]


assert SPAN_S < RING_S
