"""The backend: one camera's worker thread, on which tracking, windows, suppression and filters run."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog

from courtside.court.homography import Calibration
from courtside.plays import Jersey
from courtside.queues import HandoverQueue
from courtside_server.court.estimator import CourtEstimator
from courtside_server.court.scene_court import SceneCourt
from courtside_server.inference.request import InferenceRequest
from courtside_server.perception.detector_plan import DetectorPlan
from courtside_server.perception.film_regions import KEPT, WholeFrame, film_regions
from courtside_server.perception.people import People
from courtside_server.perception.tracker import Tracker, TrackIds
from courtside_server.pipeline.config import PipelineConfig
from courtside_server.pipeline.detector_scheduler import DetectorShare, RateChange
from courtside_server.pipeline.model_runner import ModelRunner, Stopped, Submitted
from courtside_server.pipeline.player_runner import PlayerRunner
from courtside_server.pipeline.speed_wait import SURE, SpeedWait
from courtside_server.pipeline.work import EndOfStream, NewScene, Work
from courtside_server.players.analysis import PlayerAnalysis, PlayerModels
from courtside_server.players.changes import PlayerChange
from courtside_server.players.crops import CropSkip
from courtside_server.players.followed_player import FollowedPlayer
from courtside_server.players.jersey import Jerseys
from courtside_server.players.shooters import ShotInsight
from courtside_server.players.teams import Teams
from courtside_server.shots.detector import ShotChange, ShotDetector, ShotModels
from courtside_server.shots.film_speed import FilmSpeed
from courtside_server.shots.make_chance import ShootingRecord
from courtside_server.shots.playback import Replays
from courtside_server.shots.urgency import is_urgent
from courtside_server.types import Detections, DetectorFrame, Observations, ShotResult, StreamInfo, Window
from courtside_server.types.players import Pose

log = structlog.get_logger(__name__)
T = TypeVar("T")

_RECENT_OBSERVATIONS = 8
"""Observations from which a ball's speed is measured."""
_REQUEST_COST = 0.15
"""Cost of a request of any size, as a share of a whole frame's: a small part takes 2 ms of 29, and its way as long."""
_MAX_IN_FLIGHT = 4
"""Requests of one camera in flight at a time, so that the models work while a result is processed."""
_MAX_IN_FLIGHT_OF_FILM = 12
"""The same for film, of which every other frame waits for the one after it."""


@dataclass(slots=True, eq=False)
class _Entry:
    """A piece of work with its request, once that has been sent.

    Attributes:
        waits: its request can only be made when all work before it is done; of a film, when the whole frames before and
            after it were detected.
        people: the request for people, if any.
        cost: of the detector's work over that for a whole frame.
        answered: its answer was read.
        result: what was read, None where there was no answer.
    """

    work: Work
    request: InferenceRequest[Any] | None = None
    submitted: Submitted | None = None
    people: tuple[InferenceRequest[Detections], Submitted] | None = None
    sent: bool = False
    waits: bool = False
    failed: bool = False
    cost: float = 1.0
    answered: bool = False
    result: Any = None

    def end(self) -> None:
        """Give the work up: cancel its request, wake whoever waits for it."""
        if self.submitted is not None:
            self.submitted.answer.cancel()
        if self.people is not None:
            self.people[1].answer.cancel()
        if isinstance(self.work, EndOfStream):
            self.work.done.set()


def _ends_bracket(entry: _Entry) -> bool:
    """Whether frames before an entry wait for nothing after it: it is a whole frame, or their scene ends there."""
    return not entry.waits and not isinstance(entry.work, Window)


def _follow(before: Sequence[WholeFrame], whole: WholeFrame | None) -> tuple[WholeFrame, ...]:
    """The whole frames before the next frame; none where a scene begins or a frame was not answered."""
    if whole is None:
        return ()
    return (whole,) if whole.frame.cut else (*before, whole)[-KEPT:]


class Backend:
    """Takes one camera's work in order and gives the changes of its shots.

    Args:
        info: what the camera streams.
        models: find the shots.
        runner: runs the models' requests.
        queue: where the work comes from.
        config: its settings.
        ids: sources of track ids.
        calibration: returns the calibration for a frame's width and height, now.
        share: the camera's share of the detector.
        courts: recognises courts that nobody calibrated; None where that is not wanted.
        players: read the players; None where that is not wanted.

    Attributes:
        media: media time of the newest work, seconds.
        wall: its capture time, Unix seconds.
        on_shots: called with a scene's number and the changes of its shots.
        failure: the first fault in the shot path, if there was one.
        on_scene: called when a new scene starts.
        on_failure: called with a fault, and with None once there was none for ``recovered_after`` media seconds.
        on_windows: called with the number of windows that a model has scored.
        on_tracks: called with all observations as they are made.
        on_speed: called with the media time of a scene's beginning and how fast it runs, where that was estimated and
            is not as declared. A live stream is not corrected; its next scene counts as real again (1).
        on_crops_skipped: called with how many players were not cut out, by reason.
        on_pose: called with every pose of a player.
        on_insight: called with what a shooter's poses say of a shot.
        on_jersey: called with a player's track and jersey when its number or name becomes known or is withdrawn.
        on_players: called with what is newly known of players: actions, possessions, plays.
        on_rate: called when the detector ceases to give the camera its lowest rate, or gives it again.
    """

    def __init__(
        self, info: StreamInfo, models: ShotModels, runner: ModelRunner, queue: HandoverQueue[Work],
        config: PipelineConfig, ids: TrackIds, calibration: Callable[[int, int], Calibration | None],
        share: DetectorShare, courts: CourtEstimator | None = None, players: PlayerModels | None = None,
    ) -> None:
        self._share, self._courts, self._player_models = share, courts, players
        self._info, self._models, self._runner, self._queue = info, models, runner, queue
        self._config, self._ids, self._calibration = config, ids, calibration
        self._player_runner = PlayerRunner(runner)
        self.media, self.wall = 0.0, 0.0
        self.failure: Exception | None = None
        self.on_shots: Callable[[int, Sequence[ShotChange]], None] = lambda scene, changes: None
        self.on_scene: Callable[[NewScene], None] = lambda scene: None
        self.on_failure: Callable[[Exception | None], None] = lambda error: None
        self._failed_at: float | None = None
        self.on_windows: Callable[[int], None] = lambda count: None
        self.on_tracks: Callable[[Observations], None] | None = None
        self.on_rate: Callable[[RateChange], None] = lambda change: None
        self.on_speed: Callable[[float, float], None] = lambda media, speed: None
        self.on_crops_skipped: Callable[[Mapping[CropSkip, int]], None] = lambda skipped: None
        self.on_pose: Callable[[Pose], None] = lambda pose: None
        self.on_insight: Callable[[ShotInsight], None] = lambda insight: None
        self.on_jersey: Callable[[int, Jersey | None], None] = lambda track, jersey: None
        self.on_players: Callable[[Sequence[PlayerChange]], None] = lambda changes: None
        self._followed = None if config.follow is None else FollowedPlayer(config.follow, info.time_scale)
        self._scene = 0
        detector = models.detector
        self._plan = DetectorPlan(
            info.time_scale, config.tracking.regions, detector is not None and detector.takes_regions,
            config.tracking.film_regions if share.film else None,
        )
        self._wholes: tuple[WholeFrame, ...] = ()
        self._people = People(info.time_scale, config.tracking.people)
        self._replays = Replays(config.criteria.playback, info.time_scale)
        self._record = ShootingRecord(config.criteria.make)
        self._teams = Teams(config.players.teams)
        self._jerseys = self._make_jerseys()
        self._interrupted = self._closing = False
        self._start_scene()

    def jersey(self, track: int | None) -> Jersey | None:
        """What is known of a player's jersey; None where that is nothing. Called on the worker thread."""
        return None if self._jerseys is None else self._jerseys.jersey(track)

    @property
    def nobody_followed(self) -> bool:
        """Whether a player was to be followed by hand, and nobody was found in the rectangle."""
        return self._followed is not None and self._followed.failed

    @property
    def awaits_followed(self) -> bool:
        """Whether a player is to be followed by hand, and was not found so far."""
        return self._followed is not None and not self._followed.found

    def start(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Start the worker thread; it calls ``before`` first and ``after`` last."""
        threading.Thread(
            target=self._run, args=(before, after), name=f"backend {self._info.camera.name}", daemon=True
        ).start()

    def interrupt(self) -> None:
        """Mark the shots that are open at the end as interrupted; call before the queue is ended."""
        self._interrupted = True

    def _close_scene(self, interrupted: bool = False) -> None:
        if self._waiting is not None:
            self._end_wait(self._waiting)
        before = self._detector.flight_windows_scored
        changes = self._detector.flush(interrupted)
        self.on_windows(self._detector.flight_windows_scored - before)
        self.on_shots(self._scene, changes)
        if self._players is not None:
            self.on_players(self._players.flush())
        self._replays.start_scene()
        self._start_scene()

    def _start_scene(self) -> None:
        config, scale = self._config, self._info.time_scale
        self._wholes = ()
        self._tracker = Tracker(self._ids, scale, config.tracking)
        self._people.start_scene()
        self._recent: deque[Observations] = deque(maxlen=_RECENT_OBSERVATIONS)
        courts, film = self._courts, self._share.film
        self._court = None if courts is None else SceneCourt(
            config.court, scale, lambda picture, numbers: courts.submit(picture, numbers, film)
        )  # fmt: skip
        models, live = self._player_models, not film
        self._players = None if models is None else PlayerAnalysis(
            self._info.camera.name, models, self._player_runner, config.players, scale, live,
            lambda skipped: self.on_crops_skipped(skipped), lambda pose: self.on_pose(pose),
            lambda insight: self.on_insight(insight), self._teams, self._followed,
            self._jerseys,
        )  # fmt: skip
        self._waiting = SpeedWait(config.criteria.playback) if config.estimate_speed else None
        # Of a live stream whose speed nobody declared it is only checked.
        checked = not self._share.film and scale == 1.0
        self._checked = FilmSpeed(config.criteria.playback) if checked else None
        self._start_detector(scale)

    def _make_jerseys(self) -> Jerseys | None:
        """The players' numbers, which outlive a scene; None where they are not read."""
        models, info = self._player_models, self._info
        if models is None or models.jerseys is None:
            return None
        jerseys = Jerseys(
            self._config.players.jersey, info.time_scale, self._teams.team, models.rosters.of(info.camera.name),
            not self._share.film,
        )  # fmt: skip
        jerseys.on_change = lambda track: self.on_jersey(track, jerseys.jersey(track))
        return jerseys

    def _start_detector(self, scale: float) -> None:
        config = self._config
        self._detector = ShotDetector(
            config.profile, self._models, config.criteria, scale, self._calibration, self._infer, self._replays,
            self._court, self._record, None if self._players is None else self._players.evidence,
        )  # fmt: skip

    def _end_wait(self, waiting: SpeedWait) -> None:
        """Look for shots in what was kept, at the speed that it shows."""
        self._waiting, kept, speed = None, waiting.kept, waiting.end()
        if speed is not None and speed != 1.0:
            scale, seen = self._info.time_scale * speed, waiting.observations
            log.info("film speed estimated", camera=self._info.camera.name, media=round(seen[0].media, 3),
                     speed=round(scale, 2))  # fmt: skip
            self.on_speed(seen[0].media, scale)
            self._start_detector(scale)
            self._tracker, tracked = self._tracker.with_time_scale(scale, seen)
            again = iter(tracked)
            kept = [next(again) if isinstance(one, Observations) else one for one in kept]
        for one in kept:
            if isinstance(one, Observations):
                self._find_shots(one)
            else:
                self.on_shots(self._scene, self._detector.push_clip_window(*one))

    def _infer(self, request: InferenceRequest[T]) -> T | None:
        try:
            return self._runner.infer(request)
        except Stopped:
            if self._closing:
                return None  # A stopped pipeline closes its shots with what is known.
            raise

    def _run(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        try:
            try:
                before()
            except Stopped:
                raise
            except Exception as error:  # what it would have loaded is missing; frames are scored all the same
                self._failed(error)
            self._work_until_end()
        except Stopped:
            pass
        except Exception as error:
            self._failed(error)
        finally:
            self._closing = self._player_runner.closing = True
            for work in self._queue.close():
                self._end(_Entry(work))
            try:
                self._close_scene(self._interrupted)
            except Exception as error:
                self._failed(error)
            after()

    def _work_until_end(self) -> None:
        entries: deque[_Entry] = deque()
        try:
            while True:
                most = _MAX_IN_FLIGHT_OF_FILM if self._share.film else _MAX_IN_FLIGHT
                if not self._take(entries, most - len(entries)):
                    return
                # In order, whichever is answered first.
                if not entries[0].sent and self._share.film:
                    self._send_between(entries)
                elif not entries[0].sent:
                    self._send(entries[0])
                self._process_safely(entries[0])
                self._end(entries.popleft())
        finally:
            for entry in entries:
                self._end(entry)

    def _take(self, entries: deque[_Entry], room: int, wait: bool = False) -> bool:
        """Take more work and send what need not wait; False where there is none and never will be.

        Args:
            entries: get the work; they are not empty where ``wait`` is False and there is nothing new.
            room: most entries that are added.
            wait: for at least one, also where there are some already.
        """
        new = [_Entry(work) for work in (
            self._queue.get(room) if wait or not entries else self._queue.get_nowait(room)
        )]  # fmt: skip
        # Listed before any request is made: whatever happens then, `_work_until_end` finds them all.
        entries.extend(new)
        for entry in new:
            entry.waits = isinstance(entry.work, DetectorFrame) and not self._plan.whole(entry.work)
            if not entry.waits:
                self._send(entry)
        return bool(new) if wait else bool(entries)

    def _send_between(self, entries: deque[_Entry]) -> None:
        """Send the first entry, a film's frame, once the whole frame after it was detected; then all that follow and
        whose whole frames are there already, so that the detector never runs out of work.
        """
        while (end := next((place for place, entry in enumerate(entries) if _ends_bracket(entry)), None)) is None:
            if not self._take(entries, 1, wait=True):
                break
        before, waiting = self._wholes, list[_Entry]()
        for place, entry in enumerate(entries):
            if not _ends_bracket(entry):
                waiting += [entry] if entry.waits and not entry.sent else []
                continue
            if place != end and entry.submitted is not None and not entry.submitted.answer.done():
                return
            after = self._whole_frame(entry)
            for one in waiting:
                self._send(one, before, after)
            waiting.clear()
            before = _follow(before, after)
        if end is None:
            for one in waiting:
                self._send(one, before, None)

    def _whole_frame(self, entry: _Entry) -> WholeFrame | None:
        """A whole frame with what was detected in it; waits for its answer. None of other work."""
        try:
            found = self._result(entry)
        except Stopped:
            raise
        except Exception:  # reported when the entry is processed
            return None
        return WholeFrame(entry.work, found) if isinstance(entry.work, DetectorFrame) and found is not None else None

    def _result(self, entry: _Entry) -> Any:
        """The answer to an entry's request; waits for it."""
        if not entry.answered and entry.request is not None and entry.submitted is not None:
            entry.result = self._runner.result(entry.request, entry.submitted)
            entry.answered = True
        return entry.result

    def _end(self, entry: _Entry) -> None:
        entry.end()
        if isinstance(entry.work, DetectorFrame):
            self._share.release(entry.submitted is not None)

    def _send(self, entry: _Entry, before: Sequence[WholeFrame] = (), after: WholeFrame | None = None) -> None:
        """Send an entry's request.

        Args:
            entry: the entry.
            before: of a film's frame that waits, the whole frames before it, oldest first.
            after: the whole frame after it.
        """
        entry.sent = True
        work, detector = entry.work, self._models.people
        people = None
        try:
            entry.request = self._request(entry, before, after)
            # Of a film's whole frames alone, because these are sent in order.
            in_order = not (entry.waits and self._share.film)
            if (
                detector is not None and isinstance(work, DetectorFrame) and not self._share.degraded
                and in_order and self._people.take(work)
            ):  # fmt: skip
                people = detector.request(work)
        except Exception as error:
            entry.failed = True
            self._failed(error)
        else:
            entry.submitted = None if entry.request is None else self._runner.submit(entry.request)
            if entry.submitted is not None and isinstance(work, DetectorFrame):
                self._share.watch(entry.submitted.answer, entry.cost)
            if people is not None:
                entry.people = people, self._runner.submit(people)

    def _process_safely(self, entry: _Entry) -> None:
        """Process one entry. A fault of ours must not cost the camera: its scene is closed and a new one starts."""
        try:
            self._process(entry)
        except Stopped:
            raise
        except Exception as error:
            self._failed(error)
            self._drop_scene()
        else:
            if entry.failed:
                self._failed_at = self.media
            # Not at once: a fault that comes with every window leaves the frames between them well.
            elif self._failed_at is not None and self.media - self._failed_at >= self._config.recovered_after:
                self._failed_at = None
                self.on_failure(None)

    def _drop_scene(self) -> None:
        """Close the scene with what is known of its shots."""
        try:
            self._close_scene(interrupted=True)
        except Exception as error:
            self._failed(error)
            self._start_scene()
        self._scene += 1

    def _failed(self, error: Exception) -> None:
        """Report a fault of ours; only the first one is logged with its trace."""
        where = {"camera": self._info.camera.name, "media": round(self.media, 3)}
        if self.failure is None:
            self.failure = error
            log.error("shot detection failed", exc_info=error, **where)
        else:
            log.error("shot detection failed again", error=repr(error), **where)
        self._failed_at = self.media
        self.on_failure(error)

    def _request(
        self, entry: _Entry, before: Sequence[WholeFrame], after: WholeFrame | None
    ) -> InferenceRequest[Any] | None:
        """The request that a piece of work needs; sent as soon as the work comes, where it need not wait."""
        work = entry.work
        if isinstance(work, Window):
            return self._models.clip.request(work) if self._detector.scores_clips else None
        detector = self._models.detector
        if not isinstance(work, DetectorFrame) or detector is None:
            return None
        if not entry.waits:
            return detector.request(work)
        if self._share.film:
            regions = None
            if after is not None:
                regions = film_regions(before, after, work, self._info.time_scale, self._config.tracking)
            if regions is None:
                return detector.request(work)
        else:
            regions = self._tracker.regions(work)
        if regions is not None and regions.corners:
            entry.work = replace(work, whole=False)
            entry.cost = _REQUEST_COST + (1 - _REQUEST_COST) * regions.share(work)
            return detector.request_regions(work, regions)
        if regions is None and self._plan.search(work):
            return detector.request(work)
        self._share.left_out()
        return None

    def _process(self, entry: _Entry) -> None:
        work = entry.work
        if isinstance(work, (Window, DetectorFrame)):
            newest = work.samples[-1] if isinstance(work, Window) else work
            self.media, self.wall = newest.media, newest.capture_time
        result = self._result(entry)
        people = self._runner.result(*entry.people) if entry.people is not None else None
        if isinstance(work, Window):
            if result is not None:
                self.on_windows(1)
            if result is not None or not self._detector.scores_clips:
                if self._waiting is not None:
                    self._waiting.add_window((work, result))
                else:
                    self.on_shots(self._scene, self._detector.push_clip_window(work, result))
        elif isinstance(work, DetectorFrame):
            self._people.update(work, people)
            # Of planned frames alone: how far ahead frames are sent must not change what is found.
            if not entry.waits and self._share.film:
                self._wholes = _follow(self._wholes, None if result is None else WholeFrame(work, result))
            if result is not None:
                self._track(work, self._people.complete(work, result))
            change = self._share.take_change()
            if change is not None:
                self.on_rate(change)
        elif isinstance(work, NewScene):
            if not self._share.film and self._checked is None:
                self.on_speed(work.media, 1.0)
            self._close_scene()
            self._scene += 1
            self.on_scene(work)
        else:
            self._close_scene()

    def add_shot(
        self, event_id: str, release: float, shooter: int | None, result: ShotResult, retracted: bool,
        probability: float, final: bool, pixels_per_metre: float | None = None,
    ) -> None:  # fmt: skip
        """Take what is newly known of a shot, once it has an event; see :meth:`PlayerAnalysis.shot`."""
        if self._players is not None:
            self.on_players(
                self._players.shot(
                    event_id, release, shooter, result, retracted, probability, final, pixels_per_metre
                )
            )

    def _track(self, frame: DetectorFrame, detections: Detections) -> None:
        observations = self._tracker.update(frame, detections)
        if self._players is not None:
            self._players.see(frame, observations, self._share.headroom)
        if self._court is not None:
            self._court.update(frame, observations)
        if self._waiting is None:
            self._find_shots(observations)
        elif self._waiting.add(observations):
            self._end_wait(self._waiting)

    def _check_speed(self, measured: FilmSpeed, media: float) -> None:
        speed = measured.speed
        if speed is not None and (speed == 1.0 or len(measured.falls) >= SURE):
            self._checked = None
            self.on_speed(media, speed)

    def _find_shots(self, observations: Observations) -> None:
        if self.on_tracks is not None:
            self.on_tracks(observations)
        if self._players is not None:
            self.on_players(self._players.follow(observations))
        before = self._detector.flight_windows_scored
        changes = self._detector.push(observations)
        if self._checked is not None and self._checked.add(observations):
            self._check_speed(self._checked, observations.media)
        if not self._share.film:
            self._recent.append(observations)
            if self._detector.has_open_shots or is_urgent(
                self._recent, self._info.time_scale, self._share.config
            ):
                self._share.set_urgent()
        self.on_windows(self._detector.flight_windows_scored - before)
        self.on_shots(self._scene, changes)
