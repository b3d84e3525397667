"""System shared memory: passes tensors to a Triton server on the same machine without copying them through gRPC."""

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
"""Each tensor begins at a multiple of this many bytes."""
QUARANTINE_S = 60.0
"""Seconds a slot is not used after its request was given up: the server may still be writing to it."""


class Slot:
    """One region of shared memory, with room for one request of one model and its answer.

    Args:
        info: the model's signature; the sizes of its outputs must be fixed, and the usual ones of its inputs known.
        datatypes: Triton's data type of each tensor, by name.
    """

    def __init__(self, info: ModelInfo, datatypes: dict[str, str]) -> None:
        self._info = info
        self._datatypes = datatypes
        self._rows = max(1, info.max_batch_size)
        self._offsets: dict[tuple[str, str], int] = {}
        self._room: dict[str, int] = {}
        shapes, end = info.usual_shapes() or {}, 0
        for kind, specs in (("in", info.inputs), ("out", info.outputs)):
            for spec in specs.values():
                self._offsets[kind, spec.name] = end
                shape = shapes[spec.name] if kind == "in" else spec.shape
                size = self._rows * math.prod(shape) * spec.dtype.itemsize
                if kind == "in":
                    self._room[spec.name] = size
                end += -(-size // _ALIGN) * _ALIGN
        self.size = max(end, _ALIGN)
        self.name = f"courtside-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._region = shm.create_shared_memory_region(self.name, self.name, self.size, create_only=True)

    @property
    def key(self) -> str:
        """The name by which the server opens the region."""
        return "/" + self.name

    def holds(self, inputs: Tensors) -> bool:
        """Whether there is room for these inputs; where sizes are free they may be larger than the usual ones."""
        return all(array.nbytes <= self._room[name] for name, array in inputs.items())

    def write(self, inputs: Tensors, rows: int) -> tuple[list[InferInput], list[InferRequestedOutput]]:
        """Copy a request in; return descriptions of its inputs and of where the outputs go."""
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
        """Copy the outputs out."""
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
        """Unlink the region. A server that has mapped it keeps its mapping."""
        shm.destroy_shared_memory_region(self._region)


class SlotPool:
    """A bounded set of slots. `take` never waits; when no slot is free, the request goes over gRPC.

    Args:
        info: the model's signature.
        datatypes: Triton's data type of each tensor, by name.
        count: number of slots.
        clock: monotonic seconds.
    """

    def __init__(
        self, info: ModelInfo, datatypes: dict[str, str], count: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._destroyed = False
        self._free: list[Slot] = []
        self._quarantined: list[tuple[float, Slot]] = []
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
        self._free += [slot for until, slot in self._quarantined if until <= now]
        self._quarantined = [(until, slot) for until, slot in self._quarantined if until > now]
        return self._free.pop() if self._free else None

    def give(self, slot: Slot) -> None:
        """Return a slot whose answer has arrived."""
        if self._destroyed:
            slot.destroy()
        else:
            self._free.append(slot)

    def quarantine(self, slot: Slot) -> None:
        """Return a slot whose answer has not arrived; it is not used for `QUARANTINE_S`."""
        if self._destroyed:
            slot.destroy()
        else:
            self._quarantined.append((self._clock() + QUARANTINE_S, slot))

    def destroy(self) -> None:
        """Free all memory. A slot in use is freed when it is returned."""
        self._destroyed = True
        for slot in [*self._free, *(slot for _, slot in self._quarantined)]:
            slot.destroy()
        self._free, self._quarantined = [], []
