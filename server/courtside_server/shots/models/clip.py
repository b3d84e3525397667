"""Window models: a Window in, a WindowPrediction out, whatever engine runs it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import Engine, ModelInfo
from courtside_server.types import WINDOW_SAMPLES, Sample, Window, WindowPrediction, Zone

ZONES = len(Zone) - 1


class WindowModel(Protocol):
    """What the pipeline needs of a window model."""

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of a sample, pixels."""

    async def predict(self, window: Window[Sample]) -> WindowPrediction:
        """Score one window; raises EngineError."""


class ClipModel:
    """The ``clip`` face: pixels in (``clip`` uint8 16x3xHxW), four heads out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a clip model's; the message says which and how.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._engine, self._name, self._timeout = engine, name, timeout
        self._info = engine.info(name)
        check_clip_face(self._info)
        _, _, height, width = self._info.inputs["clip"].shape
        self._size = (width, height)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of a sample, pixels."""
        return self._size

    @property
    def _label(self) -> str:
        """Model and version that answers a request made now; an alias may move on while the service runs."""
        info = self._engine.info(self._name)
        return f"{info.name}:{info.version}"

    async def predict(self, window: Window[Sample]) -> WindowPrediction:
        """Score one window.

        Raises:
            EngineError: the engine did not answer (EngineUnavailable, InferenceTimeout) or answered with
                something that is not a prediction (NaN, no distribution).
        """
        clip = np.stack([sample.pixels for sample in window.samples])[np.newaxis]
        label = self._label
        out = await self._engine.infer(self._name, {"clip": clip}, timeout=self._timeout)
        shot, release = float(out["shot"][0, 0]), out["release"][0]
        if not (np.isfinite(shot) and np.isfinite(release).all() and release.sum() > 0):
            raise EngineError(f"model {label} answered with NaN or an empty distribution; re-export it")
        return WindowPrediction(
            index=window.index,
            media=np.array([sample.media for sample in window.samples]),
            wall=np.array([sample.capture_time for sample in window.samples]),
            shot=shot,
            release=release / release.sum(),
            zone=out["zone"][0],
            make=float(out["make"][0, 0]),
            model=label,
            due=window.due,
        )


def check_clip_face(info: ModelInfo) -> None:
    """Check that a model takes clips and gives the four heads.

    Raises:
        ModelInvalid: naming the tensor, what it is and what it must be.
    """
    wanted = {"shot": (1,), "release": (WINDOW_SAMPLES,), "zone": (ZONES,), "make": (1,)}
    clip = info.inputs.get("clip")
    if clip is None or clip.dtype != np.uint8 or len(clip.shape) != 4 or clip.shape[:2] != (WINDOW_SAMPLES, 3):
        found = "nothing" if clip is None else f"{clip.dtype} {list(clip.shape)}"
        raise ModelInvalid(
            f"model {info.name} is no clip model: input 'clip' must be uint8 [16, 3, H, W], found {found}",
            model=info.name,
        )
    if min(clip.shape[2:]) < 2 or clip.shape[2] % 2 or clip.shape[3] % 2:
        raise ModelInvalid(
            f"model {info.name}: input 'clip' must have a fixed, even height and width, found {list(clip.shape)}",
            model=info.name,
        )
    for name, shape in wanted.items():
        spec = info.outputs.get(name)
        if spec is None or tuple(spec.shape) != shape:
            found = "nothing" if spec is None else str(list(spec.shape))
            raise ModelInvalid(
                f"model {info.name} is no clip model: output {name!r} must be [{shape[0]}], found {found}",
                model=info.name,
            )
