"""Draws baskets: stanchion, backboard, ring and net."""

from __future__ import annotations

import cv2
import numpy as np

from courtside.court.measures import Court

from .canvas import SHIFT, UNIT, Canvas
from .lens import Lens
from .physics import NET_LENGTH
from .style import Style
from .wardrobe import Wardrobe

RING_STEPS = 20
"""Points of the polygon that stands for the ring."""


class Hoop:
    """The geometry of one basket; every attribute is points (N, 3) in world metres."""

    def __init__(self, court: Court, basket: int, mount: str, strands: int):
        """Build the points of basket number `basket` on a `mount`, with a net of `strands` strands."""
        sign = 1.0 if basket == 0 else -1.0
        self.centre = court.rim_centre(basket)
        angle = np.linspace(0, 2 * np.pi, RING_STEPS, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle), np.zeros(RING_STEPS)], -1)
        self.ring = self.centre + circle * court.rim_radius
        x, half = court.board_x(basket), court.board_width / 2
        low, high = court.board_bottom, court.board_bottom + court.board_height
        self.board = np.array([[x, -half, low], [x, half, low], [x, half, high], [x, -half, high]])
        back = np.array([0.04 * sign, 0.0, 0.0])
        self.board_back = self.board + back
        square_low = court.rim_height + 0.02
        self.square = np.array(
            [
                [x, -0.3, square_low],
                [x, 0.3, square_low],
                [x, 0.3, square_low + 0.45],
                [x, -0.3, square_low + 0.45],
            ]
        )
        post = court.length / 2 * sign + {"stand": 0.9, "pole": 0.35, "wall": 2.4}[mount] * sign
        top = {"stand": 2.6, "pole": 2.75, "wall": 3.6}[mount]
        self.stand = np.array(
            [
                [post, 0, 0],
                [post, 0, top],
                [x + 0.1 * sign, 0, court.rim_height + 0.35],
                [post, 0, {"stand": 1.9, "pole": 2.2, "wall": 3.0}[mount]],
                [x + 0.1 * sign, 0, court.rim_height - 0.05],
            ]
        )
        self.strip = self.board.copy()
        self.strip[2:, 2] = low + 0.09
        self.bracket = np.array([[x, 0, court.rim_height - 0.02], self.centre - back * 0])
        self.bracket[1, 0] += court.rim_radius * sign
        strands = np.linspace(0, 2 * np.pi, strands, endpoint=False)
        self._net_angle = strands
        self._radius = court.rim_radius

    def net(self, push: float) -> np.ndarray:
        """Net points (4, strands, 3) from the ring down; `push` from 0 to 1 widens and lifts it as a ball passes."""
        rows = []
        for level, (down, wide) in enumerate(((0.0, 1.0), (0.36, 0.78), (0.7, 0.62), (1.0, 0.56))):
            angle = self._net_angle + (level % 2) * np.pi / len(self._net_angle)
            radius = self._radius * (wide + push * 0.25 * down)
            drop = down * NET_LENGTH * (1 - 0.35 * push)
            rows.append(
                np.stack([np.cos(angle) * radius, np.sin(angle) * radius, np.full(len(angle), -drop)], -1)
                + self.centre
            )
        return np.stack(rows)


def _glass(image: np.ndarray, corners: np.ndarray, alpha: float, shine: float) -> None:
    low, high = corners.min(0), corners.max(0)
    x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
    x1, y1 = min(int(high[0]) + 2, image.shape[1]), min(int(high[1]) + 2, image.shape[0])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillConvexPoly(mask, ((corners - (x0, y0)) * UNIT).astype(np.int32), 255, cv2.LINE_8, SHIFT)
    patch = image[y0:y1, x0:x1]
    cv2.copyTo(cv2.convertScaleAbs(patch, alpha=1 - alpha, beta=shine * alpha), mask, patch)


def _board_depth(hoop: Hoop, lens: Lens, depths: np.ndarray, balls: np.ndarray) -> float:
    """The depth at which the board is painted: its far edge, moved if needed to keep `balls` (N, 3) on their side."""
    plane, sign = hoop.board[0, 0], np.sign(hoop.board_back[0, 0] - hoop.board[0, 0])
    key = float(depths.max())
    if (lens.position[0] - plane) * sign < 0:
        seen = [((ball[0] - plane) * sign < 0, float(lens.project(ball)[1])) for ball in balls]
        # Balls in front are treated last: when no depth suits all, a ball behind the board is the rarer case.
        key = min([key, *(depth - 0.05 for in_front, depth in seen if not in_front)])
        key = max([key, *(depth + 0.05 for in_front, depth in seen if in_front)])
    return key


def add_hoop(
    canvas: Canvas,
    hoop: Hoop,
    lens: Lens,
    style: Style,
    wardrobe: Wardrobe,
    push: float,
    ball: np.ndarray,
) -> None:
    """Add one basket's shapes to `canvas`; ring and net are split so that a `ball`, (3,) or (N, 3), can be inside."""
    centre, depth = lens.project(hoop.centre)
    if depth < 1.0 or not -400 < centre[0] < lens.width + 400:
        return
    depth = float(depth)
    scale = lens.focal / depth
    board, board_depth = lens.project(hoop.board)
    back, back_depth = lens.project(hoop.board_back)
    stand, stand_depth = lens.project(hoop.stand)
    if min(board_depth.min(), back_depth.min(), stand_depth.min()) < 0.5:
        return
    made = style.hoop
    metal, line = wardrobe.lit((96, 92, 90)), wardrobe.lit(made.frame)
    paint = wardrobe.lit(made.post)
    front = _board_depth(hoop, lens, board_depth, np.atleast_2d(ball))
    post = float(stand_depth[0])
    # Seen from the court the arms are always behind the board, even when their midpoints are nearer.
    behind = (
        front + 0.03
        if (lens.position[0] - hoop.board[0, 0]) * (hoop.stand[0, 0] - hoop.board[0, 0]) < 0
        else 0.0
    )
    if made.mount != "wall":
        wide = 0.2 if made.mount == "stand" else 0.13
        color = wardrobe.lit(style.pad) if made.mount == "stand" else paint
        canvas.limb(post, stand[0], stand[1], wide * scale, color)
    canvas.limb(max(float(stand_depth[2] + post) / 2, behind), stand[1], stand[2], 0.09 * scale, paint)
    canvas.limb(max(float(stand_depth[4] + post) / 2, behind), stand[3], stand[4], 0.07 * scale, paint)
    if made.opacity < 1:
        canvas.call(front + 0.01, _glass, board, made.opacity, wardrobe.lit(made.board)[1])
    else:
        canvas.polygon(front + 0.01, board, wardrobe.lit(made.board))
    if made.sheet:
        strip, _ = lens.project(hoop.strip)
        canvas.polygon(front + 0.005, strip, wardrobe.lit(style.pad))
    canvas.polygon(front + 0.02, np.stack([board[0], board[1], back[1], back[0]]), metal)
    canvas.polygon(front + 0.02, np.stack([board[0], board[3], back[3], back[0]]), metal)
    canvas.polygon(front + 0.02, np.stack([board[1], board[2], back[2], back[1]]), metal)
    canvas.stroke(front, [np.concatenate([board, board[:1]])], made.frame_width * scale, line)
    if made.square is not None:
        square, _ = lens.project(hoop.square)
        canvas.stroke(front, [np.concatenate([square, square[:1]])], 0.04 * scale, wardrobe.lit(made.square))
    bracket, bracket_depth = lens.project(hoop.bracket)
    canvas.limb(float(bracket_depth.mean()), bracket[0], bracket[1], 0.1 * scale, wardrobe.lit(made.rim, 0.7))
    _add_ring(canvas, hoop, lens, wardrobe.lit(made.rim), depth, made.rim_width * scale)
    if made.net is not None:
        _add_net(canvas, hoop, lens, wardrobe.lit(made.net), depth, push, max(1, round(made.net_width * scale)))


def _add_ring(canvas: Canvas, hoop: Hoop, lens: Lens, color: tuple, depth: float, wide: float) -> None:
    ring, ring_depth = lens.project(hoop.ring)
    far = ring_depth > depth
    first = int(np.flatnonzero(far & ~np.roll(far, 1))[0])
    ring, far = np.roll(ring, -first, axis=0), np.roll(far, -first)
    split = int(far.sum())
    wide = max(wide, 1.4)
    canvas.stroke(depth + 0.13, [ring[: split + 1]], wide, color)
    canvas.stroke(depth - 0.13, [np.concatenate([ring[split:], ring[:1]])], wide, color)


def _add_net(
    canvas: Canvas, hoop: Hoop, lens: Lens, color: tuple, depth: float, push: float, wide: int
) -> None:
    points = hoop.net(push)
    net, net_depth = lens.project(points)
    far = net_depth[0] > depth
    back, front = [], []
    strands = net.shape[1]
    for strand in range(strands):
        after = (strand + 1) % strands
        before = (strand - 1) % strands
        right = np.stack([net[0, strand], net[1, strand], net[2, after], net[3, after]])
        left = np.stack([net[0, strand], net[1, before], net[2, before], net[3, (strand - 2) % strands]])
        (back if far[strand] else front).extend([right, left])
    canvas.stroke(depth + 0.12, back, wide, tuple(int(v * 0.8) for v in color))
    canvas.stroke(depth - 0.12, front, wide, color)
