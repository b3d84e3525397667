"""The ablations of the paper's Table 4: number of frames, frame sampling, number of test-time views.

For each setting, temporal layers and heads are trained on the features of one frozen encoder, so that only the setting
differs. Test-time views need no training.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from courtside_training.common.tables import markdown
from courtside_training.skills.evaluate import figures, from_features
from courtside_training.skills.films import Film
from courtside_training.skills.geometry import FRAMES
from courtside_training.skills.network import FrameEncoder, SkillConfig
from courtside_training.skills.sampling import SAMPLINGS
from courtside_training.skills.train import FilmConfig, fit_skills, with_encoder

FRAME_COUNTS = (8, 16, 32, 64, 128)
"""Frames per view that are compared."""
VIEW_COUNTS = (1, 2, 4)
"""Numbers of test-time views that are compared."""


def ablate(
    train: list[Film],
    test: list[Film],
    features: tuple[np.ndarray, np.ndarray],
    encoder: FrameEncoder,
    sizes: SkillConfig,
    config: FilmConfig,
    report: Callable[[str], None],
) -> list[dict]:
    """Mean top-1 accuracy on the test films for each setting.

    Args:
        train: training films.
        test: test films.
        features: frame features of the training and the test films, each (films, stored, feature).
        encoder: the encoder that computed the features.
        sizes: sizes of the network.
        config: how each setting is trained.
        report: called with the name of each setting as it starts.

    Returns:
        One entry per setting: frames, sampling, views, top-1 and its standard error.
    """
    stored = features[0].shape[1]
    base = min(FRAMES, stored // 2)
    settings = [(frames, "uniform") for frames in FRAME_COUNTS if frames <= stored]
    settings += [(base, sampling) for sampling in SAMPLINGS if sampling != "uniform"]
    levels = np.stack([film.levels for film in test])
    rows = []
    for frames, sampling in settings:
        report(f"{frames} frames, {sampling}")
        network = with_encoder(replace(sizes, frames=frames), encoder)
        with tempfile.TemporaryDirectory() as folder:
            chosen = replace(config, sampling=sampling)
            fit = fit_skills(train, features[0], network, chosen, Path(folder) / "ablation.pt")
            fit.run()
        # Views need different frames: two views are possible with half the stored frames, four with a quarter.
        clips = [c for c in VIEW_COUNTS if c * frames <= stored] if sampling != "first" else [1]
        for count in clips:
            found = figures(levels, from_features(fit.average, features[1], sampling, count))
            rows.append(
                {
                    "frames": frames, "sampling": sampling, "views": count,
                    "top-1": found["Mean"], "standard error": found["Standard error"],
                }
            )  # fmt: skip
    return rows


def table(rows: list[dict]) -> str:
    """The rows of `ablate` as Markdown."""
    return markdown(
        ["frames", "sampling", "views", "mean top-1 (%)"],
        [
            [
                row["frames"], row["sampling"], row["views"],
                f"{100 * row['top-1']:.1f} ± {100 * row['standard error']:.1f}",
            ]
            for row in rows
        ],
    )
