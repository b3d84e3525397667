"""Training and export with the ultralytics package (AGPL-3.0), if it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from courtside_training.errors import TrainingInputError

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
"""Schema of torchvision's operators for non-maximum suppression."""
OPERATORS = ("nms", "qnms")
"""Operators whose schema torchvision needs at import."""


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


def patch_torchvision() -> torch.library.Library | None:
    """Make torchvision importable with a torch build that cannot load its C++ operators.

    torchvision built for CUDA does not load its operators with the CPU build of torch. Its import fails because it
    needs the schema of `nms`. This function defines the schema. `torchvision.ops.nms` would still call the missing
    operators, so it is replaced.

    Returns:
        The library with the schemas, which must be kept alive; None if torchvision needs no change.
    """
    try:
        import torchvision
    except (ImportError, RuntimeError) as error:
        if "torchvision::nms" not in str(error):
            return None
    else:
        return None
    library = torch.library.Library("torchvision", "DEF")
    for name in OPERATORS:
        library.define(name + SCHEMA)
    import torchvision

    torchvision.ops.nms = suppress
    return library


def load_package() -> Any:
    """The ultralytics module.

    Raises:
        TrainingInputError: the package is not installed or cannot be imported.
    """
    kept = patch_torchvision()
    try:
        import ultralytics
    except ImportError as error:
        raise TrainingInputError(
            "ultralytics is not installed (AGPL-3.0, only an extra): run pip install 'courtside[ultralytics]'"
        ) from error
    ultralytics._courtside_library = kept
    return ultralytics


def train_and_export(
    package: Any, layout: Path, weights: str, epochs: int, size: int, out: Path, batch: int = 8
) -> tuple[Path, Path]:
    """Train on a data set in YOLO layout and export to ONNX.

    Args:
        package: the module returned by `load_package`.
        layout: the ``data.yaml`` of the data set.
        weights: a ``.pt`` file to start from, or a ``.yaml`` network of the package for random weights.
        epochs: number of epochs.
        size: side of the images in pixels.
        out: folder of the run.
        batch: images per step.

    Returns:
        The best weights and the ONNX file.

    Raises:
        TrainingInputError: the weights are missing, or the package reports an error.
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
