"""Evaluation on held-out games: windows as the source system counts them, and releases as a viewer would."""

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
RADIUS_S = 1.0
"""Two found releases closer than this are one."""
SUPPORT = 0.5
"""Least share of the windows that could count a release that must agree on it."""


@dataclass(frozen=True)
class Answers:
    """What a model said of N windows, and the truth.

    Attributes:
        game, start: (N,) place in the list of games; seconds of the first sample.
        shot, make: (N,) probabilities.
        release: (N, 16); zone: (N, 7).
        true_shot: (N,) bool, a release lies in the window.
        true_middle: (N,) bool, a release lies in the middle eight samples.
        true_position: (N,) samples, NaN without a release.
        true_zone, true_made: (N,) -1 without a release or when it is not known.
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

    def with_shot(self, shot: NDArray[np.float32]) -> Answers:
        """The same with other shot probabilities."""
        return Answers(**{**self.__dict__, "shot": shot})

    def pick(self, chosen: NDArray[np.bool_]) -> Answers:
        """Some of the windows."""
        return Answers(**{name: value[chosen] for name, value in self.__dict__.items()})


def torch_model(module: torch.nn.Module) -> Model:
    """Run a served torch model as a `Model`."""

    def run(clip: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        with torch.no_grad():
            return tuple(out.float().cpu().numpy() for out in module(torch.from_numpy(clip).to(on)))

    on = next(module.parameters()).device
    module.eval()
    return run


def ask(
    model: Model,
    games: Sequence[Footage],
    refs: Sequence[WindowRef],
    size: int = 8,
    report: Callable[[int, int], None] | None = None,
) -> Answers:
    """Run a model over windows; `report` is called with windows done and in all."""
    outputs: list[tuple[NDArray[np.float32], ...]] = []
    labels = []
    for begin in range(0, len(refs), size):
        chunk = [cut(games[ref.game], ref.first) for ref in refs[begin : begin + size]]
        outputs.append(model(np.stack([np.ascontiguousarray(clip.transpose(0, 3, 1, 2)) for clip, _, _ in chunk])))
        labels += [truth for _, _, truth in chunk]
        if report:
            report(len(labels), len(refs))
    shot, release, zone, make = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
    return Answers(
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


def counted(answers: Answers, threshold: float = THRESHOLD) -> NDArray[np.bool_]:
    """Windows the service counts: at or above the threshold, release in the middle eight samples. (N,) bool."""
    position = release_position(answers.release)
    middle = np.array([in_middle(p) for p in position], bool)
    return (answers.shot >= threshold) & middle


def window_figures(answers: Answers, middle_rule: bool) -> dict[str, float]:
    """Detection and release figures of windows.

    Without the rule a window is right if it says a release lies anywhere in it. With it, only releases in the
    middle eight samples are looked for, and an answer counts only if it puts the release there.
    """
    if middle_rule:
        truth = answers.true_middle
        position = release_position(answers.release)
        inside = np.array([in_middle(p) for p in position], bool)
        score = np.where(inside, answers.shot, 0.0)
    else:
        truth, score = answers.true_shot, answers.shot
    at, best = detection(truth, score >= THRESHOLD), best_threshold(truth, score)
    error = np.abs(release_position(answers.release) - answers.true_position)[truth & (score >= THRESHOLD)] * STRIDE_S
    found = truth & (score >= THRESHOLD)
    placed = found & (answers.true_zone >= 0)
    zone_right = answers.zone[placed].argmax(1) == answers.true_zone[placed]
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
        **make_figures(answers, found),
    }


RESULT_S = 1.5
"""Most shots have come down so long after their release."""


def make_figures(answers: Answers, found: NDArray[np.bool_]) -> dict[str, float]:
    """What the make probabilities of some windows are worth: ranking, Brier score, calibration error.

    "Result in window" are windows that go on for `RESULT_S` after the release.
    """
    chosen = found & (answers.true_made >= 0)
    made, said = answers.true_made[chosen] == 1, answers.make[chosen]
    late = (SAMPLES - 1 - answers.true_position[chosen]) * STRIDE_S >= RESULT_S
    return {
        "make ROC-AUC": roc_auc(made, said) if len(made) else float("nan"),
        "make ROC-AUC, result in window": roc_auc(made[late], said[late]) if late.any() else float("nan"),
        "make Brier": brier(said, made),
        "make ECE": expected_calibration_error(said, made),
        "made share": float(made.mean()) if len(made) else float("nan"),
    }


def retempered(answers: Answers, temperature: float) -> Answers:
    """The answers with make logits multiplied by `temperature`, which undoes a division by it."""
    make = 1 / (1 + np.exp(-logits(answers.make) * temperature))
    return Answers(**{**answers.__dict__, "make": make})


def reliability(answers: Answers, bins: int = 10) -> list[dict[str, float]]:
    """Said against seen share of makes, bin by bin, over counted windows with a known result in their middle."""
    chosen = counted(answers) & answers.true_middle & (answers.true_made >= 0)
    said, made = answers.make[chosen], answers.true_made[chosen] == 1
    place = np.clip((said * bins).astype(int), 0, bins - 1)
    return [
        {"said": float(said[rows].mean()), "seen": float(made[rows].mean()), "count": int(rows.sum())}
        for rows in (place == i for i in range(bins)) if rows.any()
    ]


def zone_confusion(answers: Answers) -> NDArray[np.int64]:
    """Counts (7, 7), row true and column said, over counted windows with a release in the middle."""
    chosen = counted(answers) & answers.true_middle & (answers.true_zone >= 0)
    return confusion(answers.true_zone[chosen], answers.zone[chosen].argmax(1), len(ZONE_LABELS))


@dataclass(frozen=True)
class FoundShot:
    """A release several windows agree on: seconds, zone index, make probability, mean score, share agreeing."""

    time: float
    zone: int
    make: float
    score: float
    support: float


def find_shots(answers: Answers, game: int, threshold: float = THRESHOLD, support: float = SUPPORT) -> list[FoundShot]:
    """Releases of one game: counted windows vote, the densest second wins, its neighbours fall silent.

    Args:
        answers: windows of a regular hop.
        game: place in the list of games.
        threshold: of the shot probability.
        support: least share of the windows with the release in their middle that must agree.
    """
    mine = answers.pick(answers.game == game)
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
        place = (time - mine.start) / STRIDE_S
        able = (place >= MIDDLE[0] - 0.5) & (place <= MIDDLE[1] + 0.5)
        share = int(group.sum()) / max(int(able.sum()), 1)
        if share >= support:
            zone = int(votes.zone[group].sum(0).argmax())
            # Windows that begin later see more of what came after the release.
            latest = votes.make[group][np.argsort(votes.start[group])[-4:]]
            found.append(FoundShot(time, zone, float(latest.mean()), float(votes.shot[group].mean()), share))
        alive &= np.abs(times - time) > RADIUS_S
        alive &= ~group
    return sorted(found, key=lambda shot: shot.time)


def shot_figures(answers: Answers, games: Sequence[Footage], support: float = SUPPORT) -> dict[str, float]:
    """Precision, recall and F1 of releases at ±0.3 s over whole games, and what was said of the right ones."""
    hits = total_found = total_true = zones = placed = 0
    errors: list[float] = []
    made: list[bool] = []
    make: list[float] = []
    for index, game in enumerate(games):
        found = find_shots(answers, index, support=support)
        real = np.flatnonzero((game.releases >= 0) & (game.releases <= game.duration))
        pairs = match_times([shot.time for shot in found], game.releases[real].tolist(), TOLERANCE_S)
        hits, total_found, total_true = hits + len(pairs), total_found + len(found), total_true + len(real)
        for i, j in pairs:
            errors.append(abs(found[i].time - game.releases[real[j]]))
            if game.zones[real[j]] >= 0:
                zones, placed = zones + int(found[i].zone == game.zones[real[j]]), placed + 1
            if game.judged[real[j]]:
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
        "zone accuracy": zones / placed if placed else float("nan"),
        "made or missed right": float(np.mean((np.array(make) >= 0.5) == np.array(made))) if made else float("nan"),
        "make ROC-AUC": roc_auc(made, make) if made else float("nan"),
        "make Brier": brier(make, made),
    }


HALF = round(SAMPLES / 2)
"""Samples from one staggered window to the next."""


def every(answers: Answers, samples: int) -> Answers:
    """Of windows at the 0.3 s hop those that begin `samples` apart."""
    step = np.round((answers.start - answers.start.min()) / STRIDE_S).astype(int)
    return answers.pick(step % samples == 0)


def full_report(
    model: Model, games: Sequence[Footage], report: Callable[[int, int], None] | None = None,
    temperature: float = 1.0,
) -> dict[str, object]:
    """Every table of the model card for some games, as plain values.

    Args:
        model: the served one.
        games: held-out film.
        report: called with windows done and in all.
        temperature: that `model` divides make logits by; figures without it are given beside.
    """
    answers = ask(model, games, hop_windows(games, STRIDE_S), report=report)
    staggered, apart = every(answers, HALF), every(answers, SAMPLES)
    kinds = sorted({game.kind for game in games})
    by_kind = {}
    for kind in kinds:
        chosen = [i for i, game in enumerate(games) if game.kind == kind]
        part = answers.pick(np.isin(answers.game, chosen))
        renamed = Answers(**{**part.__dict__, "game": np.searchsorted(chosen, part.game)})
        by_kind[kind] = shot_figures(renamed, [games[i] for i in chosen])
    judged = counted(answers) & answers.true_middle
    return {
        "seeds": [game.seed for game in games],
        "windows, 0.3 s hop, any sample": window_figures(answers, middle_rule=False),
        "windows, 0.3 s hop, middle eight": window_figures(answers, middle_rule=True),
        "windows, staggered, any sample": window_figures(staggered, middle_rule=False),
        "windows, staggered, middle eight": window_figures(staggered, middle_rule=True),
        "windows, non-overlapping": window_figures(apart, middle_rule=False),
        "shots, 0.3 s hop": shot_figures(answers, games),
        "shots, staggered": shot_figures(staggered, games, support=0.0),
        "shots by camera": by_kind,
        "zone confusion": zone_confusion(answers).tolist(),
        "make": {
            "temperature": temperature,
            "as trained": make_figures(retempered(answers, temperature), judged),
            "with temperature": make_figures(answers, judged),
        },
        "reliability": {
            "as trained": reliability(retempered(answers, temperature)), "with temperature": reliability(answers),
        },
    }
