"""Clips out of simulated games: every player in good view, cut as a tracker would, labelled by the middle's action.

A game is filmed once and all its players are cut from the same pictures. The clips of a game depend on its seed and the
plan alone, so games may be rendered by any number of workers in any order. Rendered games are kept in a folder that may
be deleted at any time.
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
from courtside_training.actions import points, tracked
from courtside_training.actions.classes import DISCARD, FRAMES, LABELS, RATE
from courtside_training.actions.clips import StoredClips, join, pack
from courtside_training.actions.points import POINTS, gathered
from courtside_training.actions.tracked import cut, framing, tracker_path
from courtside_training.common.arrays import reading_arrays, write_arrays

RARE = (LABELS.index("block"), LABELS.index("pass"), LABELS.index("shoot"), LABELS.index("pick"))
"""Classes so short or seldom that a training plan may cut them more often."""
_DENSE = 2
_STREAM = 7
_BODY = slice(5, 17)


@dataclass(frozen=True)
class ClipPlan:
    """How games are cut.

    Attributes:
        duration: seconds a game.
        hop: seconds between the middles of one player's clips.
        least: lowest box in pixels.
        seen: least share of the body's keypoints that must be unhidden at the middle.
        agree: the middle's action must be that of this share of the pictures within `around`, else the clip is a
            discard, as an annotator would call it.
        around: seconds on each side of the middle.
        dense: cut the classes of `RARE` at every second picture. For training only: held-out games keep the
            imbalance of play.
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
    """Changes with the plan, the simulation's source and this one's, so that no stale film is ever read."""
    digest = hashlib.sha256(repr(plan).encode())
    own = [Path(module) for module in (__file__, points.__file__, tracked.__file__)]
    for path in [*sorted(Path(courtside_sim.__file__).parent.glob("*.py")), *own]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def middle_labels(
    codes: NDArray[np.int64], tick_rate: float, times: NDArray[np.float64], plan: ClipPlan
) -> NDArray[np.int64]:
    """The class of each player at each time, or `DISCARD` where no action holds for long enough.

    Args:
        codes: (ticks, P) class numbers over the game.
        tick_rate: of `codes`, a second.
        times: (N,) seconds.
        plan: gives `around` and `agree`.

    Returns:
        (N, P) int64.
    """
    reach = round(plan.around * tick_rate)
    place = np.round(times * tick_rate).astype(int)
    near = np.clip(place[:, None] + np.arange(-reach, reach + 1), 0, len(codes) - 1)
    middle = codes[np.clip(place, 0, len(codes) - 1)]
    share = (codes[near] == middle[:, None]).mean(1)
    return np.where(share >= plan.agree, middle, DISCARD)


@dataclass(frozen=True)
class _Wanted:
    """One clip to cut: player, class, first picture, where its crops lie."""

    player: int
    label: int
    first: int
    centres: NDArray[np.float64]
    tall: float


def render_game(seed: int, plan: ClipPlan) -> StoredClips:
    """All clips of one game, discards left out."""
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
    wanted = []
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
                wanted.append(_Wanted(player, label, int(start), centres, height))
    return _cut_all(film.camera, truths, wanted, seed)


def _cut_all(camera: SimulatedCamera, truths: list[FrameTruth], wanted: list[_Wanted], seed: int) -> StoredClips:
    """Film each moment once and cut every clip that is open then."""
    crops: dict[int, list[NDArray[np.uint8]]] = {}
    sheets: list[NDArray[np.uint8]] = []
    known = np.zeros((len(wanted), FRAMES, POINTS, 3), np.float16)
    for index, truth in enumerate(truths):
        running = [k for k, clip in enumerate(wanted) if clip.first <= index < clip.first + FRAMES]
        if not running:
            continue
        picture = camera.render(truth.time)
        for k in running:
            clip = wanted[k]
            centre = clip.centres[index - clip.first]
            crops.setdefault(k, []).append(cut(picture, centre, clip.tall)[..., ::-1])
            known[k, index - clip.first] = gathered(
                truth.keypoints[clip.player], truth.ball, framing(centre, clip.tall)
            )
            if len(crops[k]) == FRAMES:
                # `wanted` is in order of first picture, so clips are finished in order too.
                sheets.append(pack(np.stack(crops.pop(k))))
    return StoredClips(
        np.array([clip.label for clip in wanted], np.int64),
        np.full(len(wanted), seed, np.int64),
        np.array([f"{seed}-{clip.first}-{clip.player}" for clip in wanted], dtype="U24"),
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
    """The clips of several games, rendered unless the folder has them.

    Args:
        seeds: of the simulation.
        plan: how to cut.
        folder: where rendered games are kept; None to keep nothing.
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
