"""Settings of an export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ExportSettings:
    """How to export; the defaults are the fastest that still compare checkpoint and file.

    Attributes:
        target: ``onnx`` or ``tensorrt``.
        fp16: Whether to use half precision.
        int8: Whether to quantise.
        also: Precisions to measure beside the one that is kept, of ``fp16`` and ``int8``.
        calibration: Number of samples for INT8 calibration.
        opset: ONNX opset of the graph.
        version: The version's number; None for one more than the newest.
        samples: Number of samples on which checkpoint and file are compared.
        timed: Whether to measure speed.
        scored: Number of held-out cases on which checkpoint and file are scored; 0 for none.
        evaluation: The results of the evaluation, for the model card; None for no card.
    """

    target: str = "onnx"
    fp16: bool = False
    int8: bool = False
    also: tuple[str, ...] = ()
    calibration: int = 100
    opset: int = 17
    version: int | None = None
    samples: int = 16
    timed: bool = False
    scored: int = 0
    evaluation: dict[str, Any] | None = field(default=None, compare=False)

    @property
    def precision(self) -> str:
        """``fp32``, ``fp16`` or ``int8``."""
        return "int8" if self.int8 else "fp16" if self.fp16 else "fp32"
