"""Predictions of a shot model on windows of film, beside the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from courtside_training.shots.footage import GRID_S, Footage
from courtside_training.shots.geometry import SAMPLES, STRIDE_S, THRESHOLD
from courtside_training.shots.labels import in_middle
from courtside_training.shots.metrics import release_position
from courtside_training.shots.windows import WindowRef, cut

Model = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]
"""Clips (B, 16, 3, 144, 256) to shot (B, 1), release (B, 16), zone (B, 7), make (B, 1)."""


@dataclass(frozen=True)
class Predictions:
    """Predictions of a model on N windows, and the truth.

    Attributes:
        game: (N,) index of the game.
        start: (N,) seconds of the first sample.
        shot: (N,) probabilities.
        release: (N, 16) probabilities.
        zone: (N, 7) probabilities.
        make: (N,) probabilities.
        true_shot: (N,) bool, a release lies in the window.
        true_middle: (N,) bool, a release lies in the middle eight samples.
        true_position: (N,) of the release in samples, NaN without one.
        true_zone: (N,) -1 without a release or if unknown.
        true_made: (N,) 1, 0, or -1 without a release or if unknown.
    """

    game: NDArray[np.int64]
    start: NDArray[np.float64]
    shot: NDArray[np.float32]
    release: NDArray[np.float32]
    zone: NDArray[np.float32]
    make: NDArray[np.float32]
    true_shot: NDArray[np.bool_]
    true_middle: NDArray[np.bool_]
    true_position: NDArray[np.float64]
    true_zone: NDArray[np.int64]
    true_made: NDArray[np.int64]

    def with_shot(self, shot: NDArray[np.float32]) -> Predictions:
        """A copy with other shot probabilities."""
        return Predictions(**{**self.__dict__, "shot": shot})

    def pick(self, chosen: NDArray[np.bool_]) -> Predictions:
        """The chosen windows, (N,) bool."""
        return Predictions(**{name: value[chosen] for name, value in self.__dict__.items()})


def torch_model(module: torch.nn.Module) -> Model:
    """A served torch model as a `Model`."""

    def run(clip: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        with torch.no_grad():
            return tuple(out.float().cpu().numpy() for out in module(torch.from_numpy(clip).to(device)))

    device = next(module.parameters()).device
    module.eval()
    return run


def infer(
    model: Model,
    games: Sequence[Footage],
    refs: Sequence[WindowRef],
    size: int = 8,
    report: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Run a model over windows; `report` is called with the windows done and their number."""
    outputs: list[tuple[NDArray[np.float32], ...]] = []
    labels = []
    for begin in range(0, len(refs), size):
        chunk = [cut(games[ref.game], ref.first) for ref in refs[begin : begin + size]]
        outputs.append(model(np.stack([np.ascontiguousarray(clip.transpose(0, 3, 1, 2)) for clip, _, _ in chunk])))
        labels += [truth for _, _, truth in chunk]
        if report:
            report(len(labels), len(refs))
    shot, release, zone, make = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
    return Predictions(
        np.array([ref.game for ref in refs]),
        np.array([ref.first * GRID_S for ref in refs]),
        shot[:, 0],
        release,
        zone,
        make[:, 0],
        np.array([truth.shot > 0 for truth in labels]),
        np.array([truth.middle for truth in labels]),
        np.array([truth.position for truth in labels]),
        np.array([truth.zone for truth in labels]),
        np.array([int(truth.made) for truth in labels]),
    )


def counted(predictions: Predictions, threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """Windows that the service counts (N,): shot at or above the threshold, release in the middle eight samples."""
    position = release_position(predictions.release)
    middle = np.array([in_middle(p) for p in position], bool)
    return (predictions.shot >= threshold) & middle


HALF = round(SAMPLES / 2)
"""Samples from one staggered window to the next."""


def every(predictions: Predictions, samples: int) -> Predictions:
    """Of the windows at the 0.3 s hop, those that start `samples` apart."""
    step = np.round((predictions.start - predictions.start.min()) / STRIDE_S).astype(int)
    return predictions.pick(step % samples == 0)
