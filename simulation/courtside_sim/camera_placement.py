"""Positions, aim and focal length of cameras: sideline, behind the shooter, phone, corner, panning broadcast."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from courtside.court.measures import Court

from .areas import AREAS, area_spot
from .lens import Lens, look_at
from .recording import Recording


@dataclass(frozen=True)
class Mount:
    """A camera's position and how it turns.

    Attributes:
        position: (3,) metres.
        targets: (T, 3) aim points at the recording's step rate, or (1, 3) for a fixed camera, metres.
        focal: Focal length, pixels.
        roll: Radians.
        step_rate: Aim points per second.
    """

    position: np.ndarray
    targets: np.ndarray
    focal: float
    roll: float
    step_rate: float

    @property
    def fixed(self) -> bool:
        """Whether the camera never pans."""
        return len(self.targets) == 1

    def lens(self, time: float, width: int, height: int) -> Lens:
        """The view at `time` seconds."""
        position = min(max(time * self.step_rate, 0.0), len(self.targets) - 1.0)
        index = int(position)
        after = min(index + 1, len(self.targets) - 1)
        target = self.targets[index] + (self.targets[after] - self.targets[index]) * (position - index)
        return Lens(self.position, look_at(self.position, target, self.roll), self.focal, width, height)

    def lenses(self, times: np.ndarray, width: int, height: int) -> Lens:
        """The views at `times` (N,) seconds as one lens of N rotations."""
        position = np.clip(times * self.step_rate, 0.0, len(self.targets) - 1.0)
        index = position.astype(int)
        after = np.minimum(index + 1, len(self.targets) - 1)
        target = self.targets[index] + (self.targets[after] - self.targets[index]) * (position - index)[:, None]
        return Lens(self.position, look_at(self.position, target, self.roll), self.focal, width, height)


def _points_in_view(court: Court, rng: np.random.Generator, basket: int = 0) -> np.ndarray:
    """Points (N, 3) that a fixed camera at a basket keeps in view: shooters' feet and hands, the board's top."""
    points = [[*court.rim_centre(basket)[:2], court.board_bottom + court.board_height]]
    for area in AREAS:
        for _ in range(3):
            x, y = area_spot(court, area, basket, rng)
            points += [[x, y, 0.15], [x, y, 2.3]]
    return np.array(points)


def _fit_focal(
    position: np.ndarray, target: np.ndarray, points: np.ndarray, width: int, height: int
) -> float:
    """The longest focal length (pixels) that keeps `points` (N, 3) in a frame aimed at `target` (3,)."""
    seen = (points - position) @ look_at(position, target).T
    depth = np.maximum(seen[:, 2], 0.5)
    across, along = np.abs(seen[:, 0] / depth).max(), np.abs(seen[:, 1] / depth).max()
    return float(min(width * 0.5 / across, height * 0.5 / along))


def _smoothed(track: np.ndarray, step_rate: float, seconds: float) -> np.ndarray:
    """A track (T, K) smoothed along time by a Gaussian of `seconds` standard deviation, without delay."""
    sigma = seconds * step_rate
    reach = min(int(3 * sigma), len(track) - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.concatenate([np.repeat(track[:1], reach, 0), track, np.repeat(track[-1:], reach, 0)])
    return np.stack(
        [np.convolve(padded[:, i], kernel / kernel.sum(), mode="valid") for i in range(track.shape[1])], -1
    )


def _follow(court: Court, recording: Recording, position: np.ndarray, calm: float) -> np.ndarray:
    """Aim points (T, 3) that keep the ball and the attacked basket in view, smoothed over `calm` seconds."""
    ball, rim = recording.states.ball, court.rim_centre(0)[0]
    across = np.sign(-position[1])
    depth = abs(position[1])
    angle = np.arctan2(ball[:, 0] - position[0], np.maximum(depth + across * ball[:, 1], 3.0))
    end = np.ones(len(ball)) if court.half else np.sign(ball[:, 0])
    basket = np.arctan2(end * rim - position[0], depth)
    share = 0.5 if court.half else 0.5 * np.clip(np.abs(ball[:, 0]) / 5.0, 0, 1)
    pan = (1 - share) * angle + share * basket
    tilt = 1.0 + 0.12 * across * ball[:, 1]
    steady = _smoothed(np.stack([pan, tilt], -1), recording.step_rate, calm)
    pan, tilt = steady[:, 0], steady[:, 1]
    return np.stack([position[0] + depth * np.sin(pan), position[1] + across * depth * np.cos(pan), tilt], -1)


def _shake(recording: Recording, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Hand shake as offsets (T, 3) of the aim point: `amount` metres of slow sway and quick jitter."""
    time = np.arange(len(recording.states.ball)) / recording.step_rate
    offset = np.zeros((len(time), 3))
    for axis in range(3):
        for low, high, share in ((0.15, 0.6, 1.6), (0.8, 2.0, 0.7), (4.0, 8.0, 0.18)):
            wave = 2 * np.pi * rng.uniform(low, high) * time + rng.uniform(0, 2 * np.pi)
            offset[:, axis] += share * amount * np.sin(wave)
    return offset


def _overview(court: Court, width: int, height: int, step_rate: float, rng: np.random.Generator) -> Mount:
    """A fixed camera, high and far from the sideline, with both baskets of a full court in view."""
    position = np.array([rng.uniform(-1.5, 1.5), -court.width / 2 - rng.uniform(22.0, 28.0), rng.uniform(8.0, 12.0)])
    target = np.array([0.0, 0.0, 0.5])
    points = np.concatenate([_points_in_view(court, rng, basket) for basket in (0, 1)])
    focal = _fit_focal(position, target, points, width, height) * rng.uniform(0.9, 0.98)
    return Mount(position, target[None], focal, 0.0, step_rate)


def place_camera(
    kind: str,
    court: Court,
    recording: Recording,
    width: int,
    height: int,
    rng: np.random.Generator,
    both: bool = False,
) -> Mount:
    """Place a camera of `kind`; `rng` draws its position, height, focal length and tilt.

    On a full court a 'sideline' camera pans like a phone held in a hand, and a 'behind' camera films basket 0 only.
    With `both`, a 'sideline' or 'broadcast' camera on a full court stands still and films both baskets at once.
    """
    if both and kind in ("sideline", "broadcast"):
        return _overview(court, width, height, recording.step_rate, rng)
    rim = court.rim_centre(0)
    roll = float(rng.normal(0, 0.006)) if kind != "broadcast" else 0.0
    slack = rng.uniform(0.86, 0.98)
    if kind == "phone":
        position = np.array([rng.uniform(-5.0, -0.5), rng.uniform(-2.5, 2.5), rng.uniform(0.7, 1.75)])
        target = np.array([rim[0] - 2.0, rng.uniform(-0.4, 0.4), rng.uniform(1.5, 1.9)])
        focal = _fit_focal(position, target, _points_in_view(court, rng), width, height) * slack
        shaken = target + _shake(recording, rng.uniform(0.0, 0.09), rng)
        return Mount(position, shaken, focal, float(rng.normal(0, 0.02)), recording.step_rate)
    if kind == "corner":
        side = -1.0 if rng.random() < 0.5 else 1.0
        position = np.array(
            [rng.uniform(-4.0, 2.0), side * (court.width / 2 + rng.uniform(1.0, 5.0)), rng.uniform(3.5, 7.0)]
        )
        target = np.array([rim[0] - 3.5, side * 0.08 * court.width, 1.4])
        focal = _fit_focal(position, target, _points_in_view(court, rng), width, height) * slack
        return Mount(position, target[None], focal, roll, recording.step_rate)
    if kind == "behind":
        position = np.array([rng.uniform(-3.2, 0.0), rng.uniform(-1.6, 1.6), rng.uniform(1.6, 3.6)])
        target = np.array([rim[0] - 3.0, rng.uniform(-0.3, 0.3), 1.55 + 0.08 * position[2]])
        focal = _fit_focal(position, target, _points_in_view(court, rng), width, height) * slack
        return Mount(position, target[None], focal, roll, recording.step_rate)
    side = -1.0 if rng.random() < 0.75 or kind == "broadcast" else 1.0
    if kind == "sideline" and court.half:
        position = np.array(
            [rng.uniform(4.0, 9.0), side * (court.width / 2 + rng.uniform(5.0, 9.0)), rng.uniform(1.3, 4.0)]
        )
        target = np.array([rng.uniform(8.2, 9.4), side * 0.2 * court.width / 2, 1.5])
        focal = _fit_focal(position, target, _points_in_view(court, rng), width, height) * slack
        return Mount(position, target[None], focal, roll, recording.step_rate)
    far = rng.uniform(13.0, 17.0) if kind == "broadcast" else rng.uniform(7.0, 10.0)
    up = rng.uniform(6.0, 9.5) if kind == "broadcast" else rng.uniform(2.5, 4.5)
    position = np.array([rng.uniform(-1.5, 1.5), side * (court.width / 2 + far), up])
    targets = _follow(court, recording, position, rng.uniform(0.4, 0.65))
    if kind == "sideline":
        targets = targets + _shake(recording, rng.uniform(0.0, 0.08), rng)
    span = rng.uniform(15.5, 18.0)
    distance = math.hypot(far + court.width / 2, up)
    return Mount(position, targets, width * distance / span, roll, recording.step_rate)


def place_near(
    recording: Recording, time: float, player: int, width: int, height: int, rng: np.random.Generator
) -> Mount:
    """A hand-held camera 1.8 to 8 m from one player at `time` seconds, who fills a third of the frame or more.

    Other people stand at least 1.3 m away from it where a few draws find such a position.
    """
    people = recording.at(time).xy
    centre = people[player]
    for _ in range(6):
        away, turn = math.exp(rng.uniform(math.log(1.8), math.log(8.0))), rng.uniform(-math.pi, math.pi)
        where = centre + away * np.array([math.cos(turn), math.sin(turn)])
        if np.hypot(*(people - where).T).min() >= 1.3:
            break
    position = np.array([*where, rng.uniform(0.5, 2.0)])
    # The part of the frame's height that a person of two metres fills; above one, a part of the body is outside.
    share = math.exp(rng.uniform(math.log(0.35), math.log(1.5)))
    focal = share * height * math.hypot(*(where - centre)) / 2.0
    # No lens of a telephone is wider than about 100 degrees.
    focal = max(focal, 0.42 * max(width, height))
    target = np.array([*centre, rng.uniform(0.8, 2.0)]) + rng.normal(0, (0.3, 0.3, 0.0))
    return Mount(position, target[None], focal, float(rng.normal(0, 0.03)), recording.step_rate)
