"""A finished game as arrays, and its state at any moment by interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BodyState:
    """The poses of players at one moment: everything that `skeleton` needs.

    With N moments every array has a leading N.

    Attributes:
        xy: (P, 2) positions, metres.
        velocity: (P, 2) m/s.
        heading: (P,) radians.
        jump: (P,) feet above the floor, metres.
        crouch: (P,) knee bend, metres.
        lean: (P,) torso lean, radians.
        phase: (P,) stride phase, radians.
        amplitude: (P,) foot swing, metres.
        shape: (P, 3) elbow flare (0 usual, 1 pointing outwards), extra stance width of each foot in metres, and the
            right foot's lead in metres.
        hands: (P, 2, 3) wrist targets, left then right, in the body frame: metres ahead, metres to the left, metres
            above the floor.
    """

    xy: np.ndarray
    velocity: np.ndarray
    heading: np.ndarray
    jump: np.ndarray
    crouch: np.ndarray
    lean: np.ndarray
    phase: np.ndarray
    amplitude: np.ndarray
    shape: np.ndarray
    hands: np.ndarray


@dataclass(frozen=True)
class State(BodyState):
    """Everything that moves at one moment: the players' bodies, the ball and the nets.

    Attributes:
        actions: (P,) int64 `Action` values.
        ball: (3,) metres.
        holder: int64 index of the player with the ball, -1 for nobody.
        net: (R,) how far each net is pushed by a made shot, 0 to 1.
    """

    actions: np.ndarray
    ball: np.ndarray
    holder: np.ndarray
    net: np.ndarray


SMOOTH_FIELDS = (
    "xy",
    "velocity",
    "heading",
    "jump",
    "crouch",
    "lean",
    "phase",
    "amplitude",
    "shape",
    "hands",
    "ball",
    "net",
)
"""Fields of a `State` that are interpolated between steps."""


class Recorder:
    """Stores the state of every step and makes a `Recording` of them."""

    def __init__(self, steps: int, players: int, baskets: int):
        """Allocate arrays for `steps` states."""
        shapes = {
            "xy": (players, 2),
            "velocity": (players, 2),
            "shape": (players, 3),
            "hands": (players, 2, 3),
            "ball": (3,),
            "net": (baskets,),
        }
        self._arrays = {name: np.zeros((steps, *shapes.get(name, (players,)))) for name in SMOOTH_FIELDS}
        self._arrays["actions"] = np.zeros((steps, players), np.int64)
        self._arrays["holder"] = np.full(steps, -1, np.int64)

    def put(self, step: int, **values: object) -> None:
        """Store one step's values by field name."""
        for name, value in values.items():
            self._arrays[name][step] = value

    def finish(self, step_rate: float) -> Recording:
        """The finished, read-only recording."""
        for array in self._arrays.values():
            array.setflags(write=False)
        return Recording(step_rate, State(**self._arrays))


@dataclass(frozen=True)
class Recording:
    """States at `step_rate` per second, from time zero; `states` has a leading step axis."""

    step_rate: float
    states: State

    def at(self, time: float) -> State:
        """The state at `time` seconds, interpolated linearly; actions and holder are those of the step before."""
        last = len(self.states.holder) - 1
        # The small addition keeps the exact time of a step from falling just short of it in floating point.
        position = min(max(time * self.step_rate + 1e-6, 0.0), float(last))
        index = min(int(position), last - 1) if last else 0
        share = position - index
        after = min(index + 1, last)
        values = {}
        for name in SMOOTH_FIELDS:
            array = getattr(self.states, name)
            values[name] = array[index] + (array[after] - array[index]) * share
        nearest = after if share >= 1.0 else index
        return State(**values, actions=self.states.actions[nearest], holder=self.states.holder[nearest])

    def sample(self, times: np.ndarray) -> State:
        """The states at `times` (N,) seconds, equal to those of `at`; every array has a leading N."""
        last = len(self.states.holder) - 1
        position = np.clip(times * self.step_rate + 1e-6, 0.0, float(last))
        index = np.minimum(position.astype(int), max(last - 1, 0))
        share, after = position - index, np.minimum(index + 1, last)
        values = {}
        for name in SMOOTH_FIELDS:
            array = getattr(self.states, name)
            part = share.reshape(-1, *[1] * (array.ndim - 1))
            values[name] = array[index] + (array[after] - array[index]) * part
        nearest = np.where(share >= 1.0, after, index)
        return State(**values, actions=self.states.actions[nearest], holder=self.states.holder[nearest])
