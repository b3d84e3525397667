"""The fingerprint model: a shot's keypoints from gather to release in, an embedding of who shot and how out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside.shooting_motion import STEPS
from courtside_server.errors import EngineError, ModelInvalid
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs

KEYPOINTS = TensorSpec("keypoints", np.dtype(np.float32), (STEPS, 17, 3))
"""The model's input: x, y pixels and visibility; 0, 0, 0 where a joint was not seen."""


class FingerprintModel:
    """The fingerprint model: ``keypoints`` float32 (64, 17, 3) in; ``embedding`` (D) out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Attributes:
        version: ``name:version`` of the model that answers now.
        who: the numbers of an embedding that distinguish shooters; the others distinguish types of shot.
        batch: rows that one request may have.

    Raises:
        ModelInvalid: the model's tensors or parameters are not a fingerprint model's; the message says which.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        info = engine.info(name)
        check_signature(info, inputs=[KEYPOINTS], outputs=[TensorSpec("embedding", np.dtype(np.float32), (-1,))])
        size = info.outputs["embedding"].shape[0]
        dims = info.parameters.get("who_dims", "")
        if not (dims.isdecimal() and 0 < int(dims) <= size):
            raise ModelInvalid(f"model {name!r} has no parameter who_dims of 1 to {size} ({info.source})", model=name)
        self._name, self._timeout = name, timeout
        self.version, self.who, self.batch = f"{name}:{info.version}", slice(0, int(dims)), max(1, info.max_batch_size)

    def request(self, inputs: NDArray[np.float32]) -> InferenceRequest[NDArray[np.float32]]:
        """Embed shots (N, 64, 17, 3), N at most ``batch``: (N, D)."""
        return InferenceRequest(self._name, {"keypoints": inputs}, self._timeout, self._parse)

    def _parse(self, outputs: Outputs) -> NDArray[np.float32]:
        embedding = np.asarray(outputs["embedding"], np.float32)
        if not np.isfinite(embedding).all():
            raise EngineError(f"model {self._name} answered with NaN; export it again")
        return embedding
