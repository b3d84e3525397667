"""Evaluation on held-out games: windows as in the source system, and releases over whole games."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from courtside_training.common.measures import brier, confusion, expected_calibration_error, roc_auc
from courtside_training.shots.footage import GRID_S, Footage
from courtside_training.shots.geometry import MIDDLE, SAMPLES, STRIDE_S, THRESHOLD, ZONE_LABELS
from courtside_training.shots.labels import in_middle
from courtside_training.shots.metrics import best_threshold, detection, logits, match_times, release_position
from courtside_training.shots.windows import WindowRef, cut, hop_windows

Model = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]
"""Clips (B, 16, 3, 144, 256) to shot (B, 1), release (B, 16), zone (B, 7), make (B, 1)."""

TOLERANCE_S = 0.3
"""Seconds. A found release this near to a true one is right."""
RADIUS_S = 1.0
"""Seconds. Found releases closer than this are one."""
SUPPORT = 0.5
"""Of the windows that could count a release, the least share that must agree on it."""


@dataclass(frozen=True)
class Predictions:
    """Predictions of a model on N windows, and the truth.

    Attributes:
        game: (N,) index of the game.
        start: (N,) seconds of the first sample.
        shot: (N,) probabilities.
        release: (N, 16) probabilities.
        zone: (N, 7) probabilities.
        make: (N,) probabilities.
        true_shot: (N,) bool, a release lies in the window.
        true_middle: (N,) bool, a release lies in the middle eight samples.
        true_position: (N,) of the release in samples, NaN without one.
        true_zone: (N,) -1 without a release or if unknown.
        true_made: (N,) 1, 0, or -1 without a release or if unknown.
    """

    game: NDArray[np.int64]
    start: NDArray[np.float64]
    shot: NDArray[np.float32]
    release: NDArray[np.float32]
    zone: NDArray[np.float32]
    make: NDArray[np.float32]
    true_shot: NDArray[np.bool_]
    true_middle: NDArray[np.bool_]
    true_position: NDArray[np.float64]
    true_zone: NDArray[np.int64]
    true_made: NDArray[np.int64]

    def with_shot(self, shot: NDArray[np.float32]) -> Predictions:
        """A copy with other shot probabilities."""
        return Predictions(**{**self.__dict__, "shot": shot})

    def pick(self, chosen: NDArray[np.bool_]) -> Predictions:
        """The chosen windows, (N,) bool."""
        return Predictions(**{name: value[chosen] for name, value in self.__dict__.items()})


def torch_model(module: torch.nn.Module) -> Model:
    """A served torch model as a `Model`."""

    def run(clip: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        with torch.no_grad():
            return tuple(out.float().cpu().numpy() for out in module(torch.from_numpy(clip).to(device)))

    device = next(module.parameters()).device
    module.eval()
    return run


def infer(
    model: Model,
    games: Sequence[Footage],
    refs: Sequence[WindowRef],
    size: int = 8,
    report: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Run a model over windows; `report` is called with the windows done and their number."""
    outputs: list[tuple[NDArray[np.float32], ...]] = []
    labels = []
    for begin in range(0, len(refs), size):
        chunk = [cut(games[ref.game], ref.first) for ref in refs[begin : begin + size]]
        outputs.append(model(np.stack([np.ascontiguousarray(clip.transpose(0, 3, 1, 2)) for clip, _, _ in chunk])))
        labels += [truth for _, _, truth in chunk]
        if report:
            report(len(labels), len(refs))
    shot, release, zone, make = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
    return Predictions(
        np.array([ref.game for ref in refs]),
        np.array([ref.first * GRID_S for ref in refs]),
        shot[:, 0],
        release,
        zone,
        make[:, 0],
        np.array([truth.shot > 0 for truth in labels]),
        np.array([truth.middle for truth in labels]),
        np.array([truth.position for truth in labels]),
        np.array([truth.zone for truth in labels]),
        np.array([int(truth.made) for truth in labels]),
    )


def counted(predictions: Predictions, threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """Windows that the service counts (N,): shot at or above the threshold, release in the middle eight samples."""
    position = release_position(predictions.release)
    middle = np.array([in_middle(p) for p in position], bool)
    return (predictions.shot >= threshold) & middle


def window_figures(predictions: Predictions, middle_only: bool) -> dict[str, float]:
    """Detection and release figures of windows.

    Without `middle_only`, a window should find a release anywhere in it. With it, only releases in the middle eight
    samples should be found, and a prediction counts only if its release lies there.
    """
    if middle_only:
        truth = predictions.true_middle
        position = release_position(predictions.release)
        inside = np.array([in_middle(p) for p in position], bool)
        score = np.where(inside, predictions.shot, 0.0)
    else:
        truth, score = predictions.true_shot, predictions.shot
    at, best = detection(truth, score >= THRESHOLD), best_threshold(truth, score)
    found = truth & (score >= THRESHOLD)
    error = np.abs(release_position(predictions.release) - predictions.true_position)[found] * STRIDE_S
    with_zone = found & (predictions.true_zone >= 0)
    zone_right = predictions.zone[with_zone].argmax(1) == predictions.true_zone[with_zone]
    return {
        "windows": len(truth),
        "with a release": int(truth.sum()),
        "ROC-AUC": roc_auc(truth, score),
        "precision": at.precision,
        "recall": at.recall,
        "F1": at.f1,
        "accuracy": at.accuracy,
        "best F1": best[1],
        "best threshold": best[0],
        "release error, mean s": float(error.mean()) if len(error) else float("nan"),
        "release error, median s": float(np.median(error)) if len(error) else float("nan"),
        "zone accuracy": float(zone_right.mean()) if len(zone_right) else float("nan"),
        **make_figures(predictions, found),
    }


RESULT_S = 1.5
"""Seconds after the release at which most shots have come down."""


def make_figures(predictions: Predictions, found: NDArray[np.bool_]) -> dict[str, float]:
    """Figures of the make probabilities of the windows `found`: ranking, Brier score, calibration error.

    "Result in window" are windows that continue for `RESULT_S` after the release.
    """
    chosen = found & (predictions.true_made >= 0)
    made, predicted = predictions.true_made[chosen] == 1, predictions.make[chosen]
    late = (SAMPLES - 1 - predictions.true_position[chosen]) * STRIDE_S >= RESULT_S
    return {
        "make ROC-AUC": roc_auc(made, predicted) if len(made) else float("nan"),
        "make ROC-AUC, result in window": roc_auc(made[late], predicted[late]) if late.any() else float("nan"),
        "make Brier": brier(predicted, made),
        "make ECE": expected_calibration_error(predicted, made),
        "made share": float(made.mean()) if len(made) else float("nan"),
    }


def retempered(predictions: Predictions, temperature: float) -> Predictions:
    """The predictions with make logits multiplied by `temperature`, which undoes the division by it."""
    make = 1 / (1 + np.exp(-logits(predictions.make) * temperature))
    return Predictions(**{**predictions.__dict__, "make": make})


def reliability(predictions: Predictions, bins: int = 10) -> list[dict[str, float]]:
    """Predicted and observed share of makes in each bin, over counted windows with a known result in their middle."""
    chosen = counted(predictions) & predictions.true_middle & (predictions.true_made >= 0)
    predicted, made = predictions.make[chosen], predictions.true_made[chosen] == 1
    bin_of = np.clip((predicted * bins).astype(int), 0, bins - 1)
    return [
        {"predicted": float(predicted[rows].mean()), "observed": float(made[rows].mean()), "count": int(rows.sum())}
        for rows in (bin_of == i for i in range(bins)) if rows.any()
    ]


def zone_confusion(predictions: Predictions) -> NDArray[np.int64]:
    """Counts (7, 7), rows true, columns predicted, over counted windows with a release in the middle."""
    chosen = counted(predictions) & predictions.true_middle & (predictions.true_zone >= 0)
    return confusion(predictions.true_zone[chosen], predictions.zone[chosen].argmax(1), len(ZONE_LABELS))


@dataclass(frozen=True)
class FoundShot:
    """A release on which several windows agree.

    Attributes:
        time: seconds.
        zone: index into ``ZONE_LABELS``.
        make: probability.
        score: mean shot probability.
        support: share of the windows that agree, of those that could.
    """

    time: float
    zone: int
    make: float
    score: float
    support: float


def find_shots(
    predictions: Predictions, game: int, threshold: float = THRESHOLD, support: float = SUPPORT
) -> list[FoundShot]:
    """Releases of one game, by non-maximum suppression: counted windows vote, and the strongest second wins.

    Args:
        predictions: windows of a regular hop.
        game: index of the game.
        threshold: of the shot probability.
        support: least share that must agree, of the windows with the release in their middle.
    """
    mine = predictions.pick(predictions.game == game)
    if not len(mine.shot):
        return []
    votes = mine.pick(counted(mine, threshold))
    times = votes.start + release_position(votes.release) * STRIDE_S
    alive = np.ones(len(times), bool)
    found = []
    while alive.any():
        near = (np.abs(times[:, None] - times[None]) <= RADIUS_S / 2) & alive[None]
        weight = np.where(alive, (near * votes.shot[None]).sum(1), -1.0)
        group = near[int(np.argmax(weight))]
        time = float(np.median(times[group]))
        position = (time - mine.start) / STRIDE_S
        able = (position >= MIDDLE[0] - 0.5) & (position <= MIDDLE[1] + 0.5)
        share = int(group.sum()) / max(int(able.sum()), 1)
        if share >= support:
            zone = int(votes.zone[group].sum(0).argmax())
            # Windows that start later show more of what follows the release.
            latest = votes.make[group][np.argsort(votes.start[group])[-4:]]
            found.append(FoundShot(time, zone, float(latest.mean()), float(votes.shot[group].mean()), share))
        alive &= np.abs(times - time) > RADIUS_S
        alive &= ~group
    return sorted(found, key=lambda shot: shot.time)


def shot_figures(predictions: Predictions, games: Sequence[Footage], support: float = SUPPORT) -> dict[str, float]:
    """Precision, recall and F1 of releases within ±0.3 s over whole games; zones and makes of the right ones."""
    hits = total_found = total_true = zones = with_zone = 0
    errors: list[float] = []
    made: list[bool] = []
    make: list[float] = []
    for index, game in enumerate(games):
        found = find_shots(predictions, index, support=support)
        real = np.flatnonzero((game.releases >= 0) & (game.releases <= game.duration))
        pairs = match_times([shot.time for shot in found], game.releases[real].tolist(), TOLERANCE_S)
        hits, total_found, total_true = hits + len(pairs), total_found + len(found), total_true + len(real)
        for i, j in pairs:
            errors.append(abs(found[i].time - game.releases[real[j]]))
            if game.zones[real[j]] >= 0:
                zones, with_zone = zones + int(found[i].zone == game.zones[real[j]]), with_zone + 1
            if game.result_known[real[j]]:
                make.append(found[i].make)
                made.append(bool(game.made[real[j]]))
    return {
        "true": total_true,
        "found": total_found,
        "right": hits,
        "precision": hits / total_found if total_found else float("nan"),
        "recall": hits / total_true if total_true else float("nan"),
        "F1": 2 * hits / (total_found + total_true) if total_found + total_true else float("nan"),
        "release error, mean s": float(np.mean(errors)) if errors else float("nan"),
        "release error, median s": float(np.median(errors)) if errors else float("nan"),
        "zone accuracy": zones / with_zone if with_zone else float("nan"),
        "made or missed right": float(np.mean((np.array(make) >= 0.5) == np.array(made))) if made else float("nan"),
        "make ROC-AUC": roc_auc(made, make) if made else float("nan"),
        "make Brier": brier(make, made),
    }


HALF = round(SAMPLES / 2)
"""Samples from one staggered window to the next."""


def every(predictions: Predictions, samples: int) -> Predictions:
    """Of the windows at the 0.3 s hop, those that start `samples` apart."""
    step = np.round((predictions.start - predictions.start.min()) / STRIDE_S).astype(int)
    return predictions.pick(step % samples == 0)


def full_report(
    model: Model, games: Sequence[Footage], report: Callable[[int, int], None] | None = None,
    temperature: float = 1.0,
) -> dict[str, object]:
    """Every table of the model card for some games, as plain values.

    Args:
        model: the served one.
        games: held-out film.
        report: called with the windows done and their number.
        temperature: divisor of the make logits in `model`; figures without it are added.
    """
    predictions = infer(model, games, hop_windows(games, STRIDE_S), report=report)
    staggered, apart = every(predictions, HALF), every(predictions, SAMPLES)
    kinds = sorted({game.kind for game in games})
    by_kind = {}
    for kind in kinds:
        chosen = [i for i, game in enumerate(games) if game.kind == kind]
        part = predictions.pick(np.isin(predictions.game, chosen))
        renamed = Predictions(**{**part.__dict__, "game": np.searchsorted(chosen, part.game)})
        by_kind[kind] = shot_figures(renamed, [games[i] for i in chosen])
    result_known = counted(predictions) & predictions.true_middle
    return {
        "seeds": [game.seed for game in games],
        "windows, 0.3 s hop, any sample": window_figures(predictions, middle_only=False),
        "windows, 0.3 s hop, middle eight": window_figures(predictions, middle_only=True),
        "windows, staggered, any sample": window_figures(staggered, middle_only=False),
        "windows, staggered, middle eight": window_figures(staggered, middle_only=True),
        "windows, non-overlapping": window_figures(apart, middle_only=False),
        "shots, 0.3 s hop": shot_figures(predictions, games),
        "shots, staggered": shot_figures(staggered, games, support=0.0),
        "shots by camera": by_kind,
        "zone confusion": zone_confusion(predictions).tolist(),
        "make": {
            "temperature": temperature,
            "as trained": make_figures(retempered(predictions, temperature), result_known),
            "with temperature": make_figures(predictions, result_known),
        },
        "reliability": {
            "as trained": reliability(retempered(predictions, temperature)),
            "with temperature": reliability(predictions),
        },
    }
