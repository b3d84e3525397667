"""Carries tensors to a Triton on the same machine through system shared memory instead of through gRPC."""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, InferRequestedOutput
from tritonclient.utils import shared_memory as shm

from courtside_server.inference.engine import ModelInfo, Tensors

_ALIGN = 64
QUARANTINE_S = 60.0
"""How long a slot rests after a request was given up: the server may still be writing to it."""


class Slot:
    """One region of shared memory with room for one request of one model and its answer."""

    def __init__(self, info: ModelInfo, datatypes: dict[str, str]) -> None:
        self._info = info
        self._datatypes = datatypes
        self._rows = max(1, info.max_batch_size)
        self._offsets: dict[tuple[str, str], int] = {}
        end = 0
        for kind, specs in (("in", info.inputs), ("out", info.outputs)):
            for spec in specs.values():
                self._offsets[kind, spec.name] = end
                size = self._rows * math.prod(spec.shape) * spec.dtype.itemsize
                end += -(-size // _ALIGN) * _ALIGN
        self.size = max(end, _ALIGN)
        self.name = f"courtside-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._region = shm.create_shared_memory_region(self.name, self.name, self.size, create_only=True)

    @property
    def key(self) -> str:
        """The name the server opens the region by."""
        return "/" + self.name

    def write(self, inputs: Tensors, rows: int) -> tuple[list[InferInput], list[InferRequestedOutput]]:
        """Copy a request in and describe where it lies and where the answer goes."""
        described = []
        for name, array in inputs.items():
            offset = self._offsets["in", name]
            shm.set_shared_memory_region(self._region, [array], offset)
            tensor = InferInput(name, list(array.shape), self._datatypes[name])
            tensor.set_shared_memory(self.name, array.nbytes, offset)
            described.append(tensor)
        wanted = []
        for name, spec in self._info.outputs.items():
            output = InferRequestedOutput(name)
            output.set_shared_memory(
                self.name, rows * math.prod(spec.shape) * spec.dtype.itemsize, self._offsets["out", name]
            )
            wanted.append(output)
        return described, wanted

    def read(self, rows: int) -> dict[str, NDArray[Any]]:
        """Copy the answer out."""
        front = (rows,) if self._info.max_batch_size else ()
        return {
            name: np.array(
                shm.get_contents_as_numpy(
                    self._region, spec.dtype.type, front + spec.shape, self._offsets["out", name]
                )
            )
            for name, spec in self._info.outputs.items()
        }

    def destroy(self) -> None:
        """Unlink the region; a server that has it mapped keeps its mapping."""
        shm.destroy_shared_memory_region(self._region)


class SlotPool:
    """A bounded set of slots. `take` never waits: with none free, the request goes through gRPC."""

    def __init__(
        self, info: ModelInfo, datatypes: dict[str, str], count: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._destroyed = False
        self._free: list[Slot] = []
        self._resting: list[tuple[float, Slot]] = []
        try:
            for _ in range(count):
                self._free.append(Slot(info, datatypes))
        except BaseException:
            self.destroy()
            raise
        self.slots = tuple(self._free)

    def take(self) -> Slot | None:
        """A free slot, or ``None``."""
        now = self._clock()
        self._free += [slot for until, slot in self._resting if until <= now]
        self._resting = [(until, slot) for until, slot in self._resting if until > now]
        return self._free.pop() if self._free else None

    def give(self, slot: Slot) -> None:
        """Put a slot back whose answer came."""
        if self._destroyed:
            slot.destroy()
        else:
            self._free.append(slot)

    def rest(self, slot: Slot) -> None:
        """Put a slot aside whose answer nobody waited for."""
        if self._destroyed:
            slot.destroy()
        else:
            self._resting.append((self._clock() + QUARANTINE_S, slot))

    def destroy(self) -> None:
        """Free all memory; a slot still out is freed when it comes back."""
        self._destroyed = True
        for slot in [*self._free, *(slot for _, slot in self._resting)]:
            slot.destroy()
        self._free, self._resting = [], []
