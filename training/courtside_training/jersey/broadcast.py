"""Real torsos of broadcast film (CC BY 4.0), with the digits that were read by eye.

`broadcast_numbers.csv` has a row for each torso: film and frame of the picture, the track of a player whose number was
read (by eye, in his largest pictures; it then holds for all of them, also where little of it shows), the digits (``-``
for referees and for players of whom no number shows), the torso's square (`courtside.torso`) and the box of the number,
pixels of 1280 x 720. The pictures are those of the data set, which stretches them to 640 x 640.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside.torso import TORSO_SIDE, TorsoSquare
from courtside_training.errors import TrainingInputError

TABLE = Path(__file__).with_name("broadcast_numbers.csv")
WIDTH, HEIGHT = 1280, 720
NONE = "-"
"""What stands in the table where no number shows."""


@dataclass(frozen=True)
class Torsos:
    """N torsos.

    Attributes:
        pixels: (N, 64, 64, 3) uint8 RGB.
        digits: N strings, "" where no number shows.
        films: N names.
        tracks: (N,) number of the track; -1 without one.
        sides: (N,) side of the square in the film, pixels.
        places: (N, 4) float32 box of the number in the crop, xyxy; NaN without one.
    """

    pixels: NDArray[np.uint8]
    digits: list[str]
    films: list[str]
    tracks: NDArray[np.int64]
    sides: NDArray[np.float32]
    places: NDArray[np.float32]

    def where(self, kept: NDArray[np.bool_]) -> Torsos:
        """The torsos that a mask selects."""
        rows = np.flatnonzero(kept)
        return Torsos(
            self.pixels[rows], [self.digits[row] for row in rows], [self.films[row] for row in rows],
            self.tracks[rows], self.sides[rows], self.places[rows],
        )  # fmt: skip

    def __len__(self) -> int:
        """Number of torsos."""
        return len(self.digits)


def load_torsos(folder: Path, table: Path = TABLE) -> Torsos:
    """Cut the table's torsos out of their pictures.

    Args:
        folder: holds the data set's pictures, at any depth.
        table: see the module.

    Raises:
        TrainingInputError: the folder lacks a picture of the table.
    """
    pictures = {path.name.split("_png")[0]: path for path in sorted(folder.rglob("*_png.rf.*.jpg"))}
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    opened, shown = "", np.zeros((1, 1, 3), np.uint8)
    pixels, places = np.zeros((len(rows), TORSO_SIDE, TORSO_SIDE, 3), np.uint8), np.full((len(rows), 4), np.nan)
    for index, row in enumerate(rows):
        name = f"{row['film']}-{int(row['frame']):04d}"
        if name != opened:
            picture = cv2.imread(str(pictures[name])) if name in pictures else None
            if picture is None:
                raise TrainingInputError(f"{folder} has no picture {name}: name the folder of the broadcast data set")
            shown = cv2.cvtColor(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), cv2.COLOR_BGR2RGB)
            opened = name
        square = TorsoSquare(float(row["x"]), float(row["y"]), float(row["side"]), float(row["tilt"]))
        pixels[index] = cut_torso(shown, square)
        if row["left"]:
            box = [float(row[key]) for key in ("left", "top", "right", "bottom")]
            corners = np.array([[box[0], box[1], 1], [box[2], box[1], 1], [box[0], box[3], 1], [box[2], box[3], 1]])
            seen = corners @ square.matrix().T
            places[index] = [*seen.min(0), *seen.max(0)]
    return Torsos(
        pixels, ["" if row["digits"] == NONE else row["digits"] for row in rows], [row["film"] for row in rows],
        np.array([int(row["track"] or -1) for row in rows]),
        np.array([float(row["side"]) for row in rows], np.float32), places.astype(np.float32),
    )  # fmt: skip


def cut_torso(picture: NDArray[np.uint8], square: TorsoSquare) -> NDArray[np.uint8]:
    """A torso's crop (64, 64, 3); black outside the picture. A large torso is reduced with an area filter first."""
    matrix = square.matrix()
    shrink = int(square.side / TORSO_SIDE)
    if shrink > 1:
        picture = cv2.resize(picture, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
        matrix = TorsoSquare(
            (square.x + 0.5) / shrink - 0.5, (square.y + 0.5) / shrink - 0.5, square.side / shrink, square.tilt
        ).matrix()  # fmt: skip
    return cv2.warpAffine(picture, matrix, (TORSO_SIDE, TORSO_SIDE), flags=cv2.INTER_LINEAR)
