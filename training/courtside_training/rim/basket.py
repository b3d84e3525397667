"""Rim, net and ball in one film: what covers what, and how the net swings."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.detector.ball_sprites import draw_sprite
from courtside_training.rim.bank import BEFORE_S, RATE
from courtside_training.rim.scenery import DRAWN, SHIFT, SIDE_RIMS, Scene, rgb, to_drawn
from courtside_training.rim.views import BALL_RADIUS, BOARD, RIM_RADIUS, Take

RIM_SEGMENTS = 28
"""Straight lines that a rim is drawn with."""
_STEP = 1 / RATE
"""Seconds between two positions of a path."""


class Net:
    """A net's shape and its motion while a ball passes: a damped pendulum that the ball pushes."""

    def __init__(self, path: np.ndarray, rng: np.random.Generator, ball: float = BALL_RADIUS) -> None:
        """Simulate the motion.

        Args:
            path: (N, 3) of the ball, metres at `RATE`.
            rng: draws shape and stiffness.
            ball: radius of the ball, metres.
        """
        self.ball = ball
        self.length, self.hem = rng.uniform(0.34, 0.46), rng.uniform(0.42, 0.72)
        self.strands, self.levels = int(rng.integers(7, 13)), int(rng.integers(4, 7))
        if rng.random() < 0.3:  # chains: few links, far apart
            self.strands, self.levels = int(rng.integers(5, 9)), int(rng.integers(2, 5))
        self.looped = bool(rng.random() < 0.35)
        self._turn = rng.uniform(0, 2 * np.pi)
        self._swing, self._lift = self._moved(path, rng)

    def _moved(self, path: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Sideways motion of the lower edge (N, 2), metres, and how far it is thrown up (N,), 0 to 1."""
        stiff = rng.uniform(9, 16), rng.uniform(12, 22)
        loss = rng.uniform(1.0, 5.0), rng.uniform(3.0, 9.0)
        push, throw = rng.uniform(15, 90), rng.choice([0.3, 1.0, 1.0]) * rng.uniform(2, 14)
        quiver = rng.uniform(0, 1.2) if rng.random() < 0.5 else 0.0
        away = np.hypot(path[:, 0], path[:, 1])
        height = path[:, 2]
        swing, lift = np.zeros((len(path), 2)), np.zeros(len(path))
        sway, speed, up, rise = np.zeros(2), np.zeros(2), 0.0, 0.0
        for index in range(1, len(path)):
            force, kick = np.zeros(2), 0.0
            if -self.length - self.ball < height[index] < 0.05:
                wall = self.radius(-height[index] / self.length)
                if away[index] < RIM_RADIUS:
                    force = path[index, :2] * push
                    falling = height[index] < height[index - 1] and height[index] < -0.5 * self.length
                    kick = throw if falling else 0.0
                elif away[index] - wall < self.ball:
                    force = -path[index, :2] / away[index] * (self.ball - away[index] + wall) * push * 2
            bump = math.hypot(away[index] - RIM_RADIUS, height[index])
            if bump < self.ball + 0.02:
                force = force + rng.normal(0, quiver * 8, 2)
            speed = speed + (force - stiff[0] ** 2 * sway - loss[0] * 2 * speed) * _STEP
            sway = np.clip(sway + speed * _STEP, -0.25, 0.25)
            rise += (kick * 12 - stiff[1] ** 2 * up - loss[1] * 2 * rise) * _STEP
            up = min(max(up + rise * _STEP, -0.12), 0.75)
            swing[index], lift[index] = sway, up
        return swing, lift

    def radius(self, down: float) -> float:
        """Radius in metres at depth `down`, in lengths of the net."""
        share = min(max(down, 0.0), 1.2)
        return RIM_RADIUS * (1 + (self.hem - 1) * share**0.7)

    def segments(self, index: int, ball: np.ndarray | None) -> np.ndarray:
        """The cords at row `index` of the path, (M, 2, 3) metres; a `ball` (3,) inside the net widens it."""
        down = np.linspace(0, 1, self.levels + 1)
        lift = self._lift[index]
        height = -down * self.length * (1 - 0.75 * lift * down)
        radius = np.array([self.radius(share) for share in down]) + 0.25 * RIM_RADIUS * max(lift, 0) * down
        centre = np.outer(down**1.5, self._swing[index])
        if ball is not None and math.hypot(ball[0], ball[1]) < RIM_RADIUS:
            near = self.ball**2 - (height - ball[2]) ** 2
            girth = np.sqrt(np.maximum(near, 0)) + 0.008
            held = (near > 0) & (down > 0)
            weight = np.clip(girth / self.ball, 0, 1) * held
            centre += weight[:, None] * (ball[:2] - centre) * 0.7
            radius = np.where(held, np.maximum(radius, girth), radius)
        turns = self._turn + (np.arange(self.strands)[None] + 0.5 * (np.arange(len(down)) % 2)[:, None]) * (
            2 * np.pi / self.strands
        )
        knots = np.stack(
            [
                centre[:, :1] + radius[:, None] * np.cos(turns), centre[:, 1:] + radius[:, None] * np.sin(turns),
                height[:, None] + 0 * turns,
            ], -1,
        )  # fmt: skip
        cords = []
        for level in range(self.levels):
            upper, lower = knots[level], knots[level + 1]
            other = np.roll(lower, 1 if level % 2 == 0 else -1, axis=0)
            cords += [np.stack([upper, lower], 1), np.stack([upper, other], 1)]
        if self.looped:
            cords.append(np.stack([knots[-1], np.roll(knots[-1], 1, axis=0)], 1))
        return np.concatenate(cords)


class Basket:
    """Draws rim, net and ball of one take."""

    def __init__(self, take: Take, scene: Scene, rng: np.random.Generator) -> None:
        """Draw colours and the motion of the net."""
        self.take, self.scene = take, scene
        path = np.nan_to_num(take.path, nan=9.0)
        self.net = Net(path, rng, take.radius) if take.netted else None
        turns = np.linspace(0, 2 * np.pi, RIM_SEGMENTS + 1)
        circle = np.stack([RIM_RADIUS * np.cos(turns), RIM_RADIUS * np.sin(turns), 0 * turns], -1)
        self._circle = np.stack([circle[:-1], circle[1:]], 1)
        style = scene.style
        shade = rng.uniform(0.65, 1.1)
        self._rim, self._rim_wide = rgb(style.rim, scene.gain * shade), max(1, round(style.rim_width * scene.scale))
        net = style.net or (225, 225, 225)
        if rng.random() < 0.2:
            net = (int(rng.uniform(40, 150)),) * 3  # rusty chains, nets in shadow
        self._cord, self._far_cord = rgb(net, scene.gain), rgb(net, scene.gain * rng.uniform(0.65, 1.0))
        self._cord_wide = max(1, round(style.net_width * scene.scale * rng.uniform(0.4, 1.2)))
        self._sprite = self._drawn_ball(rng)
        self._small = cv2.resize(self._sprite, (24, 24), interpolation=cv2.INTER_AREA)
        self.shutter = float(rng.choice([0.002, rng.uniform(0.002, 0.03)]))

    def _drawn_ball(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Colours multiplied by the opacity, and the opacity: (64, 64, 4)."""
        colour, alpha = draw_sprite(64, rng)
        colour = colour * np.clip(self.scene.gain * rng.uniform(0.7, 1.15), 0, 1.5)
        kind = rng.random()
        if kind < 0.15:
            colour = colour * rng.uniform(0.3, 0.7)  # against the light
        elif kind < 0.3:
            colour = colour + rng.uniform(10, 60)  # washed out
        return np.dstack([np.clip(colour, 0, 255) * alpha[..., None], alpha]).astype(np.float32)

    def paint(self, image: NDArray[np.uint8], moment: float, shift: np.ndarray, board: NDArray[np.uint8]) -> float:
        """Paint the basket at a moment of the film.

        Args:
            image: (144, 144, 3) uint8 RGB with the background; it is painted on.
            moment: seconds from the result.
            shift: (2,) pixels by which the camera has moved.
            board: (144, 144) how much of a ball behind the board is hidden, 0 to 255.

        Returns:
            Visible share of the ball, 0 to 1.
        """
        positions, known = self.take.positions(np.array([moment]))
        ball = positions[0] if known[0] else None
        camera = self.take.lens.position
        away = float(np.linalg.norm(ball - camera)) if ball is not None else 0.0
        row = int(np.clip((moment * self.take.warp + BEFORE_S) * RATE, 0, len(self.take.path) - 1))
        cords = self.net.segments(row, ball) if self.net else np.zeros((0, 2, 3))
        hiding, front = self._nearer(cords, away), self._nearer(self._circle, away)
        # Against the sky the far side of the net is as bright as the near side; in a hall it is darker.
        near = self._nearer(cords, float(np.linalg.norm(camera)))
        self._lines(image, cords[~hiding & ~near], self._far_cord, self._cord_wide, shift)
        self._lines(image, self._circle[~front], self._rim, self._rim_wide, shift)
        self._lines(image, cords[~hiding & near], self._cord, self._cord_wide, shift)
        seen = self._ball(image, moment, shift, board) if ball is not None else 0.0
        if seen:
            self._bracket(image, away, shift)
        self._lines(image, cords[hiding & ~near], self._far_cord, self._cord_wide, shift)
        self._lines(image, cords[hiding & near], self._cord, self._cord_wide, shift)
        self._lines(image, self._circle[front], self._rim, self._rim_wide, shift)
        return seen

    def _nearer(self, lines: np.ndarray, away: float) -> np.ndarray:
        """Which lines (M, 2, 3) are nearer to the camera than `away` metres (M,)."""
        if not len(lines):
            return np.zeros(0, bool)
        return np.linalg.norm(lines.mean(1) - self.take.lens.position, axis=1) < away

    def _bracket(self, image: NDArray[np.uint8], away: float, shift: np.ndarray) -> None:
        """Paint again the parts of the bracket that are nearer to the camera than a ball `away` metres off."""
        for corners, color in self.scene.bracket:
            if float(np.linalg.norm(corners.mean(0) - self.take.lens.position)) < away:
                drawn = to_drawn(self.take, self.take.lens.project(corners)[0]) + shift
                fixed = np.round(np.clip(drawn, -500, 700) * (1 << SHIFT)).astype(np.int32)
                cv2.fillPoly(image, [fixed], color, cv2.LINE_AA, SHIFT)

    def _lines(
        self, image: NDArray[np.uint8], lines: np.ndarray, color: tuple[float, ...], wide: int, shift: np.ndarray
    ) -> None:
        if len(lines):
            drawn = to_drawn(self.take, self.take.lens.project(lines)[0]) + shift
            fixed = np.round(np.clip(drawn, -500, 700) * (1 << SHIFT)).astype(np.int32)
            cv2.polylines(image, list(fixed), False, color, wide, cv2.LINE_AA, SHIFT)

    def _ball(
        self, image: NDArray[np.uint8], moment: float, shift: np.ndarray, board: NDArray[np.uint8]
    ) -> float:
        moments = moment + (np.linspace(-0.5, 0.5, 5 if self.shutter > 0.008 else 2)) * self.shutter
        positions, known = self.take.positions(moments)
        pixels, depths = self.take.lens.project(positions)
        centres = to_drawn(self.take, pixels) + shift
        inside = known & (depths > 0.3)
        zoom = DRAWN / (SIDE_RIMS * self.take.rim[2])
        radii = self.take.radius * self.take.lens.focal / np.maximum(depths, 0.3) * zoom
        near = (centres > -radii[:, None]) & (centres < DRAWN + radii[:, None])
        if not (inside & near.all(1)).any() or radii.max() > DRAWN:
            return 0.0
        low = np.maximum(np.floor((centres - radii[:, None]).min(0)) - 1, 0).astype(int)
        high = np.minimum(np.ceil((centres + radii[:, None]).max(0)) + 2, DRAWN).astype(int)
        wide, tall = (high - low).tolist()
        if wide < 2 or tall < 2:
            return 0.0
        sheet = np.zeros((tall, wide, 4), np.float32)
        for (x, y), radius in zip(centres - low, radii, strict=True):
            # Shrinking the large sprite this far in one step would make it flicker.
            source = self._small if radius < 13 else self._sprite
            scale = 2 * radius / len(source)
            matrix = np.array([[scale, 0, x - radius], [0, scale, y - radius]])
            sheet += cv2.warpAffine(source, matrix, (wide, tall), flags=cv2.INTER_LINEAR)
        sheet /= len(centres)
        full = float(math.pi * radii.mean() ** 2)
        part = slice(low[1], high[1]), slice(low[0], high[0])
        if positions[len(positions) // 2, 0] > BOARD[0]:
            sheet *= 1 - board[part][..., None] / 255.0
        cover = sheet[..., 3:]
        image[part] = np.clip(image[part] * (1 - cover) + sheet[..., :3], 0, 255).astype(np.uint8)
        return min(float(cover.sum()) / full, 1.0)
