"""The shot clip model as export sees it."""
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
from courtside_training.shots.footage import GRID_S, Footage, FootagePlan, render
from courtside_training.shots.geometry import HEIGHT, SAMPLES, SPLITS, STRIDE_S, THRESHOLD, WIDTH, ZONE_LABELS
from courtside_training.shots.tables import tables
from courtside_training.shots.train import SYSTEM, load_served
from courtside_training.shots.windows import LENGTH, OVERHANG, cut, hop_windows

GAME_S = 15.0
"""Seconds of a game that samples and cases come from."""
FEW, FEW_S = 16, 7.0
"""So few samples come out of one game of so many seconds."""


def signature(name: str) -> ModelSignature:
    """What goes in and comes out of either shot model, so that the service can use any of them."""
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
    """Samples, decisions and scores that every model with this face shares."""

    def __init__(self, name: str) -> None:
        self.signature = signature(name)

    def load(self, checkpoint: Path) -> nn.Module:
        """The three joined networks with their calibration."""
        return load_served(checkpoint)

    def samples(self, count: int, seed: int) -> Arrays:
        """Clips (count, 16, 3, 144, 256), evenly spread over games: a short one for a handful, up to four for more."""
        games = _games(1, seed, FEW_S) if count <= FEW else _games(min(4, count // 8), seed, GAME_S)
        clips = []
        for index in range(count):
            game = games[index % len(games)]
            last = len(game.frames) - 1 - LENGTH
            clip, _, _ = cut(game, round(index / max(count - 1, 1) * last))
            clips.append(clip.transpose(0, 3, 1, 2))
        return (np.stack(clips),)

    def decisions(self, outputs: Arrays) -> np.ndarray:
        """Shot at the threshold or not, the release's sample, the zone, made or not: (N, 4) integers.

        What is not a shot has neither sample nor zone nor result.
        """
        shot, release, zone, make = outputs
        said = shot[:, 0] >= THRESHOLD
        rest = np.stack([release.argmax(1), zone.argmax(1), make[:, 0] >= 0.5], 1).astype(np.int64)
        return np.column_stack([said.astype(np.int64), np.where(said[:, None], rest, -1)])

    def score(self, run: Callable[[Arrays], Arrays], count: int) -> dict[str, float]:
        """Figures over `count` windows of held-out games at the 0.3 s hop, middle eight."""
        from courtside_training.shots.evaluate import ask, window_figures

        each = round((GAME_S / GRID_S - 1 - LENGTH + 2 * OVERHANG) / round(STRIDE_S / GRID_S))
        games = _games(max(1, round(count / each)), SPLITS["test"][0], GAME_S)
        answers = ask(lambda clip: tuple(run((clip,))), games, hop_windows(games, STRIDE_S)[:count])
        figures = window_figures(answers, middle_rule=True)
        wanted = ("ROC-AUC", "F1", "release error, mean s", "zone accuracy", "make ROC-AUC")
        return {name: float(figures[name]) for name in wanted}

    def card(self, checkpoint: Path, evaluation: dict[str, Any]) -> str:
        """Network, data, training, tables and limits of the clip model."""
        return clip_card(checkpoints.load(checkpoint, SYSTEM), evaluation)


@lru_cache(maxsize=4)
def _games(count: int, first: int, seconds: float) -> list[Footage]:
    return [render(seed, FootagePlan(seconds, vary=False)) for seed in range(first, first + count)]


def data_lines(found: dict[str, Any], evaluation: dict[str, Any]) -> str:
    """What a model was trained, calibrated and measured on, as a Markdown list."""
    data = found["settings"].get("data")
    lines = ["- Training: restored from an exported model, whose card says more."] if data is None else [
        f"- Training: {data['games']} {data['film']} games with {data['releases']} releases, seeds {data['first']} to "
        f"{data['last']} (split 0 to 9,999), scaled to 256 x 144, every 0.1 s; simulated games are rendered at 512 x 288, a quarter of "
        "them at 0.85 to 1.2 times real speed. Apache-2.0, made by this project's own simulation."
    ]
    fitted = found.get("calibration")
    if fitted:
        lines.append(
            f"- Calibration: {_seeds(fitted.get('seeds'))}. Inside the "
            f"graph the shot logit is multiplied by {fitted['scale']:.3f} and {fitted['bias']:.3f} is added, which puts the threshold of "
            f"best F1 at 0.8; the make logit is divided by {fitted['temperature']:.2f}."
        )
    seeds = evaluation["seeds"]
    lines.append(
        f"- Test: {len(seeds)} games, seeds {min(seeds)} to {max(seeds)}, rendered at 640 x 360, never trained or calibrated on."
    )
    return "\n".join(lines)


def training_line(found: dict[str, Any]) -> str:
    """How long what was trained."""
    if "history" not in found:
        return "How long it was trained is in the card of the exported model from which it was restored."
    history, train = found["history"], found["settings"]["train"]
    return (
        f"Trained for {history['epochs']} epochs, {history['samples']:,} windows, {history['seconds'] / 60:.0f} minutes of wall time; "
        f"AdamW, batch {train['batch']}, peak rate {train['rate']:g}, cosine to zero, averaged weights, seed {train['seed']}. Each epoch "
        f"draws {train['positives']} windows with a release and twice as many without, anew from random starts; {train['lures']:.0%} of "
        "the latter show a pump fake or a pass. Clips are mirrored (zones swap sides), recoloured, cropped, letterboxed, "
        "blurred, compressed, noised; frames are held; windows overhang the film's ends."
    )


EXPLAINED = """"Any sample": every window with a release in it should say so. "Middle eight": only releases in samples 4 to 11 are
looked for, and an answer counts only if it puts the release there. Windows overhang the film by four samples, as the
service's do. Staggered: half a window apart. Over whole games windows vote, at least half of those that could count a
release must agree at the 0.3 s hop, releases within a second are one; right means within ±0.3 s. The published figures
are of broadcast film and a VideoMAE, so they are a mark beside ours, not a comparison on equal film."""

def _seeds(seeds: list[int] | None) -> str:
    if seeds is None:
        return "that of the model it was restored from"
    return f"{len(seeds)} validation games, seeds {min(seeds)} to {max(seeds)}"


def _learnt(part: dict[str, Any], what: str) -> str:
    """From how much a small network learnt, as the end of a sentence; nothing where that is not known."""
    if "samples" not in part:
        return ""
    before = part.get("before")
    if before is None:
        return f"; it learnt from {part['samples']:,} {what}"
    return f"; it learnt from {before['samples']:,} {what} {before['how']}, and then from {part['samples']:,} more"


LIMITS = """- Trained on drawn film only: no real player, gym, camera shake, crowd in front of the lens or cut between cameras.
  On real film it is a starting point for fine-tuning (`courtside-train shots fit --labels`), not a detector to rely on.
- Cameras: one view of a half court from the side or behind, or a broadcast camera that follows play.
- It needs the ball to be a few pixels wide at 256 x 144; a ball hidden by bodies at the release is timed by what follows.
- `make` judges what is seen at the ring after the release; in a window that ends before the ball comes down it can only
  say what shots usually come to.
- One release a window is labelled, the one nearest to the window's middle; two within a second are one."""


def clip_card(found: dict[str, Any], evaluation: dict[str, Any]) -> str:
    """The clip model's card; figures from the evaluation and the checkpoint only."""
    moments, looks = (_learnt(found[name], what) for name, what in (("placer", "moments"), ("result", "looks at a shot")))
    return f"""Finds shots in a clip of basketball film: was a ball shot, at which of 16 samples did it leave the hand, from which of
seven zones, and did or will it go in. One sample every {STRIDE_S} s, letterboxed RGB. Licence: Apache-2.0.

A window counts when `shot` is at least {THRESHOLD} and the release lies in the middle eight samples (4 to 11). The release's
time is the expectation of `release` over its mode and the two neighbours, times {STRIDE_S} s.

## Network
A convolutional stem over each picture with channels shifted one sample back and ahead (Lin et al. 2019); attention maps
that are taught where the ball, the nearest rim and the ball handler's feet are; their places, the features under them and
a pooled picture go through dilated convolutions over the sixteen samples. Two small networks look closer: one reads the
floor (where on the court, in which zone) in the three samples around the likeliest release and says what lies under the
shooter's feet{moments}. The other sees eight cut-outs around the rim, 0.6 to 2.7 s after the
release, and says whether the ball fell through{looks}.

## Data
{data_lines(found, evaluation)}

{training_line(found)}

## Measured on held-out simulated games
{tables(evaluation)}

{EXPLAINED}

## Limits
{LIMITS}
"""


EXPORT_SPEC = ShotExport(SYSTEM)
