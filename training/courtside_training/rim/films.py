"""Films on disk: takes that are drawn once and read again in every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside_sim.lens import Lens
from courtside_training.common.arrays import reading_arrays, write_array, write_arrays
from courtside_training.errors import TrainingInputError
from courtside_training.rim.bank import draw_bank
from courtside_training.rim.crops import Film, decisive_times, draw_film, regular_times
from courtside_training.rim.views import IMAGE_SIZE, Take, draw_take

PART = 100
"""Films per file."""
GLANCES = 400
"""Short films per file, of decisive moments only."""


@dataclass(frozen=True)
class Filmed:
    """A take and its film."""

    take: Take
    film: Film


def draw_rate(rng: np.random.Generator) -> float:
    """Draw the detector frames per second, 12 to 30."""
    return float(rng.choice([30.0, 15.0, 20.0, rng.uniform(12, 30)]))


def draw_films(
    count: int, seed: int, photos: list[Path] | None = None, glances: bool = False
) -> list[Filmed]:
    """Draw `count` films, two of each shot on average; equal arguments give equal films.

    Args:
        count: films.
        seed: of shots, cameras and images.
        photos: files of which parts may become backgrounds.
        glances: draw decisive moments only, see `decisive_times`. That is cheap, and enough to train the crop encoder.
    """
    bank = draw_bank(max(count // (4 if glances else 2), 2), seed + (500_000 if glances else 0))
    rng = np.random.default_rng([seed, 43 if glances else 41])
    films = []
    for _ in range(count):
        take = draw_take(bank, rng)
        moments = decisive_times(rng) if glances else regular_times(draw_rate(rng), rng)
        films.append(Filmed(take, draw_film(take, moments, rng, photos)))
    return films


def draw_parts(
    folder: Path, seeds: range, photos: list[Path] | None = None, glances: bool = False
) -> Iterator[Path]:
    """Draw a file of `PART` films (or `GLANCES`) for each seed that has none yet; yields each file when it exists.

    Raises:
        TrainingInputError: a file cannot be written.
    """
    for seed in seeds:
        path = folder / f"{'glances' if glances else 'films'}-{seed:06d}.npz"
        if not path.exists():
            save_films(path, draw_films(GLANCES if glances else PART, seed, photos, glances))
        yield path


def save_films(path: Path, films: list[Filmed]) -> None:
    """Write films; the crops go into a file of their own, which can be memory-mapped.

    Raises:
        TrainingInputError: a file cannot be written.
    """
    takes = [one.take for one in films]
    arrays = {
        "path": np.stack([take.path for take in takes]),
        "flags": np.array([(take.made, take.netted, take.hides) for take in takes]),
        "camera": np.stack([take.lens.position for take in takes]),
        "rotation": np.stack([take.lens.rotation for take in takes]),
        "optics": np.array([(take.lens.focal, take.warp, take.radius) for take in takes]),
        "rim": np.stack([take.rim for take in takes]),
        "counts": np.array([len(one.film.moments) for one in films]),
        "moments": np.concatenate([one.film.moments for one in films]),
        "ball": np.concatenate([one.film.ball for one in films]),
        "position": np.concatenate([one.film.position for one in films]),
    }
    write_array(path.with_suffix(".npy"), np.concatenate([one.film.crops for one in films]))
    write_arrays(path, arrays)  # last: where this file exists, the crops are complete


def load_films(path: Path) -> list[Filmed]:
    """Read a file of films; the crops stay on disk until they are used.

    Raises:
        TrainingInputError: the file is missing, torn, or holds something else.
    """
    with reading_arrays(path, "films") as found:
        crops: NDArray[np.uint8] = np.load(path.with_suffix(".npy"), mmap_mode="r")
        held = dict(found)
        stops = np.cumsum(held["counts"])
        films = []
        for index, (start, stop) in enumerate(zip(stops - held["counts"], stops, strict=True)):
            made, netted, hides = (bool(flag) for flag in held["flags"][index])
            focal, warp, radius = held["optics"][index]
            lens = Lens(held["camera"][index], held["rotation"][index], float(focal), *IMAGE_SIZE)
            take = Take(held["path"][index], made, netted, lens, float(warp), held["rim"][index], hides,
                        float(radius))  # fmt: skip
            part = slice(start, stop)
            film = Film(held["moments"][part], crops[part], held["ball"][part], held["position"][part])
            films.append(Filmed(take, film))
        if int(stops[-1]) != len(crops):
            raise ValueError("crops and moments do not belong together")
        return films


def film_files(folder: Path, seeds: tuple[int, int], kind: str = "films") -> list[Path]:
    """Files of a folder whose seeds belong to a split.

    Args:
        folder: where `draw_parts` wrote.
        seeds: first seed of the split, and one past its last.
        kind: ``films`` or ``glances``.

    Raises:
        TrainingInputError: there are none.
    """
    found = [path for path in sorted(folder.glob(f"{kind}-*.npz")) if seeds[0] <= int(path.stem[-6:]) < seeds[1]]
    if not found:
        raise TrainingInputError(f"no {kind} in {folder}: draw them with `courtside-train rim draw`")
    return found
