"""What the export needs of `person_detector`; its "checkpoint" is the published ONNX file of YOLOX-nano."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common.export_spec import Arrays
from courtside_training.detector.export_spec import detector_signature
from courtside_training.detector.people import MAX_PEOPLE, MODEL, restore

HEIGHT, WIDTH = 256, 416
"""Usual size: the network was trained on squares of 416 pixels."""
SURE = 0.4
"""Smallest score of a person who counts in `decisions`."""
CELL = 16
"""Side in pixels of the squares by which `decisions` gives the position of the best person."""
FRAMES = 4
"""Frames per simulated game in `samples` and `score`."""

BODY = """\
Detects people in everyday pictures. It completes the players of `court_detector` where that one does not know them:
people who fill the picture, in gardens and driveways, at night.

## Network

YOLOX-nano as published (Ge et al. 2021, arXiv:2107.08430), reduced to its person class: the score of a cell is its
object score times its person score. Boxes are decoded in the graph. Of two boxes with an IoU above 0.5 the weaker one
is suppressed (Cluster-NMS, Zheng et al. 2020, arXiv:2005.03572: non-maximum suppression as matrix products).
{parameters:.2f} million parameters, none of them trained here.

Input: `image`, uint8 RGB (3, height, width), letterboxed with grey 114. Height and width are multiples of 32 from 128
to 1024; the usual size is 256 x 416. Output, best first: `boxes` (32, 4) xyxy in input pixels, `scores` (32), `classes`
(32), which are all 2 (player), so that the tensors are those of `court_detector`. Rows with score 0 are empty.

## Data and licences

- Weights: YOLOX-nano, Megvii, Apache-2.0, trained by its authors on COCO 2017.
- Nothing was trained here.

## Measured

{measured}

AP50 of people, players and referees alike, at inputs of the usual area. The published sets label no spectators, and
the detector finds them, so its figures there are low by design: the service adds nobody who is small in a film with
many players.

## Limits

- It does not tell players from spectators, coaches or referees. Use it together with `court_detector`.
- People smaller than about 25 pixels in its input are often missed, and people upside down or curled up too.
"""


class PeopleExport:
    """See `courtside_training.common.export_spec.ExportSpec`."""

    signature = detector_signature(MODEL, (HEIGHT, WIDTH), ("player",), MAX_PEOPLE, instances=1)

    def load(self, checkpoint: Path) -> nn.Module:
        """The published network with its decoding.

        Raises:
            TrainingInputError: see `people.restore`.
        """
        return restore(checkpoint)

    def samples(self, count: int, seed: int) -> Arrays:
        """Letterboxed frames (count, 3, 256, 416) of simulated games from `seed` on, four per game."""
        from courtside_training.detector.images import letterbox
        from courtside_training.detector.simulated import film

        rng = np.random.default_rng([seed, 6])
        images: list[np.ndarray] = []
        while len(images) < count:
            game = film(seed + len(images) // FRAMES)
            for _ in range(min(FRAMES, count - len(images))):
                boxed = letterbox(game.frame(game.time(rng)), WIDTH, HEIGHT)
                images.append(boxed.image.transpose(2, 0, 1))
        return (np.stack(images),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """(N, 2) integers: number of people at `SURE`, and the square of the best one, -1 without one."""
        boxes, scores, _ = outputs
        sure = scores >= SURE
        middles = np.floor((boxes[:, 0, :2] + boxes[:, 0, 2:]) / 2 / CELL).astype(np.int64)
        square = np.where(sure[:, 0], middles[:, 1] * (WIDTH // CELL) + middles[:, 0], -1)
        return np.stack([sure.sum(1), square], 1).astype(np.int64)

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """AP50 of people on `count` frames of held-out games."""
        from courtside_training.common.splits import SPLITS
        from courtside_training.detector.evaluate import as_people, measure
        from courtside_training.detector.simulated import held_out

        games = max(1, -(-count // FRAMES))
        frames = list(held_out(SPLITS["test"], games, FRAMES))[:count]
        return {"person AP50": measure(run, map(as_people, frames), area=WIDTH * HEIGHT)["AP50"]["player"]}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """The model card: network, data, figures, limits."""
        from courtside_training.detector.evaluate import people_table

        parameters = sum(value.numel() for value in restore(checkpoint).parameters()) / 1e6
        measured = people_table(evaluation) if evaluation.get("sets") else "Not measured."
        return BODY.format(parameters=parameters, measured=measured)


EXPORT_SPEC = PeopleExport()
