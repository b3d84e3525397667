"""The fingerprint once in miniature: both phases, each with a stop and an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from courtside_training.common.fit import Fit
from courtside_training.common.runtime import prepare
from courtside_training.common.smoke import smoke
from courtside_training.fingerprint import train
from courtside_training.fingerprint.network import SYSTEM, Encoder, EncoderConfig

EPOCHS = 4


def run_smoke() -> None:
    """Learn, stop, go on, export, agree, for either phase; prints a line each.

    Raises:
        click.ClickException: see `courtside_training.common.smoke.smoke`.
    """
    prepare(1)
    config = train.TrainConfig(
        contrastive_epochs=EPOCHS, triplet_epochs=EPOCHS, shots=12, pairs=12, players=12, per_kind=2, steps=16,
        batch=12, views=1,
    )  # fmt: skip

    def make(build: Any, checkpoint: Path) -> Fit:
        torch.manual_seed(0)
        return build(Encoder(EncoderConfig(channels=16, hidden=16, layers=1)), config, checkpoint)

    for build in (train.contrastive_fit, train.triplet_fit):
        smoke(SYSTEM, lambda checkpoint, build=build: make(build, checkpoint), EPOCHS)
