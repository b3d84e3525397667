"""The pose network's model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.pose.crops import HEIGHT, MARGIN, WIDTH
from courtside_training.pose.evaluate import tables
from courtside_training.pose.network import CELL
from courtside_training.pose.train import load_network


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The card as Markdown: network, data and licence, training, evaluation, published figure, limits."""
    network, found = load_network(checkpoint)
    settings, history, config = found["settings"], found["history"], found["config"]
    size = sum(value.numel() for value in network.parameters())
    people, sources = settings["people"], settings["sources"]
    taught = people["real"] > 0 and sources.get("labels")
    lines = [
        "## Network",
        f"Top-down: one crop of {WIDTH} x {HEIGHT} pixels per person. The crop is the smallest 3:4 box around the "
        f"player's box, enlarged {MARGIN} times, and black outside the frame. A residual encoder to stride 16, two "
        f"upsampling steps with shortcuts, 17 heatmaps of {WIDTH // CELL} x {HEIGHT // CELL} cells in COCO's order; "
        f"{size:,} parameters. The position is the centre of mass around the highest cell. The confidence is trained "
        "to predict the keypoint's OKS, that is, how close the position is to the truth.",
        "",
        "## Data and licence",
        f"{people['simulated']:,} players of simulated games" + (
            f" (seeds {sources['first']} to {sources['last']})" if "first" in sources else ""
        ) + f" and {people['real']:,} real people. Weights: Apache-2.0.",
    ]  # fmt: skip
    if taught:
        lines += ["", f"Keypoints of the real people: {taught}. A keypoint is kept if the views agree."]
    if sources.get("credits"):
        lines += ["", "Images of the real people:", *(f"- {credit}" for credit in sources["credits"])]
    lines += [
        "",
        "## Training",
        f"{history['epochs']} epochs, {history['samples']:,} crops, {history['seconds'] / 60:.0f} minutes; AdamW, peak "
        f"learning rate {config['rate']}, batches of {settings['batch']}, seed {config['seed']}, averaged weights.",
        "",
        "## Measured",
    ]
    lines.append(tables(evaluation) if evaluation else "Not measured: run `courtside-train pose evaluate --out FILE`.")
    if "labelled" in evaluation and taught:
        lines += [
            "",
            f"The labels of people in held-out images are {taught}. The figures show agreement with these labels, not "
            "accuracy.",
        ]
    lines += [
        "",
        "## Published figure",
        "The shot-fingerprint system uses keypoints of a YOLO pose network and publishes no figure of their accuracy, "
        "so there is no comparison.",
        "",
        "## Limits",
        "- The labels of real people come from another network. Some of its mistakes (crossed legs, wrists behind the "
        "body, left and right of players seen from behind) were learned.",
        "- It does not work for players under about 40 pixels, for heavy overlap, and for people who lie or are upside "
        "down.",
        "- If two players are in one crop, the one in the middle is meant. It is not always found.",
    ]
    return "\n".join(lines) + "\n"
