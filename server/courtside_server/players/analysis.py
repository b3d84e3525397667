"""The players of one scene: cut out of its frames, their poses kept, their actions and possessions found.

DetectorFrame + Observations ──► crops ──► pose model ──► pose tracks ──┬──► actions
└──► possession ──► plays
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from courtside.plays import Play, PlayerAction, Possession, PossessionEnd
from courtside_server.players.actions import (
    STEP_S,
    STEPS,
    ActionModel,
    ActionStretch,
    ActionStretches,
    ActionWindow,
    action_window,
)
from courtside_server.players.changes import PlayerChange
from courtside_server.players.config import PlayersConfig
from courtside_server.players.crops import CropPlan, CropSkip, cut_crop
from courtside_server.players.followed_player import FollowedPlayer
from courtside_server.players.jersey import JerseyModel, Jerseys, Reading, cut_torso, torso_of
from courtside_server.players.plays import KnownShot, PlayByPlay, TimedPlay
from courtside_server.players.pose import PoseModel
from courtside_server.players.pose_tracks import PoseTracks
from courtside_server.players.possession import Holder, PossessionFilter, PossessionStretches, Stretch
from courtside_server.players.release_evidence import PlayersAtRelease
from courtside_server.players.release_windows import AnsweredWindow, ReleaseWindows
from courtside_server.players.requests import RequestQueue, Runner
from courtside_server.players.roster import Rosters
from courtside_server.players.shooters import Shooters, ShotInsight
from courtside_server.players.shot_forms import ShotForms
from courtside_server.players.teams import Teams
from courtside_server.rings.tracks import TrackRing
from courtside_server.types import UNTRACKED, DetectorFrame, ObjectClass, Observations, ShotResult
from courtside_server.types.players import PlayerCrop, Pose

_FILM_IN_FLIGHT = 16
"""Crops of a film that the pose model has to answer at a time; the worker waits while there are more."""
_FILM_MEMORY_S = 75.0
"""Poses of a film are kept while its speed is not known: a scene waits up to 60 s for it."""
_BEHIND_S = 0.3
"""Real seconds after which a frame's possession and actions are read: its poses are answered by then."""
_RING_S = 3.0
"""Real seconds of observations that are kept: an action window and what is behind."""
_ACTIONS = 24
"""Action windows under way at a time; of a live camera others are left out, film waits."""
_JERSEYS = 8
"""Torsos that the model of numbers has to answer at a time; of a live camera others are left out."""


@dataclass(frozen=True, slots=True)
class PlayerModels:
    """The models that read players.

    Attributes:
        pose: finds the joints.
        actions: reads actions from them; None: actions are not read.
        forms: analyses the shooters' forms; None: they are not analysed.
        jerseys: reads jersey numbers; None: they are not read.
        rosters: whose numbers they are.
    """

    pose: PoseModel
    actions: ActionModel | None = None
    forms: ShotForms | None = None
    jerseys: JerseyModel | None = None
    rosters: Rosters = field(default_factory=Rosters)


class PlayerAnalysis:
    """Follows the players of one scene. Runs on the camera's worker thread; waits for its models in film alone.

    Args:
        camera: resource name.
        models: the models.
        runner: runs their requests.
        config: the numbers that decide.
        time_scale: real seconds per media second.
        live: crops that there is no time for are left out.
        on_skipped: called with how many crops were left out, by reason.
        on_pose: called with every pose, smoothed.
        on_insight: called with what a shooter's poses say of a shot.
        follow: the only player who is read; None: all are.
        teams: what is known of the camera's teams from earlier scenes; every crop adds to it.
        jerseys: what is known of the players' numbers, likewise; None: they are not read.

    Attributes:
        poses: the players' poses.
        evidence: what is known of the players round a release.
    """

    def __init__(
        self, camera: str, models: PlayerModels, runner: Runner, config: PlayersConfig, time_scale: float, live: bool,
        on_skipped: Callable[[Mapping[CropSkip, int]], None] = lambda skipped: None,
        on_pose: Callable[[Pose], None] = lambda pose: None,
        on_insight: Callable[[ShotInsight], None] = lambda insight: None, teams: Teams | None = None,
        follow: FollowedPlayer | None = None, jerseys: Jerseys | None = None,
    ) -> None:
        self._teams = teams or Teams(config.teams)
        self._models, self._config, self._live, self._jerseys = models, config, live, jerseys
        self._follow_by_hand = follow
        self._plan = CropPlan(config.crops, time_scale, live)
        self._requests: RequestQueue[Pose] = RequestQueue(runner)
        self._scale = time_scale
        self._jersey_requests: RequestQueue[Reading] = RequestQueue(runner)
        self._action_requests: RequestQueue[NDArray[np.float64]] = RequestQueue(runner)
        self._windows = ReleaseWindows(config.actions, time_scale)
        self._actions = ActionStretches(config.actions, time_scale)
        self._action_changes: list[PlayerChange] = []
        self._requested = -np.inf
        self._ring = TrackRing(_RING_S / time_scale)
        self._behind: deque[Observations] = deque()
        self._newest = 0.0, 0.0  # media seconds and capture time of the newest frame
        self._began = np.inf
        self._possession = PossessionFilter(config.possession, time_scale, self._pose_at)
        self._stretches = PossessionStretches(config.possession, time_scale)
        self._plays = PlayByPlay(config.possession, time_scale, self._teams.team)
        self.poses = PoseTracks(camera, config.pose, time_scale, None if live else _FILM_MEMORY_S)
        self.evidence = PlayersAtRelease(config.release, time_scale, self._pose_at)
        self._shooters = None if models.forms is None else Shooters(
            models.forms, self.poses, lambda request: runner.result(request, runner.submit(request)), time_scale
        )  # fmt: skip
        self._on_skipped, self._on_pose, self._on_insight = on_skipped, on_pose, on_insight

    def see(self, frame: DetectorFrame, observations: Observations, headroom: float = 1.0) -> None:
        """Cut players out of a frame that was tracked, and send them to the pose model.

        Args:
            frame: the frame.
            observations: what was tracked in it.
            headroom: share of the detector's time that is left, 0 to 1.
        """
        self._requests.read()
        if frame.frame is None:
            return
        room = self._config.crops.in_flight - len(self._requests) if self._live else len(observations.tracks)
        wanted = None if self._follow_by_hand is None else self._follow_by_hand.update(observations)
        for row in self._plan.choose(observations, max(room, 0), wanted, headroom):
            crop = cut_crop(
                frame.frame, int(observations.tracks[row]), observations.boxes[row], self._plan.side(observations, row)
            )
            if crop is None:
                self._plan.skipped[CropSkip.OVERTAKEN] = self._plan.skipped.get(CropSkip.OVERTAKEN, 0) + 1
                continue
            self._teams.add(crop)
            self._requests.send(
                self._models.pose.request(crop, observations.media, observations.pan),
                partial(self._add_pose, crop, observations.pan),
            )
        if self._plan.skipped:
            self._on_skipped(self._plan.skipped)
            self._plan.skipped = {}
        if not self._live:
            self._requests.read(_FILM_IN_FLIGHT)
            self._jersey_requests.read(_JERSEYS)

    def follow(self, observations: Observations) -> list[PlayerChange]:
        """Take the next observations, once the film's speed is known; returns what is newly known of the players."""
        if not self._live:
            # The same film gives the same events: what is read of it must not depend on how fast answers come.
            self._requests.read(0)
        self._read_jerseys()
        self._newest = observations.media, observations.capture_time
        self._began = min(self._began, observations.media)
        self._ring.append(observations)
        self._stretches.see(observations)
        # A little later, when the poses of the frame are there.
        changes: list[PlayerChange] = []
        self._behind.append(observations)
        while (observations.media - self._behind[0].media) * self._scale >= _BEHIND_S:
            changes += self._follow(self._behind.popleft())
        changes += self._read_actions(observations.media)
        self._complete_shots(observations.media)
        return changes

    def shot(
        self, event_id: str, release: float, shooter: int | None, result: ShotResult, retracted: bool,
        probability: float, final: bool, pixels_per_metre: float | None = None,
    ) -> list[PlayerChange]:  # fmt: skip
        """Take what is newly known of a shot: rebounds and assists may follow, and what the shooter did round it.

        Args:
            event_id: of its events.
            release: media seconds.
            shooter: his track; None where it is not known.
            result: what the rim decided.
            retracted: it was none.
            probability: that it is a shot, 0 to 1.
            final: it will not change any more.
            pixels_per_metre: of an upright body where the shooter stands; None where it is not known.
        """
        if not retracted:
            self._possession.released(release)
        read = shooter is not None and not retracted and self.poses.nearest(shooter, release) is not None
        self._windows.shot(event_id, release, shooter if read else None, probability, final)
        if self._shooters is not None:
            self._shooters.add(event_id, release, shooter, retracted, pixels_per_metre)
        return self._timed(self._plays.shot(KnownShot(event_id, release, shooter, result, retracted)))

    def flush(self) -> list[PlayerChange]:
        """End the scene: what is open ends with what is known. Film waits for the answers that are under way."""
        self._requests.read(None if self._live else 0)
        self._read_jerseys()
        self._complete_shots(np.inf)
        changes: list[PlayerChange] = []
        while self._behind:
            changes += self._follow(self._behind.popleft())
        for holder in self._possession.flush():
            changes += self._possess(holder)
        if (stretch := self._stretches.flush()) is not None:
            self._plays.ended(stretch)
        if (ended := self._plays.settle(np.inf)) is not None:
            changes.append(self._possession_change(ended.stretch, True, ended.how))
        changes += self._read_actions(np.inf)
        return changes + [self._action_change(stretch, True) for stretch in self._actions.flush()]

    def _complete_shots(self, media: float) -> None:
        if self._shooters is not None:
            for insight in self._shooters.complete(media):
                self._on_insight(insight)

    def _follow(self, observations: Observations) -> list[PlayerChange]:
        changes: list[PlayerChange] = []
        for holder in self._possession.push(observations):
            changes += self._possess(holder)
        if self._models.actions is not None:
            self._request_actions(observations)
        return changes

    def _possess(self, holder: Holder) -> list[PlayerChange]:
        self.evidence.add_holder(holder)
        ended, lasting = self._stretches.push(holder)
        changes: list[PlayerChange] = []
        if ended is not None:
            self._plays.ended(ended)
        if lasting is not None and not lasting.announced:
            lasting.announced = True
            before, plays = self._plays.started(lasting)
            if before is not None:
                changes.append(self._possession_change(before.stretch, True, before.how))
            changes.append(self._possession_change(lasting, False, PossessionEnd.UNKNOWN))
            changes += self._timed(plays)
        elif (settled := self._plays.settle(holder.media)) is not None:
            changes.append(self._possession_change(settled.stretch, True, settled.how))
        return changes

    def _possession_change(self, stretch: Stretch, final: bool, how: PossessionEnd) -> PlayerChange:
        return self._change(stretch.start, Possession(
            player=stretch.first, confidence=stretch.confidence, end=stretch.end, ended=how,
            team=self._teams.team(stretch.track),
        ), final)  # fmt: skip

    def _timed(self, plays: Sequence[TimedPlay]) -> list[PlayerChange]:
        return [self._change(play.media, play.play, True) for play in plays]

    def _change(self, media: float, payload: PlayerAction | Possession | Play, final: bool) -> PlayerChange:
        # A model's window reaches half its length before the scene's first frame.
        media = max(media, self._began)
        if isinstance(payload, PlayerAction | Possession):
            payload = replace(payload, end=max(payload.end, media))
        seen, wall = self._newest
        return PlayerChange(media, wall + (media - seen) * self._scale, self._with_jersey(payload), final)

    def _with_jersey(self, payload: PlayerAction | Possession | Play) -> PlayerAction | Possession | Play:
        if self._jerseys is None:
            return payload
        jersey = self._jerseys.jersey(payload.player)
        if isinstance(payload, Play):
            return replace(payload, jersey=jersey, other_jersey=self._jerseys.jersey(payload.other))
        return replace(payload, jersey=jersey)

    # ---- actions -------------------------------------------------------------------------------------------------

    def _request_actions(self, observations: Observations) -> None:
        model, config = self._models.actions, self._config.actions
        if model is None or (observations.media - self._requested) * self._scale < config.hop - 0.02:
            return
        self._requested, end = observations.media, observations.media
        first = end - STEPS * STEP_S / self._scale
        seen = self._ring.between(first - 0.3 / self._scale, end + 0.3 / self._scale)
        for track in observations.tracks[observations.rows(ObjectClass.PLAYER)]:
            poses = None if track == UNTRACKED else self.poses.track(int(track), first - 0.3, end + 0.3)
            if poses is None or len(poses) < 3:
                continue
            window = action_window(poses, seen, end, self._scale)
            if window.steps >= config.min_steps and not (self._live and len(self._action_requests) >= _ACTIONS):
                self._action_requests.send(model.request(window), partial(self._add_action, window))
        for stretch in self._actions.expire(end, self._windows.tracks):
            self._action_changes.append(self._action_change(stretch, True))

    def _add_action(self, window: ActionWindow, probabilities: NDArray[np.float64]) -> None:
        self.evidence.add_action(window.track, window.middle, probabilities)
        self._windows.push(AnsweredWindow(window.track, window.middle, probabilities))

    def _add_window(self, window: AnsweredWindow) -> None:
        ended, lasting = self._actions.push(window.track, window.middle, window.probabilities)
        if ended is not None:
            self._action_changes.append(self._action_change(ended, True))
        if lasting is not None and not lasting.announced:
            lasting.announced = True
            self._action_changes.append(self._action_change(lasting, False))

    def _action_change(self, stretch: ActionStretch, final: bool) -> PlayerChange:
        model = self._models.actions
        return self._change(stretch.start, PlayerAction(
            action=stretch.action, confidence=stretch.confidence, player=stretch.track, end=stretch.end,
            model="" if model is None else model.model,
        ), final)  # fmt: skip

    def _read_actions(self, media: float) -> list[PlayerChange]:
        self._action_requests.read(None if self._live else 0)
        if self._models.actions is not None:
            for window in self._windows.ready(media):
                self._add_window(window)
        changes, self._action_changes = self._action_changes, []
        return changes

    def _pose_at(self, track: int, media: float) -> Pose | None:
        return self.poses.nearest(track, media)

    def _add_pose(self, crop: PlayerCrop, pan: tuple[float, float], pose: Pose) -> None:
        self._read_jersey(crop, pan, pose)
        smooth = self.poses.add(pose)
        if smooth is not None:
            self._on_pose(smooth)

    # ---- jersey numbers ------------------------------------------------------------------------------------------

    def _read_jerseys(self) -> None:
        self._jersey_requests.read(None if self._live else 0)
        if self._jerseys is not None:
            self._jerseys.decide()

    def _read_jersey(self, crop: PlayerCrop, pan: tuple[float, float], pose: Pose) -> None:
        model, jerseys = self._models.jerseys, self._jerseys
        if model is None or jerseys is None or (self._live and len(self._jersey_requests) >= _JERSEYS):
            return
        torso = torso_of(crop, pose, pan)
        if jerseys.wants(crop.track, pose.media, torso.side * crop.side / crop.pixels.shape[2]):
            request = model.request(cut_torso(crop, torso))
            self._jersey_requests.send(request, partial(jerseys.add, crop.track, pose.media))
