"""The action network: from keypoints and context over 16 steps to ten classes; all normalisation is inside.

A pose network exchanges left and right of players seen from behind, and little real film is labelled. Therefore the
network reads measures of the body that neither an exchange nor a mirror image changes (the higher and the lower wrist,
the longer and the shorter leg ...), summed up over the clip's beginning, middle and end, and stays small.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from courtside_training.actions.classes import CONTEXT, JOINTS, LABELS, STEPS
from courtside_training.pose.skeleton import ANKLES, HIPS, SHOULDERS, WRISTS

MODEL = "player_actions"
"""Name of the model in checkpoints and in the model repository."""
ELBOWS, KNEES, EARS = (7, 8), (13, 14), (3, 4)
ENOUGH = 4.0
"""Steps with a pose from which on a clip counts in full."""
FAR = 4.0
"""Measures are clipped to this many body sizes."""


@dataclass(frozen=True)
class ActionsNetworkConfig:
    """Sizes.

    Attributes:
        width: of the two hidden layers.
        dropout: share of a hidden layer's values dropped in training; half of it of the measures.
        members: networks whose class scores are averaged.
    """

    width: int = 96
    dropout: float = 0.4
    members: int = 4


def held(values: Tensor, known: Tensor) -> Tensor:
    """Fill the gaps of (B, 16, J, C) with the last known value before, else with the first one after; else with 0.

    Args:
        values: of each step; those that are not known are never read.
        known: (B, 16, J, 1) bool.
    """
    values = torch.where(known, values, torch.zeros_like(values))
    steps, marks = [values[:, 0]], [known[:, 0]]
    for step in range(1, STEPS):
        steps.append(torch.where(known[:, step], values[:, step], steps[-1]))
        marks.append(known[:, step] | marks[-1])
    for step in range(STEPS - 2, -1, -1):
        steps[step] = torch.where(marks[step], steps[step], steps[step + 1])
        marks[step] = marks[step] | marks[step + 1]
    return torch.stack(steps, 1)


def _length(vector: Tensor) -> Tensor:
    """Euclidean length over the last dimension; its gradient is finite at 0."""
    return (vector * vector).sum(-1).clamp_min(1e-12).sqrt()


def _pair(values: Tensor) -> Tensor:
    """The larger and the smaller of the last dimension's two values, whichever side they are on."""
    return torch.stack([values.amax(-1), values.amin(-1)], -1)


def _cosine(one: Tensor, other: Tensor) -> Tensor:
    """Cosine of the angle at a joint between its two limbs."""
    return (one * other).sum(-1) / (_length(one) * _length(other)).clamp_min(0.03)


def _change(values: Tensor) -> Tensor:
    """Central differences over the steps (B, 16, ...), times 4; 0 at both ends."""
    middle = (values[:, 2:] - values[:, :-2]) * 2.0
    end = torch.zeros_like(values[:, :1])
    return torch.cat([end, middle, end], 1)


def measures(keypoints: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
    """Measures per step that know neither where the player is, nor how large, nor which side is left.

    Lengths are in body sizes: half the torso and a third of the longer leg, mean over the clip. Horizontal positions
    count in the direction in which the face points.

    Args:
        keypoints: (B, 16, 17, 4) x, y (down), depth and visibility; NaN where not seen. Depth is not read: that of
            one picture is a guess, and two variants of the pose network differ in it by half a torso.
        context: (B, 16, 7), see `CONTEXT`.

    Returns:
        Measures of the body (B, 16, M) and of the context (B, 16, 7), finite.
    """
    known = (keypoints == keypoints).all(-1, keepdim=True)
    known = known & (keypoints.abs() < 1e6).all(-1, keepdim=True)
    clean = torch.where(known, keypoints, torch.zeros_like(keypoints))
    visible = clean[..., 3].clamp(0.0, 1.0)
    position = held(clean[..., :2], known) * torch.tensor([1.0, -1.0])
    padded = torch.cat([position[:, :1], position, position[:, -1:]], 1)
    position = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4

    root = position[:, :, list(HIPS)].mean(2, keepdim=True)
    torso = _length(position[:, :, list(SHOULDERS)].mean(2, keepdim=True) - root)
    hip, knee, ankle = (position[:, :, list(pair)] for pair in (HIPS, KNEES, ANKLES))
    leg = (_length(hip - knee) + _length(knee - ankle)).amax(-1)
    size = (0.5 * torso[..., 0] + 0.35 * leg).mean(1)[:, None, None, None].clamp_min(1e-3)
    body = (position - root) / size
    shoulder, elbow, wrist, hip, knee, ankle = (
        body[:, :, list(pair)] for pair in (SHOULDERS, ELBOWS, WRISTS, HIPS, KNEES, ANKLES)
    )
    top, head = shoulder.mean(2), body[:, :, :5].mean(2)
    face = body[:, :, 0, 0] - body[:, :, list(EARS), 0].mean(-1)
    ahead = torch.tanh(8 * face.mean(1, keepdim=True))[..., None]
    across = shoulder[:, :, 0] - shoulder[:, :, 1]

    pose = [
        _pair(wrist[..., 1]), _pair(wrist[..., 1] - head[:, :, None, 1]), _pair(wrist[..., 0].abs()),
        _pair(wrist[..., 0] * ahead), _length(wrist[:, :, 0] - wrist[:, :, 1])[..., None],
        _pair(_cosine(shoulder - elbow, wrist - elbow)), _pair(_length(wrist - shoulder)),
        _pair(elbow[..., 1] - shoulder[..., 1]), _pair(elbow[..., 0].abs()), _pair(elbow[..., 0] * ahead),
        _length(elbow[:, :, 0] - elbow[:, :, 1])[..., None],
        (ankle[:, :, 0] - ankle[:, :, 1]).abs(), _pair(_cosine(hip - knee, ankle - knee)), _pair(_length(hip - ankle)),
        _pair(ankle[..., 1]), _length(knee[:, :, 0] - knee[:, :, 1])[..., None], _pair(knee[..., 1]),
        _pair(ankle[..., 0] * ahead), _length(top)[..., None], top[..., :1] * ahead, top[..., :1].abs(), across.abs(),
        face[..., None].abs(), head[..., 1:] - top[..., 1:], (head[..., :1] - top[..., :1]) * ahead,
        _pair(visible[:, :, list(WRISTS)]), _pair(visible[:, :, list(ANKLES)]), _pair(visible[:, :, list(ELBOWS)]),
    ]  # fmt: skip
    speed = _change(body)
    hands, legs, feet = (speed[:, :, list(pair)] for pair in (WRISTS, KNEES, ANKLES))
    moving = [
        _pair(_length(hands)), _pair(hands[..., 1]), _pair(hands[..., 1].abs()),
        _length(speed[:, :, list(ELBOWS)]).mean(-1, keepdim=True), _pair(_length(legs)), _pair(_length(feet)),
        feet[..., 1].abs().amax(-1, keepdim=True), speed[:, :, list(SHOULDERS), 1].mean(-1, keepdim=True),
        hands[..., 1].mean(-1, keepdim=True),
    ]  # fmt: skip
    travel = _change(root[:, :, 0] / size[:, :, 0]).clamp(-3.0, 3.0)
    course = [travel[..., :1].abs(), travel[..., 1:], _length(travel)[..., None], torso / size[..., 0] - 1.0]
    found = torch.cat([*pose, *moving, *course], -1).clamp(-FAR, FAR)

    there = torch.where(context == context, context, torch.zeros_like(context)).clamp(-8.0, 8.0)
    around = [
        there[..., :1].abs(), there[..., 1:3], _length(there[..., :2]).clamp(0.0, FAR)[..., None],
        _length(there[..., 4:6])[..., None], there[..., 6:], there[..., 3:4],
    ]  # fmt: skip
    return found, torch.cat(around, -1)


def summary(body: Tensor, context: Tensor) -> Tensor:
    """What is read of a clip, (B, C): its middle, how beginning and end differ from it, and its spread."""
    first, middle, last = body[:, :6].mean(1), body[:, 5:11].mean(1), body[:, 10:].mean(1)
    mean = body.mean(1, keepdim=True)
    spread = ((body - mean) ** 2).mean(1).clamp_min(1e-8).sqrt()
    return torch.cat([
        middle, mean[:, 0], first - middle, last - middle, spread, body.amax(1), body.amin(1),
        context[:, 6:10].mean(1), context.mean(1), context.amax(1),
    ], -1)  # fmt: skip


class Member(nn.Module):
    """A summary (B, C) to class scores (B, 10)."""

    def __init__(self, channels: int, config: ActionsNetworkConfig) -> None:
        """Start with random weights."""
        super().__init__()
        width, drop = config.width, config.dropout
        self.layers = nn.Sequential(
            nn.BatchNorm1d(channels), nn.Dropout(drop / 2), nn.Linear(channels, width), nn.GELU(), nn.Dropout(drop),
            nn.Linear(width, width), nn.GELU(), nn.Dropout(drop), nn.Linear(width, len(LABELS)),
        )  # fmt: skip

    def forward(self, inputs: Tensor) -> Tensor:
        """See the class."""
        out: Tensor = self.layers(inputs)
        return out


class ActionsNetwork(nn.Module):
    """Keypoints (B, 16, 17, 4) and context (B, 16, 7) to class scores (B, 10)."""

    def __init__(self, config: ActionsNetworkConfig | None = None) -> None:
        """Start with random weights."""
        super().__init__()
        self.config = config = config or ActionsNetworkConfig()
        channels = summary(*measures(torch.zeros(1, STEPS, JOINTS, 4), torch.zeros(1, STEPS, len(CONTEXT)))).shape[1]
        self.members = nn.ModuleList(Member(channels, config) for _ in range(config.members))

    def scores(self, keypoints: Tensor, context: Tensor) -> Tensor:
        """Class scores (M, B, 10) of each member."""
        found = summary(*measures(keypoints, context))
        return torch.stack([member(found) for member in self.members])

    def forward(self, keypoints: Tensor, context: Tensor) -> Tensor:
        """See the class. With fewer than `ENOUGH` steps the scores come closer to each other, down to equal ones."""
        seen = (keypoints == keypoints).all(-1).any(-1).to(context.dtype).sum(1, keepdim=True)
        scores: Tensor = self.scores(keypoints, context).log_softmax(-1).mean(0)
        return scores * (seen / ENOUGH).clamp_max(1.0)


class ServedActions(nn.Module):
    """What is served: probabilities (B, 10), calibrated."""

    shift: Tensor

    def __init__(self, network: ActionsNetwork, temperature: float = 1.0, shift: Tensor | None = None) -> None:
        """Wrap a trained `network`.

        Args:
            network: gives class scores.
            temperature: the scores are divided by it.
            shift: (10,) added to the scores, for class shares other than in training.
        """
        super().__init__()
        self.network, self.temperature = network, temperature
        self.register_buffer("shift", torch.zeros(len(LABELS)) if shift is None else shift)

    def forward(self, keypoints: Tensor, context: Tensor) -> tuple[Tensor]:
        """See the class."""
        return ((self.network(keypoints, context) / self.temperature + self.shift).softmax(-1),)
