"""A clip model that was trained on other zones is refused: its zones would be reported under wrong names."""

from __future__ import annotations

import numpy as np
import pytest

from courtside.court.zones import ZONES
from courtside_server.errors import ModelInvalid
from courtside_server.inference.engine import ModelInfo, TensorSpec
from courtside_server.shots.models.clip import check_clip_signature

OLD = ("PAINT", "MID_RANGE", "LEFT_CORNER_THREE", "LEFT_WING_THREE", "TOP_THREE", "RIGHT_WING_THREE",
       "RIGHT_CORNER_THREE")  # fmt: skip


def clip_model(labels: tuple[str, ...]) -> ModelInfo:
    sizes = {"shot": 1, "release": 16, "zone": 7, "make": 1}
    return ModelInfo(
        name="m", version="1", inputs={"clip": TensorSpec("clip", np.dtype(np.uint8), (16, 3, 144, 256))},
        outputs={name: TensorSpec(name, np.dtype(np.float32), (size,)) for name, size in sizes.items()},
        max_batch_size=8, labels=labels, parameters={},
    )


@pytest.mark.parametrize("labels", [(), tuple(zone.name for zone in ZONES)])
def test_a_model_of_these_zones_or_without_labels_is_taken(labels):
    check_clip_signature(clip_model(labels))


@pytest.mark.parametrize("labels", [OLD, tuple(zone.name for zone in reversed(ZONES))])
def test_a_model_of_other_zones_is_refused(labels):
    with pytest.raises(ModelInvalid, match=r"the labels of model m are .* this gateway's zones are PAINT_EXTENDED"):
        check_clip_signature(clip_model(labels))
