"""Prepares a training run of the detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.fit import Fit, FitConfig
from courtside_training.detector.bank import Bank
from courtside_training.detector.losses import detection_loss
from courtside_training.detector.mixture import Mixture, TrainingImages
from courtside_training.detector.network import Detector, DetectorConfig
from courtside_training.detector.pretrained import restore_exported, start_from_yolox
from courtside_training.detector.published import Record
from courtside_training.errors import TrainingInputError

MODEL = "court_detector"
"""Name of the model in checkpoints and in the model repository."""

_FROM_NOTHING = {"started from YOLOX-nano": False, "restored": False, "before": None}


def _load_start(module: Detector, start: Path) -> dict[str, Any]:
    """Load weights to start from; returns their origin, for the settings in the checkpoint."""
    if start.suffix == ".onnx":
        restored = restore_exported(module, start)
        if not restored:
            start_from_yolox(module.backbone, start)
        return {"started from YOLOX-nano": True, "restored": restored, "before": None}
    found = checkpoints.load(start, MODEL)
    checkpoints.fill(module, found["average"], start)
    history, earlier = found["history"], found["settings"]["before"] or {}
    return {
        "started from YOLOX-nano": found["settings"]["started from YOLOX-nano"],
        "restored": found["settings"].get("restored", False),
        "before": {name: history[name] + earlier.get(name, 0) for name in ("epochs", "samples", "seconds")},
    }


def blend_weights(first: Path, second: Path, share: float, out: Path) -> None:
    """Write a checkpoint whose weights lie between those before and after a fit.

    The mean of the weights before and after fine-tuning keeps most of the old ability and most of the new one (WiSE-FT,
    Wortsman et al. 2022, arXiv:2109.01903).

    Args:
        first: ONNX file of the exported detector from which the fit started.
        second: checkpoint of the fit.
        share: weight of the second, 0 to 1.
        out: checkpoint to write.

    Raises:
        TrainingInputError: a file is missing or holds another network.
    """
    found = checkpoints.load(second, MODEL)
    before = Detector(DetectorConfig(**found["settings"]["network"]))
    if not restore_exported(before, first):
        raise TrainingInputError(f"{first} is not an exported {MODEL}: give the file that the fit started from")
    old, new = before.state_dict(), found["average"]
    mean = {name: old[name].lerp(new[name], share) for name in old}
    settings = {**found["settings"], "share": share * found["settings"].get("share", 1.0)}
    checkpoints.save(out, MODEL, {**found, "average": mean, "settings": settings})


@dataclass(frozen=True)
class DetectorPlan:
    """Amount of training: `samples` images per epoch in batches of `batch`."""

    samples: int = 960
    batch: int = 8


def make_fit(
    records: Sequence[Record], checkpoint: Path, config: FitConfig, plan: DetectorPlan | None = None,
    network: DetectorConfig | None = None, mixture: Mixture | None = None, start: Path | None = None,
    bank: Bank | None = None, frozen: bool = False,
) -> Fit:
    """Prepare a training run on published records and the simulation.

    Args:
        records: published images; may be empty.
        checkpoint: file to write.
        config: settings of the optimisation.
        plan: size of epochs and batches.
        network: sizes of the network.
        mixture: kinds of images in an epoch.
        start: weights to start from: YOLOX-nano's ONNX file for the backbone, an exported detector's ONNX file, or a
            checkpoint of an earlier run.
        bank: drawn images.
        frozen: keep the layers down to stride 4 as they are: a step takes a fifth less time.

    Raises:
        TrainingInputError: `start` cannot be used.
    """
    plan, network, mixture = plan or DetectorPlan(), network or DetectorConfig(), mixture or Mixture()
    # Channels last takes a third less time on CPUs.
    module = Detector(network).to(memory_format=torch.channels_last)
    begun = _load_start(module, start) if start is not None else _FROM_NOTHING
    images = TrainingImages(records, mixture, bank)
    if frozen:
        module.backbone.stem.requires_grad_(False)
        module.backbone.stage4.requires_grad_(False)
    steps = max(1, plan.samples // plan.batch)
    settings = {
        "network": asdict(network),
        "pictures": len(records),
        "drawn": len(bank) if bank is not None else 0,
        "samples": plan.samples,
        **begun,
    }
    return Fit(
        MODEL, module, config, steps, lambda epoch, rng: images.batches(steps, plan.batch, rng), detection_loss,
        checkpoint, settings,
    )
