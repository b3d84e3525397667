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
from courtside_training.detector.classes import BALL, RIM
from courtside_training.detector.images import LabelledImage
from courtside_training.detector.simulated import FilmedGame

COVERED = 0.6
"""Objects lose their label if pasted content hides more than this share of them."""
RING_PIXELS = (9.0, 130.0)
"""Smallest and largest width of a ring, in pixels of an image 640 pixels wide."""


def hoop_lens(hoop: Hoop, radius: float, width: int, height: int, rng: np.random.Generator) -> Lens:
    """A camera in front of or beside the basket, usually at the height of a hand-held one, with the ring in view."""
    turn = np.clip(rng.normal(0, 0.9), -2.0, 2.0)
    away = np.exp(rng.uniform(np.log(2.5), np.log(22.0)))
    up = rng.uniform(0.4, 2.6) if rng.random() < 0.75 else rng.uniform(2.6, 9.0)
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


def paste_hoop(labelled: LabelledImage, filmed: FilmedGame, rng: np.random.Generator) -> LabelledImage:
    """The image with a rendered basket and often a ball near the ring; hidden objects lose their label."""
    court = filmed.camera.game.court
    court = replace(
        court, board_width=court.board_width * rng.uniform(0.65, 1.05),
        board_height=court.board_height * rng.uniform(0.75, 1.05),
    )
    roster = filmed.camera.game.roster
    appearance = replace(
        draw_style(len(roster), rng), light=float(rng.uniform(0.45, 1.15)), tint=rng.uniform(0.9, 1.1, 3), haze=0.0
    )
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
    keep = _covered(labelled.boxes, changed) < COVERED
    if with_ball:
        added.append(np.concatenate([pixel - radius, pixel + radius]))
        classes.append(BALL)
    return LabelledImage(
        painted,
        np.concatenate([labelled.boxes[keep], np.array(added, np.float32)]),
        np.concatenate([labelled.classes[keep], np.array(classes, np.int64)]),
        labelled.ignore,
    )


def ball_sprite(size: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A drawn ball: colours (size, size, 3) RGB 0 to 255 lit from one side, and opacity (size, size) 0 to 1."""
    wide = 64
    grid = (np.arange(wide) + 0.5) / wide * 2 - 1
    x, y = np.meshgrid(grid, grid)
    depth = np.sqrt(np.clip(1 - x * x - y * y, 0, 1))
    sun = rng.normal(0, 0.5, 2)
    light = rng.uniform(0.35, 0.7) + rng.uniform(0.2, 0.6) * np.clip(depth - sun[0] * x - (0.4 + sun[1]) * y, 0, 1.4)
    hue, value = rng.uniform(4, 17), rng.uniform(110, 245)
    tone = cv2.cvtColor(np.array([[[hue, rng.uniform(110, 235), value]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
    colour = np.repeat(tone[None, None].astype(np.float32), wide, 0).repeat(wide, 1)
    if rng.random() < 0.75:
        turn = rng.uniform(0, np.pi)
        a, b = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        bend = rng.uniform(0.3, 0.7)
        seam = (np.abs(a) < 0.05) | (np.abs(b - 0.2) < 0.05) | (np.abs(np.abs(a) - bend - 0.35 * b * b) < 0.05)
        colour[seam] *= rng.uniform(0.2, 0.5)
    colour *= light[..., None]
    alpha = (x * x + y * y < 1).astype(np.float32)
    return (
        cv2.resize(np.clip(colour, 0, 255), (size, size), interpolation=cv2.INTER_AREA).astype(np.float32),
        cv2.resize(alpha, (size, size), interpolation=cv2.INTER_AREA),
    )


def cut_ball(labelled: LabelledImage, size: int, rng: np.random.Generator) -> tuple[NDArray, NDArray] | None:
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


def paste_ball(
    labelled: LabelledImage, sprite: tuple[NDArray[np.float32], NDArray[np.float32]], rng: np.random.Generator
) -> LabelledImage:
    """The image with a ball at a random position, with motion blur with probability 0.5."""
    colour, alpha = sprite
    size = len(alpha)
    reach = int(rng.uniform(0, 0.9) * size) if rng.random() < 0.5 else 0
    colour, alpha = (np.pad(part, ((reach, reach), (reach, reach), (0, 0))[: part.ndim]) for part in sprite)
    if reach:
        turn, steps = rng.uniform(0, np.pi), max(3, 2 * reach)
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        for share in np.linspace(-0.5, 0.5, steps):
            kernel[round(reach + share * reach * np.sin(turn)), round(reach + share * reach * np.cos(turn))] += 1
        kernel /= kernel.sum()
        colour = cv2.filter2D(colour * alpha[..., None], -1, kernel, borderType=cv2.BORDER_CONSTANT)
        alpha = cv2.filter2D(alpha, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    else:
        colour = colour * alpha[..., None]
    height, width = labelled.image.shape[:2]
    full = len(alpha)
    if full + 4 >= min(height, width):
        return labelled
    x0, y0 = int(rng.integers(0, width - full)), int(rng.integers(0, height - full))
    image = labelled.image.copy()
    under = image[y0 : y0 + full, x0 : x0 + full].astype(np.float32)
    image[y0 : y0 + full, x0 : x0 + full] = np.clip(under * (1 - alpha[..., None]) + colour, 0, 255).astype(np.uint8)
    box = np.array([[x0 + reach, y0 + reach, x0 + reach + size, y0 + reach + size]], np.float32)
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
