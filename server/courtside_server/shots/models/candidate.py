"""The candidate model: what was measured of a shot candidate in, the probability that it is a shot out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from courtside_server.errors import EngineError
from courtside_server.inference.engine import Engine, TensorSpec, check_signature
from courtside_server.inference.request import InferenceRequest, Outputs
from courtside_server.shots.features import Feature

FEATURES = TensorSpec("features", np.dtype(np.float32), (len(Feature),))
"""The model's input; NaN where a feature is not known."""


class CandidateModel:
    """The candidate model: ``features`` float32 23 in; ``shot`` (1) out.

    Args:
        engine: a started engine that holds the model.
        name: model name in the repository.
        timeout: seconds that an answer may take.

    Raises:
        ModelInvalid: the model's tensors are not a candidate model's; the message names the tensor.
    """

    def __init__(self, engine: Engine, name: str, timeout: float) -> None:
        self._name, self._timeout = name, timeout
        shot = TensorSpec("shot", np.dtype(np.float32), (1,))
        check_signature(engine.info(name), inputs=[FEATURES], outputs=[shot])

    def request(self, features: NDArray[np.float32]) -> InferenceRequest[float]:
        """Ask for the probability that a candidate with these features (23,) is a shot."""
        return InferenceRequest(self._name, {"features": features[np.newaxis]}, self._timeout, self._parse)

    def _parse(self, outputs: Outputs) -> float:
        probability = float(outputs["shot"][0, 0])
        if not np.isfinite(probability):
            raise EngineError(f"model {self._name} answered with NaN; export it again")
        return probability
