"""The state of one shot after its release: shooter, zone, arc, result, and when it is final."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from courtside.court.homography import Calibration
from courtside_server.court.court_place import CourtPlace, Feet, court_place
from courtside_server.court.scene_court import SceneCourt
from courtside_server.inference.request import Infer
from courtside_server.rings.tracks import TrackRing
from courtside_server.shots.arc import fit_arc
from courtside_server.shots.context import shot_context
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.features import FLIGHT_S, candidate_features
from courtside_server.shots.filters import starts_at_rim, too_fast
from courtside_server.shots.make_chance import ShootingRecord, make_log_odds
from courtside_server.shots.models.candidate import CandidateModel
from courtside_server.shots.models.rim import LOOKBACK_S, RimModel
from courtside_server.shots.playback import Replays, measure_playback
from courtside_server.shots.result import ResultVote, first_at_rim, is_air_ball
from courtside_server.shots.rim_crossing import rim_crossing
from courtside_server.shots.shooter import find_feet, find_shooters
from courtside_server.shots.shooter_evidence import ReleaseEvidence
from courtside_server.shots.shot_type import likeliest, type_probabilities
from courtside_server.shots.trajectory import Trajectory, ball_trajectories, nearest_rim, rejoin
from courtside_server.types import (
    Arc,
    Lifecycle,
    Observations,
    PlayerEvidence,
    RimCrossing,
    ShotResult,
    ShotType,
    ZoneSource,
)
from courtside_server.windows.nms import ShotCandidate

_LEAST = 0.005
"""No ball is more or less probable than this leaves open."""


class Rejection(enum.Enum):
    """Why a shot is rejected."""

    UNLIKELY = "all that was seen of it speaks against a shot"
    TOO_FAST = "the detections lie too far apart for one ball"
    REPLAY = "the film shows an earlier shot again, in slow motion"
    TOO_SLOW = "the film runs too slowly to follow the ball; its playback speed must be declared"


@dataclass(frozen=True, slots=True)
class ShotState:
    """What is known of a shot beside its release.

    Attributes:
        ball: track of the ball as it left the hand.
        shooter: track of the player who released it.
        zone: (7,) probabilities; None while unknown.
        zone_source: where ``zone`` comes from.
        court: x, y of the shooter's feet, metres.
        pixels_per_metre: of a body that stands there; None where the court is not known.
        arc: shape of the flight.
        result: made, missed or unknown.
        make: probability that it goes in, once the rim has been watched.
        probability: that it is a shot, by all that was measured of it; None while only windows have scored it.
        rejections: what rejects it.
        starts_at_rim: the ball was first seen rising right above a rim. It is a rebound, if there was a shot before.
        playback_speed: how fast the film runs relative to real life, where it was measured.
        replay_of: media time of the release that a replay shows again.
        type: how it was shot.
        type_probability: of ``type``; 0 while it is not known.
        expected: log odds that it goes in, by its context alone; None before that was measured.
        expected_make: probability that it goes in, by its context and what was made before.
        rim_crossing: where the ball comes down at the rim.
    """

    ball: int | None = None
    shooter: int | None = None
    zone: tuple[float, ...] | None = None
    zone_source: ZoneSource = ZoneSource.UNSPECIFIED
    court: tuple[float, float] | None = None
    pixels_per_metre: float | None = None
    arc: Arc | None = None
    result: ShotResult = ShotResult.UNKNOWN
    make: float | None = None
    probability: float | None = None
    rejections: frozenset[Rejection] = frozenset()
    starts_at_rim: bool = False
    playback_speed: float | None = None
    replay_of: float | None = None
    type: ShotType = ShotType.UNKNOWN
    type_probability: float = 0.0
    expected: float | None = None
    expected_make: float | None = None
    rim_crossing: RimCrossing | None = None

    @property
    def rejected(self) -> bool:
        """Whether something rejects the shot."""
        return bool(self.rejections)


@dataclass(slots=True, eq=False)
class _Ball:
    """One of the balls that may have been shot: its trajectory, the rim (5,) it came nearest to, its result, the feet
    of those who may have shot it, likeliest first, with the release before which they were measured and how much was
    known of the players then, the evidence of the players with when it was read, and the shooter's place.
    """

    state: ShotState
    vote: ResultVote
    path: Trajectory = field(default_factory=Trajectory.empty)
    rim: NDArray[np.float64] | None = None
    people: tuple[Feet, ...] = ()
    people_at: tuple[float, int] | None = None
    known: Mapping[int, PlayerEvidence] | None = None
    known_at: tuple[float, int] | None = None
    place: CourtPlace | None = None


class ShotStateMachine:
    """Follows one shot from its release to its end.

    The lifecycle starts at ``PROVISIONAL``. :meth:`finish` ends it once :meth:`is_final`: ``RETRACTED`` where the shot
    is rejected or another shot suppresses it, otherwise ``CONFIRMED``. Windows that withdraw the candidate end it at
    once (:meth:`take`).

    Windows may follow several balls: a track can break in the hand and continue under another id, and sometimes the
    window with the highest score follows something else that moved. The ball that is most likely to have been shot
    counts.

    Args:
        candidate: the shot as the windows first saw it.
        rim: the rim model; None where results stay unknown.
        likelihood: the candidate model; None: the windows alone decide.
        calibration: of the camera, camera motion removed; None without one.
        time_scale: real seconds per media second.
        criteria: the numbers that decide.
        court: recognises the court where there is no calibration.
        record: what was made and missed before; it is only read.
        evidence: what is known of the players beside their boxes; None: nothing.
    """

    def __init__(
        self, candidate: ShotCandidate, rim: RimModel | None, likelihood: CandidateModel | None,
        calibration: Calibration | None, time_scale: float, criteria: ShotCriteria,
        court: SceneCourt | None = None, record: ShootingRecord | None = None,
        evidence: ReleaseEvidence | None = None,
    ) -> None:
        self._evidence = evidence
        self._record = record or ShootingRecord(criteria.make)
        self._court = court if calibration is None else None
        self.candidate = candidate
        self.lifecycle = Lifecycle.PROVISIONAL
        self._rim, self._likelihood = rim, likelihood
        self._calibration, self._scale, self._criteria = calibration, time_scale, criteria
        self._updated = self._weighed = -np.inf
        self._balls: dict[int, _Ball] = {}
        self._ball = self._new_ball(None)
        self._zone: tuple[float, ...] | None = None
        self.zone_requested = False
        """Whether the zone was requested from the clip model."""

    @property
    def windows_closed(self) -> bool:
        """Whether every window that could see the release has been scored."""
        return self.candidate.lifecycle is Lifecycle.CONFIRMED

    def take(self, candidate: ShotCandidate) -> None:
        """Take a change of the candidate; windows that withdraw it end the shot."""
        self.candidate = candidate
        if candidate.lifecycle is Lifecycle.RETRACTED:
            self.lifecycle = Lifecycle.RETRACTED
            self._measure_playback()

    def finish(self, suppressed: bool, replays: Replays) -> None:
        """End the shot.

        Args:
            suppressed: another shot leaves no room for it (see `shots.overlap`).
            replays: the camera's earlier shots at real speed; this one is added where it is one.
        """
        media, ball = self.candidate.media, self._ball
        measured = self._measure_playback()
        # Of a scene whose speed was estimated, every shot runs at that speed, measured itself or not.
        estimated = self._scale / replays.time_scale
        speed = estimated * measured if measured is not None else estimated if estimated != 1.0 else None
        if speed is not None:
            original = replays.original(media, speed)
            # Of a shot that all that was measured speaks for, the measured speed is more likely wrong.
            doubtful = (ball.state.probability or 0.0) < self._criteria.candidate.certain
            too_slow = measured is not None and doubtful and measured <= self._criteria.playback.too_slow
            rejections = _with(ball.state.rejections, Rejection.REPLAY, original is not None)
            rejections = _with(rejections, Rejection.TOO_SLOW, too_slow)
            shown = ball.state.playback_speed or speed * replays.time_scale
            ball.state = replace(ball.state, replay_of=original, rejections=rejections, playback_speed=shown)
        self.lifecycle = Lifecycle.RETRACTED if self.state.rejected or suppressed else Lifecycle.CONFIRMED
        if self.lifecycle is Lifecycle.CONFIRMED:
            replays.add(media, speed)

    def _measure_playback(self) -> float | None:
        """The film's speed relative to the declared one, where the ball's flight shows it."""
        ball = self._ball
        speed = measure_playback(ball.path, self.candidate.media, ball.rim, self._scale, self._criteria.playback)
        if speed is not None:
            ball.state = replace(ball.state, playback_speed=speed * self._scale)
        return speed

    @property
    def state(self) -> ShotState:
        """What is known by now."""
        state, place = self._ball.state, self._ball.place
        if self._zone is None or state.zone is not None:
            return state
        if self._court is None or place is None:
            return replace(state, zone=self._zone, zone_source=ZoneSource.MODEL)
        both = self._court.with_model(place.zone, self._zone)
        if self._court.is_certain(both):
            return replace(state, court=place.court, zone=both, zone_source=ZoneSource.COURT_ESTIMATE)
        return replace(state, zone=both, zone_source=ZoneSource.MODEL)

    @property
    def path(self) -> Trajectory:
        """The ball's trajectory by now."""
        return self._ball.path

    def set_zone(self, zone: Sequence[float]) -> None:
        """Take the clip model's zone probabilities (7,); a zone from the shooter's feet wins over them."""
        self._zone = tuple(zone)

    def is_final(self, now: float, end: bool = False) -> bool:
        """Whether nothing more can be learned at media time ``now``. A rejected shot ends with its flight.

        Args:
            now: media seconds.
            end: nothing more will come.
        """
        if end or not self.windows_closed:
            return self.windows_closed
        criteria = self._criteria
        limit = FLIGHT_S if self.state.rejected else criteria.result.final_after
        return (now - self.candidate.media) * self._scale >= limit

    def update(self, ring: TrackRing, now: float, infer: Infer, end: bool = False) -> ShotState:
        """Take the newest observations into account; call after every detector frame until :meth:`is_final`.

        Args:
            ring: observations up to ``now``.
            now: media seconds.
            infer: runs the rim model.
            end: nothing more will come, so this update counts however soon it comes after the one before.
        """
        result, shot = self._criteria.result, self.candidate
        elapsed = (now - shot.media) * self._scale
        if not end and (now - self._updated) * self._scale < result.interval - 1e-6:
            return self.state
        self._updated = now
        seen = ring.between(shot.media - self._criteria.shooter.floor_window / self._scale, now)
        if not seen or not shot.tracks:
            return self.state
        flown = elapsed >= result.watch_from
        paths = {path.track: path for path in ball_trajectories(seen)}
        for track in shot.tracks:
            ball = self._balls.setdefault(track, self._new_ball(track))
            ball.path = rejoin(
                paths, track, self._scale, self._criteria.trajectory, self._criteria.flight.min_travel
            )
            self._measure_shooter(ball, paths.get(track), seen)
            if (flown or end) and len(ball.path):
                ball.rim = nearest_rim(seen, ball.path.positions)
                ball.state = self._with_flight(ball)
        balls = [self._balls[track] for track in shot.tracks if len(self._balls[track].path)] or [self._ball]
        last = end or elapsed >= result.final_after
        # Film may end soon after a release: what was seen until then must do.
        due = end or (flown and (last or (now - self._weighed) * self._scale >= self._criteria.candidate.interval))
        if due:
            self._weighed = now
            for ball in balls:
                ball.state = self._with_probability(ball, seen, last or elapsed >= FLIGHT_S, infer)
        self._ball = ball = max(balls, key=_merit)
        self._place_on_court(ball, balls, seen, flown)
        first = ball.state.expected is None and len(ball.path) > 0
        if first or (due and (last or elapsed <= self._criteria.context.measure_until)):
            ball.state = self._with_context(ball, ring, now)
        if flown:
            self._watch_rim(ball, ring, now, infer)
            if last:
                ball.state = replace(ball.state, result=self._final_result(ball, now))
        return self.state

    def _new_ball(self, track: int | None) -> _Ball:
        return _Ball(ShotState(ball=track), ResultVote(self._criteria.result))

    def _measure_shooter(self, ball: _Ball, path: Trajectory | None, seen: Sequence[Observations]) -> None:
        """Add the shooter, and where he and others who may be it stood.

        Anew while the windows go on, because the release moves as they agree on it, and as more becomes known of the
        players.
        """
        config, release, evidence = self._criteria.shooter, self.candidate.media, self._evidence
        at = release, 0 if evidence is None else evidence.progress(release)
        if path is None or (ball.people and at == ball.people_at):
            return
        if evidence is not None and at != ball.known_at:
            ball.known, ball.known_at = evidence.at(path.media, path.boxes(), seen, release), at
        shooters = find_shooters(path, seen, release, self._scale, config, ball.known)
        if not shooters:
            return
        ball.state = replace(ball.state, shooter=shooters[0][0])
        feet = [find_feet(seen, track, release, self._scale, config) for track, _ in shooters]
        if feet[0] is not None:
            ball.people = tuple(
                replace(one, share=share) for one, (_, share) in zip(feet, shooters, strict=True) if one is not None
            )
            ball.people_at = at

    def _place_on_court(
        self, ball: _Ball, balls: Sequence[_Ball], seen: Sequence[Observations], flown: bool
    ) -> None:
        """Add where the shooter stood; on a court that was recognised once it is known which rim the ball flew to."""
        if not ball.people:
            return
        people = _shooters_of(ball, balls)
        court = self._calibration
        if self._calibration is not None:
            found, source = court_place((self._calibration,), (1.0,), None, people), ZoneSource.CALIBRATION
        elif self._court is not None:
            pan = min(seen, key=lambda frame: abs(frame.media - self.candidate.media)).pan
            self._court.request(pan)
            found = self._court.at(people, None if ball.rim is None else ball.rim[:4], pan) if flown else None
            source, court = ZoneSource.COURT_ESTIMATE, self._court.calibration(pan)
        else:
            return
        if found is None:
            return
        ball.place = found
        feet, picture = ball.people[0], (seen[-1].width, seen[-1].height)
        scale = None if court is None else court.upright_scale(feet.x, feet.y, picture)
        if self._court is None or self._court.is_certain(found.zone):
            ball.state = replace(
                ball.state, court=found.court, zone=found.zone, zone_source=source, pixels_per_metre=scale
            )
        else:  # what was certain of an earlier release no longer is
            ball.state = replace(
                ball.state, court=None, zone=None, zone_source=ZoneSource.UNSPECIFIED, pixels_per_metre=None
            )

    def _with_flight(self, ball: _Ball) -> ShotState:
        """Add the arc and what physics rules out, once the ball has flown some way."""
        path, rim, scale, release = ball.path, ball.rim, self._scale, self.candidate.media
        config = self._criteria.filters
        return replace(
            ball.state, arc=fit_arc(path, release, rim, scale, self._criteria.arc),
            rejections=_with(ball.state.rejections, Rejection.TOO_FAST, too_fast(path, release, scale, config)),
            starts_at_rim=starts_at_rim(path, rim, release, scale, config),
        )  # fmt: skip

    def _with_probability(
        self, ball: _Ball, seen: Sequence[Observations], flown: bool, infer: Infer
    ) -> ShotState:
        """Add how likely the shot is by all that was measured; it is rejected only once its flight is over."""
        if self._likelihood is None or not len(ball.path):
            return ball.state
        features = candidate_features(self.candidate, ball.path, ball.rim, seen, self._scale)
        probability = infer(self._likelihood.request(features))
        if probability is None:
            return ball.state
        unlikely = flown and probability < self._criteria.candidate.min_probability
        return replace(
            ball.state, probability=probability,
            rejections=_with(ball.state.rejections, Rejection.UNLIKELY, unlikely),
        )  # fmt: skip

    def _with_context(self, ball: _Ball, ring: TrackRing, now: float) -> ShotState:
        """Add the shot's type, and how likely it goes in."""
        config, release = self._criteria.context, self.candidate.media
        seen = ring.between(release - config.lookback / self._scale, now)
        if not seen:
            return ball.state
        pan = min(seen, key=lambda frame: abs(frame.media - release)).pan
        court = self._calibration
        if court is None and self._court is not None and ball.state.zone_source is ZoneSource.COURT_ESTIMATE:
            court = self._court.calibration(pan)
        rim = nearest_rim(seen, ball.path.positions) if ball.rim is None and len(ball.path) else ball.rim
        context = shot_context(ball.path, seen, ball.state.shooter, rim, release, self._scale, config, court)
        types = type_probabilities(context, self._criteria.type)
        kind, probability = likeliest(types, self._criteria.type)
        arc = ball.state.arc
        expected = make_log_odds(context, None if arc is None else arc.release_angle, types, self._criteria.make)
        return replace(
            ball.state, type=kind, type_probability=round(probability, 3), expected=expected,
            expected_make=self._record.probability(expected, ball.state.shooter),
            rim_crossing=rim_crossing(
                ball.path, ball.rim, release, self._scale, context, arc, self._criteria.rim_crossing
            ),
        )  # fmt: skip

    def _watch_rim(self, ball: _Ball, ring: TrackRing, now: float, infer: Infer) -> None:
        """Run the rim model while the ball is at the rim."""
        config, scale = self._criteria.result, self._scale
        reached = self._reached(ball)
        if self._rim is None or reached is None or (now - reached) * scale > config.watch_time:
            return
        window = ring.between(now - LOOKBACK_S / scale, now)
        probabilities = infer(self._rim.request(ball.path, window, now, scale))
        if probabilities is not None:
            ball.vote.add(probabilities)
            ball.state = replace(ball.state, result=ball.vote.result, make=ball.vote.make_probability)

    def _reached(self, ball: _Ball) -> float | None:
        """Media time at which the ball was first at the rim; None before."""
        config = self._criteria.result
        return first_at_rim(ball.path, ball.rim, self.candidate.media + config.watch_from / self._scale, config)

    def _final_result(self, ball: _Ball, now: float) -> ShotResult:
        """The result when nothing more will be seen of the shot; a cut before the rim decides leaves it open."""
        reached = self._reached(ball)
        cut_short = reached is not None and (now - reached) * self._scale < self._criteria.result.min_watched
        result = ball.vote.result if cut_short else ball.vote.final
        if result is ShotResult.UNKNOWN and is_air_ball(
            ball.path, ball.rim, self.candidate.media, self._criteria.result
        ):
            return ShotResult.MISSED
        return result


def _with(rejections: frozenset[Rejection], reason: Rejection, rejects: bool) -> frozenset[Rejection]:
    return rejections | {reason} if rejects else rejections - {reason}


def _shooters_of(ball: _Ball, balls: Sequence[_Ball]) -> list[Feet]:
    """Who may be the shooter: those who may have shot ``ball`` first, then those of the other balls.

    Each ball counts by the odds that it was shot: a head beside the shooter's may pass for a ball as well.
    """
    if ball.state.probability is None:
        return list(ball.people)
    odds = [_odds(one.state) for one in balls]
    others = [one for one in balls if one is not ball]
    return [
        replace(feet, share=feet.share * _odds(one.state) / sum(odds)) for one in (ball, *others) for feet in one.people
    ]


def _odds(state: ShotState) -> float:
    """Odds that a ball was shot, as far as they can be known."""
    probability = min(max(0.0 if state.rejected else state.probability or 0.0, _LEAST), 1 - _LEAST)
    return probability / (1 - probability)


def _merit(ball: _Ball) -> tuple[bool, float]:
    """By what the balls of one shot are compared."""
    return not ball.state.rejected, ball.state.probability or 0.0
