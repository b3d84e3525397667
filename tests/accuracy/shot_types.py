"""Types of shots on real film beside the labels of `shot_types.csv`, as `courtside.analyze` gives them.

    python tests/accuracy/shot_types.py FOLDER...

A label has the clip's name, the release in seconds of the film, the type that a person sees, and a second one that is
right as well where people may differ (a shot from the free-throw line after a short rest).
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import courtside

LABELS = Path(__file__).parent / "shot_types.csv"
NEAR_S = 0.4
"""A shot so near to a label is that shot, seconds."""


@dataclass(frozen=True)
class Label:
    """One labelled shot: seconds of its release, its type, and a type that is right as well, or an empty text."""

    time: float
    kind: str
    also: str


def read_labels(path: Path = LABELS) -> dict[str, list[Label]]:
    """The labels by clip."""
    labels: dict[str, list[Label]] = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            labels.setdefault(row["clip"], []).append(Label(float(row["release_time"]), row["type"], row["also"]))
    return labels


def main() -> None:
    """Print what is found beside each label, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    films = {film.stem: film for folder in parser.parse_args().folders for film in folder.glob("*.m[po][4v]")}
    counts: Counter[tuple[str, str]] = Counter()
    right = exact = found = 0
    for clip, labels in read_labels().items():
        if clip not in films:
            continue
        shots = courtside.analyze(films[clip])
        for label in labels:
            shot = min(shots, key=lambda shot: abs(shot.time - label.time), default=None)
            if shot is None or abs(shot.time - label.time) > NEAR_S:
                counts[label.kind, "not found"] += 1
                continue
            kind = str(shot.type)
            found, exact, right = found + 1, exact + (kind == label.kind), right + (kind in (label.kind, label.also))
            counts[label.kind, kind] += 1
            print(f"{clip:28s} {label.time:7.2f} {label.kind:16s} {kind:16s} {shot.type_probability:.2f}", flush=True)
    print(f"{found} found, {exact} the same, {right} the same or as right")
    for (kind, seen), count in sorted(counts.items()):
        print(f"  {kind} as {seen}: {count}")


if __name__ == "__main__":
    main()
