"""Windows from simulated games: every player's joints, without a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from courtside_sim import open_simulation
from courtside_sim.actions import action_labels
from courtside_sim.body import KEYPOINTS, skeleton
from courtside_training.actions.classes import LABELS
from courtside_training.actions.stored import Stored, cut_all, joined
from courtside_training.actions.views import STORED_RATE

RARE = ("block", "pass", "shoot", "pick", "ball in hand", "dribble")
"""Classes of which more windows are cut, because they are short or only one player at a time does them."""


def game_windows(seed: int, duration: float = 20.0, every: int = 12) -> Stored:
    """Windows of one game.

    Args:
        seed: of the game.
        duration: seconds.
        every: steps of `STORED_RATE` between two windows of a player; a quarter of it for the classes in `RARE`.
    """
    game = open_simulation(seed, duration=duration, fps=STORED_RATE).game
    state = game.recording.sample(np.arange(0, duration, 1 / STORED_RATE))
    joints = skeleton(state, game.roster)[:, :, :KEYPOINTS].astype(np.float32)
    labels, ball = action_labels(state.actions), state.ball.astype(np.float32)
    rare = [LABELS.index(name) for name in RARE]
    parts = []
    for player in range(joints.shape[1]):
        track = joints[:, player]
        found = cut_all(track, ball, labels[:, player], every)
        common = ~np.isin(found.labels, rare)
        parts.append(Stored(found.joints[common], found.ball[common], found.labels[common]))
        dense = cut_all(track, ball, np.where(np.isin(labels[:, player], rare), labels[:, player], -1), every // 4)
        parts.append(dense)
    return joined(parts)


def games(seeds: Iterable[int], duration: float = 20.0, report: Callable[[], None] | None = None) -> Stored:
    """Windows of several games; `report` is called after each one."""
    parts = []
    for seed in seeds:
        parts.append(game_windows(seed, duration))
        if report:
            report()
    return joined(parts)
