"""Windows from captured motion of one basketball player (SkillMimic BallPlay-M, Apache-2.0).

Each sequence is N x 337 at 60 Hz: 53 body positions in columns 165 to 324, the ball in 324 to 327, whether hand and
ball touch in the last one. What the player does follows from the sequence's kind, the contacts and how he moves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside_training.actions.classes import LABELS, NO_LABEL
from courtside_training.actions.stored import Stored, cut_all, joined
from courtside_training.actions.windows import Array
from courtside_training.common.arrays import reading_arrays
from courtside_training.errors import TrainingInputError

SOURCE_RATE = 60.0
COLUMNS = 337
BODIES = (16, 35, 17, 36, 18, 37, 1, 5, 2, 6, 3, 7)
"""Body of each of COCO's joints from the left shoulder on; SMPL-X order, found by bones of constant length."""
HEAD, CROWN, NECK = 13, 14, 12
SLOW, FAST = (0.35, 1.3), 2.2
"""Walking speeds in metres per second, and the least speed of a run. Between them nothing is labelled."""
STILL = 0.2
"""Largest speed in metres per second of one who stands."""
DRIBBLES = ("run", "lrun", "rrun", "rturn2lhand", "legturn", "lleg", "back")
"""Kinds of sequence in which the player dribbles; also `turn`."""
_INDEX = {name: index for index, name in enumerate(LABELS)}


def coco(bodies: Array) -> Array:
    """COCO's 17 joints (T, 17, 3) of bodies (T, 53, 3); the face is placed on the head, turned as the shoulders are."""
    out = np.empty((len(bodies), 17, 3), np.float32)
    out[:, 5:] = bodies[:, list(BODIES)]
    right = out[:, 6] - out[:, 5]
    right[:, 2] = 0
    right /= np.maximum(np.linalg.norm(right, axis=-1, keepdims=True), 1e-6)
    up = bodies[:, CROWN] - bodies[:, NECK]
    up /= np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-6)
    ahead = np.cross(up, right)
    middle = bodies[:, HEAD] + 0.06 * up
    out[:, 0] = middle + 0.11 * ahead - 0.01 * up
    for side, joint in ((-1, 1), (1, 2)):
        out[:, joint] = middle + 0.09 * ahead + 0.03 * side * right + 0.03 * up
        out[:, joint + 2] = middle + 0.075 * side * right
    return out


def labelled(name: str, joints: Array, contact: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Class numbers (T,) of a sequence at 60 Hz, `NO_LABEL` where it is not clear.

    Args:
        name: of the sequence; its first part is the kind.
        joints: (T, 17, 3) metres.
        contact: (T,) whether hand and ball touch.
    """
    kind, count = name.split("__")[0], len(joints)
    labels = np.full(count, NO_LABEL, np.int64)
    times = np.arange(count) / SOURCE_RATE
    root = joints[:, [11, 12], :2].mean(1)
    pace = int(0.4 * SOURCE_RATE)
    at = np.arange(count)
    low, high = np.clip(at - pace, 0, count - 1), np.clip(at + pace, 0, count - 1)
    speed = np.linalg.norm(root[high] - root[low], axis=-1) / np.maximum(times[high] - times[low], 1e-3)
    losses = np.flatnonzero(contact[:-1] & ~contact[1:]) / SOURCE_RATE
    gains = np.flatnonzero(~contact[:-1] & contact[1:]) / SOURCE_RATE
    if (kind == "turn" or kind.startswith(DRIBBLES)) and len(losses) + len(gains) >= 2:
        first = min([*losses, *gains])
        labels[times >= max(0.0, first - 0.3)] = _INDEX["dribble"]
    if kind.startswith(("shot", "layup", "turnhook", "turnlayup")) and len(losses):
        release = losses[-1]
        if len(losses) > 1:
            labels[times < max(release - 0.9, 0)] = _INDEX["dribble"]
        else:
            labels[(times < release - 0.7) & contact] = _INDEX["ball in hand"]
        labels[(times > release - 0.55) & (times < release + 0.45)] = _INDEX["shoot"]
    if kind.startswith("pass") and len(losses):
        labels[(times > losses[-1] - 0.3) & (times < losses[-1] + 0.25)] = _INDEX["pass"]
    if kind.startswith(("catch", "rebound", "pick")) and len(gains):
        labels[(times > gains[0] + 0.15) & contact] = _INDEX["ball in hand"]
        if kind.startswith("pick"):
            before = times < gains[0] - 0.6
            labels[before & (speed < STILL)] = _INDEX["no action"]
            labels[before & (speed > SLOW[0]) & (speed < SLOW[1])] = _INDEX["walk"]
            labels[before & (speed > FAST)] = _INDEX["run"]
    return labels


def motion_windows(path: Path) -> Stored:
    """All windows of the file of captured motion.

    Raises:
        TrainingInputError: the file is missing or holds something else.
    """
    parts = []
    with reading_arrays(path, "captured motion") as found:
        for name in sorted(found):
            rows = found[name].astype(np.float32)
            if rows.ndim != 2 or rows.shape[1] != COLUMNS:
                raise TrainingInputError(f"{path}: {name} is {rows.shape}, not N x {COLUMNS}: take the original file")
            joints = coco(rows[:, 165:324].reshape(-1, 53, 3))
            labels = labelled(name, joints, rows[:, COLUMNS - 1] > 0.5)
            # 60 Hz to 30 Hz.
            parts.append(cut_all(joints[::2], rows[::2, 324:327], labels[::2], every=2))
    return joined(parts)
