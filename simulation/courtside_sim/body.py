"""The articulated body: from a player's state to 3D joints, all players and moments at once."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from .recording import BodyState
from .roster import Roster


class Joint(IntEnum):
    """Rows of a skeleton; the first 17 are COCO's keypoints in COCO's order."""

    NOSE = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    LEFT_EAR = 3
    RIGHT_EAR = 4
    LEFT_SHOULDER = 5
    RIGHT_SHOULDER = 6
    LEFT_ELBOW = 7
    RIGHT_ELBOW = 8
    LEFT_WRIST = 9
    RIGHT_WRIST = 10
    LEFT_HIP = 11
    RIGHT_HIP = 12
    LEFT_KNEE = 13
    RIGHT_KNEE = 14
    LEFT_ANKLE = 15
    RIGHT_ANKLE = 16
    HEAD = 17
    NECK = 18
    LEFT_HAND = 19
    RIGHT_HAND = 20
    LEFT_TOE = 21
    RIGHT_TOE = 22
    CROWN = 23


KEYPOINTS = 17
"""Number of COCO keypoints, which are the first rows of a skeleton."""
# Segment lengths as shares of the player's height, after Drillis and Contini, rounded.
HIP_HEIGHT, TORSO, ANKLE_HEIGHT = 0.52, 0.29, 0.045
THIGH, SHIN, UPPER_ARM, FOREARM, HAND = 0.245, 0.237, 0.172, 0.155, 0.06
SHOULDER_HALF, HIP_HALF, HEAD_UP, HEAD_RADIUS = 0.105, 0.052, 0.115, 0.062


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.sqrt((vector * vector).sum(-1, keepdims=True)), 1e-9)


def two_bone(
    root: np.ndarray, goal: np.ndarray, upper: np.ndarray, lower: np.ndarray, pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Inverse kinematics of a limb of two bones.

    Args:
        root: (..., 3) shoulder or hip, metres.
        goal: (..., 3) where the wrist or ankle should be, metres.
        upper: (..., 1) length of the first bone, metres.
        lower: (..., 1) length of the second bone, metres.
        pole: (..., 3) direction in which the middle joint bends.

    Returns:
        The middle joint (..., 3), and the reachable end (..., 3) nearest to `goal`.
    """
    reach = goal - root
    distance = np.sqrt((reach * reach).sum(-1, keepdims=True))
    direction = reach / np.maximum(distance, 1e-9)
    distance = np.clip(distance, np.abs(upper - lower) + 0.02, (upper + lower) * 0.995)
    along = (upper**2 - lower**2 + distance**2) / (2 * distance)
    out = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    bend = _unit(pole - (pole * direction).sum(-1, keepdims=True) * direction)
    return root + direction * along + bend * out, root + direction * distance


def skeleton(state: BodyState, roster: Roster) -> np.ndarray:
    """The joints of every player, (..., P, 24, 3) float64 metres; `Joint` names the rows."""
    h = roster.heights
    c, s = np.cos(state.heading), np.sin(state.heading)
    zero = np.zeros_like(c)
    ahead, left = np.stack([c, s, zero], -1), np.stack([-s, c, zero], -1)
    up = np.array([0.0, 0.0, 1.0])
    height = np.broadcast_to(h, c.shape)[..., None]
    lean, crouch = state.lean[..., None], state.crouch[..., None]
    ground = np.concatenate([state.xy, state.jump[..., None]], -1)
    hips = ground + up * (HIP_HEIGHT * height - crouch) - ahead * (0.15 * lean + 0.35 * crouch)
    spine = up * np.cos(lean) + ahead * np.sin(lean)
    neck = hips + spine * TORSO * height
    skull = up * np.cos(lean * 0.4) + ahead * np.sin(lean * 0.4)
    head = neck + (skull * 0.95 + ahead * 0.12) * HEAD_UP * height
    radius = HEAD_RADIUS * height
    speed = np.sqrt((state.velocity**2).sum(-1, keepdims=True))
    travel = np.concatenate([state.velocity / np.maximum(speed, 1e-6), zero[..., None]], -1)
    travel = np.where(speed > 0.15, travel, ahead)
    flare = np.clip(state.shape[..., 0:1], -0.6, 1.5)

    joints = np.empty((*c.shape, len(Joint), 3))
    joints[..., Joint.HEAD, :], joints[..., Joint.NECK, :] = head, neck
    joints[..., Joint.NOSE, :] = head + ahead * radius * 1.05 - up * radius * 0.1
    joints[..., Joint.CROWN, :] = head + up * radius * 1.1
    for index, side in enumerate((1.0, -1.0)):
        out = left * side
        joints[..., Joint.LEFT_EYE + index, :] = (
            head + ahead * radius * 0.85 + out * radius * 0.4 + up * radius * 0.2
        )
        joints[..., Joint.LEFT_EAR + index, :] = head + out * radius * 0.95
        shoulder = neck + out * SHOULDER_HALF * height - up * 0.015 * height
        hand = state.hands[..., index, :]
        goal = (
            ground * np.array([1.0, 1.0, 0.0])
            + ahead * hand[..., 0:1]
            + left * hand[..., 1:2]
            + up * hand[..., 2:3]
        )
        raised = np.clip((goal - shoulder)[..., 2:3] / (0.2 * height) * 0.5 + 0.5, 0.0, 1.0)
        pole = (1 - raised) * (-0.7 * up - 0.7 * ahead + 0.45 * out) + raised * (
            (0.7 - 0.35 * flare) * ahead + (0.7 + 0.6 * flare) * out - 0.3 * up
        )
        elbow, wrist = two_bone(shoulder, goal, UPPER_ARM * height, FOREARM * height, pole)
        grip = _unit(wrist - elbow) * HAND * height
        hip = hips + out * HIP_HALF * height
        phase = state.phase[..., None] + (0.0 if index == 0 else np.pi)
        stance = 0.055 * height + 0.45 * crouch + state.shape[..., 1:2]
        swing, stagger = state.amplitude[..., None], -0.5 * side * state.shape[..., 2:3]
        lift = ANKLE_HEIGHT * height + swing * 0.45 * np.maximum(0.0, np.cos(phase))
        foot = ground + out * stance + ahead * stagger + travel * swing * np.sin(phase) + up * lift
        knee, ankle = two_bone(hip, foot, THIGH * height, SHIN * height, ahead + out * 0.25)
        drop = np.where(state.jump[..., None] > 0.04, 0.05, 0.028) * height
        joints[..., Joint.LEFT_SHOULDER + index, :], joints[..., Joint.LEFT_ELBOW + index, :] = (
            shoulder,
            elbow,
        )
        joints[..., Joint.LEFT_WRIST + index, :], joints[..., Joint.LEFT_HAND + index, :] = (
            wrist,
            wrist + grip,
        )
        joints[..., Joint.LEFT_HIP + index, :], joints[..., Joint.LEFT_KNEE + index, :] = hip, knee
        joints[..., Joint.LEFT_ANKLE + index, :] = ankle
        joints[..., Joint.LEFT_TOE + index, :] = ankle + ahead * 0.10 * height - up * drop
    return joints
