"""A clip model is taken by its signature, and another model is refused by name."""

import numpy as np
import pytest

from courtside_server.errors import ModelInvalid
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.shots.models.clip import check_clip_signature


def clip_model(clip=(16, 3, 144, 256), dtype=np.uint8, **outputs):
    shapes = {"shot": (1,), "release": (16,), "zone": (7,), "make": (1,)} | outputs
    return ModelInfo(
        name="m", version="1",
        inputs={"clip": TensorSpec("clip", np.dtype(dtype), clip)},
        outputs={n: TensorSpec(n, np.dtype(np.float32), s) for n, s in shapes.items() if s is not None},
        max_batch_size=8, labels=(), parameters={},
    )


def test_a_clip_model_is_taken():
    check_clip_signature(clip_model())


@pytest.mark.parametrize(
    ("info", "says"),
    [
        (clip_model(clip=(8, 3, 144, 256)),
         r"'clip' .* is uint8 \[8, 3, 144, 256\], the service needs uint8 \[16, 3, \?, \?\]"),
        (clip_model(dtype=np.float32), "is float32"),
        (clip_model(clip=(16, 3, -1, -1)), "fixed, even height"),
        (clip_model(zone=(5,)), r"'zone' .* is float32 \[5\], the service needs float32 \[7\]"),
        (clip_model(make=None), "no output 'make'"),
    ],
)
def test_a_model_with_another_signature_is_refused_by_name(info, says):
    with pytest.raises(ModelInvalid, match=says):
        check_clip_signature(info)
