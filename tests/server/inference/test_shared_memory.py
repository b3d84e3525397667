"""Shared memory slots of models whose inputs have free sizes."""

from __future__ import annotations

import numpy as np

from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.inference.triton.shared_memory import SlotPool


def test_a_slot_has_room_for_the_usual_size_in_any_shape_and_for_nothing_larger():
    spec = {"x": TensorSpec("x", np.dtype(np.uint8), (3, -1, -1))}
    info = ModelInfo("m", "1", spec, {"y": TensorSpec("y", np.dtype(np.float32), (4,))}, 2, usual={"x": (3, 40, 64)})
    pool = SlotPool(info, {"x": "UINT8", "y": "FP32"}, 1)
    try:
        slot = pool.take()
        assert slot is not None
        assert slot.holds({"x": np.zeros((2, 3, 64, 40), np.uint8)})
        assert not slot.holds({"x": np.zeros((2, 3, 64, 48), np.uint8)})
        described, _ = slot.write({"x": np.ones((1, 3, 64, 40), np.uint8)}, 1)
        assert described[0].shape() == [1, 3, 64, 40]
        pool.give(slot)
    finally:
        pool.destroy()
