"""How far two BlazePose networks agree: the larger one stands in for a truth that nobody has labelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from courtside_training.common.tables import markdown
from courtside_training.errors import TrainingInputError
from courtside_training.pose.blazepose import SIDE
from courtside_training.pose.crops import crop_matrix, cut
from courtside_training.pose.measures import PCK_REACH
from courtside_training.pose.skeleton import HIPS, JOINTS, SHOULDERS
from courtside_training.pose.teacher import Boxed

MARGIN = 1.25
"""Side of a crop relative to the longer side of the player's box."""
LEAST_HEIGHT = 70.0
"""Smallest height of a player's box, pixels: the joints of smaller ones cannot be told apart by eye."""
BATCH = 8
"""Crops that a network reads at a time."""
SEEN = 0.5
"""Least visibility of a joint that counts as seen."""

Run = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""A function from crops (N, 3, 256, 256) to keypoints (N, 17, 4) and the probability of a person (N, 1)."""


def square_crop(image: NDArray[np.uint8], box: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The crop (3, 256, 256) RGB of a player in a BGR image; `box` xyxy in pixels."""
    crop = cut(image, crop_matrix(box, MARGIN, (SIDE, SIDE)), (SIDE, SIDE))
    return np.ascontiguousarray(crop[..., ::-1].transpose(2, 0, 1))


def real_crops(images: Sequence[Boxed], count: int, stretch: float, seed: int = 0) -> NDArray[np.uint8]:
    """Crops (N, 3, 256, 256) of people drawn from all images.

    Args:
        images: with the people's boxes.
        count: most crops.
        stretch: the width of an image is multiplied by this first.
        seed: of the draw.

    Raises:
        TrainingInputError: an image cannot be read, or nobody is large enough.
    """
    rng, crops = np.random.default_rng(seed), list[NDArray[np.uint8]]()
    for number in rng.permutation(len(images)):
        entry = images[number]
        image = cv2.imread(str(entry.path))
        if image is None:
            raise TrainingInputError(f"{entry.path} is not a readable image: restore it or remove it from the labels")
        height, width = image.shape[0], round(image.shape[1] * stretch)
        if width != image.shape[1]:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
        boxes = entry.boxes * ([width, height] * 2)
        tall = boxes[boxes[:, 3] - boxes[:, 1] >= LEAST_HEIGHT]
        for box in tall[rng.permutation(len(tall))[:3]]:
            crops.append(square_crop(image, box))
        if len(crops) >= count:
            break
    if not crops:
        raise TrainingInputError(f"nobody in these images is {LEAST_HEIGHT:.0f} pixels tall: give larger images")
    return np.stack(crops[:count])


def simulated_crops(count: int, seed: int) -> NDArray[np.uint8]:
    """Crops (count, 3, 256, 256) of players of simulated games from `seed` on."""
    from courtside_training.pose.simulated import film, usable_players

    def endless() -> Iterator[NDArray[np.uint8]]:
        game = seed
        while True:
            shown = film(game)
            for time in np.linspace(1.0, shown.game.duration - 1.0, 3):
                truth = shown.camera.truth(float(time))
                image = shown.camera.render(float(time))
                for index in usable_players(truth):
                    yield square_crop(image, truth.boxes[index])
            game += 1

    players = endless()
    return np.stack([next(players) for _ in range(count)])


def _batched(run: Run, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    parts = [run(crops[i : i + BATCH]) for i in range(0, len(crops), BATCH)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def agreement(run: Run, reference: Run, crops: NDArray[np.uint8]) -> dict[str, Any]:
    """Agreement of two networks.

    Args:
        run: the network.
        reference: the one that it is compared with.
        crops: (N, 3, 256, 256).

    Returns:
        `people`; `pck` and `pck_seen` by joint: the share within `PCK_REACH`, of all joints and of those that the
        reference sees; `swapped`: the share of people whose shoulders agree better when left and right are exchanged;
        `person`: the share of people whom the network takes for one.
    """
    found, person = _batched(run, crops)
    truth, _ = _batched(reference, crops)
    torso = np.linalg.norm(truth[:, SHOULDERS, :2].mean(1) - truth[:, HIPS, :2].mean(1), axis=-1)
    gap = np.linalg.norm(found[..., :2] - truth[..., :2], axis=-1) / np.maximum(torso, 1.0)[:, None]
    near, seen = gap < PCK_REACH, truth[..., 3] >= SEEN
    shoulders = list(SHOULDERS)
    crossed = np.linalg.norm(found[:, shoulders[::-1], :2] - truth[:, shoulders, :2], axis=-1).sum(-1)
    straight = np.linalg.norm(found[:, shoulders, :2] - truth[:, shoulders, :2], axis=-1).sum(-1)
    by_joint = {
        "pck": {joint: float(near[:, i].mean()) for i, joint in enumerate(JOINTS)},
        "pck_seen": {
            joint: float(near[:, i][seen[:, i]].mean()) if seen[:, i].any() else None
            for i, joint in enumerate(JOINTS)
        },
    }
    by_joint["pck"]["all"], by_joint["pck_seen"]["all"] = float(near.mean()), float(near[seen].mean())
    return {
        "people": len(crops), **by_joint, "swapped": float((crossed < straight).mean()),
        "person": float((person >= SEEN).mean()),
    }


def tables(result: dict[str, Any]) -> str:
    """The result of `courtside-train pose compare` as Markdown."""
    parts = [markdown(
        ["", "people", "joints that agree", "of those seen", "left and right exchanged", "taken for a person"],
        [[kind, found["people"], found["pck"]["all"], found["pck_seen"]["all"], found["swapped"], found["person"]]
         for kind, found in result.items() if isinstance(found, dict) and "pck" in found],
    )]  # fmt: skip
    kinds = [kind for kind, found in result.items() if isinstance(found, dict) and "pck" in found]
    rows = [[joint, *(result[kind]["pck"][joint] for kind in kinds)] for joint in JOINTS]
    parts.append(markdown([f"PCK@{PCK_REACH} torso against the reference", *kinds], rows))
    return "\n\n".join(parts)
