"""The ten action labels of SpaceJam and how this simulation's finer actions map to them.

Labels: Francia, Calderara, Lanzi, "SpaceJam: a Dataset for Basketball Action Recognition", 2018. SpaceJam labels
single players in short clips. An action it does not name takes the label a viewer would give the whole clip: standing
and reaching for a loose ball are "no action"; a catch, a gather and a fake are "ball in hand"; going up against a
shot without touching the ball is "defence"; a follow-through belongs to "shoot".
"""

from __future__ import annotations

import numpy as np

from .truth import Action

ACTION_LABELS: tuple[str, ...] = (
    "block",
    "pass",
    "run",
    "dribble",
    "shoot",
    "ball in hand",
    "defence",
    "pick",
    "no action",
    "walk",
)
"""The ten labels in the order of SpaceJam's class numbers."""
LABEL_OF: dict[Action, str] = {
    Action.STAND: "no action",
    Action.WALK: "walk",
    Action.RUN: "run",
    Action.DRIBBLE: "dribble",
    Action.HOLD: "ball in hand",
    Action.PASS: "pass",
    Action.CATCH: "ball in hand",
    Action.GATHER: "ball in hand",
    Action.SHOOT: "shoot",
    Action.FOLLOW_THROUGH: "shoot",
    Action.PUMP_FAKE: "ball in hand",
    Action.REBOUND: "no action",
    Action.GUARD: "defence",
    Action.CONTEST: "defence",
    Action.BLOCK: "block",
    Action.PICK: "pick",
}
"""The label of each simulated action."""
_INDEX = np.array([ACTION_LABELS.index(LABEL_OF[action]) for action in Action])


def action_labels(actions: np.ndarray) -> np.ndarray:
    """Convert `Action` values, int64 of any shape, to indices into `ACTION_LABELS`, int64 of the same shape."""
    return _INDEX[np.asarray(actions)]
