"""Evaluation on real free throws of one shooter (MLSE SPL Open Data), projected into several simulated cameras.

The licence of the data (CC BY-NC-SA 4.0) permits evaluation. The data must not be used for training.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import mannwhitneyu, rankdata, spearmanr
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

from courtside.shooting_motion import STEPS, NoShotError, cut, find_shot
from courtside_training.common.tables import markdown
from courtside_training.errors import TrainingInputError
from courtside_training.fingerprint.evaluate import NEIGHBOURS, Embed, drift_statistic, own_distance
from courtside_training.fingerprint.network import normalise
from courtside_training.fingerprint.pose_errors import ServedNoise, served_keypoints
from courtside_training.fingerprint.protocol import CAMERAS, camera

FOOT = 0.3048
"""Metres per foot."""
NAMES = (
    "NOSE", "L_EYE", "R_EYE", "L_EAR", "R_EAR", "L_SHOULDER", "R_SHOULDER", "L_ELBOW", "R_ELBOW", "L_WRIST",
    "R_WRIST", "L_HIP", "R_HIP", "L_KNEE", "R_KNEE", "L_ANKLE", "R_ANKLE",
)  # fmt: skip
"""Joints of the data set in COCO's order."""
NEEDED = ("keypoints_ft", "ball_ft", "made", "keypoint_names", "fps")
"""Arrays that the file must have."""
SHUFFLES = 500
"""Default number of permutations for p values."""
FEWEST = 20
"""Smallest number of throws in which the motion must be found."""


def read(path: Path) -> tuple[np.ndarray, np.ndarray, float]:
    """The throws of a file: joints (N, T, 17, 3) in metres in COCO's order, facing +x; made (N,); frames per second.

    Raises:
        TrainingInputError: the file is missing, unreadable, or lacks one of the needed arrays or joints.
    """
    if not path.is_file():
        raise TrainingInputError(f"no file {path}: give freethrows.npz with --data")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            missing = [name for name in NEEDED if name not in found]
            if missing:
                raise TrainingInputError(f"{path} has no array {missing[0]!r}: give another file")
            joints, ball, made, names, fps = (found[name] for name in NEEDED)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingInputError(f"{path} is not a readable array file ({error}): give another file") from error
    indices = {str(name): index for index, name in enumerate(names)}
    absent = [name for name in NAMES if name not in indices]
    if absent:
        raise TrainingInputError(f"{path} has no joint {absent[0]!r}: give another file")
    joints = joints[:, :, [indices[name] for name in NAMES]].astype(float) * FOOT
    return np.stack([_faced(*pair) for pair in zip(joints, ball * FOOT, strict=True)]), made.astype(bool), float(fps)


def _faced(joints: np.ndarray, ball: np.ndarray) -> np.ndarray:
    """One throw (T, 17, 3), rotated so that the ball flies along +x, with the median position of the feet as origin."""
    feet = np.nanmedian(joints[:, (15, 16), :2], axis=(0, 1))
    away = ball[:, :2] - feet
    farthest = away[np.nanargmax(np.linalg.norm(away, axis=-1))]
    angle = np.arctan2(farthest[1], farthest[0])
    c, s = np.cos(-angle), np.sin(-angle)
    centred = joints.copy()
    centred[..., 0] = (joints[..., 0] - feet[0]) * c - (joints[..., 1] - feet[1]) * s
    centred[..., 1] = (joints[..., 0] - feet[0]) * s + (joints[..., 1] - feet[1]) * c
    return centred


def track_of(joints: np.ndarray, name: str, noise: ServedNoise, rng: np.random.Generator, fps: float) -> np.ndarray:
    """A throw in the view of an evaluation camera: (T, 17, 3), NaN with confidence 0 for joints missing in the data."""
    unseen = ~np.isfinite(joints).all(-1)
    track = served_keypoints(np.nan_to_num(joints), camera(name), noise, rng, fps)
    track[unseen] = [np.nan, np.nan, 0.0]
    return track


def deviations(inputs: np.ndarray) -> np.ndarray:
    """How far each throw is from the shooter's mean form: (N,) torso lengths, the mean over joints and steps.

    Args:
        inputs: (N, 64, 17, 3) of one shooter in one camera.
    """
    with torch.no_grad():
        joints = normalise(torch.from_numpy(inputs))[..., :34].numpy().reshape(len(inputs), STEPS, 17, 2)
    unseen = inputs[..., 2] <= 0.05
    joints[unseen] = np.nan
    return np.nanmean(np.linalg.norm(joints - np.nanmean(joints, 0), axis=-1), axis=(1, 2))


def deviation_report(distance: np.ndarray, made: np.ndarray, number: np.ndarray, throws: int) -> dict[str, Any]:
    """Deviation of made against missed and of early against late throws, with two-sided Mann-Whitney p values.

    Args:
        distance: (N,) see `deviations`.
        made: (N,) bool.
        number: (N,) position of each throw in the session.
        throws: throws of the session.
    """
    third = throws // 3
    groups = {
        "made": distance[made], "missed": distance[~made], "early third": distance[number < third],
        "late third": distance[number >= throws - third],
    }  # fmt: skip
    return {
        "means": {name: float(part.mean()) for name, part in groups.items()},
        "p made": float(mannwhitneyu(groups["made"], groups["missed"]).pvalue),
        "p late": float(mannwhitneyu(groups["early third"], groups["late third"]).pvalue),
        "each": [[int(row), bool(hit), float(size)] for row, hit, size in zip(number, made, distance, strict=True)],
    }


def draw(found: dict[str, Any], name: str, path: Path) -> None:
    """Plot the deviation of every throw in one camera over the session, and that of the groups."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    report = found["cameras"][name]["deviation"]
    number, made, distance = (np.array(column) for column in zip(*report["each"], strict=True))
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), width_ratios=(2, 1))
    for hit, colour, label in ((True, "#2b8a3e", "made"), (False, "#c92a2a", "missed")):
        left.scatter(number[made == hit] + 1, distance[made == hit], s=18, c=colour, label=label)
    window = np.ones(9) / 9
    left.plot(number[4:-4] + 1, np.convolve(distance, window, "valid"), c="#495057", label="mean of nine")
    left.set_xlabel("throw")
    left.set_ylabel("distance from the shooter's mean form, torso lengths")
    left.set_title(f"{len(number)} free throws of one shooter, camera {name}")
    left.legend(fontsize=8)
    third = found["throws"] // 3
    groups = [
        distance[made], distance[~made], distance[number < third], distance[number >= found["throws"] - third]
    ]  # fmt: skip
    right.boxplot(groups)
    right.set_xticklabels(["made", "missed", "early\nthird", "late\nthird"])
    right.set_title(f"p made/missed {report['p made']:.2f}, early/late {report['p late']:.4f}", fontsize=10)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _area(truth: np.ndarray, score: np.ndarray) -> np.ndarray:
    """ROC-AUC of each row: truth (R, N) bool with the same number of true values in every row, score (R, N)."""
    right = truth.sum(1)
    ranks = (rankdata(score, axis=1) * truth).sum(1)
    return (ranks - right * (right + 1) / 2) / (right * (truth.shape[1] - right))


def tested(vectors: np.ndarray, labels: np.ndarray, shuffles: int) -> dict[str, float]:
    """Cross-validated ROC-AUC of k-NN on vectors (N, D), and its p value from shuffled labels (N,).

    There are five folds, stratified by the true labels. The shuffled labels use the same folds, so the neighbours of a
    shot in the other folds are always the same. The score is the share of true labels among them, pooled over folds.
    """
    rng = np.random.default_rng(0)
    truth = np.stack([labels, *(rng.permutation(labels) for _ in range(shuffles))]).astype(bool)
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(vectors, labels))
    result = {}
    for k in (NEIGHBOURS, 15):
        near = np.zeros((len(vectors), k), int)
        for others, rows in folds:
            search = NearestNeighbors(n_neighbors=k).fit(vectors[others])
            near[rows] = others[search.kneighbors(vectors[rows], return_distance=False)]
        areas = _area(truth, truth[:, near].mean(-1))
        result |= {f"auc k={k}": float(areas[0]), f"p k={k}": float((areas >= areas[0]).mean())}
    return result


def measure(
    path: Path, embed: Embed, noise: ServedNoise | None = None, shuffles: int = SHUFFLES,
    report: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Made against missed and early against late, for each camera.

    Args:
        path: file of the data set.
        embed: the embedding.
        noise: noise of the simulated pose network; None for none, because the data is already noisy.
        shuffles: permutations for each p value.
        report: receives the name of each camera as it starts.

    Raises:
        TrainingInputError: see `read`; also if the motion is found in fewer than `FEWEST` throws.
    """
    joints, made, fps = read(path)
    noise = noise or ServedNoise().scaled(0.0)
    times = np.arange(joints.shape[1]) / fps
    cameras, third = {}, len(joints) // 3
    for index, name in enumerate(CAMERAS):
        if report:
            report(name)
        rng = np.random.default_rng([index, 7])
        rows, inputs = [], []
        for row, throw in enumerate(joints):
            track = track_of(throw, name, noise, rng, fps)
            try:
                inputs.append(cut(track, times, find_shot(track, times)))
            except NoShotError:
                continue
            rows.append(row)
        if len(rows) < FEWEST:
            raise TrainingInputError(
                f"the motion was found in only {len(rows)} throws of {path}, {FEWEST} are needed: give another file"
            )
        kept, vectors = np.array(rows), embed(np.stack(inputs))
        deviation = deviation_report(deviations(np.stack(inputs)), made[kept], kept, len(joints))
        early, late = kept < third, kept >= len(joints) - third
        ends = early | late
        own = own_distance(vectors[early], vectors[~early])
        trend = spearmanr(kept[~early], own)
        cameras[name] = {
            "throws": len(kept),
            "made": tested(vectors, made[kept], shuffles),
            "late": tested(vectors[ends], late[ends], shuffles),
            "drift": drift_statistic(vectors[early], vectors[late]),
            "trend": float(trend.statistic),
            "trend p": float(trend.pvalue),
            "deviation": deviation,
        }
    return {"throws": len(joints), "made": int(made.sum()), "cameras": cameras, "shuffles": shuffles}


def verdict(found: dict[str, Any], question: str) -> str:
    """Whether any camera shows a signal, with Bonferroni correction over cameras and both k."""
    values = [c[question][key] for c in found["cameras"].values() for key in c[question] if key.startswith("p ")]
    least = min(1.0, min(values) * len(values))
    outcome = "a signal" if least < 0.05 else "no signal"
    return f"{outcome} (smallest p over {len(values)} tests, Bonferroni-corrected: {least:.3f})"


def tables(found: dict[str, Any]) -> str:
    """The result as Markdown."""
    rows = []
    for name, values in found["cameras"].items():
        made, late = values["made"], values["late"]
        cells = [f"{part[f'auc k={k}']:.2f} (p {part[f'p k={k}']:.3f})" for part in (made, late) for k in (3, 15)]
        rows.append([name, values["throws"], *cells, f"{values['drift']:.1f}", f"{values['trend']:+.2f}"])
    header = [
        "camera", "cut", "made, k=3", "made, k=15", "late, k=3", "late, k=15", "drift z, last third", "rank trend",
    ]  # fmt: skip
    return "\n\n".join(
        [
            f"{found['throws']} free throws of one shooter, {found['made']} made; ROC-AUC of k-NN on embeddings, "
            f"five folds, p from {found['shuffles']} permutations:",
            markdown(header, rows),
            "Distance of a throw from the shooter's mean form, torso lengths (mean over joints and steps; two-sided "
            "Mann-Whitney tests):",
            markdown(
                ["camera", "made", "missed", "p", "early third", "late third", "p"],
                [
                    [
                        name, *(f"{c['deviation']['means'][group]:.3f}" for group in ("made", "missed")),
                        f"{c['deviation']['p made']:.3f}",
                        *(f"{c['deviation']['means'][group]:.3f}" for group in ("early third", "late third")),
                        f"{c['deviation']['p late']:.3f}",
                    ]
                    for name, c in found["cameras"].items()
                ],
            ),
            f"Made against missed: {verdict(found, 'made')}.",
            f"Early against late third: {verdict(found, 'late')}.",
        ]
    )
