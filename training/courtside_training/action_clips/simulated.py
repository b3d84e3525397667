"""Clips from simulated games: every clearly visible player, cropped as a tracker would, labelled by the middle frame.

A game is rendered once, and all its players are cropped from the same frames. The clips of a game depend only on its
seed and the plan, so any number of workers can render games in any order. Rendered games are stored in a folder that
can be deleted at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import courtside_sim
from courtside_sim import FrameTruth, SimulatedCamera, open_simulation
from courtside_sim.actions import action_labels
from courtside_training.action_clips import points, tracked
from courtside_training.action_clips.classes import DISCARD, FRAMES, LABELS, RATE
from courtside_training.action_clips.clips import StoredClips, join, pack
from courtside_training.action_clips.points import POINTS, gathered
from courtside_training.action_clips.tracked import cut, framing, tracker_path
from courtside_training.common.arrays import reading_arrays, write_arrays

RARE = (LABELS.index("block"), LABELS.index("pass"), LABELS.index("shoot"), LABELS.index("pick"))
"""Classes that are so short or infrequent that a training plan may take more clips of them."""
_DENSE = 2
"""Frames between two clips of a class of `RARE` in a dense plan."""
_STREAM = 7
"""Random stream of the simulated tracker, beside the game's seed."""
_BODY = slice(5, 17)
"""Keypoints below the head."""


@dataclass(frozen=True)
class ClipPlan:
    """How clips are taken from games.

    Attributes:
        duration: length of a game in seconds.
        hop: seconds between the middles of one player's clips.
        least: smallest height of a player's box in pixels.
        seen: smallest share of the body's keypoints that must be visible at the middle.
        agree: the action at the middle must fill this share of the frames within `around`. Otherwise the clip is
            discarded, as an annotator would do.
        around: seconds on each side of the middle.
        dense: take clips of the classes of `RARE` at every second frame. For training only: held-out games keep the
            class imbalance of real play.
    """

    duration: float = 10.0
    hop: float = 0.56
    least: float = 46.0
    seen: float = 0.5
    agree: float = 0.6
    around: float = 0.17
    dense: bool = False


@cache
def fingerprint(plan: ClipPlan) -> str:
    """A hash of the plan, of the simulation's source and of this module's, so that outdated clips are never read."""
    digest = hashlib.sha256(repr(plan).encode())
    own = [Path(module) for module in (__file__, points.__file__, tracked.__file__)]
    for path in [*sorted(Path(courtside_sim.__file__).parent.glob("*.py")), *own]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def middle_labels(
    codes: NDArray[np.int64], rate: float, times: NDArray[np.float64], plan: ClipPlan
) -> NDArray[np.int64]:
    """The class of each player at each time, or `DISCARD` where no action lasts long enough.

    Args:
        codes: (T, P) class numbers over the game.
        rate: rows of `codes` per second.
        times: (N,) seconds.
        plan: gives `around` and `agree`.

    Returns:
        (N, P) int64.
    """
    reach = round(plan.around * rate)
    row = np.round(times * rate).astype(int)
    near = np.clip(row[:, None] + np.arange(-reach, reach + 1), 0, len(codes) - 1)
    middle = codes[np.clip(row, 0, len(codes) - 1)]
    share = (codes[near] == middle[:, None]).mean(1)
    return np.where(share >= plan.agree, middle, DISCARD)


@dataclass(frozen=True)
class _PlannedClip:
    """One clip to cut.

    Attributes:
        player: index of the player.
        label: class number.
        first: index of the first frame.
        centres: (16, 2) middles of the crops in frame pixels.
        tall: height of the player in pixels.
    """

    player: int
    label: int
    first: int
    centres: NDArray[np.float64]
    tall: float


def render_game(seed: int, plan: ClipPlan) -> StoredClips:
    """All clips of one game, without the discarded ones."""
    film = open_simulation(seed, duration=plan.duration, fps=RATE)
    times = np.arange(len(film)) / film.fps
    truths = [film.camera.truth(time) for time in times]
    boxes = np.stack([truth.boxes for truth in truths])
    visible = np.stack([truth.in_view for truth in truths])
    seen = np.stack([(truth.keypoints[:, _BODY, 2] == 2).mean(1) for truth in truths])
    record = film.game.recording
    every, last = max(1, round(plan.hop * film.fps)), len(times) - FRAMES
    first = np.arange(0, last + 1)
    first = first[(first % every == 0) | (plan.dense & (first % _DENSE == 0))]
    middles = times[first] + (FRAMES - 1) / 2 / film.fps
    labels = middle_labels(action_labels(record.states.actions), record.step_rate, middles, plan)
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM]))
    planned = []
    for row, start in enumerate(first):
        span = slice(start, start + FRAMES)
        for player in range(boxes.shape[1]):
            path = boxes[span, player]
            tall = path[:, 3] - path[:, 1]
            label = int(labels[row, player])
            good = visible[span, player].all() and float(np.median(tall)) >= plan.least
            good &= label != DISCARD and (start % every == 0 or label in RARE)
            if good and seen[start + FRAMES // 2, player] >= plan.seen:
                centres, height = tracker_path(path, rng)
                planned.append(_PlannedClip(player, label, int(start), centres, height))
    return _cut_all(film.camera, truths, planned, seed)


def _cut_all(camera: SimulatedCamera, truths: list[FrameTruth], planned: list[_PlannedClip], seed: int) -> StoredClips:
    """Render each frame once and cut the crops of every clip that contains it."""
    crops: dict[int, list[NDArray[np.uint8]]] = {}
    sheets: list[NDArray[np.uint8]] = []
    known = np.zeros((len(planned), FRAMES, POINTS, 3), np.float16)
    for index, truth in enumerate(truths):
        running = [k for k, clip in enumerate(planned) if clip.first <= index < clip.first + FRAMES]
        if not running:
            continue
        frame = camera.render(truth.time)
        for k in running:
            clip = planned[k]
            centre = clip.centres[index - clip.first]
            crops.setdefault(k, []).append(cut(frame, centre, clip.tall)[..., ::-1])
            known[k, index - clip.first] = gathered(
                truth.keypoints[clip.player], truth.ball, framing(centre, clip.tall)
            )
            if len(crops[k]) == FRAMES:
                # `planned` is ordered by first frame, so clips are completed in the same order.
                sheets.append(pack(np.stack(crops.pop(k))))
    return StoredClips(
        np.array([clip.label for clip in planned], np.int64),
        np.full(len(planned), seed, np.int64),
        np.array([f"{seed}-{clip.first}-{clip.player}" for clip in planned], dtype="U24"),
        sheets,
        known,
    )


def _path(folder: Path, seed: int, plan: ClipPlan) -> Path:
    return folder / f"{fingerprint(plan)}-{seed}.npz"


def _save(path: Path, clips: StoredClips) -> None:
    write_arrays(path, {
        "labels": clips.labels, "groups": clips.groups, "names": clips.names, "points": clips.points,
        "joined": np.concatenate([*clips.sheets, np.zeros(0, np.uint8)]),
        "sizes": np.array([len(sheet) for sheet in clips.sheets], np.int64),
    })  # fmt: skip


def _load(path: Path) -> StoredClips:
    with reading_arrays(path, "clips") as found:
        sheets = np.split(found["joined"], np.cumsum(found["sizes"])[:-1]) if len(found["sizes"]) else []
        return StoredClips(found["labels"], found["groups"], found["names"], sheets, found["points"])


def games(
    seeds: Iterable[int], plan: ClipPlan, folder: Path | None, report: Callable[[], None] | None = None
) -> StoredClips:
    """The clips of several games, rendered unless the folder contains them.

    Args:
        seeds: seeds of the games.
        plan: how clips are taken.
        folder: where rendered games are stored; None to store nothing.
        report: called after each game.
    """
    parts = []
    for seed in seeds:
        path = _path(folder, seed, plan) if folder else None
        if path and path.is_file():
            parts.append(_load(path))
        else:
            parts.append(render_game(seed, plan))
            if path:
                _save(path, parts[-1])
        if report:
            report()
    return join(parts)
