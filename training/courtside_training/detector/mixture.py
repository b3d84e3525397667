"""What an epoch of training pictures is made of: real frames, simulated frames, and composites of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from courtside_training.detector.augment import crop, spoil
from courtside_training.detector.classes import HEIGHT, WIDTH
from courtside_training.detector.composites import ball_sprite, cut_ball, paste_ball, paste_hoop, texture
from courtside_training.detector.pictures import Picture, no_ignore
from courtside_training.detector.published import Record
from courtside_training.detector.simulated import SECONDS, Pool
from courtside_training.detector.targets import make_targets
from courtside_training.shots.geometry import SPLITS

SIZES = ((256, 384), (288, 416), (HEIGHT, WIDTH))
"""Crop sizes (height, width) and, in `SHARES`, how many batches have each: small crops cost less and zoom in."""
SHARES = (0.45, 0.43, 0.12)
_GENTLER = (0.6, 1.25)
"""Scales of whole pictures where crops may be zoomed into further."""


@dataclass(frozen=True)
class Mixture:
    """Shares of an epoch and chances of what is pasted.

    Attributes:
        real: share of published frames; without published data it falls to the others.
        simulated: share of simulated frames; the rest are bare textures, which live by what is pasted on them.
        hoop: chance that a basket is pasted into a real or simulated picture (always into a texture).
        ball: chance of each of two balls pasted.
        sizes: crop sizes (height, width) in pixels.
        scales: range of a crop's scale, relative to a picture as wide as the detector's input.
        spoiled: chance that a picture is given another camera's light, lens, sensor and codec.
        seconds: length of simulated games.
        games: simulated games held at once.
        uses: pictures drawn from a game before the next is simulated.
    """

    real: float = 0.62
    simulated: float = 0.28
    hoop: float = 0.3
    ball: float = 0.22
    sizes: tuple[tuple[int, int], ...] = SIZES
    scales: tuple[float, float] = (0.55, 2.2)
    spoiled: float = 1.0
    seconds: float = SECONDS
    games: int = 3
    uses: int = 30

    @staticmethod
    def served() -> Mixture:
        """Pictures much as they are served: whole, about as large, seldom spoiled; for the last epochs of a run."""
        return Mixture(
            real=0.64, simulated=0.26, hoop=0.45, ball=0.15, sizes=((HEIGHT, WIDTH),), scales=(0.7, 1.4), spoiled=0.6
        )


class Pictures:
    """Draws training pictures; the same generator always draws the same."""

    def __init__(self, records: Sequence[Record], mixture: Mixture) -> None:
        """`records` may be empty: then everything is simulated."""
        self.records, self.mixture = list(records), mixture

    def _base(self, pool: Pool, rng: np.random.Generator) -> tuple[Picture, bool]:
        """A picture to start from, and whether it is bare."""
        real = self.mixture.real if self.records else 0.0
        draw = rng.random() * (real + 1 - self.mixture.real)
        if draw < real:
            return self.records[int(rng.integers(len(self.records)))].load(), False
        if draw < real + self.mixture.simulated:
            game = pool.game(rng)
            return game.picture(game.time(rng)), False
        empty = Picture(texture(WIDTH, HEIGHT, rng), np.zeros((0, 4), np.float32), np.zeros(0, np.int64), no_ignore())
        return empty, True

    def _sprite(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        size = int(np.exp(rng.uniform(np.log(5), np.log(34))))
        if self.records and rng.random() < 0.4:
            donor = self.records[int(rng.integers(len(self.records)))]
            if (donor.classes == 0).any():
                cut = cut_ball(donor.load(), size, rng)
                if cut is not None:
                    return cut
        return ball_sprite(size, rng)

    def draw(self, pool: Pool, width: int, height: int, rng: np.random.Generator) -> Picture:
        """One augmented training picture."""
        base, bare = self._base(pool, rng)
        low, high = self.mixture.scales
        if (height, width) == (HEIGHT, WIDTH):
            low, high = max(low, _GENTLER[0]), min(high, _GENTLER[1])
        picture = crop(base, width, height, rng, (low, high))
        if bare or rng.random() < self.mixture.hoop:
            picture = paste_hoop(picture, pool.game(rng), rng)
        for _ in range(2):
            if rng.random() < self.mixture.ball:
                picture = paste_ball(picture, self._sprite(rng), rng)
        image = spoil(picture.image, rng) if rng.random() < self.mixture.spoiled else picture.image
        return Picture(image, picture.boxes, picture.classes, picture.ignore)

    def batches(self, count: int, size: int, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        """`count` batches of `size` pictures with their target maps."""
        pool = Pool(_seeds(rng), self.mixture.games, self.mixture.uses, self.mixture.seconds)
        sizes = self.mixture.sizes
        shares = np.array(SHARES[: len(sizes)])
        for _ in range(count):
            height, width = sizes[int(rng.choice(len(sizes), p=shares / shares.sum()))]
            drawn = [self.draw(pool, width, height, rng) for _ in range(size)]
            maps = [make_targets(picture) for picture in drawn]
            images = np.stack([picture.image.transpose(2, 0, 1) for picture in drawn])
            yield {
                "image": torch.from_numpy(images).contiguous(memory_format=torch.channels_last),
                **{name: torch.from_numpy(np.stack([row[name] for row in maps])) for name in maps[0]},
            }


def _seeds(rng: np.random.Generator) -> Iterator[int]:
    """Training seeds without end."""
    low, high = SPLITS["train"]
    while True:
        yield int(rng.integers(low, high))
