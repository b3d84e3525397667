"""Measures a detector on held-out published frames and on held-out simulated games."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from courtside_training.common.export_spec import Arrays
from courtside_training.common.tables import markdown
from courtside_training.detector.average_precision import Judged, ball_found, precisions
from courtside_training.detector.classes import CLASSES
from courtside_training.detector.pictures import Picture, letterbox
from courtside_training.detector.published import FOLDERS, Record, coco_records, ring_only, yolo_records
from courtside_training.detector.simulated import held_out
from courtside_training.shots.geometry import SPLITS

BALL_THRESHOLD = 0.3
"""Score from which a ball counts as found in the recall check."""

Run = Callable[[Arrays], Arrays]


def torch_run(model: nn.Module) -> Run:
    """A served network as a function of arrays."""

    def run(inputs: Arrays) -> Arrays:
        with torch.inference_mode():
            return tuple(output.numpy() for output in model(*(torch.from_numpy(array) for array in inputs)))

    return run


def judge(run: Run, pictures: Iterable[Picture], batch: int = 4) -> Iterator[Judged]:
    """Answers beside the truth, in the detector's input pixels."""
    source = iter(pictures)
    while group := list(islice(source, batch)):
        boxed = [letterbox(picture) for picture in group]
        images = np.stack([picture.image.transpose(2, 0, 1) for picture in boxed])
        boxes, scores, classes = run((images,))
        for index, picture in enumerate(boxed):
            held = scores[index] > 0
            found = classes[index][held].round().astype(np.int64)
            yield Judged(
                boxes[index][held], scores[index][held], found, picture.boxes, picture.classes, picture.ignore
            )


def published_sets(data: Path) -> dict[str, list[Record]]:
    """Validation sets found in a data folder; players17 twice: hoops as labelled (with the net) and rings only."""
    broadcast, players = (data / name for name in FOLDERS["valid"])
    found: dict[str, list[Record]] = {}
    if broadcast.is_dir():
        found["broadcast_valid"] = coco_records(broadcast)
    if players.is_dir():
        found["players17/valid"] = yolo_records(players)
        found["players17/valid, rings without nets"] = [ring_only(record) for record in found["players17/valid"]]
    return found


def measure(run: Run, pictures: Iterable[Picture]) -> dict[str, Any]:
    """AP50 and counts a class, and the ball's recall, on some pictures."""
    judged = list(judge(run, pictures))
    found, stray = ball_found(judged, BALL_THRESHOLD)
    return {
        "pictures": len(judged),
        "AP50": {name: figure for name, (figure, _) in precisions(judged).items()},
        "objects": {name: count for name, (_, count) in precisions(judged).items()},
        "ball found": found,
        "stray balls a picture": stray,
    }


def full_report(
    run: Run, data: Path | None, games: int = 20, frames: int = 12, split: str = "test",
    report: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Measure on every set there is: published ones in `data`, and `frames` frames each of `games` simulated games."""
    sets: dict[str, Iterable[Picture]] = {
        name: (record.load() for record in records)
        for name, records in (published_sets(data) if data else {}).items()
    }
    sets[f"simulated {split} games"] = held_out(SPLITS[split], games, frames)
    measured = {}
    for name, pictures in sets.items():
        if report:
            report(name)
        measured[name] = measure(run, pictures)
    return {"ball threshold": BALL_THRESHOLD, "sets": measured}


def tables(result: dict[str, Any]) -> str:
    """The report as a Markdown table: AP50 a class with the number of objects, and the ball's recall."""
    rows = []
    for name, figures in result["sets"].items():
        cells = [f"{figures['AP50'][kind]:.3f} ({figures['objects'][kind]})" for kind in CLASSES]
        cells = [cell.replace("nan (0)", "-") for cell in cells]
        rows.append([name, figures["pictures"], *cells, figures["ball found"], figures["stray balls a picture"]])
    threshold = result["ball threshold"]
    header = ["set", "pictures", *(f"{kind} AP50 (objects)" for kind in CLASSES)]
    return markdown([*header, f"ball found at {threshold}", "stray balls a picture"], rows)
