"""Detection: the detector model finds the ball, rims, players and referees in one frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, ModelInfo, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.perception.config import DetectionConfig
from courtside_server.perception.input_size import InputSize
from courtside_server.perception.regions import Regions, distinct
from courtside_server.types import Detections, DetectorFrame, ObjectClass

_Rows = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[Any]]
"""Boxes (N, 4), scores (N,) and classes (N,) of one picture."""
GREY = 114
"""Brightness of the bars round a frame; the detector was trained with it."""


class CourtDetector:
    """The detector: ``image`` uint8 3xHxW in; ``boxes``, ``scores``, ``classes`` out, best first.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.
        min_score: detections below this score are dropped.

    Raises:
        ModelInvalid: the model's tensors are not a detector's; the message names the tensor.
    """

    def __init__(
        self, engine: Engine, name: str, timeout: float, min_score: float = DetectionConfig().min_score
    ) -> None:
        self._name, self._timeout, self._min_score = name, timeout, min_score
        info = engine.info(name)
        check_detector_signature(info)
        self._size = InputSize.read(info, "image")

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the input for frames of ``width`` x ``height`` pixels."""
        return self._size.of(width, height)

    @property
    def takes_regions(self) -> bool:
        """Whether it can be asked for parts of a frame: its input has free sizes."""
        return bool(self._size.multiple)

    def request(self, frame: DetectorFrame) -> InferenceRequest[Detections]:
        """Ask for what is in one frame; boxes come in the camera's own pixels, clipped at its edges."""
        return InferenceRequest(
            self._name, {"image": frame.pixels[np.newaxis]}, self._timeout,
            lambda outputs: self._parse(frame, self._rows(outputs, 0)),
        )  # fmt: skip

    def request_regions(self, frame: DetectorFrame, regions: Regions) -> InferenceRequest[Detections]:
        """Ask for the balls in parts of one frame; boxes come as with :meth:`request`."""
        return InferenceRequest(
            self._name, {"image": regions.cut(frame.pixels)}, self._timeout,
            lambda outputs: self._parse(frame, self._balls(frame, regions, outputs)),
        )  # fmt: skip

    def _rows(self, outputs: Outputs, row: int) -> _Rows:
        boxes, scores, classes = outputs["boxes"][row], outputs["scores"][row], outputs["classes"][row]
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise EngineError(f"model {self._name} answered with NaN; export it again")
        return boxes, scores, classes

    def _balls(self, frame: DetectorFrame, regions: Regions, outputs: Outputs) -> _Rows:
        """The balls of all regions, in pixels of the picture, best first and each once."""
        parts = []
        for row, corner in enumerate(regions.corners):
            boxes, scores, classes = self._rows(outputs, row)
            ball = (scores >= self._min_score) & (classes == ObjectClass.BALL)
            ball &= regions.inside(boxes, corner, frame)
            parts.append((boxes[ball] + np.tile(np.array(corner, boxes.dtype), 2), scores[ball], classes[ball]))
        boxes, scores, classes = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        best = np.argsort(-scores, kind="stable")
        once = distinct(boxes[best])
        return boxes[best][once], scores[best][once], classes[best][once]

    def _parse(self, frame: DetectorFrame, rows: _Rows) -> Detections:
        boxes, scores, classes = rows
        keep = scores >= self._min_score
        margin = np.array([*frame.margin, *frame.margin], np.float32)
        limits = np.array([frame.width, frame.height, frame.width, frame.height], np.float32)
        clipped = np.clip((boxes[keep] - margin) / np.float32(frame.scale), 0, limits)
        return Detections(
            clipped.astype(np.float32), scores[keep].astype(np.float32), classes[keep].astype(np.int64)
        )


def check_detector_signature(info: ModelInfo) -> None:
    """Check that a model takes a picture and gives boxes, scores and classes.

    Raises:
        ModelInvalid: names the tensor, what it is and what it must be.
    """
    image = TensorSpec("image", np.dtype(np.uint8), (3, -1, -1))
    outputs = info.outputs
    classes = outputs["classes"].dtype if "classes" in outputs else np.dtype(np.int64)
    count = outputs["scores"].shape[-1] if "scores" in outputs and outputs["scores"].shape else -1
    check_signature(
        info, inputs=[image],
        outputs=[
            TensorSpec("boxes", np.dtype(np.float32), (count, 4)),
            TensorSpec("scores", np.dtype(np.float32), (count,)),
            TensorSpec("classes", classes, (count,)),
        ],
    )  # fmt: skip


assert len(ObjectClass) == 4
