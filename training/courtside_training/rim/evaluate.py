"""Evaluation of the rim network: on simulated films by view and by moment, and on real clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from courtside_training.common.export_spec import Arrays
from courtside_training.common.measures import roc_auc
from courtside_training.common.running import Run
from courtside_training.common.tables import markdown
from courtside_training.rim.clips import Clip, clip_windows, decide
from courtside_training.rim.films import Filmed
from courtside_training.rim.views import Verdict
from courtside_training.rim.windows import Window, draw_window

ENDS = np.arange(-0.3, 1.01, 0.1)
"""Ends of the windows of each film, seconds from the result."""
RIMS = ((0, 20), (20, 40), (40, 80), (80, 1000))
"""Ranges of the rim's width, pixels of an image 640 pixels wide."""
ELEVATIONS = ((-90, -25), (-25, -10), (-10, 5), (5, 90))
"""Ranges of the camera's elevation over the rim, degrees."""


def inputs(windows: Sequence[Window]) -> Arrays:
    """The inputs of the served model: crops (N, 24, 3, 64, 64) and tracks (N, 48, 15)."""
    crops = np.stack([window.crops for window in windows]).transpose(0, 1, 4, 2, 3)
    return np.ascontiguousarray(crops), np.stack([window.track for window in windows])


def figures(run: Run, films: Sequence[Filmed], seed: int = 7) -> dict[str, Any]:
    """Figures over films, with a window every tenth of a second from 0.3 s before the result to 1 s after it."""
    rng = np.random.default_rng(seed)
    truth, right, delays, verdicts = [], [], [], []
    early = open_windows = late = closed_late = hits = 0
    scores, made = [], []
    for filmed in films:
        windows = [draw_window(filmed, rng, float(end), clean=True) for end in ENDS]
        predicted = run(inputs(windows))[0]
        actual = np.array([window.verdict[-1] for window in windows])
        verdicts.append(predicted)
        before = ENDS < 0
        early += int((predicted[before].argmax(1) != Verdict.OPEN).sum())
        open_windows += int(before.sum())
        decided = actual != Verdict.OPEN
        result = predicted[:, 1:].argmax(1) + 1
        late += int(decided.sum())
        closed_late += int((predicted[decided].argmax(1) != Verdict.OPEN).sum())
        hits += int((result[decided] == actual[decided]).sum())
        scores += predicted[decided, Verdict.MADE].tolist()
        made += (actual[decided] == Verdict.MADE).tolist()
        if decided.any():
            truth.append(filmed)
            right.append(decide(predicted) == (Verdict.MADE if filmed.take.made else Verdict.MISSED))
            first = np.flatnonzero(predicted.argmax(1) != Verdict.OPEN)
            first = first[ENDS[first] >= 0]
            delays.append(float(ENDS[first[0]]) if len(first) else float("nan"))
    ok = np.array(right, bool)
    wide = np.array([filmed.take.rim[2] for filmed in truth])
    cameras = np.array([filmed.take.lens.position for filmed in truth]).reshape(-1, 3)
    up = np.degrees(np.arctan2(cameras[:, 2], np.hypot(cameras[:, 0], cameras[:, 1])))
    went = np.array([filmed.take.made for filmed in truth], bool)
    return {
        "films": len(films),
        "shots": len(ok),
        "accuracy": _mean(ok),
        "made": _mean(ok[went]),
        "missed": _mean(ok[~went]),
        "windows": late,
        "window_accuracy": hits / max(late, 1),
        "window_closed": closed_late / max(late, 1),
        "roc_auc": roc_auc(made, scores),
        "too_early": early / max(open_windows, 1),
        "delay_median_s": float(np.nanmedian(delays)) if len(ok) else float("nan"),
        "delay_p90_s": float(np.nanquantile(delays, 0.9)) if len(ok) else float("nan"),
        "by_rim": _by(ok, wide, RIMS),
        "by_elevation": _by(ok, up, ELEVATIONS),
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _by(right: np.ndarray, value: np.ndarray, ranges: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Rows of low, high, count and accuracy."""
    rows = []
    for low, high in ranges:
        part = right[(value >= low) & (value < high)]
        rows.append([low, high, len(part), _mean(part)])
    return rows


def clip_figures(run: Run, clips: Sequence[Clip]) -> dict[str, Any]:
    """Figures over real clips with one result each; ``wrong`` has the names of the clips whose result is wrong."""
    results = []
    for clip in clips:
        windows = list(clip_windows(clip))
        predicted = run((np.stack([crops for _, crops, _ in windows]), np.stack([track for _, _, track in windows])))[0]
        results.append(decide(predicted))
    right = np.array([result == clip.truth for result, clip in zip(results, clips, strict=True)], bool)
    made = np.array([clip.truth == Verdict.MADE for clip in clips], bool)
    return {
        "clips": len(clips),
        "accuracy": _mean(right),
        "made": _mean(right[made]),
        "missed": _mean(right[~made]),
        "made_clips": int(made.sum()),
        "missed_clips": int((~made).sum()),
        "wrong": [clip.name for clip, ok in zip(clips, right, strict=True) if not ok],
    }


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown tables."""
    names = ("shots", "accuracy", "made", "missed", "window_accuracy", "roc_auc", "too_early", "delay_median_s",
             "delay_p90_s")  # fmt: skip
    parts = [
        markdown(
            ["simulated shots", "right", "of made", "of missed", "windows right", "ROC-AUC", "closed too early",
             "delay, median s", "90 % s"],
            [[result[name] for name in names]],
        )
    ]  # fmt: skip
    for title, key in (("rim, pixels of 640", "by_rim"), ("camera above the rim, degrees", "by_elevation")):
        rows = [[f"{low:g} to {high:g}" if high < 1000 else f"from {low:g}", count, share]
                for low, high, count, share in result[key]]  # fmt: skip
        parts.append(markdown([title, "shots", "right"], rows))
    if "clips" in result:
        real = result["clips"]
        parts.append(
            markdown(["real clips", "right", f"of {real['made_clips']} made", f"of {real['missed_clips']} missed"],
                     [[real["clips"], real["accuracy"], real["made"], real["missed"]]])
        )  # fmt: skip
    return "\n\n".join(parts)
