"""Evaluation on real shooters on film: who shot, by k-NN with one shot left out at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from courtside.errors import BadRequest
from courtside.shooting_motion import cut, find_motion
from courtside.shot_poses import SUFFIX, ShotPoses, read_poses
from courtside_training.common.measures import roc_auc
from courtside_training.common.tables import markdown
from courtside_training.errors import TrainingInputError
from courtside_training.fingerprint.evaluate import NEIGHBOURS, Embed


def network_input(poses: ShotPoses) -> np.ndarray:
    """The network's input (64, 17, 3) of a shot.

    Raises:
        ValueError: no shooting motion is found.
    """
    flat, times = poses.keypoints[..., (0, 1, 3)], poses.real_times
    return cut(flat, times, find_motion(flat, times, poses.real_release))


def read(folder: Path) -> dict[str, list[np.ndarray]]:
    """The shots of every shooter of a folder; those without a shooting motion are left out.

    Raises:
        TrainingInputError: there are not two shooters with two shots each, or a file cannot be read.
    """
    found: dict[str, list[np.ndarray]] = {}
    for path in sorted(folder.glob(f"*/*{SUFFIX}")):
        try:
            poses = read_poses(path)
        except BadRequest as error:
            raise TrainingInputError(error.message) from error
        try:
            found.setdefault(path.parent.name, []).append(network_input(poses))
        except ValueError:
            continue
    usable = {name: shots for name, shots in found.items() if len(shots) > 1}
    if len(usable) < 2:
        raise TrainingInputError(
            f"{folder} has not two shooters with two shots each: make a folder for each, with files *{SUFFIX}"
        )
    return usable


def measure(shots: dict[str, list[np.ndarray]], embed: Embed, who: int) -> dict[str, Any]:
    """Each shot against all others: who it is by `NEIGHBOURS` and by one neighbour, and ROC-AUC over pairs.

    Args:
        shots: network inputs by shooter.
        embed: the embedding.
        who: length of the part that distinguishes shooters.
    """
    names = list(shots)
    truth = np.repeat(np.arange(len(names)), [len(shots[name]) for name in names])
    vectors = embed(np.concatenate([np.stack(shots[name]) for name in names]))[:, :who].astype(float)
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    first, second = np.triu_indices(len(truth), 1)
    pairs = roc_auc(truth[first] == truth[second], -apart[first, second])
    np.fill_diagonal(apart, np.inf)
    right = {}
    for count in (1, NEIGHBOURS):
        near = np.argsort(apart, axis=1)[:, :count]
        votes = np.zeros((len(truth), len(names)))
        for rank in range(count):  # of two shooters with as many votes, the one with the nearest shot
            votes[np.arange(len(truth)), truth[near[:, rank]]] += 1.0 - 1e-3 * rank
        right[count] = votes.argmax(1) == truth
    return {
        "shooters": {
            name: [int((truth == row).sum()), *(int(right[count][truth == row].sum()) for count in (1, NEIGHBOURS))]
            for row, name in enumerate(names)
        },
        "pairs": pairs,
    }


def table(found: dict[str, Any]) -> str:
    """The result as Markdown; shooters are numbered, not named."""
    rows = [[f"shooter {number}", *cells] for number, cells in enumerate(found["shooters"].values(), 1)]
    total = [sum(cells[column] for cells in found["shooters"].values()) for column in range(3)]
    return "\n\n".join([
        "Real shooters on film, each with a camera of his own; one shot left out at a time:",
        markdown(["", "shots", "right, k=1", f"right, k={NEIGHBOURS}"], [*rows, ["all", *total]]),
        f"ROC-AUC of the distance between two shots, same shooter or not: {found['pairs']:.3f}.",
        "Where every shooter has his own camera, the view tells them apart as well as the form does: this shows\n"
        "that the chain works on film, not how well it tells shooters in one view apart.",
    ])  # fmt: skip
