"""Results of the evaluation as Markdown tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from courtside_sim.sequences import SHOT_TYPES
from courtside_training.common.tables import confusion_table, markdown
from courtside_training.fingerprint.evaluate import RUN
from courtside_training.fingerprint.protocol import CAMERAS, PUBLISHED


def recorded_tables(result: dict[str, Any]) -> str:
    """The result of `protocol.recorded_report` as Markdown."""
    people = confusion_table(np.array(result["who_confusion"]), result["names"])
    types = confusion_table(np.array(result["type_confusion"]), SHOT_TYPES)
    return "\n\n".join([markdown(["who", "type"], [_row("", result)[1:]]), people, types])


def simulated_tables(result: dict[str, Any]) -> str:
    """The result of `protocol.simulated_report` as Markdown."""
    cast, near = result["cast"], result["cameras"]
    rows = [
        ["published (its own recorded shooters)", "", f"{PUBLISHED['who']:.3f}", f"{PUBLISHED['type']:.3f}"],
        _row("the same twelve, one camera (front quarter)", cast, "yes"),
        *(_row(f"drawn twelve, {name}", near[name], "yes" if CAMERAS[name][2] else "no") for name in near),
        _row("drawn twelve, every shot from another camera", result["any camera"], "yes"),
        *(_row(f"gallery camera → query camera: {name}", found, "yes") for name, found in result["across"].items()),
        *(_row(f"no learning, {name}", found, "-") for name, found in result["raw"].items()),
        _row("front quarter, cut at the true gather and release", result["cut at the truth"], "yes"),
    ]
    noise = [[f"{name} times", *_row("", found)[1:], found["lost"]] for name, found in result["noise"].items()]
    bad = [
        [name, found["roc_auc"], found["roc_auc_pooled"], found["alerts_good"], found["alerts_bad"]]
        for name, found in result["distorted"].items()
    ]
    kinds = np.array(cast["type_confusion"])
    people = np.array(cast["who_confusion"])
    return "\n\n".join(
        [
            f"{result['players']} simulated players that were not used for training, {result['shots']} shots (no "
            f"motion found in {result['lost']} more), k-NN with k = 3, {cast['trials']} trials of twelve shooters:",
            markdown(["setting", "camera in training", "who", "type"], rows),
            "Pose noise (front quarter):",
            markdown(["noise", "who", "type", "no motion found"], noise),
            f"Good against distorted form (drift alert over runs of {RUN} shots):",
            markdown(["distortion", "ROC-AUC per player", "pooled", "alerts, good form", "alerts, distorted"], bad),
            "Types, summed over trials:",
            confusion_table(kinds, SHOT_TYPES),
            "Shooters, summed over trials:",
            confusion_table(people, [str(index + 1) for index in range(len(people))]),
        ]
    )


def _row(name: str, found: dict[str, Any], *more: object) -> list[object]:
    return [name, *more, *(f"{found[part]:.3f} ± {found[part + '_std']:.3f}" for part in ("who", "type"))]
