"""Actions: windows of a player's poses to the action model, and its answers to stretches of one action.

pose tracks + observations ──► ActionWindow (16 steps of 0.1 s) ──► action model ──► ActionStretches ──► stretch
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside.keypoints import interpolate
from courtside.plays import Action
from courtside.skeleton import HIPS, JOINTS
from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.players.config import ActionConfig
from courtside_server.types import UNTRACKED, ObjectClass, Observations
from courtside_server.types.players import PoseTrack

STEPS = 16
"""Steps of a window; part of the model's signature."""
STEP_S = 0.1
"""Real seconds between two steps; the model was trained with this value."""
MAX_GAP_S = 0.25
"""Real seconds within which a pose stands for a step."""
CONTEXT = ("ball_x", "ball_y", "ball_known", "ball_score", "speed_x", "speed_y", "speed_known")
"""What a step says beside the pose: the ball from the middle of the hips, in player heights, y up, with its score; the
player's velocity over the ground in player heights per second, y up, camera motion removed. 0 where it is not known."""
ORDER = (
    Action.BLOCK, Action.PASS, Action.RUN, Action.DRIBBLE, Action.SHOOT, Action.BALL_IN_HAND, Action.DEFENCE,
    Action.PICK, Action.NO_ACTION, Action.WALK,
)  # fmt: skip
"""The classes in the order of the model's output."""
_VELOCITY_S = 0.2
"""Real seconds before and after a step over which a velocity is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class ActionWindow:
    """One player over 1.6 s.

    Attributes:
        track: the player's track.
        middle: media seconds at the window's middle.
        keypoints: (16, 17, 4) float32; see :class:`~courtside_server.types.players.Pose`.
        context: (16, 7) float32, in the order of `CONTEXT`.
        steps: how many steps have a pose.
    """

    track: int
    middle: float
    keypoints: NDArray[np.float32]
    context: NDArray[np.float32]
    steps: int


class ActionModel:
    """The action model: ``keypoints`` float32 16x17x4 and ``context`` float32 16x7 in; ``action`` (10) out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Raises:
        ModelNotFound: the engine has no such model.
        ModelInvalid: the model's tensors are not an action model's; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._name, self._timeout = name, timeout
        keypoints = TensorSpec("keypoints", np.dtype(np.float32), (STEPS, len(JOINTS), 4))
        context = TensorSpec("context", np.dtype(np.float32), (STEPS, len(CONTEXT)))
        action = TensorSpec("action", np.dtype(np.float32), (len(ORDER),))
        info = engine.info(name)
        check_signature(info, inputs=[keypoints, context], outputs=[action])
        self.model = f"{info.name}:{info.version}"

    def request(self, window: ActionWindow) -> InferenceRequest[NDArray[np.float64]]:
        """Ask for the probabilities (10,) of the actions in the order of `ORDER`."""
        inputs = {"keypoints": window.keypoints[np.newaxis], "context": window.context[np.newaxis]}
        return InferenceRequest(self._name, inputs, self._timeout, self._parse)

    def _parse(self, outputs: Outputs) -> NDArray[np.float64]:
        probabilities: NDArray[np.float64] = outputs["action"][0].astype(np.float64)
        if not np.isfinite(probabilities).all():
            raise EngineError(f"model {self._name} answered with NaN; export it again")
        return probabilities


def action_window(
    poses: PoseTrack, observations: Sequence[Observations], end: float, time_scale: float
) -> ActionWindow:
    """A player's window.

    Args:
        poses: the player's, those of the window at least.
        observations: of the window, oldest first.
        end: media seconds of the last step.
        time_scale: real seconds per media second.
    """
    media = np.asarray(end - (STEPS - 1 - np.arange(STEPS)) * STEP_S / time_scale, np.float64)
    keypoints = resample_poses(poses, media, MAX_GAP_S / time_scale)
    known = np.isfinite(keypoints[..., 0]).any(axis=1)
    context = np.zeros((STEPS, len(CONTEXT)), np.float32)
    height = max(float(np.median(poses.heights)), 1.0)
    feet = _feet(observations, poses.track)
    for step, time in enumerate(media):
        _add_ball(context[step], observations, keypoints[step], time, time_scale, height)
        _add_speed(context[step], feet, time, time_scale, height)
    return ActionWindow(poses.track, float(media[STEPS // 2]), keypoints, context, int(known.sum()))


def resample_poses(poses: PoseTrack, media: NDArray[np.float64], max_gap: float) -> NDArray[np.float32]:
    """Poses at other times: (T, 17, 4), interpolated; NaN and visibility 0 where none is within ``max_gap`` seconds."""
    seen = np.asarray(np.isfinite(poses.keypoints[..., :3]).all(-1), np.bool_)
    found, known = interpolate(poses.keypoints, poses.times, media, seen, max_gap, hold=True)
    found[~known, :3], found[~known, 3] = np.nan, 0.0
    return found.astype(np.float32)


def _feet(observations: Sequence[Observations], track: int) -> NDArray[np.float64]:
    """(N, 3) media seconds, x and y of a player's feet, camera motion removed."""
    found = []
    for one in observations:
        players = one.steady(ObjectClass.PLAYER)
        for row in players[players[:, 5] == track]:
            found.append((one.media, (row[0] + row[2]) / 2, row[3]))
    return np.array(found).reshape(-1, 3)


def _add_speed(
    step: NDArray[np.float32], feet: NDArray[np.float64], time: float, time_scale: float, height: float
) -> None:
    near = feet[np.abs(feet[:, 0] - time) * time_scale <= _VELOCITY_S] if len(feet) else feet
    if len(near) < 2 or (near[-1, 0] - near[0, 0]) * time_scale < _VELOCITY_S:
        return
    speed = (near[-1, 1:] - near[0, 1:]) / ((near[-1, 0] - near[0, 0]) * time_scale) / height
    step[4:] = speed[0], -speed[1], 1.0


def _add_ball(
    step: NDArray[np.float32], observations: Sequence[Observations], keypoints: NDArray[np.float32], time: float,
    time_scale: float, height: float,
) -> None:  # fmt: skip
    hips = keypoints[HIPS, :2]
    near = [one for one in observations if abs(one.media - time) * time_scale <= STEP_S]
    if not near or not np.isfinite(hips).all():
        return
    balls = min(near, key=lambda one: abs(one.media - time)).steady(ObjectClass.BALL)
    balls = balls[balls[:, 5] != UNTRACKED]
    if not len(balls):
        return
    middles = (balls[:, :2] + balls[:, 2:4]) / 2 - hips.mean(axis=0)
    nearest = int(np.linalg.norm(middles, axis=1).argmin())
    x, y = middles[nearest] / height
    step[:4] = x, -y, 1.0, balls[nearest, 4]


@dataclass(slots=True)
class ActionStretch:
    """A player does one thing for a while.

    Attributes:
        track: the player's track.
        action: what he does.
        start: media seconds.
        end: media seconds.
        total: sum of the action's probabilities over its windows.
        windows: number of its windows.
        announced: an event of it was drafted.
    """

    track: int
    action: Action
    start: float
    end: float
    total: float
    windows: int
    announced: bool = False

    @property
    def confidence(self) -> float:
        """Mean probability, 0 to 1."""
        return self.total / self.windows


@dataclass(slots=True)
class _Player:
    mean: NDArray[np.float64]
    media: float
    stretch: ActionStretch | None = None


class ActionStretches:
    """Smooths the answers of each player's windows and puts them together to stretches.

    Args:
        config: the numbers that decide.
        time_scale: real seconds per media second.
    """

    def __init__(self, config: ActionConfig, time_scale: float) -> None:
        self._config, self._scale = config, time_scale
        self._players: dict[int, _Player] = {}

    def push(
        self, track: int, middle: float, probabilities: NDArray[np.float64]
    ) -> tuple[ActionStretch | None, ActionStretch | None]:
        """Take the answer to a player's next window.

        Returns:
            The stretch that has ended, if one has that counts, and the one that goes on, if it counts already.
        """
        config, player = self._config, self._players.get(track)
        half = config.hop / 2 / self._scale
        gone = player is not None and (middle - player.media) * self._scale > 2.5 * config.hop
        ended = None
        if player is None or gone:
            ended = self._ended(player)
            player = self._players[track] = _Player(probabilities, middle)
        else:
            share = 1 - np.exp(-(middle - player.media) * self._scale / max(config.smoothing, 1e-6))
            player.mean = player.mean + share * (probabilities - player.mean)
            player.media = middle
        best = int(player.mean.argmax())
        action, probability = ORDER[best], float(player.mean[best])
        now = player.stretch
        if now is not None and now.action is action:
            now.end, now.total, now.windows = middle + half, now.total + probability, now.windows + 1
        else:
            ended = self._ended(player) or ended
            player.stretch = ActionStretch(track, action, middle - half, middle + half, probability, 1)
        stretch = player.stretch
        return ended, stretch if stretch is not None and self._counts(stretch) else None

    def expire(self, media: float, waiting: Collection[int] = ()) -> list[ActionStretch]:
        """The stretches of players who were not seen lately, but for those whose windows wait."""
        gone = [
            track for track, player in self._players.items()
            if track not in waiting and (media - player.media) * self._scale > 2.5 * self._config.hop + STEPS * STEP_S
        ]  # fmt: skip
        ended = [self._ended(self._players.pop(track)) for track in gone]
        return [stretch for stretch in ended if stretch is not None]

    def flush(self) -> list[ActionStretch]:
        """End the stretches that are open."""
        ended = [self._ended(player) for player in self._players.values()]
        self._players.clear()
        return [stretch for stretch in ended if stretch is not None]

    def _ended(self, player: _Player | None) -> ActionStretch | None:
        if player is None or player.stretch is None:
            return None
        ended, player.stretch = player.stretch, None
        return ended if self._counts(ended) or ended.announced else None

    def _counts(self, stretch: ActionStretch) -> bool:
        long = (stretch.end - stretch.start) * self._scale >= self._config.min_duration
        return long and stretch.confidence >= self._config.min_confidence
