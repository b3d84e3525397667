"""What the export needs of `court_detector`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.detector.classes import (
    BALL,
    CLASSES,
    HEIGHT,
    LARGEST,
    MAX_DETECTIONS,
    MULTIPLE,
    RIM,
    SMALLEST,
    WIDTH,
)
from courtside_training.detector.decoding import ServedDetector
from courtside_training.detector.network import Detector, DetectorConfig
from courtside_training.detector.training import MODEL
from courtside_training.errors import TrainingInputError

SURE = 0.3
"""Smallest score of a detection that counts in `decisions`."""
CELL = 16
"""Side in pixels of the squares by which `decisions` gives the position of the best ball and rim."""
FRAMES = 4
"""Frames per simulated game in `samples` and `score`."""


def detector_signature(
    name: str, size: tuple[int, int], classes: Sequence[str], detections: int, instances: int
) -> ModelSignature:
    """The signature of a detector: a picture of free height and width to boxes, scores and classes.

    Args:
        name: of the model in the repository.
        size: usual height and width of the picture, pixels.
        classes: names of its classes, in the order of their numbers.
        detections: rows of its outputs.
        instances: copies that are served side by side.
    """
    smallest, largest = (3, SMALLEST, SMALLEST), (3, LARGEST, LARGEST)
    return ModelSignature(
        name=name,
        inputs=(TensorSpec("image", "uint8", (3, *size), least=smallest, most=largest),),
        outputs=(
            TensorSpec("boxes", "float32", (detections, 4)),
            TensorSpec("scores", "float32", (detections,)),
            TensorSpec("classes", "float32", (detections,)),
        ),
        max_batch=8,
        instances=instances,
        parameters={
            "classes": ",".join(classes), "boxes": "xyxy", "layout": "letterbox", "bar": "114",
            "height": str(size[0]), "width": str(size[1]), "multiple": str(MULTIPLE),
        },
    )


class DetectorExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = detector_signature(MODEL, (HEIGHT, WIDTH), CLASSES, MAX_DETECTIONS, instances=2)

    def load(self, checkpoint: Path) -> nn.Module:
        """The averaged network with its decoding.

        Raises:
            TrainingInputError: see `common.checkpoint.load` and `fill`.
        """
        found = checkpoints.load(checkpoint, MODEL)
        try:
            detector = Detector(DetectorConfig(**found["settings"]["network"]))
            weights = found["average"]
        except (KeyError, TypeError) as error:
            raise TrainingInputError(f"{checkpoint} has no sizes or weights of a detector: train again") from error
        checkpoints.fill(detector, weights, checkpoint)
        return ServedDetector(detector).eval()

    def samples(self, count: int, seed: int) -> Arrays:
        """Letterboxed frames (count, 3, 384, 640) of simulated games from `seed` on, four per game."""
        from courtside_training.detector.images import letterbox
        from courtside_training.detector.simulated import film

        rng = np.random.default_rng([seed, 5])
        images: list[np.ndarray] = []
        while len(images) < count:
            game = film(seed + len(images) // FRAMES)
            for _ in range(min(FRAMES, count - len(images))):
                images.append(letterbox(game.frame(game.time(rng))).image.transpose(2, 0, 1))
        return (np.stack(images),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """(N, 6) integers: number of detections of each class at `SURE`, then the squares of the best ball and rim.

        A square is -1 if there is no such detection.
        """
        boxes, scores, classes = outputs
        sure = scores >= SURE
        columns = [(sure & (classes.round() == kind)).sum(1) for kind in range(len(CLASSES))]
        middles = np.floor((boxes[..., :2] + boxes[..., 2:]) / 2 / CELL).astype(np.int64)
        squares = middles[..., 1] * (WIDTH // CELL) + middles[..., 0]
        for kind in (BALL, RIM):
            mine = sure & (classes.round() == kind)
            best = np.where(mine, scores, -1.0).argmax(1)
            square = np.take_along_axis(squares, best[:, None], 1)[:, 0]
            columns.append(np.where(mine.any(1), square, -1))
        return np.stack(columns, 1).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """AP50 of ball, rim and player and the ball's recall on `count` frames of held-out games."""
        from courtside_training.common.splits import SPLITS
        from courtside_training.detector.evaluate import measure
        from courtside_training.detector.simulated import held_out

        games = max(1, -(-count // FRAMES))
        figures = measure(run, list(held_out(SPLITS["test"], games, FRAMES))[:count])
        named = {f"{name} AP50": value for name, value in figures["AP50"].items() if not np.isnan(value)}
        return {**named, "ball found": figures["ball found"]}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The model card: network, data, training, figures, limits."""
        from courtside_training.detector.card import body

        return body(checkpoints.load(checkpoint, MODEL), evaluation)


EXPORT_SPEC = DetectorExport()
