"""Linear assignment: rows paired with columns one to one at the least total cost."""

from __future__ import annotations

import numpy as np
from lap import lapjvx
from numpy.typing import NDArray

_FORBIDDEN = 1e6
"""Cost of a forbidden pair for the solver: more than all allowed pairs of a matrix together."""


def assign(cost: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pair rows with columns: as many allowed pairs as possible, then the least total cost.

    Solved by lapx (Jonker and Volgenant, Computing 38, 1987).

    Args:
        cost: (R, C), small numbers; infinite where a pair is not allowed.

    Returns:
        ``(row, column)`` of each allowed pair, by row.
    """
    if not cost.size:
        return []
    allowed = np.isfinite(cost)
    rows, columns = lapjvx(np.where(allowed, cost, _FORBIDDEN), extend_cost=True, return_cost=False)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if allowed[row, column]]
