"""Evaluation of a pose network on held-out simulated games and labelled people, and of its steadiness on shots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from courtside_training.common.measures import expected_calibration_error
from courtside_training.common.running import torch_run
from courtside_training.common.tables import markdown
from courtside_training.pose.measures import average_precision, oks, pck, similarities
from courtside_training.pose.people import Person, stack
from courtside_training.pose.skeleton import JOINTS

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""A function from crops (N, 3, HEIGHT, WIDTH) to keypoints (N, 17, 3)."""
BATCH = 16
"""Crops per call of a `Run`."""


def crop_run(served: nn.Module) -> Run:
    """Wrap a served pose network as a function from crops to keypoints."""
    run = torch_run(served)
    return lambda crops: run((crops,))[0]


def batched(run: Run, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Apply `run` to any number of crops, in batches."""
    return np.concatenate([run(crops[i : i + BATCH]) for i in range(0, len(crops), BATCH)])


def gather(lists: Iterator[list[Person]], report: Callable[[int], None] | None = None) -> list[Person]:
    """All people of an iterator of lists; `report` receives the number of people after each list."""
    people: list[Person] = []
    for some in lists:
        people += some
        if report:
            report(len(people))
    return people


def figures(run: Run, people: Sequence[Person]) -> dict[str, Any]:
    """All figures on `people`.

    Returns:
        `people`, `AP`, `AP50`, `AP75`, `OKS` (mean), `pck` by keypoint over all labelled keypoints, `pck_seen`,
        `pck_hidden`, and `confidence_error`: the expected calibration error of the confidence, where a keypoint with
        an OKS of at least 0.5 is correct.
    """
    crops, truth, boxes = stack(people)
    found = batched(run, crops)
    labelled = truth[..., 2] > 0
    kept = labelled.any(-1)
    found, truth, boxes, labelled = found[kept], truth[kept], boxes[kept], labelled[kept]
    overall = oks(found, truth, boxes)
    near = similarities(found, truth, boxes)
    return {
        "people": len(found),
        **average_precision(overall, found[..., 2].mean(-1)),
        "OKS": float(overall.mean()),
        "pck": pck(found, truth),
        "pck_seen": pck(found, truth, least=2),
        "pck_hidden": pck(found, truth, most=1),
        "confidence_error": expected_calibration_error(found[..., 2][labelled], near[labelled] >= 0.5),
    }


def tables(result: dict[str, Any]) -> str:
    """The result of `courtside-train pose evaluate` as Markdown."""
    parts = []
    names = {"simulated": "Simulated test games", "labelled": "Labelled people"}
    kinds = {key: name for key, name in names.items() if key in result}
    if kinds:
        keys = ("people", "AP", "AP50", "AP75", "OKS", "confidence_error")
        rows = [[name, *(result[kind][key] for key in keys)] for kind, name in kinds.items()]
        heads = ["", "people", "OKS AP", "AP50", "AP75", "mean OKS", "confidence ECE"]
        parts.append(markdown(heads, rows))
        header, columns = ["PCK@0.2 torso"], []
        for kind, name in kinds.items():
            for key, what in (("pck", "all"), ("pck_seen", "seen"), ("pck_hidden", "hidden")):
                header.append(f"{name.lower()}, {what}")
                columns.append(result[kind][key])
        rows = [[joint, *(column[joint] for column in columns)] for joint in (*JOINTS, "all")]
        parts.append(markdown(header, rows))
    if "steadiness" in result:
        steady = result["steadiness"]
        header = [f"Steadiness, {steady['shots']} shots", "jitter, crop pixels", "jitter, share of the torso",
                  "jitter of the truth, share", "PCK@0.2"]  # fmt: skip
        rows = [
            [joint, *(steady[key][joint] for key in ("pixels", "torso", "truth", "pck"))] for joint in (*JOINTS, "all")
        ]
        parts.append(markdown(header, rows))
    return "\n\n".join(parts)
