"""Turns a served torch model into a checked ONNX file with a free batch dimension."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import onnx
import torch

from courtside_export.errors import ExportInputError
from courtside_training.shots.geometry import HEIGHT, SAMPLES, WIDTH

OUTPUTS = ("shot", "release", "zone", "make")
OPSETS = range(17, 21)
"""Opsets that the exporter writes and ONNX Runtime runs."""


def export_onnx(module: torch.nn.Module, path: Path, opset: int = 17) -> int:
    """Write ``clip`` uint8 [B, 16, 3, 144, 256] to the four outputs as one file, checked by onnx.checker.

    Args:
        module: a ``ServedShotModel``.
        path: file to write; its folder is created.
        opset: one of `OPSETS`.

    Returns:
        Bytes written.

    Raises:
        ExportInputError: an opset that is not supported.
    """
    if opset not in OPSETS:
        raise ExportInputError(f"opset {opset} is not supported: use {OPSETS[0]} to {OPSETS[-1]}")
    clip = torch.zeros((2, SAMPLES, 3, HEIGHT, WIDTH), dtype=torch.uint8)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter needs onnxscript, which nothing else here does; the older one says so at every call.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (clip,), buffer, dynamo=False, opset_version=opset, input_names=["clip"],
            output_names=list(OUTPUTS), dynamic_axes={name: {0: "batch"} for name in ("clip", *OUTPUTS)},
        )
    model = onnx.load_from_string(buffer.getvalue())
    model.doc_string = "Courtside shot clip model"
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    onnx.save(model, str(part))
    part.replace(path)
    return path.stat().st_size
