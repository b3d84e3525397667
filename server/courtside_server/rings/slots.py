"""Slots of a frame ring: preallocated I420 memory, and a frame's view into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from courtside_server.types import Frame

_MIN_FRAMES = 2
"""A ring holds at least two frames, however large: one is read while the other is written."""


class SlotStorage:
    """Memory for frames of one size. Frames keep a reference to it, so they stay valid when the size changes.

    Args:
        width: pixels, even.
        height: pixels, even.
        budget: bytes of pixels; sets the number of slots.

    Attributes:
        capacity: number of slots.
        pixels: ``(capacity, height * 3 // 2, width)`` uint8.
        generations: one counter per slot; odd while the slot is written, even while it is stable.
    """

    def __init__(self, width: int, height: int, budget: int) -> None:
        self.width, self.height = width, height
        self.capacity = max(_MIN_FRAMES, budget // (width * height * 3 // 2))
        self.pixels: NDArray[np.uint8] = np.empty((self.capacity, height * 3 // 2, width), np.uint8)
        self.generations = [0] * self.capacity


@dataclass(frozen=True, slots=True, eq=False)
class RingFrame(Frame):
    """A :class:`Frame` whose ``planes`` are a read-only view into a ring slot."""

    slot: int
    generation: int
    storage: SlotStorage

    @property
    def overtaken(self) -> bool:
        """True once the writer has begun to reuse this frame's slot."""
        return self.storage.generations[self.slot] != self.generation


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """A slot reserved for the writer.

    Attributes:
        planes: writable I420, uint8, ``(height * 3 // 2, width)``.
        y: luma, ``(height, width)``; a view of ``planes``.
        u: chroma, ``(height // 2, width // 2)``; a view of ``planes``.
        v: like ``u``.
    """

    index: int
    planes: NDArray[np.uint8]
    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
