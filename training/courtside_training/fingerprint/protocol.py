"""The evaluation on simulated players nobody trained on: camera by camera, noise by noise, distortion by distortion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from courtside_sim.keypoints import CameraView, PoseNoise
from courtside_sim.sequences import SHOT_TYPES
from courtside_training.common.tables import confusion_table, markdown
from courtside_training.fingerprint.evaluate import RUN, TRIALS, Embed, raw_space, separation, space, trials
from courtside_training.fingerprint.network import Encoder
from courtside_training.fingerprint.simulated import Shots, simulate_shots
from courtside_training.shots.geometry import SPLITS

# The figures the source system reports on its own recorded shooters.
PUBLISHED = {"who": 0.916, "type": 0.902}
# name: azimuth and elevation in degrees, and whether training sees such a camera.
CAMERAS: dict[str, tuple[float, float, bool]] = {
    "front": (0.0, 8.0, True),
    "front quarter": (45.0, 8.0, True),
    "side": (-90.0, 8.0, True),
    "behind": (180.0, 8.0, True),
    "behind the shoulder": (132.0, 8.0, False),
    "high front": (35.0, 38.0, False),
}
NOISES = (0.0, 1.0, 2.0, 4.0)
DISTORTIONS = (0.1, 0.2, 0.3)


def torch_embed(encoder: Encoder) -> Embed:
    """An encoder as a function of arrays, in batches."""

    @torch.no_grad()
    def embed(inputs: np.ndarray) -> np.ndarray:
        parts = [encoder(torch.from_numpy(inputs[row : row + 256])) for row in range(0, len(inputs), 256)]
        return torch.cat(parts).numpy()

    return embed


def camera(name: str) -> CameraView:
    """One of `CAMERAS`, nine metres away, the shooter about 200 pixels tall."""
    azimuth, elevation, _ = CAMERAS[name]
    return CameraView(math.radians(azimuth), math.radians(elevation), 9.0, 210.0)


def simulated_report(
    embed: Embed,
    who: int,
    players: int = 36,
    per_kind: int = 10,
    count: int = TRIALS,
    report: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Everything measured on test players.

    Args:
        embed: (N, 64, 17, 3) to (N, D).
        who: Length of the embedding's first part.
        players: Test players; trials draw twelve of them.
        per_kind: Shots of each type a player.
        count: Trials a figure.
        report: Told what is being measured.
    """
    say = report or (lambda text: None)
    first = SPLITS["test"][0]
    seeds = range(first, first + players)
    few = range(first, first + min(players, 18))
    quarter = [camera("front quarter")]
    names = list(CAMERAS)

    def draws(stream: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([first, stream]))

    say("cameras")
    shots = simulate_shots(seeds, per_kind, draws(1), [camera(name) for name in names])
    spaces = {name: space(embed, shots, who, view) for view, name in enumerate(names)}
    cameras = {name: trials(spaces[name], spaces[name], draws(2), count) for name in names}
    untrained = {
        name: trials(*[raw_space(shots, names.index(name))] * 2, draws(2), min(count, 20)) for name in names[:3]
    }
    across = {
        f"{known} → {asked}": trials(spaces[known], spaces[asked], draws(2), min(count, 20))
        for known, asked in (("front quarter", "front"), ("front quarter", "side"), ("side", "behind"))
    }
    say("any camera")
    mixed_shots = simulate_shots(seeds, per_kind, draws(3), 1)
    mixed = space(embed, mixed_shots, who)
    say("noise")
    noises = {}
    for factor in NOISES:
        noisy = simulate_shots(few, per_kind, draws(4), quarter, PoseNoise().scaled(factor))
        found = space(embed, noisy, who)
        noises[f"{factor:g}"] = {**trials(found, found, draws(5), min(count, 20)), "lost": noisy.lost}
    exact = space(embed, simulate_shots(few, per_kind, draws(4), quarter, slip=0.0), who)
    say("distorted forms")
    known = space(embed, _first(shots, len(few)), who, names.index("front quarter"))
    fresh = space(embed, simulate_shots(few, per_kind, draws(6), quarter), who)
    distorted = {}
    for amount in DISTORTIONS:
        bad = simulate_shots(few, max(4, per_kind // 2), draws(7), quarter, amount=amount)
        distorted[f"{amount:g}"] = separation(known, fresh, space(embed, bad, who))
    return {
        "players": players,
        "shots": len(shots),
        "lost": shots.lost,
        "cast": trials(spaces["front quarter"], spaces["front quarter"], draws(8), count, cast=True),
        "cameras": cameras,
        "raw": untrained,
        "across": across,
        "any camera": trials(mixed, mixed, draws(9), count),
        "noise": noises,
        "cut at the truth": trials(exact, exact, draws(5), min(count, 20)),
        "distorted": distorted,
    }


def _first(shots: Shots, players: int) -> Shots:
    """Only the first `players` players' shots."""
    rows = np.flatnonzero(shots.players < players)
    return replace(shots, inputs=shots.inputs[rows], players=shots.players[rows], kinds=shots.kinds[rows])


def _row(name: str, found: dict[str, Any], *more: object) -> list[object]:
    return [name, *more, *(f"{found[part]:.3f} ± {found[part + '_std']:.3f}" for part in ("who", "type"))]


def tables(result: dict[str, Any]) -> str:
    """The report as Markdown."""
    cast, near = result["cast"], result["cameras"]
    rows = [
        ["published (its own recorded shooters)", "", f"{PUBLISHED['who']:.3f}", f"{PUBLISHED['type']:.3f}"],
        _row("fixed twelve, one camera (front quarter)", cast, "seen"),
        *(_row(f"drawn twelve, {name}", near[name], "seen" if CAMERAS[name][2] else "never seen") for name in near),
        _row("drawn twelve, every shot from another camera", result["any camera"], "seen"),
        *(_row(f"known from and asked from: {name}", found, "seen") for name, found in result["across"].items()),
        *(_row(f"no learning, {name}", found, "-") for name, found in result["raw"].items()),
        _row("front quarter, cut at the true gather and release", result["cut at the truth"], "seen"),
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
            f"{result['players']} simulated players never trained on, {result['shots']} shots "
            f"({result['lost']} more not cut), k-NN with k = 3, {cast['trials']} trials of twelve shooters:",
            markdown(["setting", "camera in training", "who", "type"], rows),
            "Pose noise (front quarter):",
            markdown(["noise", "who", "type", "shots not cut"], noise),
            f"Good against distorted form (drift alert over runs of {RUN} shots):",
            markdown(["distortion", "ROC-AUC a player", "pooled", "alerts, good form", "alerts, distorted"], bad),
            "Types, summed over trials:",
            confusion_table(kinds, SHOT_TYPES),
            "Shooters, summed over trials:",
            confusion_table(people, [str(index + 1) for index in range(len(people))]),
        ]
    )
