"""Evaluation results as Markdown tables, for the terminal and the model card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from courtside_training.shots.geometry import ZONE_LABELS


def figure(value: object) -> str:
    """A number for a table: counts whole, shares to three digits, a missing figure as a dash."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and math.isnan(value):
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def table(columns: Mapping[str, Mapping[str, object]], corner: str = "") -> str:
    """Columns of named figures as one table; figures are rows."""
    names = list(next(iter(columns.values())))
    lines = ["| " + " | ".join([corner, *columns]) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in names:
        lines.append("| " + " | ".join([name, *(figure(column[name]) for column in columns.values())]) + " |")
    return "\n".join(lines)


def confusion_table(counts: Sequence[Sequence[int]]) -> str:
    """Zone confusion: row true, column said."""
    head = "| true \\ said | " + " | ".join(name.lower() for name in ZONE_LABELS) + " |"
    lines = [head, "|---" * (len(ZONE_LABELS) + 1) + "|"]
    for name, row in zip(ZONE_LABELS, counts, strict=True):
        lines.append(f"| {name.lower()} | " + " | ".join(map(str, row)) + " |")
    return "\n".join(lines)


def tables(result: Mapping[str, object]) -> str:
    """All tables of a `full_report`."""
    windows = {name.removeprefix("windows, "): value for name, value in result.items() if name.startswith("windows, ")}
    shots = {name.removeprefix("shots, "): value for name, value in result.items() if name.startswith("shots, ")}
    parts = [
        "Windows (threshold 0.8)\n\n" + table(windows),
        "Shots over whole games, within ±0.3 s\n\n" + table({**shots, **result["shots by camera"]}),
        "Zones of counted windows\n\n" + confusion_table(result["zone confusion"]),
    ]
    return "\n\n".join(parts)
