"""Markdown tables for the terminal, the model cards and the docs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np


def figure(value: object, digits: int = 3) -> str:
    """A value as text: integers as they are, floats to `digits` places, NaN as a dash."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return str(value)
    if isinstance(value, int | np.integer):
        return str(int(value))
    return "-" if math.isnan(float(value)) else f"{float(value):.{digits}f}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    lines += ["| " + " | ".join(figure(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def confusion_table(matrix: np.ndarray, labels: Sequence[str]) -> str:
    """A confusion matrix as a Markdown table, rows true, columns predicted."""
    rows = [[label, *(int(value) for value in row)] for label, row in zip(labels, matrix, strict=True)]
    return markdown(["true \\ predicted", *labels], rows)
