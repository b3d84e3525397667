"""Prepares a training run of the detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.detector.losses import detection_loss
from courtside_training.detector.mixture import Mixture, TrainingImages
from courtside_training.detector.network import Detector, DetectorConfig
from courtside_training.detector.pretrained import start_from_yolox
from courtside_training.detector.published import Record

MODEL = "court_detector"
"""Name of the model in checkpoints and in the model repository."""


def _load_start(module: Detector, start: Path) -> dict[str, Any]:
    """Load weights to start from; returns their origin, for the settings in the checkpoint."""
    if start.suffix == ".onnx":
        start_from_yolox(module.backbone, start)
        return {"started from YOLOX-nano": True, "before": None}
    found = checkpoints.load(start, MODEL)
    checkpoints.fill(module, found["average"], start)
    history, earlier = found["history"], found["settings"]["before"] or {}
    return {
        "started from YOLOX-nano": found["settings"]["started from YOLOX-nano"],
        "before": {name: history[name] + earlier.get(name, 0) for name in ("epochs", "samples", "seconds")},
    }


@dataclass(frozen=True)
class DetectorPlan:
    """Amount of training: `samples` images per epoch in batches of `batch`."""

    samples: int = 960
    batch: int = 8


def make_fit(
    records: Sequence[Record], checkpoint: Path, config: FitConfig, plan: DetectorPlan | None = None,
    network: DetectorConfig | None = None, mixture: Mixture | None = None, start: Path | None = None,
) -> Fit:
    """Prepare a training run on published records and the simulation.

    Args:
        records: published images; may be empty.
        checkpoint: file to write.
        config: settings of the optimisation.
        plan: size of epochs and batches.
        network: sizes of the network.
        mixture: kinds of images in an epoch.
        start: weights to start from: YOLOX-nano's ONNX file for the backbone, or a checkpoint of an earlier run.

    Raises:
        TrainingInputError: `start` cannot be used.
    """
    plan, network, mixture = plan or DetectorPlan(), network or DetectorConfig(), mixture or Mixture()
    # Channels last takes a third less time on CPUs.
    module = Detector(network).to(memory_format=torch.channels_last)
    begun = _load_start(module, start) if start is not None else {"started from YOLOX-nano": False, "before": None}
    images = TrainingImages(records, mixture)
    steps = max(1, plan.samples // plan.batch)
    settings = {
        "network": asdict(network),
        "pictures": len(records),
        "samples": plan.samples,
        **begun,
    }
    return Fit(
        MODEL, module, config, steps, lambda epoch, rng: images.batches(steps, plan.batch, rng), detection_loss,
        checkpoint, settings,
    )
