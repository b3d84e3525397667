"""Top-1 accuracy by skill, by group and as a mean, on test films and on unseen seasons and leagues."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from courtside_sim.skills import GROUPS, SKILLS
from courtside_training.common.measures import accuracy, expected_calibration_error
from courtside_training.common.tables import markdown
from courtside_training.skills.baselines import counts_oracle, majority
from courtside_training.skills.films import Film
from courtside_training.skills.geometry import LEVEL_COUNT, PUBLISHED_TOP1
from courtside_training.skills.network import SkillNetwork
from courtside_training.skills.sampling import choose, views

Run = Callable[[np.ndarray], np.ndarray]
"""A function from frames (B, T, 3, height, width) uint8 to probabilities (B, 20, 5)."""


@torch.inference_mode()
def from_features(
    network: SkillNetwork, features: np.ndarray, sampling: str = "uniform", clips: int = 1
) -> np.ndarray:
    """Probabilities (N, 20, 5) from stored features (N, stored, feature), averaged over `clips` test-time views."""
    stored, frames = features.shape[1], network.config.frames
    if sampling == "uniform":
        seen = views(stored, frames, clips)
    else:
        seen = [choose(stored, frames, sampling, np.random.default_rng(clip)) for clip in range(clips)]
    found = [torch.softmax(network.temporal(torch.from_numpy(features[:, which])), -1) for which in seen]
    return torch.stack(found).mean(0).numpy()


def predict(run: Run, films: list[Film], frames: int, report: Callable[[int], None] | None = None) -> np.ndarray:
    """Probabilities (N, 20, 5) of one uniform view of each film."""
    found = []
    for index, film in enumerate(films):
        found.append(run(film.frames(choose(len(film.jpeg), frames, "uniform"))[None])[0])
        if report:
            report(index + 1)
    return np.stack(found)


def top1(levels: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Accuracy by skill, then by group, then "Mean": levels and predictions (N, 20)."""
    skills = {name: accuracy(levels[:, i], predicted[:, i]) for i, name in enumerate(SKILLS)}
    groups = {group: float(np.mean([skills[name] for name in names])) for group, names in GROUPS.items()}
    return {**skills, **groups, "Mean": float(np.mean(list(skills.values())))}


def figures(levels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Top-1 accuracies, standard error, share within one level, mean absolute error and calibration error."""
    predicted = probabilities.argmax(-1)
    best = probabilities.max(-1)
    gap = np.abs(predicted - levels)
    by_film = (gap == 0).mean(1)
    return {
        **top1(levels, predicted),
        # The skills of one film are correlated, so films and not single predictions are the independent samples.
        "Standard error": float(by_film.std(ddof=1) / np.sqrt(len(levels))) if len(levels) > 1 else float("nan"),
        "Within one level": float((gap <= 1).mean()),
        "Mean absolute error": float(gap.mean()),
        "ECE": expected_calibration_error(best.ravel(), (gap == 0).ravel()),
    }


def report(train: list[Film], tests: Mapping[str, tuple[list[Film], np.ndarray]]) -> dict:
    """All figures by split: those of the model and the accuracies of the baselines.

    Args:
        train: training films, for the baselines.
        tests: films and probabilities (N, 20, 5) by split.
    """
    known = np.stack([film.levels for film in train])
    result: dict = {"chance": 1 / LEVEL_COUNT, "published": PUBLISHED_TOP1, "training films": len(train), "splits": {}}
    for split, (films, probabilities) in tests.items():
        levels = np.stack([film.levels for film in films])
        oracle = counts_oracle(train, films)
        result["splits"][split] = {
            "films": len(films),
            "model": figures(levels, probabilities),
            "majority": top1(levels, majority(known, len(films))),
            "counts oracle": None if oracle is None else top1(levels, oracle),
        }
    return result


def tables(result: dict) -> str:
    """The paper's tables as Markdown: by skill and group for the first split, then the mean for each split."""
    first, body = next(iter(result["splits"].items()))
    columns = [name for name in ("model", "majority", "counts oracle") if body[name]]
    group_of = {skill: group for group, names in GROUPS.items() for skill in names}
    rows = [
        [skill, group_of[skill], *(100 * body[name][skill] for name in columns)] for skill in SKILLS
    ]
    rows += [[f"**{group}**", "", *(100 * body[name][group] for name in columns)] for group in GROUPS]
    rows += [["**Mean**", "", *(100 * body[name]["Mean"] for name in columns)]]
    shown = [[*row[:2], *(f"{value:.1f}" for value in row[2:])] for row in rows]
    splits = [
        [
            split, body["films"], f"{100 * body['model']['Mean']:.1f} ± {100 * body['model']['Standard error']:.1f}",
            *(f"{100 * body[name]['Mean']:.1f}" for name in columns[1:]),
            f"{100 * body['model']['Within one level']:.1f}", body["model"]["Mean absolute error"],
            body["model"]["ECE"],
        ]
        for split, body in result["splits"].items()
    ]  # fmt: skip
    names = ["model", *columns[1:]]
    return "\n\n".join(
        (
            f"Top-1 accuracy (%) on {first}, {body['films']} films; chance {100 * result['chance']:.0f}, "
            f"published best on BASKET {100 * result['published']:.1f}",
            markdown(["skill", "group", *names], shown),
            markdown(["split", "films", *names, "within one level", "mean absolute error", "ECE"], splits),
        )
    )

