"""The flight network: from one ball's track in a window to shot, release and make probability."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from courtside_training.common import checkpoint as checkpoints
from courtside_training.flight.geometry import TIME_STEP_S, TIME_STEPS, Column

MODEL = "shot_flight"
"""Name of the model."""
FEATURES = 28
"""Features per time step that `normalise` makes of a track."""
_BALL_M = 0.24
"""Diameter of a ball, metres."""
_FAR = 6.0
"""Ball sizes from an edge of the picture beyond which it does not matter."""
_RIM_M = 0.46
"""Diameter of a rim, metres."""


@dataclass(frozen=True)
class FlightConfig:
    """Channels and dilations of the residual convolutions over time."""

    channels: int = 64
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 4)


def normalise(track: Tensor) -> Tensor:
    """Turn pixels into features that do not depend on the image's size.

    Distances are in ball sizes, rim widths and player heights; changes over time are in metres per second.

    Args:
        track: (B, 48, 19), see `Column`.

    Returns:
        (B, 48, 28).
    """
    c = Column
    seen = (track[..., c.BALL_SEEN] > 0.5).float()
    count = seen.sum(1, keepdim=True).clamp_min(1.0)
    x, y, size = (track[..., i] * seen for i in (c.BALL_X, c.BALL_Y, c.BALL_SIZE))
    ball = (size.sum(1, keepdim=True) / count).clamp_min(1.0)
    middle_x, middle_y = x.sum(1, keepdim=True) / count, y.sum(1, keepdim=True) / count
    own = [(x - middle_x) / ball / 8 * seen, (y - middle_y) / ball / 8 * seen, (size / ball - 1) * 2 * seen]

    both = seen[:, 1:] * seen[:, :-1]
    metre = ball / _BALL_M
    speed = [F.pad((v[:, 1:] - v[:, :-1]) * both / metre / TIME_STEP_S / 8, (1, 0)) for v in (x, y)]
    known = F.pad(both[:, 1:] * both[:, :-1], (2, 0))
    pull = [F.pad(v[:, 1:] - v[:, :-1], (1, 0)) * known * 2 for v in speed]

    confidence = track[..., c.RIM_SEEN].clamp(0, 1)
    rim_seen = (confidence > 0).float()
    width, height = track[..., c.RIM_WIDTH].clamp_min(1.0), track[..., c.RIM_HEIGHT].clamp_min(0.0)
    at_rim = rim_seen * seen
    right = (x - track[..., c.RIM_X]) / width * at_rim
    down = (y - track[..., c.RIM_Y]) / width * at_rim
    ratio = torch.log((ball * _RIM_M / _BALL_M / width).clamp(0.1, 10.0)) * rim_seen
    # Far from the rim only the direction matters; at the rim a tenth of its width does.
    far, near = [(v / 6).clamp(-3, 3) for v in (right, down)], [v.clamp(-2, 2) for v in (right, down)]
    shape = (height / width).clamp(0, 2) * rim_seen

    player_seen = (track[..., c.PLAYER_SEEN] > 0.5).float() * seen
    left, top = track[..., c.PLAYER_LEFT], track[..., c.PLAYER_TOP]
    tall = (track[..., c.PLAYER_BOTTOM] - top).clamp_min(1.0)
    wide = (track[..., c.PLAYER_RIGHT] - left).clamp_min(1.0)
    across = ((x - left - wide / 2) / tall * 2).clamp(-3, 3) * player_seen
    over = ((y - top) / tall * 2).clamp(-4, 4) * player_seen
    girth = (wide / tall).clamp(0, 2) * player_seen
    build = torch.log((size / tall * 8).clamp(0.1, 10.0)) * player_seen
    # How far the ball is from leaving the picture, in ball sizes; where the picture's edges are unknown it cannot.
    left_edge, right_edge = track[..., c.FRAME_LEFT], track[..., c.FRAME_RIGHT]
    framed = (right_edge > left_edge).float()
    aside = torch.minimum(x - left_edge, right_edge - x)
    edges = [
        ((gap / ball).clamp(0, _FAR) / _FAR * framed + (1 - framed)) * seen
        for gap in (y - track[..., c.FRAME_TOP], aside, track[..., c.FRAME_BOTTOM] - y)
    ]
    clock = torch.linspace(-1, 1, TIME_STEPS, device=track.device).expand(track.shape[0], TIME_STEPS)
    score = track[..., c.BALL_SCORE].clamp(0, 1) * seen
    features = [
        seen, confidence, player_seen, clock, score, *own, *speed, *pull, *[v.clamp(-2, 2) for v in pull], *far, *near,
        ratio, shape, across, over, girth, build, (y - middle_y) / ball / 2 * seen, *edges,
    ]  # fmt: skip
    return torch.stack([value.clamp(-6, 6) for value in features], -1)


class Block(nn.Module):
    """A residual dilated convolution over time, (B, C, T) to the same."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, 5, padding=2 * dilation, dilation=dilation), nn.GELU(),
            nn.Conv1d(channels, channels, 1),
        )  # fmt: skip
        self.norm = nn.GroupNorm(1, channels)

    def forward(self, x: Tensor) -> Tensor:
        """`x` plus its update."""
        return x + self.body(self.norm(x))


class FlightNetwork(nn.Module):
    """Tracks (B, 48, 19) to logits of the release (B, 49), the last for "no shot", and of the make (B,)."""

    def __init__(self, config: FlightConfig | None = None) -> None:
        """Start with random weights."""
        super().__init__()
        self.config = config = config or FlightConfig()
        c = config.channels
        self.entry = nn.Conv1d(FEATURES, c, 5, padding=2)
        self.blocks = nn.Sequential(*(Block(c, dilation) for dilation in config.dilations))
        self.when = nn.Conv1d(c, 1, 1)
        self.none = nn.Sequential(nn.Linear(2 * c, c), nn.GELU(), nn.Dropout(0.1), nn.Linear(c, 1))
        self.make = nn.Sequential(nn.Linear(3 * c, c), nn.GELU(), nn.Dropout(0.1), nn.Linear(c, 1))

    def forward(self, track: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        h = self.blocks(self.entry(normalise(track).transpose(1, 2)))
        mean, most = h.mean(2), h.amax(2)
        when = self.when(h)[:, 0]
        moment = torch.cat([when, self.none(torch.cat([mean, most], 1))], 1)
        there = (h * when.softmax(1)[:, None]).sum(2)
        return moment, self.make(torch.cat([mean, most, there], 1))[:, 0]


class ServedFlight(nn.Module):
    """What is served: shot (B, 1), release (B, 48) and make (B, 1) probabilities."""

    def __init__(self, network: FlightNetwork) -> None:
        """Wrap a trained `network`."""
        super().__init__()
        self.network = network

    def forward(self, track: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        moment, make = self.network(track)
        shares = moment.softmax(1)
        shot = 1.0 - shares[:, -1:]
        return shot, moment[:, :-1].softmax(1), torch.sigmoid(make)[:, None]


def load_flight(path: Path) -> FlightNetwork:
    """The averaged network of a checkpoint, in eval mode.

    Raises:
        TrainingInputError: the checkpoint is missing, torn, or of another model.
    """
    found = checkpoints.load(path, MODEL)
    settings = dict(found["settings"])
    network = FlightNetwork(FlightConfig(settings["channels"], tuple(settings["dilations"])))
    checkpoints.fill(network, found["average"], path)
    return network.eval()
