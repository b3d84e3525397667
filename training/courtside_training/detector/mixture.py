"""Training images of an epoch: real frames, simulated frames, and composites of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from courtside_training.common.splits import SPLITS
from courtside_training.detector.augment import bad_light, crop, degrade
from courtside_training.detector.ball_sprites import draw_sprite
from courtside_training.detector.bank import Bank
from courtside_training.detector.classes import HEIGHT, WIDTH
from courtside_training.detector.composites import cut_ball, paste_ball, paste_hoop, texture
from courtside_training.detector.images import LabelledImage, unlabelled
from courtside_training.detector.published import Record
from courtside_training.detector.simulated import SECONDS, Pool
from courtside_training.detector.targets import make_targets

SIZES = ((256, 384), (288, 416), (HEIGHT, WIDTH))
"""Crop sizes (height, width) in pixels. Small crops cost less time and show objects larger."""
SHARES = (0.45, 0.43, 0.12)
"""Share of the batches with each size of `SIZES`."""
_ANY_SIZES = ((192, 320), (320, 192), (256, 256), (256, 416), (416, 256), (HEIGHT, WIDTH))
_ANY_SHARES = (0.25, 0.17, 0.2, 0.16, 0.08, 0.14)
"""Sizes for films of any shape, and the share of the batches with each."""
_WHOLE_SCALES = (0.6, 1.25)
"""Range of scales of crops with the full input size; smaller crops may have more extreme scales."""


@dataclass(frozen=True)
class Mixture:
    """Shares of image sources in an epoch, and probabilities of pasted objects.

    Attributes:
        real: share of published frames; without published data it is divided among the others.
        simulated: share of simulated frames; the rest are random backgrounds for pasted objects.
        hoop: probability that a basket is pasted into a real or simulated image (always into a background).
        ball: probability of each of two pasted balls.
        sizes: crop sizes (height, width) in pixels.
        shares: share of the batches with each size; only as many as there are sizes count.
        bank: probability of an image from the bank of drawn images, if there is one.
        light: probability of night, haze, over-exposure or text.
        scales: range of a crop's scale, relative to an image as wide as the detector's input.
        degraded: probability of light, lens, sensor and codec effects.
        seconds: length of simulated games in seconds.
        games: simulated games held at the same time.
        uses: images drawn from a game before the next one is simulated.
    """

    real: float = 0.62
    simulated: float = 0.28
    hoop: float = 0.3
    ball: float = 0.22
    sizes: tuple[tuple[int, int], ...] = SIZES
    shares: tuple[float, ...] = SHARES
    bank: float = 0.0
    light: float = 0.0
    scales: tuple[float, float] = (0.55, 2.2)
    degraded: float = 1.0
    seconds: float = SECONDS
    games: int = 3
    uses: int = 30

    @staticmethod
    def served() -> Mixture:
        """Images similar to served ones: whole, of similar scale, less often degraded; for the last epochs of a run."""
        return Mixture(
            real=0.64, simulated=0.26, hoop=0.45, ball=0.15, sizes=((HEIGHT, WIDTH),), scales=(0.7, 1.4), degraded=0.6
        )

    @staticmethod
    def any_camera() -> Mixture:
        """Images of every shape and light, most of them from the bank, the others as in `served`."""
        return Mixture(
            real=0.78, simulated=0.2, hoop=0.2, ball=0.12, sizes=_ANY_SIZES, shares=_ANY_SHARES, bank=0.6, light=0.2,
            scales=(0.7, 1.5), degraded=0.7,
        )

    @staticmethod
    def rehearsed() -> Mixture:
        """As `any_camera`, but most images are whole frames with their own balls, for the last epochs of a run.

        Images with a pasted ball teach a detector to expect one: false balls double. Frames as they are correct it.
        """
        return Mixture(
            real=0.76, simulated=0.22, hoop=0.12, ball=0.04, sizes=_ANY_SIZES,
            shares=(0.16, 0.1, 0.12, 0.22, 0.08, 0.32), bank=0.3, light=0.08, scales=(0.75, 1.35), degraded=0.6,
        )


class TrainingImages:
    """Draws training images; equal generators give equal images."""

    def __init__(self, records: Sequence[Record], mixture: Mixture, bank: Bank | None = None) -> None:
        """`records` may be empty; then all images are simulated. Without a `bank` none come from it."""
        self.records, self.mixture, self._bank = list(records), mixture, bank

    def _base(self, pool: Pool, rng: np.random.Generator) -> tuple[LabelledImage, bool]:
        """An image to start from, and whether it is an empty background."""
        real = self.mixture.real if self.records else 0.0
        draw = rng.random() * (real + 1 - self.mixture.real)
        if draw < real:
            return self.records[int(rng.integers(len(self.records)))].load(), False
        if draw < real + self.mixture.simulated:
            game = pool.game(rng)
            return game.frame(game.time(rng)), False
        return unlabelled(texture(WIDTH, HEIGHT, rng)), True

    def _sprite(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        size = int(np.exp(rng.uniform(np.log(5), np.log(34))))
        if self.records and rng.random() < 0.4:
            donor = self.records[int(rng.integers(len(self.records)))]
            if (donor.classes == 0).any():
                cut = cut_ball(donor.load(), size, rng)
                if cut is not None:
                    return cut
        return draw_sprite(size, rng)

    def draw(self, pool: Pool, width: int, height: int, rng: np.random.Generator) -> LabelledImage:
        """One augmented training image."""
        if self._bank is not None and rng.random() < self.mixture.bank:
            return self._finish(self._bank.part(int(rng.integers(len(self._bank))), width, height, rng), rng)
        base, empty = self._base(pool, rng)
        low, high = self.mixture.scales
        if (height, width) == (HEIGHT, WIDTH):
            low, high = max(low, _WHOLE_SCALES[0]), min(high, _WHOLE_SCALES[1])
        drawn = crop(base, width, height, rng, (low, high))
        if empty or rng.random() < self.mixture.hoop:
            drawn = paste_hoop(drawn, pool.game(rng), rng)
        for _ in range(2):
            if rng.random() < self.mixture.ball:
                drawn = paste_ball(drawn, self._sprite(rng), rng)
        return self._finish(drawn, rng)

    def _finish(self, drawn: LabelledImage, rng: np.random.Generator) -> LabelledImage:
        """The image with effects of light, lens, sensor and codec."""
        image = bad_light(drawn.image, rng) if self.mixture.light and rng.random() < self.mixture.light else drawn.image
        if rng.random() < self.mixture.degraded:
            image = degrade(image, rng)
        return LabelledImage(image, drawn.boxes, drawn.classes, drawn.ignore)

    def batches(self, count: int, size: int, rng: np.random.Generator) -> Iterator[dict[str, Tensor]]:
        """`count` batches of `size` images with their target maps."""
        pool = Pool(_seeds(rng), self.mixture.games, self.mixture.uses, self.mixture.seconds)
        sizes = self.mixture.sizes
        shares = np.array(self.mixture.shares[: len(sizes)])
        for _ in range(count):
            height, width = sizes[int(rng.choice(len(sizes), p=shares / shares.sum()))]
            drawn = [self.draw(pool, width, height, rng) for _ in range(size)]
            maps = [make_targets(labelled) for labelled in drawn]
            images = np.stack([labelled.image.transpose(2, 0, 1) for labelled in drawn])
            yield {
                "image": torch.from_numpy(images).contiguous(memory_format=torch.channels_last),
                **{name: torch.from_numpy(np.stack([row[name] for row in maps])) for name in maps[0]},
            }


def _seeds(rng: np.random.Generator) -> Iterator[int]:
    """Endless random training seeds."""
    low, high = SPLITS["train"]
    while True:
        yield int(rng.integers(low, high))
