"""Evaluation of a detector on held-out published frames and on held-out simulated games."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from courtside_training.common.running import Run
from courtside_training.common.splits import SPLITS
from courtside_training.common.tables import markdown
from courtside_training.detector.average_precision import EvaluatedImage, ball_found, precisions
from courtside_training.detector.bank import Bank
from courtside_training.detector.classes import CLASSES, HEIGHT, PLAYER, REFEREE, WIDTH
from courtside_training.detector.images import LabelledImage, fitted_size, letterbox
from courtside_training.detector.published import FOLDERS, Record, coco_records, ring_only, yolo_records
from courtside_training.detector.simulated import held_out

BALL_THRESHOLD = 0.3
"""Smallest score of a ball that counts as found in the recall check."""

BANK = "drawn close views and composites"
"""Name of the bank in the report."""


def detect(
    run: Run, labelled: Iterable[LabelledImage], batch: int = 4, area: int | None = None
) -> Iterator[EvaluatedImage]:
    """Detections and truth of each image, in the detector's input pixels.

    Args:
        run: a detector.
        labelled: the images.
        batch: images per inference.
        area: give each image an input of its own shape with about so many pixels; None: the usual size for all.
    """
    source = iter(labelled)
    while group := list(islice(source, batch if area is None else 1)):
        sizes = [(WIDTH, HEIGHT) if area is None else fitted_size(*one.image.shape[1::-1], area) for one in group]
        boxed = [letterbox(one, *size) for one, size in zip(group, sizes, strict=True)]
        images = np.stack([one.image.transpose(2, 0, 1) for one in boxed])
        boxes, scores, classes = run((images,))
        for index, one in enumerate(boxed):
            held = scores[index] > 0
            found = classes[index][held].round().astype(np.int64)
            yield EvaluatedImage(
                boxes[index][held], scores[index][held], found, one.boxes, one.classes, one.ignore
            )


def published_sets(data: Path) -> dict[str, list[Record]]:
    """The validation sets in a data folder. players17 occurs twice: hoops as labelled (with the net) and rings only."""
    broadcast, players = (data / name for name in FOLDERS["valid"])
    found: dict[str, list[Record]] = {}
    if broadcast.is_dir():
        found["broadcast_valid"] = coco_records(broadcast)
    if players.is_dir():
        found["players17/valid"] = yolo_records(players)
        found["players17/valid, rings without nets"] = [ring_only(record) for record in found["players17/valid"]]
    return found


def measure(run: Run, labelled: Iterable[LabelledImage], area: int | None = None) -> dict[str, Any]:
    """AP50 and number of objects per class, recall of the ball and false balls per image; `area` as in `detect`."""
    evaluated = list(detect(run, labelled, area=area))
    by_class = precisions(evaluated)
    found, false_balls = ball_found(evaluated, BALL_THRESHOLD)
    return {
        "images": len(evaluated),
        "AP50": {name: figure for name, (figure, _) in by_class.items()},
        "objects": {name: objects for name, (_, objects) in by_class.items()},
        "ball found": found,
        "false balls per image": false_balls,
    }


def as_people(labelled: LabelledImage) -> LabelledImage:
    """The image with players and referees as players, and nothing else."""
    people = np.isin(labelled.classes, (PLAYER, REFEREE))
    ignore = labelled.ignore[labelled.ignore[:, 4] == PLAYER]
    count = int(people.sum())
    return LabelledImage(labelled.image, labelled.boxes[people], np.full(count, PLAYER, np.int64), ignore)


def people_report(run: Run, data: Path | None, area: int, bank: Bank | None = None) -> dict[str, Any]:
    """Evaluate a detector of people: AP50 on the published sets in `data` and on the `bank`; `area` as in `detect`."""
    sets: dict[str, Iterable[LabelledImage]] = {
        name: (record.load() for record in records)
        for name, records in (published_sets(data) if data else {}).items()
        if "rings" not in name
    }
    if bank is not None:
        sets[BANK] = (bank.image(index) for index in range(len(bank)))
    return {"sets": {name: measure(run, map(as_people, found), area=area) for name, found in sets.items()}}


def people_table(result: dict[str, Any]) -> str:
    """The report on people as a Markdown table."""
    rows = [
        [name, figures["images"], f"{figures['AP50']['player']:.3f} ({figures['objects']['player']})"]
        for name, figures in result["sets"].items()
    ]
    return markdown(["set", "images", "person AP50 (objects)"], rows)


def full_report(
    run: Run, data: Path | None, games: int = 20, frames: int = 12, split: str = "test",
    report: Callable[[str], None] | None = None, bank: Bank | None = None,
) -> dict[str, Any]:
    """Evaluate on the published sets in `data`, and on `frames` frames each of `games` simulated games.

    Args:
        run: a detector.
        data: folder with published sets, or None.
        games: number of simulated games.
        frames: frames per simulated game.
        split: split of the simulated games.
        report: called with the name of each set as it starts.
        bank: drawn images of the same split, each at an input of its own shape.
    """
    sets: dict[str, Iterable[LabelledImage]] = {
        name: (record.load() for record in records)
        for name, records in (published_sets(data) if data else {}).items()
    }
    sets[f"simulated {split} games"] = held_out(SPLITS[split], games, frames)
    measured = {}
    for name, labelled in sets.items():
        if report:
            report(name)
        measured[name] = measure(run, labelled)
    if bank is not None:
        if report:
            report(BANK)
        measured[BANK] = measure(run, (bank.image(index) for index in range(len(bank))), area=WIDTH * HEIGHT)
    return {"ball threshold": BALL_THRESHOLD, "sets": measured}


def tables(result: dict[str, Any]) -> str:
    """The report as a Markdown table: AP50 per class with the number of objects, and recall of the ball."""
    rows = []
    for name, figures in result["sets"].items():
        cells = [f"{figures['AP50'][kind]:.3f} ({figures['objects'][kind]})" for kind in CLASSES]
        cells = [cell.replace("nan (0)", "-") for cell in cells]
        rows.append([name, figures["images"], *cells, figures["ball found"], figures["false balls per image"]])
    threshold = result["ball threshold"]
    header = ["set", "images", *(f"{kind} AP50 (objects)" for kind in CLASSES)]
    return markdown([*header, f"ball found at {threshold}", "false balls per image"], rows)
