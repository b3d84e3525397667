"""Evaluation results as Markdown tables, for the terminal and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from courtside_training.common.tables import confusion_table, markdown
from courtside_training.errors import TrainingInputError
from courtside_training.shots.geometry import ZONE_LABELS

PUBLISHED: dict[str, object] = {
    "ROC-AUC": 0.96, "precision": 0.70, "recall": "about 0.86", "release error, mean s": 0.1, "zone accuracy": 0.78,
}
"""Figures of Shot Analytics as published (VideoMAE, broadcast film); on other film than ours, so only a mark."""


def table(columns: Mapping[str, Mapping[str, object]], corner: str = "") -> str:
    """Columns of named figures as one table, one row per figure; a dash where a column lacks it."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    rows = [[name, *(column.get(name, "-") for column in columns.values())] for name in names]
    return markdown([corner, *columns], rows)


def tables(result: Mapping[str, object]) -> str:
    """All tables of a `full_report`."""
    windows = {name.removeprefix("windows, "): value for name, value in result.items() if name.startswith("windows, ")}
    shots = {name.removeprefix("shots, "): value for name, value in result.items() if name.startswith("shots, ")}
    make = result["make"]
    labels = [name.lower() for name in ZONE_LABELS]
    tempered = {f"with temperature {make['temperature']:.2f}": make["with temperature"]}
    parts = [
        "Windows (threshold 0.8)\n\n" + table({"published": PUBLISHED, **windows}, "figure"),
        "Shots over whole games, within ±0.3 s\n\n" + table({**shots, **result["shots by camera"]}, "figure"),
        "Zones of counted windows\n\n" + confusion_table(np.array(result["zone confusion"]), labels),
        "Make probability of counted windows\n\n" + table({"as trained": make["as trained"], **tempered}, "figure"),
    ]
    return "\n\n".join(parts)


def reliability_plot(result: Mapping[str, object], path: Path) -> None:
    """Plot predicted against observed shares of makes, before and after temperature scaling, as a PNG.

    Raises:
        TrainingInputError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--")
    for name, rows in result["reliability"].items():
        error = result["make"][name]["make ECE"]
        axes.plot([row["predicted"] for row in rows], [row["observed"] for row in rows], marker="o",
                  label=f"{name}, ECE {error:.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted make probability", ylabel="share that went in")
    axes.legend()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, format="png")
    except OSError as error:
        raise TrainingInputError(f"cannot write {path}: {error.strerror}; name another --plot") from error
