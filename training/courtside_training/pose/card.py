"""The pose network's model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.pose.crops import HEIGHT, MARGIN, WIDTH
from courtside_training.pose.evaluate import tables
from courtside_training.pose.network import CELL
from courtside_training.pose.train import load_network


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """Markdown: network, data and licence, training, what was measured, the published figure, limits."""
    network, found = load_network(checkpoint)
    settings, history, config = found["settings"], found["history"], found["config"]
    size = sum(value.numel() for value in network.parameters())
    people, sources = settings["people"], settings["sources"]
    taught = people["real"] > 0 and sources.get("labels")
    lines = [
        "## Network",
        f"Top-down, one person a crop of {WIDTH} x {HEIGHT} pixels (the smallest 3:4 box round the player's, enlarged "
        f"{MARGIN} times, black outside the picture). A residual encoder to stride 16, two steps up with shortcuts, "
        f"17 heatmaps of {WIDTH // CELL} x {HEIGHT // CELL} cells (COCO's order), {size:,} parameters. The place is "
        "the centre of mass round the highest cell; the confidence is trained to be the keypoint's OKS: how "
        "near the place is expected to be.",
        "",
        "## Data and licence",
        f"{people['simulated']:,} players of simulated games" + (
            f" (seeds {sources['first']} to {sources['last']})" if "first" in sources else ""
        ) + f" and {people['real']:,} real people. Weights: Apache-2.0.",
    ]  # fmt: skip
    if taught:
        lines += ["", f"Keypoints of the real people: {taught}, kept where the looks agree."]
    if sources.get("credits"):
        lines += ["", "Pictures of the real people:", *(f"- {credit}" for credit in sources["credits"])]
    lines += [
        "",
        "## Training",
        f"{history['epochs']} epochs, {history['samples']:,} crops, {history['seconds'] / 60:.0f} minutes; AdamW, peak "
        f"rate {config['rate']}, batches of {settings['batch']}, seed {config['seed']}, averaged weights.",
        "",
        "## Measured",
    ]
    lines.append(tables(evaluation) if evaluation else "Nothing yet: run `courtside-train pose evaluate --out FILE`.")
    if "labelled" in evaluation and taught:
        lines += ["", f"Labelled people of held-out pictures are {taught}: agreement with it, not accuracy."]
    lines += [
        "",
        "## Published figure",
        "The shot-fingerprint system takes its keypoints from a YOLO pose network and publishes no figure of their "
        "accuracy, so there is none to set beside these.",
        "",
        "## Limits",
        "- Real people were seen through another network's eyes; its mistakes (crossed legs, wrists behind the body, "
        "left and right of players seen from behind) are partly learnt.",
        "- Players under about 40 pixels, heavy overlap, and people lying or upside down are beyond it.",
        "- Two players in one crop: the one in the middle is meant, and not always found.",
    ]
    return "\n".join(lines) + "\n"
