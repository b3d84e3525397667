"""An exported model under ONNX Runtime, as the evaluation runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside_training.errors import TrainingInputError
from courtside_training.shots.predictions import Model

OUTPUTS = ("shot", "release", "zone", "make")


def onnx_model(path: Path, threads: int = 2) -> Model:
    """Open a model file.

    Args:
        path: of the ONNX file.
        threads: of ONNX Runtime.

    Raises:
        TrainingInputError: the file is missing or no shot clip model.
    """
    import onnxruntime as ort

    if not path.is_file():
        raise TrainingInputError(f"no model at {path}: export one with `courtside-export shot_clip`")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        why = type(error).__name__
        raise TrainingInputError(f"{path} is no readable ONNX model ({why}): name a model.onnx") from error
    if {out.name for out in session.get_outputs()} != set(OUTPUTS):
        raise TrainingInputError(f"{path} is not a shot clip model: its outputs are not {', '.join(OUTPUTS)}")

    def run(clip: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        return tuple(session.run(list(OUTPUTS), {"clip": clip}))

    return run
