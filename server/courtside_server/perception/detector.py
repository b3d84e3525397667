"""Detection: a frame in, the ball, rims, players and referees in it out."""

from __future__ import annotations

import numpy as np

from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import Engine, ModelInfo
from courtside_server.types import Detections, Look, ObjectClass

GREY = 114
"""Brightness of the bars the detector was trained with."""
LEAST = 0.1
"""Score below which nothing is a detection; trackers use weak ones only to carry on."""


class CourtDetector:
    """The detector's face: ``image`` uint8 3xHxW in; ``boxes``, ``scores``, ``classes`` out, best first.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a detector's; the message says which and how.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._engine, self._name, self._timeout = engine, name, timeout
        info = engine.info(name)
        check_detector_face(info)
        _, height, width = info.inputs["image"].shape
        self._size = (width, height)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the input, pixels."""
        return self._size

    async def detect(self, look: Look) -> Detections:
        """Find what is in one frame; boxes in the frame's own pixels, cut at its edges.

        Raises:
            EngineError: the engine did not answer, or with something that is not detections (NaN).
        """
        out = await self._engine.infer(self._name, {"image": look.pixels[np.newaxis]}, timeout=self._timeout)
        boxes, scores, classes = out["boxes"][0], out["scores"][0], out["classes"][0]
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise EngineError(f"model {self._name} answered with NaN; re-export it")
        keep = scores >= LEAST
        margin = np.array([*look.margin, *look.margin], np.float32)
        limits = np.array([look.width, look.height, look.width, look.height], np.float32)
        shown = np.clip((boxes[keep] - margin) / np.float32(look.scale), 0, limits)
        return Detections(
            shown.astype(np.float32), scores[keep].astype(np.float32), classes[keep].astype(np.int64)
        )


def check_detector_face(info: ModelInfo) -> None:
    """Check that a model takes a picture and gives boxes, scores and classes.

    Raises:
        ModelInvalid: naming the tensor, what it is and what it must be.
    """
    image = info.inputs.get("image")
    if image is None or image.dtype != np.uint8 or len(image.shape) != 3 or image.shape[0] != 3:
        found = "nothing" if image is None else f"{image.dtype} {list(image.shape)}"
        raise ModelInvalid(
            f"model {info.name} is no detector: input 'image' must be uint8 [3, H, W], found {found}", model=info.name
        )
    if min(image.shape[1:]) < 2 or image.shape[1] % 2 or image.shape[2] % 2:
        raise ModelInvalid(
            f"model {info.name}: input 'image' must have a fixed, even height and width, found {list(image.shape)}",
            model=info.name,
        )
    for name, rank in (("boxes", 2), ("scores", 1), ("classes", 1)):
        spec = info.outputs.get(name)
        if spec is None or len(spec.shape) != rank or (rank == 2 and spec.shape[-1] != 4):
            found = "nothing" if spec is None else str(list(spec.shape))
            wanted = "[N, 4]" if rank == 2 else "[N]"
            raise ModelInvalid(
                f"model {info.name} is no detector: output {name!r} must be {wanted}, found {found}", model=info.name
            )


assert len(ObjectClass) == 4
