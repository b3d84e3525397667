"""Trains and exports with the ultralytics package, where somebody chose to install it (AGPL-3.0)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from courtside_training.errors import TrainingInputError

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
ASKED = ("nms", "qnms")
"""Operators whose schema torchvision asks for at import."""


def suppress(boxes: Tensor, scores: Tensor, overlap: float) -> Tensor:
    """Indices kept by greedy non-maximum suppression of xyxy boxes (N, 4), best first."""
    order = scores.argsort(descending=True)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        low, high = torch.maximum(boxes[best, :2], boxes[order, :2]), torch.minimum(boxes[best, 2:], boxes[order, 2:])
        inner = (high - low).clamp(min=0).prod(1)
        order = order[inner <= overlap * (areas[best] + areas[order] - inner)]
    return torch.stack(kept) if kept else order


def mend_torchvision() -> torch.library.Library | None:
    """Make torchvision importable beside a torch without its C++ operators; the library must be kept alive.

    torchvision built for CUDA does not load its operators beside the CPU build of torch and fails at import, because
    it asks for the schema of `nms`. With the schema it imports; `torchvision.ops.nms` still asks for the operators
    and is replaced.
    """
    try:
        import torchvision
    except (ImportError, RuntimeError) as error:
        if "torchvision::nms" not in str(error):
            return None
    else:
        return None
    library = torch.library.Library("torchvision", "DEF")
    for name in ASKED:
        library.define(name + SCHEMA)
    import torchvision

    torchvision.ops.nms = suppress
    return library


def load_package() -> Any:
    """The ultralytics module.

    Raises:
        TrainingInputError: it is not installed or cannot be imported.
    """
    kept = mend_torchvision()
    try:
        import ultralytics
    except ImportError as error:
        raise TrainingInputError(
            "ultralytics is not installed; it is AGPL-3.0 and only an extra: pip install 'courtside[ultralytics]'"
        ) from error
    ultralytics._courtside_library = kept
    return ultralytics


def train_and_export(
    package: Any, layout: Path, weights: str, epochs: int, size: int, out: Path, batch: int = 8
) -> tuple[Path, Path]:
    """Train on a written layout and export to ONNX.

    Args:
        package: of `load_package`.
        layout: the ``data.yaml``.
        weights: a ``.pt`` file to start from, or a ``.yaml`` network of the package for a start from nothing.
        epochs: in all.
        size: side of the pictures in pixels.
        out: folder of the run.
        batch: pictures a step.

    Returns:
        The best weights and the ONNX file.

    Raises:
        TrainingInputError: weights that are no file, or the package's own refusal.
    """
    if weights.endswith(".pt") and not Path(weights).is_file():
        raise TrainingInputError(f"no weights at {weights}: give a file, or a network such as yolo11n.yaml")
    try:
        model = package.YOLO(weights)
        model.train(
            data=str(layout), epochs=epochs, imgsz=size, batch=batch, device="cpu", workers=0, plots=False,
            project=str(out.resolve()), name="train", exist_ok=True,
        )
        best = out.resolve() / "train" / "weights" / "best.pt"
        return best, Path(package.YOLO(str(best)).export(format="onnx", imgsz=size))
    except (FileNotFoundError, RuntimeError, ValueError) as error:
        raise TrainingInputError(f"ultralytics: {str(error).splitlines()[0]}") from error
