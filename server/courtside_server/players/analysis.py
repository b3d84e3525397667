"""The players of one scene: cut out of its frames, their poses kept, their actions and possessions found.

DetectorFrame + Observations ──► crops ──► pose model ──► pose tracks ──┬──► actions
└──► possession ──► plays
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from courtside_server.players.config import PlayersConfig
from courtside_server.players.crops import CropPlan, CropSkip, cut_crop
from courtside_server.players.pose import PoseModel
from courtside_server.players.pose_tracks import PoseTracks
from courtside_server.players.requests import RequestQueue, Runner
from courtside_server.types import DetectorFrame, Observations
from courtside_server.types.players import Pose

_FILM_IN_FLIGHT = 16
"""Crops of a film that the pose model has to answer at a time; the worker waits while there are more."""
_FILM_MEMORY_S = 75.0
"""Poses of a film are kept while its speed is not known: a scene waits up to 60 s for it."""


@dataclass(frozen=True, slots=True)
class PlayerModels:
    """The models that read players.

    Attributes:
        pose: finds the joints.
    """

    pose: PoseModel


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
    """

    def __init__(
        self, camera: str, models: PlayerModels, runner: Runner, config: PlayersConfig, time_scale: float, live: bool,
        on_skipped: Callable[[Mapping[CropSkip, int]], None] = lambda skipped: None,
        on_pose: Callable[[Pose], None] = lambda pose: None,
    ) -> None:
        self._models, self._config, self._live = models, config, live
        self._plan = CropPlan(config.crops, time_scale, live)
        self._requests: RequestQueue[Pose] = RequestQueue(runner)
        self.poses = PoseTracks(camera, config.pose, time_scale, None if live else _FILM_MEMORY_S)
        self._on_skipped, self._on_pose = on_skipped, on_pose
        self.cropped = 0
        """Crops that were sent to the pose model."""

    def see(self, frame: DetectorFrame, observations: Observations) -> None:
        """Cut players out of a frame that was tracked, and send them to the pose model."""
        self._requests.read()
        if frame.frame is None:
            return
        room = self._config.crops.in_flight - len(self._requests) if self._live else len(observations.tracks)
        for row in self._plan.choose(observations, max(room, 0)):
            crop = cut_crop(
                frame.frame, int(observations.tracks[row]), observations.boxes[row], self._plan.side(observations, row)
            )
            if crop is None:
                self._plan.skipped[CropSkip.OVERTAKEN] = self._plan.skipped.get(CropSkip.OVERTAKEN, 0) + 1
                continue
            self.cropped += 1
            self._requests.send(
                self._models.pose.request(crop, observations.media, observations.pan), self._add_pose
            )
        if self._plan.skipped:
            self._on_skipped(self._plan.skipped)
            self._plan.skipped = {}
        if not self._live:
            self._requests.read(_FILM_IN_FLIGHT)

    def follow(self, observations: Observations) -> Sequence[object]:
        """Take the next observations, once the film's speed is known."""
        return ()

    def flush(self) -> None:
        """Read every answer that is under way; film waits for them."""
        self._requests.read(None if self._live else 0)

    def _add_pose(self, pose: Pose) -> None:
        smooth = self.poses.add(pose)
        if smooth is not None:
            self._on_pose(smooth)
