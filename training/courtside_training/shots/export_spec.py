"""What the export needs of `shot_clip`: signature, inputs, decisions, score and card."""
# ruff: noqa: E501 (Markdown paragraphs of the card)

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from courtside_training.common import checkpoint as checkpoints
from courtside_training.common.export_spec import Arrays, ModelSignature, TensorSpec
from courtside_training.common.splits import SPLITS
from courtside_training.shots.footage import GRID_S, Footage, FootagePlan, render
from courtside_training.shots.geometry import HEIGHT, SAMPLES, STRIDE_S, THRESHOLD, WIDTH, ZONE_LABELS
from courtside_training.shots.tables import tables
from courtside_training.shots.train import MODEL, load_served
from courtside_training.shots.windows import LENGTH, OVERHANG, cut, hop_windows

GAME_S = 15.0
"""Seconds of the games that samples and scores come from."""
FEW, FEW_S = 16, 7.0
"""Up to this many samples come from one game, of this many seconds."""


def shot_signature(name: str) -> ModelSignature:
    """The signature that both shot models have, so that the service can use either."""
    return ModelSignature(
        name,
        (TensorSpec("clip", "uint8", (SAMPLES, 3, HEIGHT, WIDTH)),),
        (
            TensorSpec("shot", "float32", (1,)),
            TensorSpec("release", "float32", (SAMPLES,)),
            TensorSpec("zone", "float32", (len(ZONE_LABELS),), ZONE_LABELS),
            TensorSpec("make", "float32", (1,)),
        ),
        8,
        {"input_kind": "clip", "stride_s": f"{STRIDE_S}", "window_samples": f"{SAMPLES}"},
    )


class ShotExport:
    """See `courtside_training.common.export_spec.ExportSpec`; samples, decisions and scores serve both shot models."""

    def __init__(self, name: str) -> None:
        self.signature = shot_signature(name)

    def load(self, checkpoint: Path) -> nn.Module:
        """The three joined networks with their calibration."""
        return load_served(checkpoint)

    def samples(self, count: int, seed: int) -> Arrays:
        """Clips (count, 16, 3, 144, 256), spread evenly over one short game if they are few, or over up to four games."""
        games = _games(1, seed, FEW_S) if count <= FEW else _games(min(4, count // 8), seed, GAME_S)
        clips = []
        for index in range(count):
            game = games[index % len(games)]
            last = len(game.frames) - 1 - LENGTH
            clip, _, _ = cut(game, round(index / max(count - 1, 1) * last))
            clips.append(clip.transpose(0, 3, 1, 2))
        return (np.stack(clips),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Shot at the threshold or not, sample of the release, zone, made or not: (N, 4) integers.

        Without a shot, the other three are -1.
        """
        shot, release, zone, make = outputs
        is_shot = shot[:, 0] >= THRESHOLD
        rest = np.stack([release.argmax(1), zone.argmax(1), make[:, 0] >= 0.5], 1).astype(np.int64)
        return np.column_stack([is_shot.astype(np.int64), np.where(is_shot[:, None], rest, -1)])

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Figures over `count` windows of held-out games, 0.3 s apart, by the middle eight samples."""
        from courtside_training.shots.evaluate import window_figures
        from courtside_training.shots.predictions import infer

        each = round((GAME_S / GRID_S - 1 - LENGTH + 2 * OVERHANG) / round(STRIDE_S / GRID_S))
        games = _games(max(1, round(count / each)), SPLITS["test"][0], GAME_S)
        predictions = infer(lambda clip: tuple(run((clip,))), games, hop_windows(games, STRIDE_S)[:count])
        figures = window_figures(predictions, middle_only=True)
        wanted = ("ROC-AUC", "F1", "release error, mean s", "zone accuracy", "make ROC-AUC")
        return {name: float(figures[name]) for name in wanted}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """Network, data, training, tables and limits of the clip model."""
        return clip_card(checkpoints.load(checkpoint, MODEL), evaluation)


@lru_cache(maxsize=4)
def _games(count: int, first: int, seconds: float) -> list[Footage]:
    return [render(seed, FootagePlan(seconds, vary=False)) for seed in range(first, first + count)]


def data_lines(found: dict[str, Any], evaluation: dict[str, Any]) -> str:
    """The data for training, calibration and measurement, as a Markdown list."""
    data = found["settings"].get("data")
    lines = ["- Training: restored from an exported model, whose card says more."] if data is None else [
        f"- Training: {data['games']} {data['film']} games with {data['releases']} releases, seeds {data['first']} to "
        f"{data['last']} (split 0 to 9,999), scaled to 256 x 144, every 0.1 s; simulated games are rendered at 512 x 288, a quarter of "
        "them at 0.85 to 1.2 times real speed. Apache-2.0, made by this project's own simulation."
    ]
    lines += [f"- {found[part]['note']}" for part in ("placer", "result") if "note" in found.get(part, {})]
    fitted = found.get("calibration")
    if fitted:
        lines.append(
            f"- Calibration: {_seeds(fitted.get('seeds'))}. Inside the "
            f"graph the shot logit is multiplied by {fitted['scale']:.3f} and {fitted['bias']:.3f} is added, which puts the threshold of "
            f"best F1 at 0.8; the make logit is divided by {fitted['temperature']:.2f}."
        )
    seeds = evaluation["seeds"]
    lines.append(
        f"- Test: {len(seeds)} games, seeds {min(seeds)} to {max(seeds)}, rendered at 640 x 360, used for neither training nor calibration."
    )
    return "\n".join(lines)


def training_line(found: dict[str, Any]) -> str:
    """How the model was trained, in a few sentences."""
    if "history" not in found:
        return "How long it was trained is in the card of the exported model from which it was restored."
    history, train = found["history"], found["settings"]["train"]
    return (
        f"Trained for {history['epochs']} epochs, {history['samples']:,} windows, {history['seconds'] / 60:.0f} minutes of wall time; "
        f"AdamW, batch {train['batch']}, peak rate {train['rate']:g}, cosine to zero, averaged weights, seed {train['seed']}. Each epoch "
        f"draws {train['positives']} windows with a release and twice as many without one, from new random starts; {train['hard_negatives']:.0%} of "
        "the latter show a pump fake or a pass. Clips are mirrored (which swaps the zones of the two sides), recoloured, cropped, letterboxed, "
        "blurred, compressed and given noise; frames are repeated; windows extend beyond the film's ends."
    )


EXPLAINED = """"Any sample": every window that contains a release should find one. "Middle eight": only releases in samples 4 to 11
should be found, and a prediction counts only if its release lies there. Windows extend four samples beyond the film, as
in the service. Staggered: windows half a window apart. Over whole games the windows vote: at the 0.3 s hop, at least half
of those that could count a release must agree on it, and releases within a second are one. Right means within ±0.3 s. The
published figures are of broadcast film and VideoMAE; the film differs, so they are a mark and not a comparison."""


def _seeds(seeds: list[int] | None) -> str:
    if seeds is None:
        return "that of the model it was restored from"
    return f"{len(seeds)} validation games, seeds {min(seeds)} to {max(seeds)}"


def _trained_on(part: dict[str, Any], what: str) -> str:
    """How much a small network was trained on, as the end of a sentence; empty if unknown."""
    if "samples" not in part:
        return ""
    before = part.get("before")
    if before is None:
        return f"; it was trained on {part['samples']:,} {what}"
    return f"; it was trained on {before['samples']:,} {what} {before['how']}, and then on {part['samples']:,} more"


LIMITS = """- Trained on drawn film only: no real player, gym, camera shake, crowd in front of the lens or cut between cameras.
  On real film it is a starting point for fine-tuning (`courtside-train shots fit --labels`), not a detector to rely on.
- Cameras: one view of a half court from the side or from behind, or a broadcast camera that follows play.
- The ball must be a few pixels wide at 256 x 144. If bodies hide the ball at the release, the frames that follow decide
  its time.
- `make` depends on what happens at the rim after the release. In a window that ends before the ball comes down, it is the
  usual share of makes.
- Each window has one labelled release, the one nearest to its middle; two within a second are one."""


def clip_card(found: dict[str, Any], evaluation: dict[str, Any]) -> str:
    """The clip model's card; figures from the evaluation and the checkpoint only."""
    moments, shots = (_trained_on(found[name], what) for name, what in (("placer", "moments"), ("result", "shots")))
    return f"""Finds shots in a clip of basketball film: whether a ball was shot, at which of 16 samples it was released, from which of
seven zones, and whether it goes in. One sample every {STRIDE_S} s, letterboxed RGB. Licence: Apache-2.0.

A window counts when `shot` is at least {THRESHOLD} and the release lies in the middle eight samples (4 to 11). The time of the
release is the expectation of `release` over its mode and the two neighbours, times {STRIDE_S} s.

## Network
A convolutional stem reads each image, with channels shifted one sample back and ahead (Lin et al. 2019). Attention maps
are trained to locate the ball, the nearest rim and the feet of the ball handler. Their positions, the features under them
and a pooled image go through dilated convolutions over the sixteen samples. Two small networks work on details. The zone
network reads the floor (position on the court, zone) in the three samples around the likeliest release and finds the zone
under the shooter's feet{moments}. The result network reads eight crops around the rim, 0.6 to 2.7 s after the release, and
decides whether the ball fell through{shots}.

## Data
{data_lines(found, evaluation)}

{training_line(found)}

## Measured on held-out simulated games
{tables(evaluation)}

{EXPLAINED}

## Limits
{LIMITS}
"""


EXPORT_SPEC = ShotExport(MODEL)
