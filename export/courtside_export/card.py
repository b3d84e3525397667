"""The model card, written from measured figures only."""
# ruff: noqa: E501 (table rows and Markdown paragraphs)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from courtside_export.parity import Parity
from courtside_training.shots.tables import tables

LIMITS = """- Trained on drawn film only: no real player, gym, camera shake, crowd in front of the lens or cut between cameras.
  On real film it is a starting point for fine-tuning, not a detector to rely on (below).
- Cameras: one view of a half court from the side or behind, or a broadcast camera that follows play. Extreme wide
  or vertical pictures were seen only as letterboxed versions of these.
- It needs the ball to be a few pixels wide at 256 x 144; a ball hidden by bodies at the release is timed by what follows.
- Read the make rows before using `make`: a ROC-AUC near 0.5 means that it tells nothing.
- One release a window is labelled, the one nearest to the window's middle; two within a second are one."""


def _data(found: Mapping[str, object], evaluation: Mapping[str, object]) -> str:
    data = found.get("data") or {}
    calibration = found.get("calibration")
    lines = [
        f"- Training: {data.get('games', '?')} simulated games with {data.get('releases', '?')} releases, seeds "
        f"{data.get('first', '?')} to {data.get('last', '?')} (split 0 to 9,999), rendered at 640 x 360, scaled to 256 x 144, "
        "every 0.1 s; a quarter of the games at 0.85 to 1.2 times real speed.",
        f"- Test: {len(evaluation['seeds'])} games, seeds {min(evaluation['seeds'])} to {max(evaluation['seeds'])}, "
        "60 s each, never trained or calibrated on.",
    ]
    if calibration:
        seeds = calibration["seeds"]
        lines.insert(
            1,
            f"- Calibration: {len(seeds)} validation games, seeds {min(seeds)} to {max(seeds)}. Inside the graph the shot "
            f"logit is multiplied by {calibration['scale']:.3f} and {calibration['bias']:.3f} is added, which puts the "
            "threshold of best F1 at 0.8.",
        )
    return "\n".join(lines)


def write_card(
    folder: Path, found: Mapping[str, object], evaluation: Mapping[str, object], parity: Parity,
    speed: Mapping[str, float], size: int, opset: int, notes: str | None,
) -> None:
    """Write MODEL_CARD.md.

    Args:
        folder: the model's folder in the repository.
        found: the checkpoint.
        evaluation: the tables of `full_report`.
        parity: checkpoint against exported file.
        speed: of `measure`.
        size: bytes of the file.
        opset: it was written in.
        notes: Markdown about real film, or None.
    """
    progress, config = found["progress"], found["config"]
    moments = found["placer"]["summary"]["moments"]
    gaps = ", ".join(f"{name} {value:.1e}" for name, value in parity.largest.items())
    text = f"""# shot_clip

Finds shots in a clip of basketball film: was a ball shot, at which of 16 samples did it leave the hand, from which of
seven zones, and will it go in. Licence: Apache-2.0. Weights and data are this project's own.

| | |
|---|---|
| input | `clip` uint8 [B, 16, 3, 144, 256], RGB, one sample every 0.3 s, letterboxed; normalisation is in the graph |
| outputs | `shot` [B, 1] probability; `release` [B, 16] distribution; `zone` [B, 7] distribution (labels.txt); `make` [B, 1] probability |
| file | 1/model.onnx, {size / 1e6:.2f} MB, opset {opset}, free batch size |
| speed | {speed["2 threads, ms"]:.0f} ms a window with 2 threads, {speed["1 thread, ms"]:.0f} ms with 1 (ONNX Runtime, CPU, {speed["cores"]:.0f} cores, batch 1, median of 20, machine in use by others) |
| parity | {parity.clips} simulated clips: decisions agree on {parity.agreement:.1%}; largest differences {gaps} |

A window counts when `shot` is at least 0.8 and the release lies in the middle eight samples (4 to 11). The release's
time is the expectation of `release` over its mode and the two neighbours, times 0.3 s.

## Network
A convolutional stem over each picture with channels shifted one sample back and ahead; attention maps that are
taught where the ball, the nearest rim and the ball handler's feet are; their places, the features under them and a
pooled picture go through dilated convolutions over the sixteen samples. A second, small network reads the zone off the
three samples around the likeliest release; it learnt from {moments:,} moments at which somebody had, or had just
released, the ball.

## Data
{_data(found, evaluation)}
- Each epoch draws {config["positives"]} windows with a release and twice as many without, anew; passes, pump fakes, rebounds and
  dribbles come from the simulation. Clips are mirrored (zones swap sides), recoloured, cropped, letterboxed, blurred,
  compressed, noised; frames are held; windows overhang the film's ends with its first and last frame repeated.

Trained for {progress["epoch"]} epochs, {progress["windows"]:,} windows, {progress["seconds"] / 60:.0f} minutes on two shared CPU cores; AdamW, batch {config["batch"]},
peak rate {config["rate"]:g}, cosine to zero, averaged weights.

## Measured on held-out simulated games

{tables(evaluation)}

"Any sample": every window with a release in it should say so. "Middle eight": only releases in samples 4 to 11 are
looked for, and an answer counts only if it puts the release there. Windows overhang the film by four samples, as the
service's do. Shots over whole games: windows vote, at least half of those that could count a release must agree at the
0.3 s hop, releases within a second are one; right means within ±0.3 s.

## On real film
{notes or "Not measured."}

## Limits
{LIMITS}
"""
    (folder / "MODEL_CARD.md").write_text(text)
