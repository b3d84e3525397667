"""A folder of drawn training images: close views, zooms of published frames, and composites.

Drawing one takes as long as training on it, so they are drawn once; each use crops and recolours them anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from courtside_training.common.splits import SPLITS
from courtside_training.detector.augment import crop
from courtside_training.detector.ball_sprites import add_fingers, draw_sprite, lit_like
from courtside_training.detector.classes import BALL, WIDTH
from courtside_training.detector.close_views import SHAPES, close_frame
from courtside_training.detector.composites import cut_ball, paste_ball, paste_hoop, place_at_player, texture
from courtside_training.detector.images import LabelledImage, unlabelled
from courtside_training.detector.published import Record
from courtside_training.detector.simulated import Pool
from courtside_training.errors import TrainingInputError

KINDS = (("zoom", 0.48), ("close", 0.32), ("simulated", 0.08), ("background", 0.12))
"""Kinds of images and the share of each; without published frames the zooms are close views."""
ZOOMS = (1.2, 8.0)
"""Scales of published frames, relative to a frame as wide as the detector's input: up to players who fill it."""
BALL_PIXELS = (4.0, 120.0)
"""Smallest and largest diameter of a ball that is not sized by a player."""
QUALITY = 93
"""Quality of the JPEG files, 0 to 100."""
SAVED_EVERY = 200
"""Images after which the labels are written, so that an interrupted run leaves a bank that can be used."""
LABELS = "labels.json"
"""File of the labels in the folder."""


def _sprite(records: Sequence[Record], size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if records and size < 40 and rng.random() < 0.2:
        donor = records[int(rng.integers(len(records)))]
        cut = cut_ball(donor.load(), size, rng) if (donor.classes == BALL).any() else None
        if cut is not None:
            return cut
    return draw_sprite(size, rng)


def _with_ball(labelled: LabelledImage, records: Sequence[Record], rng: np.random.Generator) -> LabelledImage:
    """The image with one more ball: at a player, often with fingers on it, or anywhere."""
    height, width = labelled.image.shape[:2]
    place = place_at_player(labelled, rng) if rng.random() < 0.65 else None
    if place is None:
        limit = min(BALL_PIXELS[1], 0.3 * min(height, width))
        size = int(np.exp(rng.uniform(np.log(BALL_PIXELS[0]), np.log(limit))))
        centre = rng.uniform(0.02, 0.98, 2) * (width, height)
    else:
        centre, size = place
        size = min(size, int(BALL_PIXELS[1]))
    sprite = _sprite(records, size, rng)
    x, y = centre.astype(int)
    sprite = lit_like(sprite, labelled.image[max(y - size, 0) : y + size, max(x - size, 0) : x + size], rng)
    if place is not None and rng.random() < 0.5:
        sprite = add_fingers(sprite, rng)
    return paste_ball(labelled, sprite, rng, centre)


def draw_image(records: Sequence[Record], pool: Pool, rng: np.random.Generator) -> LabelledImage:
    """One image of a random kind and shape, 360 to 640 pixels wide, with pasted baskets and balls."""
    names, shares = zip(*KINDS, strict=True)
    kind = names[int(rng.choice(len(names), p=shares))]
    width, height = SHAPES[int(rng.integers(len(SHAPES)))]
    if kind == "background":
        drawn = unlabelled(texture(width, height, rng))
    elif kind == "zoom" and records:
        # Of an upright part of a wide frame only zooms are free of bars.
        low = max(ZOOMS[0], height / 360)
        drawn = crop(records[int(rng.integers(len(records)))].load(), width, height, rng, (low, ZOOMS[1]))
    elif kind == "simulated":
        game = pool.game(rng)
        drawn = game.frame(game.time(rng))
    else:
        drawn = close_frame(pool.game(rng), rng)
    if kind == "background" or rng.random() < 0.25:
        drawn = paste_hoop(drawn, pool.game(rng), rng)
    for probability in (0.6, 0.25):
        if rng.random() < probability:
            drawn = _with_ball(drawn, records, rng)
    return drawn


def write_bank(
    folder: Path, records: Sequence[Record], count: int, seed: int = 0, split: str = "train",
    report: Callable[[int], None] | None = None,
) -> Path:
    """Draw `count` images into `folder`; equal arguments give equal images.

    Args:
        folder: folder to write; it is made if it is missing.
        records: published frames of the same split; may be empty.
        count: number of images.
        seed: of all draws.
        split: split of the simulated games.
        report: called with the number of images after each one.

    Raises:
        TrainingInputError: an image cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 71])
    low, high = SPLITS[split]
    pool = Pool(iter(lambda: int(rng.integers(low, high)), None), size=3, uses=24)
    labels = []
    for index in range(count):
        drawn = draw_image(records, pool, rng)
        name = f"{index:05d}.jpg"
        ok = cv2.imwrite(str(folder / name), drawn.image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not ok:
            raise TrainingInputError(f"cannot write {folder / name}: free space or name another folder")
        rows = [np.round(part, 2).tolist() for part in (drawn.boxes, drawn.ignore)]
        labels.append({"file": name, "boxes": rows[0], "classes": drawn.classes.tolist(), "ignore": rows[1]})
        if (index + 1) % SAVED_EVERY == 0 or index + 1 == count:
            (folder / LABELS).write_text(json.dumps(labels))
        if report:
            report(index + 1)
    return folder


class Bank:
    """The images of a folder that `write_bank` wrote."""

    def __init__(self, folder: Path) -> None:
        """Read the labels.

        Raises:
            TrainingInputError: the folder holds no images.
        """
        try:
            self._labels = json.loads((folder / LABELS).read_text())
        except (OSError, ValueError) as error:
            raise TrainingInputError(
                f"{folder} has no readable {LABELS}: draw the images with `courtside-train detector draw`"
            ) from error
        self._folder = folder

    def __len__(self) -> int:
        """Number of images."""
        return len(self._labels)

    def image(self, index: int) -> LabelledImage:
        """Read image number `index`.

        Raises:
            TrainingInputError: the file is missing or damaged.
        """
        held = self._labels[index]
        path = self._folder / held["file"]
        image = cv2.imread(str(path)) if path.is_file() else None
        if image is None:
            raise TrainingInputError(f"{path} is not a readable image: draw the images again")
        return LabelledImage(
            np.ascontiguousarray(image[:, :, ::-1]),
            np.array(held["boxes"], np.float32).reshape(-1, 4),
            np.array(held["classes"], np.int64),
            np.array(held["ignore"], np.float32).reshape(-1, 5),
        )

    def part(
        self, index: int, width: int, height: int, rng: np.random.Generator, scales: tuple[float, float] = (0.8, 1.5)
    ) -> LabelledImage:
        """A `width` x `height` crop of an image; a scale of 1 shows the whole image or fills the crop with it."""
        labelled = self.image(index)
        tall, wide = labelled.image.shape[:2]
        whole, filled = sorted((width / wide, height / tall))
        fit = whole * (filled / whole) ** rng.random() * wide / WIDTH
        return crop(labelled, width, height, rng, (scales[0] * fit, scales[1] * fit))
