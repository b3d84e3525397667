"""The ball's physics: ballistic flight and bounces without spin off floor, ring, backboard and bracket.

Flight is integrated exactly (constant gravity, no drag). Contacts are found by bisection inside a step and never add
energy. The net slows a ball that has passed down through the ring.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from courtside.court.measures import Court

GRAVITY = 9.81
"""Metres per second squared."""
STEP = 1.0 / 240.0
"""Seconds per step of a flight."""
FLOOR_BOUNCE, BOARD_BOUNCE, RIM_BOUNCE = 0.76, 0.72, 0.58
"""Coefficients of restitution: speed after a bounce over speed before, across the surface."""
FLOOR_GRIP, HARD_GRIP = 0.92, 0.94
"""Speed after a bounce over speed before, along the surface; `HARD_GRIP` is for ring, board and bracket."""
ROLL_SPEED, ROLL_DRAG = 0.45, 0.5
"""Vertical speed, m/s, below which the ball rolls, and the rate, per second, at which a rolling ball slows down."""
TUBE_RADIUS = 0.009
"""Radius of the ring's tube, metres."""
BOARD_DEPTH = 0.04
"""Thickness of the backboard, metres."""
NET_LENGTH = 0.42
"""Metres from the ring down to the net's end."""
BRACKET_HALF_WIDTH = 0.07
"""Half the width of the bracket between ring and board, metres."""

Vector = tuple[float, float, float]
"""A position in metres or a velocity in m/s."""


@dataclass(frozen=True)
class BallPath:
    """A simulated flight.

    Attributes:
        times: (N,) seconds from its start.
        positions: (N, 3) metres.
        made: Whether the ball last fell past the ring's plane inside the ring.
        result: Seconds from the start to that fall; None when the ball never came down past the plane.
        floor_hits: Seconds from the start to each bounce on the floor.
    """

    times: np.ndarray
    positions: np.ndarray
    made: bool
    result: float | None
    floor_hits: tuple[float, ...]

    def at(self, time: float) -> Vector:
        """Position (m) at `time` seconds from the start, linearly interpolated and clamped to the flight."""
        position = min(max(time / STEP, 0.0), len(self.times) - 1.000001)
        index = int(position)
        share = position - index
        a, b = self.positions[index], self.positions[index + 1]
        return (
            float(a[0] + (b[0] - a[0]) * share),
            float(a[1] + (b[1] - a[1]) * share),
            float(a[2] + (b[2] - a[2]) * share),
        )


def energy(position: Vector, velocity: Vector) -> float:
    """Mechanical energy per kilogram (J/kg) above the floor plane."""
    return 0.5 * sum(v * v for v in velocity) + GRAVITY * position[2]


def solve_release(start: Vector, target: Vector, angle: float) -> Vector:
    """Velocity (m/s) that carries a ball from `start` through `target` when launched at `angle` radians.

    Raises:
        ValueError: No flight at that angle reaches the target.
    """
    dx, dy, dz = target[0] - start[0], target[1] - start[1], target[2] - start[2]
    flat = math.hypot(dx, dy)
    drop = flat * math.tan(angle) - dz
    if flat < 1e-6 or drop <= 0:
        raise ValueError(f"no flight at {math.degrees(angle):.1f} degrees reaches the target")
    speed = math.sqrt(GRAVITY * flat * flat / (2 * math.cos(angle) ** 2 * drop))
    along = speed * math.cos(angle)
    return along * dx / flat, along * dy / flat, speed * math.sin(angle)


def solve_flight(start: Vector, target: Vector, duration: float) -> Vector:
    """Velocity (m/s) that carries a ball from `start` to `target` in `duration` seconds (a pass)."""
    return (
        (target[0] - start[0]) / duration,
        (target[1] - start[1]) / duration,
        (target[2] - start[2]) / duration + 0.5 * GRAVITY * duration,
    )


def release_angle(distance: float, height_gain: float, arc: float = 0.0) -> float:
    """Launch angle (rad) of a shot: the angle of least speed plus four degrees, more at short range, plus `arc` (rad).

    Args:
        distance: Metres over the floor to the rim.
        height_gain: Metres from the release up to the rim.
        arc: Extra angle, radians.
    """
    least = math.pi / 4 + 0.5 * math.atan2(height_gain, distance)
    # From under the ring a ball of least speed would hit the ring's front from below.
    close = math.radians(7.0) * max(0.0, 2.4 - distance)
    return min(least + math.radians(4.0) + close + arc, math.radians(80.0))


class BallWorld:
    """Everything the ball can hit on one court."""

    def __init__(self, court: Court):
        """Build the court's rings, backboards and brackets."""
        self.court = court
        self.radius = court.ball_radius
        self._baskets: list[tuple[float, float, tuple[Vector, Vector], tuple[Vector, Vector]]] = []
        for basket in range(court.baskets):
            sign = 1.0 if basket == 0 else -1.0
            rim_x = float(court.rim_centre(basket)[0])
            front, back = court.board_x(basket), court.board_x(basket) + sign * BOARD_DEPTH
            half = court.board_width / 2
            top = court.board_bottom + court.board_height
            board = ((min(front, back), -half, court.board_bottom), (max(front, back), half, top))
            ring_back = rim_x + sign * court.rim_radius
            bracket = (
                (min(ring_back, front), -BRACKET_HALF_WIDTH, court.rim_height - 0.04),
                (max(ring_back, front), BRACKET_HALF_WIDTH, court.rim_height),
            )
            self._baskets.append((rim_x, sign, board, bracket))

    def contact(self, p: Vector) -> tuple[float, Vector, float, float]:
        """The solid surface nearest to a ball at `p`: gap (m, negative inside), normal, bounce and grip factors."""
        best = (p[2] - self.radius, (0.0, 0.0, 1.0), FLOOR_BOUNCE, FLOOR_GRIP)
        if p[2] < self.court.board_bottom - 0.5:
            return best
        for rim_x, _, board, bracket in self._baskets:
            dx, dy = p[0] - rim_x, p[1]
            if abs(dx) > 2.0 or abs(dy) > 1.6:
                continue
            flat = math.hypot(dx, dy)
            ring = self.court.rim_radius + TUBE_RADIUS
            if flat > 1e-9:
                qx, qy = rim_x + dx / flat * ring, dy / flat * ring
            else:
                qx, qy = rim_x + ring, 0.0
            nx, ny, nz = p[0] - qx, p[1] - qy, p[2] - self.court.rim_height
            distance = math.sqrt(nx * nx + ny * ny + nz * nz)
            gap = distance - TUBE_RADIUS - self.radius
            if gap < best[0] and distance > 1e-9:
                best = (gap, (nx / distance, ny / distance, nz / distance), RIM_BOUNCE, HARD_GRIP)
            for box, bounce in ((board, BOARD_BOUNCE), (bracket, RIM_BOUNCE)):
                low, high = box
                qx = min(max(p[0], low[0]), high[0])
                qy = min(max(p[1], low[1]), high[1])
                qz = min(max(p[2], low[2]), high[2])
                nx, ny, nz = p[0] - qx, p[1] - qy, p[2] - qz
                distance = math.sqrt(nx * nx + ny * ny + nz * nz)
                gap = distance - self.radius
                if gap < best[0] and distance > 1e-9:
                    best = (gap, (nx / distance, ny / distance, nz / distance), bounce, HARD_GRIP)
        return best

    def in_net(self, p: Vector) -> bool:
        """Whether the ball's centre is inside a net."""
        below = self.court.rim_height - p[2]
        if not 0.0 < below < NET_LENGTH:
            return False
        return any(math.hypot(p[0] - rim_x, p[1]) < self.court.rim_radius for rim_x, *_ in self._baskets)

    def advance(self, p: Vector, v: Vector, step: float = STEP) -> tuple[Vector, Vector, bool]:
        """Advance by `step` seconds: the new position, the new velocity, and whether the ball hit the floor."""
        if p[2] <= self.radius + 1e-6 and abs(v[2]) < ROLL_SPEED:
            keep = math.exp(-ROLL_DRAG * step)
            return (
                (p[0] + v[0] * step, p[1] + v[1] * step, self.radius),
                (v[0] * keep, v[1] * keep, 0.0),
                False,
            )
        left, hit = step, False
        for _ in range(4):
            q, w = _fly(p, v, left)
            gap, normal, bounce, grip = self.contact(q)
            if gap >= 0:
                p, v = q, w
                break
            low, high = 0.0, left
            for _ in range(14):
                middle = (low + high) / 2
                if self.contact(_fly(p, v, middle)[0])[0] < 0:
                    high = middle
                else:
                    low = middle
            p, v = _fly(p, v, low)
            _, normal, bounce, grip = self.contact(_fly(p, v, high - low)[0])
            into = v[0] * normal[0] + v[1] * normal[1] + v[2] * normal[2]
            if into < 0:
                n = (into * normal[0], into * normal[1], into * normal[2])
                v = (
                    (v[0] - n[0]) * grip - n[0] * bounce,
                    (v[1] - n[1]) * grip - n[1] * bounce,
                    (v[2] - n[2]) * grip - n[2] * bounce,
                )
                if normal[2] > 0.99 and p[2] < 0.5:
                    hit = True
                    if v[2] < ROLL_SPEED:
                        p, v = (p[0], p[1], min(p[2], self.radius)), (v[0], v[1], 0.0)
            left -= low
            if left <= 1e-9:
                break
        if self.in_net(p) and v[2] < 0:
            side, fall = math.exp(-9.0 * step), math.exp(-2.5 * step)
            v = (v[0] * side, v[1] * side, v[2] * fall)
        return p, v, hit

    def fly(self, start: Vector, velocity: Vector, duration: float, basket: int | None = None) -> BallPath:
        """Simulate `duration` s from `start` (m) at `velocity` (m/s), with the result at `basket` if one is given."""
        count = max(math.ceil(duration / STEP) + 1, 2)
        positions = np.empty((count, 3))
        positions[0] = start
        p, v = start, velocity
        rim_x = self._baskets[basket][0] if basket is not None else 0.0
        made, result, hits = False, None, []
        for index in range(1, count):
            previous = p
            p, v, hit = self.advance(p, v)
            positions[index] = p
            if hit:
                hits.append(index * STEP)
            if basket is not None and previous[2] >= self.court.rim_height > p[2]:
                made = math.hypot(p[0] - rim_x, p[1]) < self.court.rim_radius
                share = (previous[2] - self.court.rim_height) / (previous[2] - p[2])
                result = (index - 1 + share) * STEP
        return BallPath(np.arange(count) * STEP, positions, made, result, tuple(hits))


def _fly(p: Vector, v: Vector, time: float) -> tuple[Vector, Vector]:
    fall = GRAVITY * time
    return (
        (p[0] + v[0] * time, p[1] + v[1] * time, p[2] + v[2] * time - 0.5 * fall * time),
        (v[0], v[1], v[2] - fall),
    )
