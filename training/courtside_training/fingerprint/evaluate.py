"""What the embedding is worth: who shot and what type by k-NN, and whether a form has gone wrong."""

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
TRIALS = 100
RUN = 10
ALERT = 3.0

Embed = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Space:
    """Embeddings of shots and how to read them: `who` and `kind` are the parts that tell players and types apart."""

    vectors: np.ndarray
    players: np.ndarray
    kinds: np.ndarray
    who: slice
    kind: slice


def space(embed: Embed, shots: Shots, who: int, view: int = 0) -> Space:
    """Embed one camera's inputs; `who` is the length of the first part."""
    vectors = embed(shots.inputs[:, view])
    return Space(vectors, shots.players, shots.kinds, slice(0, who), slice(who, None))


def raw_space(shots: Shots, view: int = 0) -> Space:
    """The comparison without learning: the normalised coordinates themselves, every step of them."""
    flat = normalise(torch.from_numpy(shots.inputs[:, view]))[..., :34].flatten(1).numpy()
    return Space(flat, shots.players, shots.kinds, slice(None), slice(None))


def _vote(gallery: np.ndarray, labels: np.ndarray, queries: np.ndarray) -> np.ndarray:
    return KNeighborsClassifier(min(NEIGHBOURS, len(gallery))).fit(gallery, labels).predict(queries)


def trials(
    gallery: Space, queries: Space, rng: np.random.Generator, count: int = TRIALS, shooters: int = 12,
    cast: bool = False,
) -> dict[str, object]:
    """Randomised trials: 70 in 100 of the chosen shooters' shots are known, the others are asked for.

    Args:
        gallery: Where known shots lie.
        queries: The same shots in the same order, perhaps from another camera.
        rng: Draws shooters and splits.
        count: Trials.
        shooters: In a trial.
        cast: Keep the first `shooters` in every trial, as with one recorded team, instead of drawing new ones.

    Returns:
        `who` and `type` with mean and std over trials, and both summed confusion matrices (who only with `cast`).
    """
    players = np.unique(gallery.players)
    shooters = min(shooters, len(players))
    who, kind = [], []
    who_sum, kind_sum = np.zeros((shooters, shooters), np.int64), np.zeros((len(SHOT_TYPES),) * 2, np.int64)
    for _ in range(count):
        chosen = players[:shooters] if cast else rng.choice(players, shooters, replace=False)
        rows = np.flatnonzero(np.isin(gallery.players, chosen))
        order = rng.permutation(rows)
        known, asked = order[: round(0.7 * len(order))], order[round(0.7 * len(order)) :]
        said = _vote(gallery.vectors[known, gallery.who], gallery.players[known], queries.vectors[asked, queries.who])
        types = _vote(gallery.vectors[known, gallery.kind], gallery.kinds[known], queries.vectors[asked, queries.kind])
        who.append(accuracy(queries.players[asked], said))
        kind.append(accuracy(queries.kinds[asked], types))
        kind_sum += confusion(queries.kinds[asked], types, len(SHOT_TYPES))
        if cast:
            places = np.searchsorted(chosen, np.stack([queries.players[asked], said]))
            who_sum += confusion(places[0], places[1], shooters)
    result: dict[str, object] = {
        "who": float(np.mean(who)), "who_std": float(np.std(who)),
        "type": float(np.mean(kind)), "type_std": float(np.std(kind)),
        "trials": count, "shooters": shooters, "type_confusion": kind_sum.tolist(),
    }
    return {**result, "who_confusion": who_sum.tolist()} if cast else result


def own_distance(gallery: np.ndarray, shots: np.ndarray, among: bool = False) -> np.ndarray:
    """Mean distance (N,) of shots to their `NEIGHBOURS` nearest in the player's own gallery.

    With `among` the shots are the gallery itself, and a shot is not its own neighbour.
    """
    extra = 1 if among else 0
    near = NearestNeighbors(n_neighbors=min(NEIGHBOURS + extra, len(gallery))).fit(gallery)
    return near.kneighbors(shots)[0][:, extra:].mean(1)


def drift_statistic(gallery: np.ndarray, shots: np.ndarray) -> float:
    """How far a run of shots (N, D) has left a player's gallery (M, D): a one-sided z of the mean distance.

    The gallery's own leave-one-out distances give mean and spread. Above `ALERT` the form has drifted. The spread
    of a mean over N shots includes the uncertainty of the gallery's mean.
    """
    usual, now = own_distance(gallery, gallery, among=True), own_distance(gallery, shots)
    spread = max(float(usual.std(ddof=1)), 1e-9)
    return float((now.mean() - usual.mean()) / (spread * np.sqrt(1 / len(now) + 1 / len(usual))))


def separation(known: Space, good: Space, bad: Space) -> dict[str, float]:
    """Good against distorted form, player by player.

    Args:
        known: Each player's gallery of good shots.
        good: Further good shots.
        bad: Shots of the same players with a distorted form.

    Returns:
        `roc_auc` of the own-gallery distance (mean over players) and of all players pooled; `alerts_good` and
        `alerts_bad`, how often a run of `RUN` shots raises the drift alert.
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
    """Phase one's own space: what its projection head says."""
    with torch.no_grad():
        vectors = encoder.project(torch.from_numpy(shots.inputs[:, view])).numpy()
    return Space(vectors, shots.players, shots.kinds, slice(None), slice(None))
