"""Quality of the embedding: shooter and shot type by k-NN, and detection of a changed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from courtside_sim.sequences import SHOT_TYPES
from courtside_training.common.measures import accuracy, confusion, roc_auc
from courtside_training.fingerprint.network import Encoder, normalise
from courtside_training.fingerprint.simulated import Shots

NEIGHBOURS = 3
"""Neighbours of the k-NN classifier, as published."""
TRIALS = 100
"""Randomised trials per figure, as published."""
RUN = 10
"""Shots over which the drift alert averages."""
ALERT = 3.0
"""The form has drifted if `drift_statistic` is larger. Standard deviations."""

Embed = Callable[[np.ndarray], np.ndarray]
"""A function from inputs (N, 64, 17, 3) to embeddings (N, D)."""


@dataclass(frozen=True)
class Space:
    """Embeddings of shots.

    Attributes:
        vectors: (N, D).
        players: (N,) index of the shooter.
        kinds: (N,) index of the shot type.
        who: dimensions that distinguish shooters.
        kind: dimensions that distinguish shot types.
    """

    vectors: np.ndarray
    players: np.ndarray
    kinds: np.ndarray
    who: slice
    kind: slice


def space(embed: Embed, shots: Shots, who: int, view: int = 0) -> Space:
    """Embed the inputs of camera `view`; `who` is the length of the first part of the embedding."""
    vectors = embed(shots.inputs[:, view])
    return Space(vectors, shots.players, shots.kinds, slice(0, who), slice(who, None))


def raw_space(shots: Shots, view: int = 0) -> Space:
    """The baseline without learning: the normalised coordinates of all steps."""
    flat = normalise(torch.from_numpy(shots.inputs[:, view]))[..., :34].flatten(1).numpy()
    return Space(flat, shots.players, shots.kinds, slice(None), slice(None))


def _classify(gallery: np.ndarray, labels: np.ndarray, queries: np.ndarray) -> np.ndarray:
    return KNeighborsClassifier(min(NEIGHBOURS, len(gallery))).fit(gallery, labels).predict(queries)


def trials(
    gallery: Space, queries: Space, rng: np.random.Generator, count: int = TRIALS, shooters: int = 12,
    cast: bool = False,
) -> dict[str, object]:
    """Randomised trials: 70 % of the shots of the chosen shooters are known, the others are classified.

    Args:
        gallery: embeddings of known shots.
        queries: embeddings of the same shots in the same order, possibly from another camera.
        rng: source of shooters and splits.
        count: number of trials.
        shooters: shooters per trial.
        cast: use the first `shooters` in every trial, as with one recorded team, instead of drawing them.

    Returns:
        `who` and `type` as mean and standard deviation over trials, and the summed confusion matrices (that of the
        shooters only with `cast`).
    """
    players = np.unique(gallery.players)
    shooters = min(shooters, len(players))
    who, kind = [], []
    who_sum, kind_sum = np.zeros((shooters, shooters), np.int64), np.zeros((len(SHOT_TYPES),) * 2, np.int64)
    for _ in range(count):
        chosen = players[:shooters] if cast else rng.choice(players, shooters, replace=False)
        rows = np.flatnonzero(np.isin(gallery.players, chosen))
        order = rng.permutation(rows)
        border = round(0.7 * len(order))
        known, new = order[:border], order[border:]
        seen, unknown = gallery.vectors[known], queries.vectors[new]
        people = _classify(seen[:, gallery.who], gallery.players[known], unknown[:, queries.who])
        types = _classify(seen[:, gallery.kind], gallery.kinds[known], unknown[:, queries.kind])
        who.append(accuracy(queries.players[new], people))
        kind.append(accuracy(queries.kinds[new], types))
        kind_sum += confusion(queries.kinds[new], types, len(SHOT_TYPES))
        if cast:
            truth, predicted = np.searchsorted(chosen, np.stack([queries.players[new], people]))
            who_sum += confusion(truth, predicted, shooters)
    result: dict[str, object] = {
        "who": float(np.mean(who)), "who_std": float(np.std(who)),
        "type": float(np.mean(kind)), "type_std": float(np.std(kind)),
        "trials": count, "shooters": shooters, "type_confusion": kind_sum.tolist(),
    }
    return {**result, "who_confusion": who_sum.tolist()} if cast else result


def own_distance(gallery: np.ndarray, shots: np.ndarray, among: bool = False) -> np.ndarray:
    """Mean distance (N,) of shots to their `NEIGHBOURS` nearest neighbours in the player's own gallery.

    With `among`, the shots are the gallery itself, and a shot is not its own neighbour.
    """
    extra = 1 if among else 0
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS + extra, len(gallery))).fit(gallery)
    return near.kneighbors(shots)[0][:, extra:].mean(1)


def drift_statistic(gallery: np.ndarray, shots: np.ndarray) -> float:
    """One-sided z statistic of the mean distance between a run of shots (N, D) and a player's gallery (M, D).

    Mean and standard deviation come from the leave-one-out distances of the gallery. The standard error of a mean over
    N shots includes the uncertainty of the gallery's mean. A value above `ALERT` means that the form has drifted.
    """
    usual, now = own_distance(gallery, gallery, among=True), own_distance(gallery, shots)
    spread = max(float(usual.std(ddof=1)), 1e-9)
    return float((now.mean() - usual.mean()) / (spread * np.sqrt(1 / len(now) + 1 / len(usual))))


def separation(known: Space, good: Space, bad: Space) -> dict[str, float]:
    """Good against distorted form, for each player.

    Args:
        known: galleries of good shots.
        good: further good shots.
        bad: shots of the same players with a distorted form.

    Returns:
        `roc_auc` of the distance to the own gallery (mean over players) and `roc_auc_pooled` over all players;
        `alerts_good` and `alerts_bad`, the shares of runs of `RUN` shots that raise the drift alert; `players`.
    """
    areas, far, truth, alarms = [], [], [], {"good": [], "bad": []}
    for player in np.unique(known.players):
        gallery = known.vectors[known.players == player, known.who]
        fresh = good.vectors[good.players == player, good.who]
        wrong = bad.vectors[bad.players == player, bad.who]
        if len(gallery) < 5 or not len(fresh) or not len(wrong):
            continue
        distance = np.concatenate([own_distance(gallery, fresh), own_distance(gallery, wrong)])
        label = np.repeat([0, 1], [len(fresh), len(wrong)])
        areas.append(roc_auc(label, distance))
        far.append(distance)
        truth.append(label)
        for name, part in (("good", fresh), ("bad", wrong)):
            for begin in range(0, len(part) - RUN + 1, RUN):
                alarms[name].append(drift_statistic(gallery, part[begin : begin + RUN]) > ALERT)
    return {
        "roc_auc": float(np.mean(areas)) if areas else float("nan"),
        "roc_auc_pooled": roc_auc(np.concatenate(truth), np.concatenate(far)) if areas else float("nan"),
        "alerts_good": float(np.mean(alarms["good"])) if alarms["good"] else float("nan"),
        "alerts_bad": float(np.mean(alarms["bad"])) if alarms["bad"] else float("nan"),
        "players": len(areas),
    }


def projected(encoder: Encoder, shots: Shots, view: int = 0) -> Space:
    """The embedding of phase one: the output of its projection head."""
    with torch.no_grad():
        vectors = encoder.project(torch.from_numpy(shots.inputs[:, view])).numpy()
    return Space(vectors, shots.players, shots.kinds, slice(None), slice(None))
