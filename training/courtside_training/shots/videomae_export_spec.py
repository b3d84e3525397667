"""What the export needs of `shot_videomae`: as of `shot_clip`, with another network and card."""
# ruff: noqa: E501 (Markdown paragraphs of the card)

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.shots.export_spec import EXPLAINED, LIMITS, ShotExport, data_lines, training_line
from courtside_training.shots.tables import tables
from courtside_training.shots.train import VIDEOMAE


class VideoMAEExport(ShotExport):
    """As `ShotExport`, with VideoMAE."""

    def load(self, checkpoint: Path) -> nn.Module:
        """VideoMAE with its calibration."""
        from courtside_training.shots.videomae import load_videomae

        return load_videomae(checkpoint)[0].cpu()

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """Network, data, training, tables and limits."""
        found = checkpoints.load(checkpoint, VIDEOMAE)
        size = found["settings"]["size"]
        init = found["settings"]["init"]
        start = f"started from the weights of {init}" if init else "started from random weights, without masked pre-training"
        return f"""The published network of shot analytics (VideoMAE, Tong et al. 2022) on this project's film: shot, release frame, zone and make
probability from one backbone. Same input and outputs as shot_clip. Licence: Apache-2.0.

## Network
{size['layers']} layers of width {size['width']} with {size['heads']} heads, patches of {size['patch'][0]} x {size['patch'][1]} pixels and two samples, sinusoid positions; tokens of
each pair of samples are pooled by their mean and under three attention maps (ball, rim, feet of the player with the
ball); {start}.

## Data
{data_lines(found, evaluation)}

{training_line(found)}

## Measured on held-out simulated games
{tables(evaluation)}

{EXPLAINED}

## Limits
- Transformers without pre-training need far more film than a CPU can process; serve shot_clip instead.
{LIMITS}
"""


EXPORT_SPEC = VideoMAEExport(VIDEOMAE)
