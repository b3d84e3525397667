"""The clip model: 16 samples of pixels in; shot, release, zone and make probability out."""

from __future__ import annotations

import numpy as np

from courtside.court.zones import ZONES
from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import Engine, ModelInfo, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs, picture_size
from courtside_server.types import WINDOW_SAMPLES, Sample, Window, WindowPrediction

_FLOAT = np.dtype(np.float32)


class ClipModel:
    """The clip model: ``clip`` uint8 16x3xHxW in; ``shot``, ``release``, ``zone`` and ``make`` out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a clip model's; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._engine, self._name, self._timeout = engine, name, timeout
        info = engine.info(name)
        check_clip_signature(info)
        self._size = picture_size(info, "clip")

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of a sample, pixels."""
        return self._size

    def request(self, window: Window[Sample]) -> InferenceRequest[WindowPrediction]:
        """Ask for the prediction of one window."""
        clip = np.stack([sample.pixels for sample in window.samples])[np.newaxis]
        # An alias may move to another version while the service runs.
        info = self._engine.info(self._name)
        label = f"{info.name}:{info.version}"
        return InferenceRequest(
            self._name, {"clip": clip}, self._timeout, lambda outputs: _parse(window, label, outputs)
        )


def _parse(window: Window[Sample], label: str, outputs: Outputs) -> WindowPrediction:
    shot, release = float(outputs["shot"][0, 0]), outputs["release"][0]
    if not (all(np.isfinite(values).all() for values in outputs.values()) and release.sum() > 0):
        raise EngineError(f"model {label} answered with NaN or an empty distribution; export it again")
    return WindowPrediction(
        index=window.index,
        media=np.array([sample.media for sample in window.samples]),
        wall=np.array([sample.capture_time for sample in window.samples]),
        shot=shot,
        release=release / release.sum(),
        zone=outputs["zone"][0],
        make=float(outputs["make"][0, 0]),
        model=label,
        due=window.due,
    )


def check_clip_signature(info: ModelInfo) -> None:
    """Check that a model takes clips and gives the four outputs, its zones being these.

    Raises:
        ModelInvalid: names the tensor or the labels, what they are and what they must be.
    """
    shapes = {"shot": (1,), "release": (WINDOW_SAMPLES,), "zone": (len(ZONES),), "make": (1,)}
    check_signature(
        info,
        inputs=[TensorSpec("clip", np.dtype(np.uint8), (WINDOW_SAMPLES, 3, -1, -1))],
        outputs=[TensorSpec(name, _FLOAT, shape) for name, shape in shapes.items()],
    )
    picture_size(info, "clip")
    zones = tuple(zone.name for zone in ZONES)
    if info.labels and info.labels != zones:
        raise ModelInvalid(
            f"the labels of model {info.name} are {', '.join(info.labels)}, this gateway's zones are "
            f"{', '.join(zones)}: train and export it with these zones, or take the shipped model",
            model=info.name,
        )
