"""The table of `make accuracy`: one row a group of clips, with confidence intervals from drawing clips again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from accuracy.labels import ClipScore
from rich.table import Table

T = TypeVar("T")
_DRAWS = 2000


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: what was measured.
        parts: the score of each clip.
        figure: a figure of another kind, with its interval; then ``parts`` may be empty.
    """

    name: str
    parts: tuple[ClipScore, ...] = ()
    figure: str = ""


def total(parts: Sequence[ClipScore]) -> ClipScore:
    """All of them together."""
    return sum(parts, ClipScore())


def interval(parts: Sequence[ClipScore], draws: int = _DRAWS) -> tuple[float, float]:
    """95 % confidence interval of F1, by drawing clips with replacement."""
    counts = [(2 * p.scores.true_positives, p.scores.found + p.scores.actual) for p in parts]
    return ratio_interval(counts, draws)


def ratio_interval(counts: Sequence[tuple[float, float]], draws: int = _DRAWS) -> tuple[float, float]:
    """95 % confidence interval of a ratio of sums, by drawing its parts with replacement.

    Args:
        counts: numerator and denominator of each part.
        draws: how often.
    """
    table = np.array(counts, float).reshape(-1, 2)
    if not len(table):
        return 0.0, 1.0
    drawn = table[np.random.default_rng(0).integers(len(table), size=(draws, len(table)))].sum(1)
    drawn = drawn[drawn[:, 1] > 0]
    if not len(drawn):
        return 0.0, 1.0
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
    return float(low), float(high)


def statistic_interval(items: list[T], statistic: Callable[[list[T]], float], draws: int = 100) -> str:
    """A statistic of some items with its 95 % interval by drawing them with replacement, as text."""
    rng, count = np.random.default_rng(0), len(items)
    drawn = [statistic([items[row] for row in rng.integers(count, size=count)]) for _ in range(draws)]
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return f"{statistic(items):.3f} ({low:.2f}-{high:.2f})"


def _share(counts: Sequence[tuple[float, float]]) -> str:
    top, bottom = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
    if not bottom:
        return "-"
    low, high = ratio_interval(counts)
    return f"{top:g} of {bottom:g} ({low:.2f}-{high:.2f})"


def table(sections: Sequence[tuple[str, Sequence[Row]]]) -> Table:
    """The table: sections with their rows.

    Args:
        sections: title and rows of each.
    """
    out = Table("", "clips", "releases", "right", "missed", "false", "precision", "recall", "F1 (95 %)",
                "median error, s", "results right of emitted", "emitted of labelled", "other",
                title="accuracy; intervals by drawing clips with replacement")  # fmt: skip
    for title, rows in sections:
        out.add_section()
        out.add_row(f"[bold]{title}")
        for row in rows:
            out.add_row(row.name, *cells(row.parts), row.figure)
    return out


def cells(parts: Sequence[ClipScore]) -> list[str]:
    """The figures of one row, without its name."""
    if not parts:
        return [""] * 11
    whole = total(parts)
    scores = whole.scores
    right = scores.true_positives
    f1 = f"{scores.f1:.3f} ({interval(parts)[0]:.2f}-{interval(parts)[1]:.2f})" if scores.actual else "-"
    return [
        str(len(parts)), str(scores.actual), str(right), str(scores.actual - right), str(scores.found - right),
        f"{scores.precision:.2f}", f"{scores.recall:.2f}" if scores.actual else "-", f1,
        f"{scores.median_error:.3f}" if scores.errors else "-",
        _share([(part.right, part.emitted) for part in parts]), _share([(part.emitted, part.known) for part in parts]),
    ]  # fmt: skip
