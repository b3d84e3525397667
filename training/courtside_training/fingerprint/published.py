"""Recorded shots: one keypoint file per shot, and a table of shooters and shot types.

    FOLDER/shots.csv            file,shooter,type[,gather,release]
    FOLDER/<file>.npz           keypoints (T, 17, 3) or (T, 17, 2), and times (T,) in seconds or fps
    FOLDER/<file>.csv           time,x0,y0,c0,...,x16,y16,c16   (an empty cell: not detected)

`type` is 'catch and shoot', 'step back' or 'side step'. `gather` and `release` are seconds in the time of the file. If
they are not given, `motion.find_shot` finds them.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np

from courtside.shooting_motion import Motion, NoShotError, cut, find_shot
from courtside_sim.sequences import SHOT_TYPES
from courtside_training.errors import TrainingInputError
from courtside_training.fingerprint.simulated import Shots

COLUMNS = ("file", "shooter", "type")
"""Columns that shots.csv must have."""
TRACK_COLUMNS = ("time", *(f"{axis}{joint}" for joint in range(17) for axis in "xyc"))
"""Columns of a keypoint file in CSV format."""


def _rows(table: Path) -> list[dict[str, str]]:
    if not table.is_file():
        raise TrainingInputError(f"no {table}: the folder needs a shots.csv with the columns {', '.join(COLUMNS)}")
    with table.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise TrainingInputError(f"{table} has no column {missing[0]!r}: it needs {', '.join(COLUMNS)}")
        return list(reader)


def read_track(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a keypoint file: (T, 17, 3) float32 with NaN for joints that were not detected, and (T,) seconds.

    Raises:
        TrainingInputError: the file is missing, unreadable or of another shape.
    """
    if not path.is_file():
        raise TrainingInputError(f"no keypoint file {path}: restore it or remove its line from shots.csv")
    try:
        if path.suffix == ".npz":
            with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                keypoints = np.asarray(found["keypoints"], np.float32)
                times = np.asarray(found["times"] if "times" in found else np.arange(len(keypoints)) / found["fps"])
        else:
            text = path.read_text(encoding="utf-8")
            header = text.split("\n", 1)[0].strip().split(",")
            if tuple(header) != TRACK_COLUMNS:
                raise TrainingInputError(f"{path} must have the columns time,x0,y0,c0,...,x16,y16,c16")
            table = np.genfromtxt(io.StringIO(text), delimiter=",", skip_header=1, ndmin=2)
            times, keypoints = table[:, 0], table[:, 1:].reshape(-1, 17, 3).astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingInputError(f"{path} is not a readable keypoint file ({error}): restore it") from error
    if keypoints.ndim != 3 or keypoints.shape[1] != 17 or keypoints.shape[2] not in (2, 3):
        raise TrainingInputError(f"{path}: keypoints are {keypoints.shape}, expected (T, 17, 3)")
    if keypoints.shape[2] == 2:
        seen = np.isfinite(keypoints).all(-1, keepdims=True).astype(np.float32)
        keypoints = np.concatenate([keypoints, seen], -1)
    return keypoints, times.astype(float)


def _seconds(row: dict[str, str], name: str, line: str) -> float | None:
    value = (row.get(name) or "").strip()
    if not value:
        return None
    try:
        return float(value)
    except ValueError as error:
        raise TrainingInputError(f"{line}: {name} is {value!r}, expected seconds") from error


def read_shots(folder: Path) -> Shots:
    """All shots of a folder, with one camera each; shots in which no motion is found are counted as lost.

    Raises:
        TrainingInputError: the data is wrong; the message names the file, the line and the reason.
    """
    table = folder / "shots.csv"
    inputs, names, shooters, kinds, lost = [], {}, [], [], 0
    for number, row in enumerate(_rows(table), start=2):
        line = f"{table}, line {number}"
        kind = (row["type"] or "").strip().lower().replace("-", " ").replace("_", " ")
        if kind not in SHOT_TYPES:
            raise TrainingInputError(f"{line}: unknown type {row['type']!r}, use one of {', '.join(SHOT_TYPES)}")
        keypoints, times = read_track(folder / (row["file"] or "?"))
        gather, release = _seconds(row, "gather", line), _seconds(row, "release", line)
        try:
            known = gather is not None and release is not None
            where = Motion(gather, release) if known else find_shot(keypoints, times)
            inputs.append(cut(keypoints, times, where))
        except NoShotError:
            lost += 1
            continue
        except ValueError as error:
            raise TrainingInputError(f"{line}: {error}") from error
        shooters.append(names.setdefault(row["shooter"], len(names)))
        kinds.append(SHOT_TYPES.index(kind))
    if not inputs:
        raise TrainingInputError(f"no shooting motion found in {folder}: give gather and release in shots.csv")
    return Shots(np.stack(inputs)[:, None], np.array(shooters), np.array(kinds), tuple(names), lost)


def split(shots: Shots, share: float = 0.7) -> tuple[Shots, Shots]:
    """Training and test shots of different shooters; the first `share` of the shooters by name is for training.

    Raises:
        TrainingInputError: there are fewer than four shooters.
    """
    if len(shots.names) < 4:
        raise TrainingInputError(f"{len(shots.names)} shooters cannot be split: record at least 4")
    order = np.argsort(np.array(shots.names))
    first = set(order[: min(max(2, round(share * len(order))), len(order) - 2)].tolist())
    parts = []
    for inside in (True, False):
        rows = np.flatnonzero([(player in first) == inside for player in shots.players])
        parts.append(Shots(shots.inputs[rows], shots.players[rows], shots.kinds[rows], shots.names))
    return parts[0], parts[1]
