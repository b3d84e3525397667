"""BASKET as published: player films in season/league folders, and CSV files with 20 levels per film.

Layout, after the repository's README (yulupan00/BASKET)::

    DATA/BASKET/<season>/<league>/<player>_<season>.mp4        DATA/BASKET/18-19/NBA/1_18_19.mp4
    DATA/BASKET_Labels/BASKET/{train,val,test}.csv
    DATA/BASKET_Labels/cross_season/test.csv, cross_league/test.csv, cross_season_and_league/test.csv

A CSV file has one header line. Each further line is the path of a video and 20 integers 0 to 4 in the order of
`courtside_sim.skills.SKILLS`. Only the code that reads these files is public, so the following is assumed. The path is
absolute, or relative to DATA or to DATA/BASKET (an absolute path of another machine is cut at its "BASKET/"). The
number before the first underscore of the file name is the player. The published levels of defensive consistency are
reversed (0 is excellent); they are turned round here.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from courtside_sim.skills import LEVELS, SKILLS
from courtside_training.errors import TrainingInputError

FILES: dict[str, str] = {
    "train": "BASKET/train.csv",
    "validation": "BASKET/val.csv",
    "test": "BASKET/test.csv",
    "unseen-season": "cross_season/test.csv",
    "unseen-league": "cross_league/test.csv",
    "unseen-both": "cross_season_and_league/test.csv",
}
"""Label file of each split, below BASKET_Labels."""
REVERSED = SKILLS.index("Defensive Consistency")
"""Index of the skill whose published levels are reversed."""


@dataclass(frozen=True)
class Sample:
    """One labelled film.

    Attributes:
        video: path of the file.
        player: number of the player.
        name: unique name of the film.
        levels: (20,) int64, 4 is the best.
    """

    video: Path
    player: str
    name: str
    levels: np.ndarray


def read_split(data: Path, split: str) -> list[Sample]:
    """The films of one published split.

    Raises:
        TrainingInputError: the file does not exist; a line does not have a path and 20 levels; a level is not 0 to 4;
            a video does not exist.
    """
    path = data / "BASKET_Labels" / FILES[split]
    if not path.is_file():
        raise TrainingInputError(f"no label file {path}: --data must hold BASKET and BASKET_Labels as published")
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(csv.reader(file))[1:]
    samples = [_sample(data, path, number, line) for number, line in enumerate(lines, 2) if line]
    if not samples:
        raise TrainingInputError(f"{path} has no line after its header: download it again")
    return samples


def training_split(data: Path) -> list[Sample]:
    """The training films of players that are in neither validation nor test: a split by player, not by film.

    Raises:
        TrainingInputError: there is no such film; see also `read_split`.
    """
    held_out = {sample.player for split in ("validation", "test") for sample in read_split(data, split)}
    kept = [sample for sample in read_split(data, "train") if sample.player not in held_out]
    if not kept:
        raise TrainingInputError("every player of train.csv is in val.csv or test.csv too: nothing to train on")
    return kept


def _sample(data: Path, path: Path, number: int, line: list[str]) -> Sample:
    where = f"{path}, line {number}"
    if len(line) != len(SKILLS) + 1:
        raise TrainingInputError(
            f"{where}: {len(line)} columns, expected the video's path and {len(SKILLS)} levels; "
            f"the first missing is {SKILLS[len(line) - 1]!r}"
            if len(line) <= len(SKILLS)
            else f"{where}: {len(line)} columns, expected the video's path and {len(SKILLS)} levels"
        )
    levels = []
    for skill, text in zip(SKILLS, line[1:], strict=True):
        if not text.strip().isdigit() or not 0 <= int(text) < len(LEVELS):
            raise TrainingInputError(f"{where}: {skill} is {text.strip()!r}, expected an integer 0 to 4")
        levels.append(int(text))
    levels[REVERSED] = len(LEVELS) - 1 - levels[REVERSED]
    video = _find(data, line[0].strip())
    if video is None:
        raise TrainingInputError(f"{where}: no video {line[0].strip()} under {data}")
    name = "_".join((video.stem, video.parent.name)).replace(" ", "-")
    return Sample(video, video.stem.split("_")[0], name, np.array(levels, np.int64))


def _find(data: Path, text: str) -> Path | None:
    tail = text.split("BASKET/")[-1].lstrip("/")
    candidates = (Path(text), data / text, data / "BASKET" / text, data / "BASKET" / tail)
    return next((path for path in candidates if path.is_file()), None)
