"""Composites: rendered baskets and balls pasted into other images, so that rims appear in all views and scenes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_sim.balls import add_ball
from courtside_sim.canvas import Canvas
from courtside_sim.hoops import Hoop, add_hoop
from courtside_sim.lens import Lens, look_at
from courtside_sim.style import draw_style
from courtside_sim.wardrobe import Wardrobe
from courtside_training.detector.ball_sprites import Sprite
from courtside_training.detector.classes import BALL, PLAYER, RIM
from courtside_training.detector.images import LabelledImage
from courtside_training.detector.simulated import FilmedGame

COVERED = 0.6
"""Objects lose their label if pasted content hides more than this share of them."""
RING_PIXELS = (9.0, 130.0)
"""Smallest and largest width of a ring, in pixels of an image 640 pixels wide."""


def hoop_lens(hoop: Hoop, radius: float, width: int, height: int, rng: np.random.Generator) -> Lens:
    """A camera with the ring in view, usually at a person's height: two thirds in front of the basket or beside it."""
    turn = np.clip(rng.normal(0, 0.9), -2.0, 2.0) if rng.random() < 0.65 else rng.uniform(-np.pi, np.pi)
    away = np.exp(rng.uniform(np.log(1.3), np.log(22.0)))
    up = rng.uniform(0.2, 2.6) if rng.random() < 0.75 else rng.uniform(2.6, 9.0)
    position = np.array([hoop.centre[0] - away * np.cos(turn), hoop.centre[1] + away * np.sin(turn), up])
    depth = float(np.linalg.norm(hoop.centre - position))
    wide = np.exp(rng.uniform(*np.log(RING_PIXELS))) * width / 640
    focal = wide * depth / (2 * radius)
    roll = float(rng.normal(0, 0.03))
    offset = np.array([rng.uniform(-0.48, 0.48) * width, rng.uniform(-0.48, 0.4) * height]) * depth / focal
    rotation = look_at(position, hoop.centre, roll)
    target = hoop.centre - rotation[0] * offset[0] - rotation[1] * offset[1]
    return Lens(position, look_at(position, target, roll), focal, width, height)


def _covered(boxes: NDArray[np.float32], changed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of each box (N, 4) that `changed` (H, W) covers."""
    shares = []
    for x0, y0, x1, y1 in np.round(boxes).astype(int):
        part = changed[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        shares.append(float(part.mean()) if part.size else 1.0)
    return np.array(shares)


def _behind_board(hoop: Hoop, lens: Lens) -> float:
    """Share of the ring that the board hides from a camera behind it, 0 to 1."""
    plane = hoop.board[0, 0]
    if (lens.position[0] - plane) * (hoop.centre[0] - plane) > 0:
        return 0.0
    board = lens.project(hoop.board)[0].astype(np.float32)
    inside = [cv2.pointPolygonTest(board, tuple(map(float, point)), False) >= 0 for point in lens.project(hoop.ring)[0]]
    return float(np.mean(inside))


def paste_hoop(labelled: LabelledImage, filmed: FilmedGame, rng: np.random.Generator) -> LabelledImage:
    """The image with a rendered basket and often a ball near the ring; hidden objects lose their label."""
    court = filmed.camera.game.court
    court = replace(
        court, board_width=court.board_width * rng.uniform(0.45, 1.1),
        board_height=court.board_height * rng.uniform(0.6, 1.1),
    )
    roster = filmed.camera.game.roster
    appearance = replace(
        draw_style(len(roster), rng), light=float(rng.uniform(0.45, 1.15)), tint=rng.uniform(0.9, 1.1, 3), haze=0.0
    )
    if rng.random() < 0.3:
        appearance = replace(appearance, hoop=replace(appearance.hoop, net=None))
    wardrobe = Wardrobe(appearance, roster)
    height, width = labelled.image.shape[:2]
    hoop = Hoop(court, 0, appearance.hoop.mount, appearance.hoop.strands)
    lens = hoop_lens(hoop, court.rim_radius, width, height, rng)
    canvas = Canvas()
    ball = hoop.centre + rng.normal(0, (0.5, 0.5, 0.6))
    pixel, depth = lens.project(ball)
    radius = court.ball_radius * lens.focal / max(float(depth), 0.5)
    add_hoop(canvas, hoop, lens, appearance, wardrobe, float(rng.choice([0.0, 0.0, rng.random()])), ball)
    with_ball = bool(rng.random() < 0.5 and radius >= 1.5 and 0 <= pixel[0] < width and 0 <= pixel[1] < height)
    if with_ball:
        smear = rng.normal(0, 0.4, 2) * radius if rng.random() < 0.5 else np.zeros(2)
        add_ball(canvas, wardrobe, pixel, float(depth), radius, smear)
    painted = labelled.image[:, :, ::-1].copy()
    canvas.paint(painted)
    painted = np.ascontiguousarray(painted[:, :, ::-1])
    changed = (painted != labelled.image).any(-1)
    ring = lens.project(hoop.ring)[0]
    added, classes = [np.concatenate([ring.min(0) - 1, ring.max(0) + 1])], [RIM]
    if _covered(np.array(added), changed)[0] < 0.05:
        # The basket is too near the camera to be drawn.
        return labelled
    ignore = labelled.ignore
    if appearance.hoop.opacity >= 1 and _behind_board(hoop, lens) > 0.6:
        around = [*(pixel - radius), *(pixel + radius)]
        hidden = [[*added[0], RIM]] + ([[*around, BALL]] if with_ball else [])
        ignore = np.concatenate([ignore, np.array(hidden, np.float32)])
        added, classes, with_ball = [], [], False
    keep = _covered(labelled.boxes, changed) < COVERED
    if with_ball:
        added.append(np.concatenate([pixel - radius, pixel + radius]))
        classes.append(BALL)
    return LabelledImage(
        painted,
        np.concatenate([labelled.boxes[keep], np.array(added, np.float32).reshape(-1, 4)]),
        np.concatenate([labelled.classes[keep], np.array(classes, np.int64)]),
        ignore,
    )


def cut_ball(labelled: LabelledImage, size: int, rng: np.random.Generator) -> Sprite | None:
    """Colours and opacity of a real ball, cut out and scaled to `size` pixels; None if there is no usable ball."""
    found = labelled.boxes[labelled.classes == BALL]
    if not len(found):
        return None
    x0, y0, x1, y1 = found[int(rng.integers(len(found)))].round().astype(int)
    crop = labelled.image[max(y0, 0) : y1, max(x0, 0) : x1]
    if min(crop.shape[:2]) < 8 or not 0.75 < (x1 - x0) / max(y1 - y0, 1) < 1.33:
        return None
    grid = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(grid, grid)
    alpha = np.clip((0.92 - np.hypot(x, y)) * size / 2 + 0.5, 0, 1).astype(np.float32)
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32), alpha


def _blurred(sprite: Sprite, rng: np.random.Generator) -> tuple[Sprite, int]:
    """The sprite with motion blur, its colours multiplied by its opacity, and the pixels added on each side."""
    size = len(sprite[1])
    reach = int(rng.uniform(0, 0.9) * min(size, 40)) if rng.random() < 0.5 else 0
    colour, alpha = (np.pad(part, ((reach, reach), (reach, reach), (0, 0))[: part.ndim]) for part in sprite)
    colour = colour * alpha[..., None]
    if reach:
        turn, steps = rng.uniform(0, np.pi), max(3, 2 * reach)
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        for share in np.linspace(-0.5, 0.5, steps):
            kernel[round(reach + share * reach * np.sin(turn)), round(reach + share * reach * np.cos(turn))] += 1
        kernel /= kernel.sum()
        colour = cv2.filter2D(colour, -1, kernel, borderType=cv2.BORDER_CONSTANT)
        alpha = cv2.filter2D(alpha, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return (colour, alpha), reach


def place_at_player(labelled: LabelledImage, rng: np.random.Generator) -> tuple[NDArray[np.float64], int] | None:
    """Centre and size in pixels of a ball in raised hands, above or in front of a random player; None without one."""
    people = labelled.boxes[labelled.classes == PLAYER]
    if not len(people):
        return None
    x0, y0, x1, y1 = people[int(rng.integers(len(people)))]
    raised = rng.random() < 0.6
    down = rng.uniform(-0.2, 0.15) if raised else rng.uniform(0.1, 0.75)
    centre = np.array([x0 + rng.uniform(-0.1, 1.1) * (x1 - x0), y0 + down * (y1 - y0)])
    return centre, max(4, round((y1 - y0) * rng.uniform(0.1, 0.17)))


def paste_ball(
    labelled: LabelledImage, sprite: Sprite, rng: np.random.Generator, centre: NDArray[np.float64] | None = None
) -> LabelledImage:
    """The image with a ball, with motion blur with probability 0.5.

    Args:
        labelled: the image.
        sprite: the ball.
        rng: source of all random choices.
        centre: where its centre is, pixels; None: at a random position inside.
    """
    height, width = labelled.image.shape[:2]
    size = len(sprite[1])
    if size + 4 >= min(height, width):
        return labelled
    (colour, alpha), reach = _blurred(sprite, rng)
    full = len(alpha)
    if centre is None:
        if full + 4 >= min(height, width):
            return labelled
        x0, y0 = int(rng.integers(0, width - full)), int(rng.integers(0, height - full))
    else:
        x0, y0 = (int(value) - full // 2 for value in centre)
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x0 + full, width), min(y0 + full, height)
    box = np.array([[x0 + reach, y0 + reach, x0 + reach + size, y0 + reach + size]], np.float32)
    box = np.clip(box, 0, [width, height, width, height]).astype(np.float32)
    if np.prod(box[0, 2:] - box[0, :2]) < 0.5 * size * size:
        return labelled
    image = labelled.image.copy()
    under = image[top:bottom, left:right].astype(np.float32)
    part = slice(top - y0, bottom - y0), slice(left - x0, right - x0)
    painted = under * (1 - alpha[part][..., None]) + colour[part]
    image[top:bottom, left:right] = np.clip(painted, 0, 255).astype(np.uint8)
    small = (labelled.classes == BALL) | (labelled.classes == RIM)
    overlap = np.minimum(labelled.boxes[:, 2:], box[:, 2:]) - np.maximum(labelled.boxes[:, :2], box[:, :2])
    area = np.prod(labelled.boxes[:, 2:] - labelled.boxes[:, :2], 1)
    hidden = small & (np.prod(np.clip(overlap, 0, None), 1) > COVERED * np.maximum(area, 1e-6))
    return LabelledImage(
        image,
        np.concatenate([labelled.boxes[~hidden], box]),
        np.concatenate([labelled.classes[~hidden], np.array([BALL])]),
        labelled.ignore,
    )


def texture(width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random background: colour noise at several scales, rectangles and lines; (H, W, 3) uint8 RGB."""
    base = rng.uniform(20, 235, 3)
    image = np.repeat(base[None, None], height, 0).repeat(width, 1).astype(np.float32)
    for cells in (2, 5, 12, 30, 80):
        grain = rng.normal(0, 1, (cells, max(2, cells * width // height), 3)).astype(np.float32)
        grain = grain * 0.4 + grain.mean(-1, keepdims=True)
        image += cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC) * rng.uniform(2, 32)
    for _ in range(int(rng.integers(0, 14))):
        start, stop = rng.integers(-50, max(width, height) + 50, (2, 2)).tolist()
        colour = rng.uniform(0, 255, 3).tolist()
        if rng.random() < 0.5:
            cv2.rectangle(image, start, stop, colour, -1 if rng.random() < 0.5 else int(rng.integers(1, 6)))
        else:
            cv2.line(image, start, stop, colour, int(rng.integers(1, 9)), cv2.LINE_AA)
    return np.clip(image, 0, 255).astype(np.uint8)
