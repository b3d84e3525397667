"""Clips of simulated games to compare models on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from courtside_training.shots.footage import GRID_S, FootagePlan, render
from courtside_training.shots.geometry import SAMPLES, STRIDE_S
from courtside_training.shots.windows import LENGTH, cut


def simulated_clips(seeds: Sequence[int], count: int, duration: float = 15.0) -> NDArray[np.uint8]:
    """`count` clips (count, 16, 3, 144, 256) RGB, evenly spread over games of `duration` seconds, drawn in turn.

    Raises:
        ValueError: the games are shorter than a window.
    """
    if duration < (SAMPLES - 1) * STRIDE_S + GRID_S:
        raise ValueError(f"a clip needs film of {(SAMPLES - 1) * STRIDE_S:.1f} s, not {duration}")
    games = [render(seed, FootagePlan(duration, vary=False)) for seed in seeds]
    clips = []
    for index in range(count):
        game = games[index % len(games)]
        last = len(game.frames) - 1 - LENGTH
        clip, _, _ = cut(game, round(index / max(count - 1, 1) * last))
        clips.append(clip.transpose(0, 3, 1, 2))
    return np.stack(clips)
